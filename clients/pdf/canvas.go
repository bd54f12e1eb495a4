package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/boombuler/barcode/qr"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/orientation"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain"
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

// drawWatermark writes text diagonally across the page, as an artifact that screen readers skip.
func (c *canvas) drawWatermark(t shapedText) {
	whole, _ := t.naturalWidth()
	diagonal := math.Hypot(c.width, c.height)
	size := min(130, 0.62*diagonal*unitsPerEm/float64(max(whole, 1)))
	w := toPoints(whole, size)
	sin, cos := c.height/diagonal, c.width/diagonal
	x := c.width/2 - cos*w/2 + sin*size*0.33
	y := c.height/2 - sin*w/2 - cos*size*0.33
	c.content.WriteString("/Artifact BMC q ")
	c.setColor(watermarkColor, "rg")
	fmt.Fprintf(&c.content, "BT /F%d ", t.attrs[0].style)
	c.writeNumbers(size)
	c.content.WriteString("Tf ")
	for _, v := range []float64{cos, sin, -sin, cos} {
		c.content.WriteString(strconv.FormatFloat(v, 'f', 5, 64) + " ")
	}
	c.writeNumbers(x, y)
	c.content.WriteString("Tm ")
	for _, r := range t.runs(wholeLine(t), c.shaper, 0, size, 0) {
		c.writeText(r, size)
	}
	c.content.WriteString(" ET Q EMC\n")
}

// CreateRow moves to the next row.
func (c *canvas) CreateRow(height float64) {
	c.y += height
	c.x = 0
}

// CreateCol draws the background and borders of a cell and moves to the next column.
func (c *canvas) CreateCol(width, height float64, _ *entity.Config, prop *props.Cell) {
	x, y := c.left+c.x, c.height-c.top-c.y
	c.x += width
	if prop == nil {
		return
	}
	if fill := prop.BackgroundColor; fill != nil {
		c.content.WriteString("q ")
		c.setColor(*fill, "rg")
		c.writeOperator("re f Q", x, y-height, width, height)
	}
	if prop.BorderType == border.None {
		return
	}
	c.content.WriteString("q ")
	if prop.BorderColor != nil {
		c.setColor(*prop.BorderColor, "RG")
	}
	c.writeOperator("w", prop.BorderThickness)
	edge := func(on bool, x1, y1, x2, y2 float64) {
		if on {
			c.writeNumbers(x1, y1)
			c.content.WriteString("m ")
			c.writeOperator("l S", x2, y2)
		}
	}
	edge(prop.BorderType.HasTop(), x, y, x+width, y)
	edge(prop.BorderType.HasBottom(), x, y-height, x+width, y-height)
	edge(prop.BorderType.HasLeft(), x, y, x, y-height)
	edge(prop.BorderType.HasRight(), x+width, y, x+width, y-height)
	c.content.WriteString("Q\n")
}

