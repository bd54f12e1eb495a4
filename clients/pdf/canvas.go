package pdf

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
)

// canvas is a core.Provider that writes PDF. It replaces maroto's own, which parses every font again
// for each document. Lengths are in points.
//
// Anything it cannot draw is an error that GenerateBytes returns; nothing is silently left out.
type canvas struct {
	subsets [4]*subset
	shaper  *shaper
	width   float64
	height  float64
	left    float64 // margins; cell coordinates start inside them
	top     float64

	x, y float64 // current position of CreateCol, from the margins

	content      bytes.Buffer // content stream of the current page
	page         pageObject
	pages        []pageObject
	bookmarks    []bookmark
	destinations map[string]destination // by anchor
	info         docInfo
	err          error
}

type pageObject struct {
	content []byte // compressed
	links   []linkAnnotation
}

// linkAnnotation is an area of a page that links to a URI or to an anchor of the document.
type linkAnnotation struct {
	x, y, w, h  float64 // lower left corner and size, in PDF coordinates
	uri, anchor string
}

type destination struct {
	page int
	y    float64 // in PDF coordinates
}

type bookmark struct {
	title string
	level int
	dest  destination
}

var _ core.Provider = (*canvas)(nil)

// Colors of the pages.
var (
	black          = props.Color{}
	gray           = props.Color{Red: 110, Green: 110, Blue: 110}
	watermarkColor = props.Color{Red: 238, Green: 238, Blue: 238}
	white          = props.Color{Red: 255, Green: 255, Blue: 255}
	ruleColor      = props.Color{Red: 165, Green: 165, Blue: 165}
	tableHeadFill  = props.Color{Red: 242, Green: 242, Blue: 242}
	linkColor      = props.Color{Red: 20, Green: 70, Blue: 140}
)

func newCanvas(s *shaper, width, height float64, margins entity.Margins) *canvas {
	return &canvas{shaper: s, subsets: s.subsets, width: width, height: height, left: margins.Left, top: margins.Top, destinations: map[string]destination{}}
}

// drawPage renders one of maroto's pages.
func (c *canvas) drawPage(p core.Page, root entity.Cell) {
	c.x, c.y = 0, 0
	c.page = pageObject{}
	c.content.Reset()
	p.Render(c, root)
	c.page.content = deflate(c.content.Bytes())
	c.pages = append(c.pages, c.page)
}

func (c *canvas) unsupported(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("pdf: this engine does not support %s", what)
	}
}

// writeNumbers writes operands, each followed by a space.
func (c *canvas) writeNumbers(v ...float64) {
	for _, f := range v {
		c.content.Write(appendNumber(c.content.AvailableBuffer(), f))
		c.content.WriteByte(' ')
	}
}

func (c *canvas) writeOperator(op string, v ...float64) {
	c.writeNumbers(v...)
	c.content.WriteString(op)
	c.content.WriteByte('\n')
}

// appendNumber appends f, rounded to two decimals.
func appendNumber(b []byte, f float64) []byte {
	n := int64(math.Round(f * 100))
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	if n %= 100; n != 0 {
		b = append(b, '.', byte('0'+n/10))
		if n%10 != 0 {
			b = append(b, byte('0'+n%10))
		}
	}
	return b
}

func (c *canvas) setColor(color props.Color, op string) {
	c.writeOperator(op, float64(color.Red)/255, float64(color.Green)/255, float64(color.Blue)/255)
}

// showRun draws a run at x, with the baseline y below the top margin, and adds its link annotation.
func (c *canvas) showRun(r run, x, y, size float64, color props.Color) {
	if len(r.codes) == 0 {
		return
	}
	px, py := c.left+x, c.height-c.top-y
	if color != black {
		c.content.WriteString("q ")
		c.setColor(color, "rg")
	}
	fmt.Fprintf(&c.content, "BT /F%d ", r.attrs.style)
	c.writeNumbers(size)
	c.content.WriteString("Tf ")
	c.writeNumbers(px, py)
	c.content.WriteString("Td ")
	c.writeText(r, size)
	c.content.WriteString(" ET\n")
	if color != black {
		c.content.WriteString("Q\n")
	}
	if r.attrs.uri != "" || r.attrs.anchor != "" {
		c.page.links = append(c.page.links, linkAnnotation{x: px, y: py - 0.25*size, w: r.width, h: 1.1 * size, uri: r.attrs.uri, anchor: r.attrs.anchor})
	}
}

// writeText writes the TJ operator for a run: each character as its two-byte code, with the word
// spacing as adjustments.
func (c *canvas) writeText(r run, size float64) {
	font := c.subsets[r.attrs.style]
	b := c.content.AvailableBuffer()
	b = append(b, "[("...)
	for _, code := range r.codes {
		for _, v := range [2]byte{byte(code >> 8), byte(code)} {
			switch v {
			case '(', ')', '\\':
				b = append(b, '\\', v)
			case '\r': // a bare CR would be read as LF
				b = append(b, `\r`...)
			default:
				b = append(b, v)
			}
		}
		if r.wordSpacing != 0 && stretchable(font.chars[code-1]) {
			b = append(b, ')')
			b = appendNumber(b, -r.wordSpacing*1000/size)
			b = append(b, '(')
		}
	}
	b = append(b, ")]TJ"...)
	c.content.Write(b)
}

// stretchable reports whether justification widens the character.
func stretchable(r rune) bool { return r == ' ' || r == '\u00A0' || r == '\u202F' || r == '\u2007' }

// addDestination records the position y below the top margin as the target of an anchor and of a
// bookmark; either may be empty.
func (c *canvas) addDestination(anchor, title string, level int, y float64) {
	p := destination{page: len(c.pages), y: c.height - c.top - y}
	if anchor != "" {
		c.destinations[anchor] = p
	}
	if title != "" {
		c.bookmarks = append(c.bookmarks, bookmark{title: title, level: level, dest: p})
	}
}

// leading is the distance between baselines at a font size.
func leading(size float64) float64 { return quantize(1.27 * size) }

// baseline is the distance from the top of a line to its baseline.
func baseline(size float64) float64 { return quantize(0.98 * size) }

// quantize rounds to 1/64 point, which floating point represents exactly, so that sums of line
// heights are the same on every processor.
func quantize(f float64) float64 { return math.Round(64*f) / 64 }

func fontStyle(t fontstyle.Type) style {
	switch t {
	case fontstyle.Bold:
		return bold
	case fontstyle.Italic:
		return italic
	case fontstyle.BoldItalic:
		return bold | italic
	}
	return regular
}