// AddLine draws a horizontal or vertical line in a cell.
func (c *canvas) AddLine(cell *entity.Cell, prop *props.Line) {
	x, y := c.left+cell.X, c.height-c.top-cell.Y
	size, offset := prop.SizePercent/100, prop.OffsetPercent/100
	c.content.WriteString("q ")
	if prop.Color != nil {
		c.setColor(*prop.Color, "RG")
	}
	c.writeOperator("w", prop.Thickness)
	if prop.Orientation == orientation.Vertical {
		x, y = x+cell.Width*offset, y-cell.Height*(1-size)/2
		c.writeNumbers(x, y)
		c.content.WriteString("m ")
		c.writeOperator("l S Q", x, y-cell.Height*size)
		return
	}
	x, y = x+cell.Width*(1-size)/2, y-cell.Height*offset
	c.writeNumbers(x, y)
	c.content.WriteString("m ")
	c.writeOperator("l S Q", x+cell.Width*size, y)
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

// AddText draws text in a cell, wrapped at the cell's width.
func (c *canvas) AddText(text string, cell *entity.Cell, prop *props.Text) {
	t := c.shaper.shapeString(text, "", fontStyle(prop.Style))
	width := cell.Width - prop.Left - prop.Right
	limit := toFontUnits(width, prop.Size)
	color := black
	if prop.Color != nil {
		color = *prop.Color
	}
	if prop.Hyperlink != nil {
		t.attrs[0].uri = *prop.Hyperlink
	}
	y := cell.Y + prop.Top + baseline(prop.Size)
	for _, l := range t.breakLines(c.shaper.fonts, limit, limit) {
		x := cell.X + prop.Left
		switch prop.Align {
		case align.Center:
			x += (width - toPoints(l.width, prop.Size)) / 2
		case align.Right:
			x += width - toPoints(l.width, prop.Size)
		}
		for _, r := range t.runs(l, c.shaper, x, prop.Size, 0) {
			c.showRun(r, r.x, y, prop.Size, color)
		}
		y += leading(prop.Size) + prop.VerticalPadding
	}
}

// GetFontHeight returns the height of a line.
func (c *canvas) GetFontHeight(prop *props.Font) float64 { return leading(prop.Size) }

// GetLinesQuantity returns the number of lines that AddText draws.
func (c *canvas) GetLinesQuantity(text string, prop *props.Text, width float64) int {
	limit := toFontUnits(width-prop.Left-prop.Right, prop.Size)
	return len(c.shaper.shapeString(text, "", fontStyle(prop.Style)).breakLines(c.shaper.fonts, limit, limit))
}

// AddQrCode draws a QR code as vector rectangles.
func (c *canvas) AddQrCode(content string, cell *entity.Cell, prop *props.Rect) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("pdf: QR code: %w", err))
		return
	}
	n := code.Bounds().Dx()
	side := min(cell.Width, cell.Height) * prop.Percent / 100
	x, y := c.left+cell.X+prop.Left, c.height-c.top-cell.Y-prop.Top
	if prop.Center {
		x, y = c.left+cell.X+(cell.Width-side)/2, c.height-c.top-cell.Y-(cell.Height-side)/2
	}
	c.content.WriteString("q ")
	c.setColor(white, "rg") // quiet zone, covers a watermark
	c.writeOperator("re f Q q", x-6, y-side-6, side+12, side+12)
	c.content.WriteString(strconv.FormatFloat(side/float64(n), 'f', 5, 64) + " 0 0 " + strconv.FormatFloat(-side/float64(n), 'f', 5, 64) + " ")
	c.writeNumbers(x, y)
	c.content.WriteString("cm\n")
	for row := range n {
		for from := 0; from < n; {
			to := from
			for to < n && isDark(code.At(to, row)) {
				to++
			}
			if to > from {
				c.writeOperator("re", float64(from), float64(row), float64(to-from), 1)
			}
			from = max(to, from+1)
		}
	}
	c.content.WriteString("f Q\n")
}

func isDark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

// GetDimensionsByQrCode returns a square.
func (c *canvas) GetDimensionsByQrCode(string) (*entity.Dimensions, error) {
	return &entity.Dimensions{Width: 1, Height: 1}, nil
}

var errNoImages = errors.New("pdf: this engine does not support images")

// AddMatrixCode is not supported.
func (c *canvas) AddMatrixCode(string, *entity.Cell, *props.Rect) { c.unsupported("a matrix code") }

// AddBarCode is not supported.
func (c *canvas) AddBarCode(string, *entity.Cell, *props.Barcode) { c.unsupported("a bar code") }

// AddImageFromFile is not supported.
func (c *canvas) AddImageFromFile(string, *entity.Cell, *props.Rect) { c.unsupported("an image") }

// AddImageFromBytes is not supported.
func (c *canvas) AddImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	c.unsupported("an image")
}

// AddBackgroundImageFromBytes is not supported.
func (c *canvas) AddBackgroundImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	c.unsupported("an image")
}

// GetDimensionsByMatrixCode is not supported.
func (c *canvas) GetDimensionsByMatrixCode(string) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImageByte is not supported.
func (c *canvas) GetDimensionsByImageByte([]byte, extension.Type) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImage is not supported.
func (c *canvas) GetDimensionsByImage(string) (*entity.Dimensions, error) { return nil, errNoImages }

// SetProtection is not supported, except with nil.
func (c *canvas) SetProtection(p *entity.Protection) {
	if p != nil {
		c.unsupported("protection")
	}
}

// SetCompression does nothing: streams are always compressed.
func (c *canvas) SetCompression(bool) {}

// SetMetadata sets the document information dictionary.
func (c *canvas) SetMetadata(m *entity.Metadata) {
	if m == nil {
		return
	}
	value := func(t *entity.Utf8Text) string {
		if t == nil {
			return ""
		}
		return t.Text
	}
	c.info.title, c.info.author, c.info.subject = value(m.Title), value(m.Author), value(m.Subject)
	c.info.keywords, c.info.creator = value(m.KeywordsStr), value(m.Creator)
	if m.CreationDate != nil {
		c.info.created = *m.CreationDate
	}
}

// GenerateBytes returns the finished file.
func (c *canvas) GenerateBytes() ([]byte, error) {
	if c.err != nil {
		return nil, &domain.Error{Code: domain.Internal, Message: "The document could not be rendered.", Err: c.err}
	}
	return c.writeFile(), nil
}

// textString encodes a text string (ISO 32000, 7.9.2.2) as UTF-16 in hexadecimal.
func textString(text string) []byte {
	const digits = "0123456789ABCDEF"
	b := append(make([]byte, 0, 6+4*len(text)), "<FEFF"...)
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return append(b, '>')
}
