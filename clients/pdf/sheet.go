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

// sheet is what maroto's pages are drawn on: a core.Provider that writes PDF. It stands in for
// maroto's own, which parses every font again for each document; the package's benchmark
// measures both. Its unit of length is the point.
//
// What it cannot draw is kept as an error, returned by GenerateBytes; nothing is left out.
type sheet struct {
	fonts  [4]*subset
	scribe *scribe
	width  float64
	height float64
	left   float64 // margins; cells are counted from inside them
	top    float64

	x, y float64 // where CreateCol draws, from inside the margins

	content   bytes.Buffer // of the page being drawn
	page      pageObject
	pages     []pageObject
	bookmarks []bookmark
	places    map[string]place // of anchors
	meta      info
	err       error
}

type pageObject struct {
	content []byte // compressed
	links   []link
}

// link is an area of a page that leads to an address, or to an anchor of the document.
type link struct {
	x, y, w, h float64 // lower left corner first, in PDF's coordinates
	uri, ref   string
}

type place struct {
	page int
	y    float64 // PDF's coordinate
}

type bookmark struct {
	title string
	level int
	place place
}

var _ core.Provider = (*sheet)(nil)

// inks of the pages.
var (
	black = props.Color{}
	grey  = props.Color{Red: 110, Green: 110, Blue: 110}
	pale  = props.Color{Red: 238, Green: 238, Blue: 238}
	white = props.Color{Red: 255, Green: 255, Blue: 255}
	rule  = props.Color{Red: 165, Green: 165, Blue: 165}
	shade = props.Color{Red: 242, Green: 242, Blue: 242}
	blue  = props.Color{Red: 20, Green: 70, Blue: 140}
)

func newSheet(s *scribe, width, height float64, margins entity.Margins) *sheet {
	return &sheet{scribe: s, fonts: s.fonts, width: width, height: height, left: margins.Left, top: margins.Top, places: map[string]place{}}
}

// draw lets maroto draw one of its pages.
func (s *sheet) draw(p core.Page, root entity.Cell) {
	s.x, s.y = 0, 0
	s.page = pageObject{}
	s.content.Reset()
	p.Render(s, root)
	s.page.content = deflate(s.content.Bytes())
	s.pages = append(s.pages, s.page)
}

func (s *sheet) fail(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("pdf: the page holds %s, which this engine does not draw", what)
	}
}

// numbers appends coordinates, with a space after each.
func (s *sheet) numbers(v ...float64) {
	for _, f := range v {
		s.content.Write(appendNumber(s.content.AvailableBuffer(), f))
		s.content.WriteByte(' ')
	}
}

func (s *sheet) operator(op string, v ...float64) {
	s.numbers(v...)
	s.content.WriteString(op)
	s.content.WriteByte('\n')
}

// appendNumber writes f to a hundredth.
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

func (s *sheet) ink(c props.Color, op string) {
	s.operator(op, float64(c.Red)/255, float64(c.Green)/255, float64(c.Blue)/255)
}

// show writes a run whose baseline is y below the upper margin.
func (s *sheet) show(r run, x, y, size float64, ink props.Color) {
	if len(r.codes) == 0 {
		return
	}
	px, py := s.left+x, s.height-s.top-y
	if ink != black {
		s.content.WriteString("q ")
		s.ink(ink, "rg")
	}
	fmt.Fprintf(&s.content, "BT /F%d ", r.look.style)
	s.numbers(size)
	s.content.WriteString("Tf ")
	s.numbers(px, py)
	s.content.WriteString("Td ")
	s.string(r, size)
	s.content.WriteString(" ET\n")
	if ink != black {
		s.content.WriteString("Q\n")
	}
	if r.look.link != "" || r.look.ref != "" {
		s.page.links = append(s.page.links, link{x: px, y: py - 0.25*size, w: r.width, h: 1.1 * size, uri: r.look.link, ref: r.look.ref})
	}
}

// string writes the operand and operator that show a run: each character as its two-byte code.
func (s *sheet) string(r run, size float64) {
	font := s.fonts[r.look.style]
	b := s.content.AvailableBuffer()
	b = append(b, "[("...)
	for _, code := range r.codes {
		for _, v := range [2]byte{byte(code >> 8), byte(code)} {
			switch v {
			case '(', ')', '\\':
				b = append(b, '\\', v)
			case '\r': // would be read as a line feed
				b = append(b, `\r`...)
			default:
				b = append(b, v)
			}
		}
		if r.room != 0 && wide(font.chars[code-1]) {
			b = append(b, ')')
			b = appendNumber(b, -r.room*1000/size)
			b = append(b, '(')
		}
	}
	b = append(b, ")]TJ"...)
	s.content.Write(b)
}

// wide tells the characters that justifying widens.
func wide(r rune) bool { return r == ' ' || r == '\u00A0' || r == '\u202F' || r == '\u2007' }

// mark keeps where an anchor and a bookmark lead: to y below the upper margin.
func (s *sheet) mark(anchor, title string, level int, y float64) {
	p := place{page: len(s.pages), y: s.height - s.top - y}
	if anchor != "" {
		s.places[anchor] = p
	}
	if title != "" {
		s.bookmarks = append(s.bookmarks, bookmark{title: title, level: level, place: p})
	}
}

// watermark writes words across the page, pale, as an artifact that readers leave out.
func (s *sheet) watermark(t text) {
	whole, _ := t.natural()
	diagonal := math.Hypot(s.width, s.height)
	size := min(130, 0.62*diagonal*upem/float64(max(whole, 1)))
	w := points(whole, size)
	sin, cos := s.height/diagonal, s.width/diagonal
	x := s.width/2 - cos*w/2 + sin*size*0.33
	y := s.height/2 - sin*w/2 - cos*size*0.33
	s.content.WriteString("/Artifact BMC q ")
	s.ink(pale, "rg")
	fmt.Fprintf(&s.content, "BT /F%d ", t.looks[0].style)
	s.numbers(size)
	s.content.WriteString("Tf ")
	for _, v := range []float64{cos, sin, -sin, cos} {
		s.content.WriteString(strconv.FormatFloat(v, 'f', 5, 64) + " ")
	}
	s.numbers(x, y)
	s.content.WriteString("Tm ")
	for _, r := range t.runs(wholeLine(t), s.scribe, 0, size, 0) {
		s.string(r, size)
	}
	s.content.WriteString(" ET Q EMC\n")
}

// CreateRow moves down, below a row.
func (s *sheet) CreateRow(height float64) {
	s.y += height
	s.x = 0
}

// CreateCol draws the background and borders of a cell and moves to its right.
func (s *sheet) CreateCol(width, height float64, _ *entity.Config, prop *props.Cell) {
	x, y := s.left+s.x, s.height-s.top-s.y
	s.x += width
	if prop == nil {
		return
	}
	if c := prop.BackgroundColor; c != nil {
		s.content.WriteString("q ")
		s.ink(*c, "rg")
		s.operator("re f Q", x, y-height, width, height)
	}
	if prop.BorderType == border.None {
		return
	}
	s.content.WriteString("q ")
	if prop.BorderColor != nil {
		s.ink(*prop.BorderColor, "RG")
	}
	s.operator("w", prop.BorderThickness)
	edge := func(on bool, x1, y1, x2, y2 float64) {
		if on {
			s.numbers(x1, y1)
			s.content.WriteString("m ")
			s.operator("l S", x2, y2)
		}
	}
	edge(prop.BorderType.HasTop(), x, y, x+width, y)
	edge(prop.BorderType.HasBottom(), x, y-height, x+width, y-height)
	edge(prop.BorderType.HasLeft(), x, y, x, y-height)
	edge(prop.BorderType.HasRight(), x+width, y, x+width, y-height)
	s.content.WriteString("Q\n")
}

// AddLine draws a line through a cell.
func (s *sheet) AddLine(cell *entity.Cell, prop *props.Line) {
	x, y := s.left+cell.X, s.height-s.top-cell.Y
	size, offset := prop.SizePercent/100, prop.OffsetPercent/100
	s.content.WriteString("q ")
	if prop.Color != nil {
		s.ink(*prop.Color, "RG")
	}
	s.operator("w", prop.Thickness)
	if prop.Orientation == orientation.Vertical {
		x, y = x+cell.Width*offset, y-cell.Height*(1-size)/2
		s.numbers(x, y)
		s.content.WriteString("m ")
		s.operator("l S Q", x, y-cell.Height*size)
		return
	}
	x, y = x+cell.Width*(1-size)/2, y-cell.Height*offset
	s.numbers(x, y)
	s.content.WriteString("m ")
	s.operator("l S Q", x+cell.Width*size, y)
}

// leading is the distance of baselines for a size of type.
func leading(size float64) float64 { return exact(1.27 * size) }

// baseline is how far it lies below the top of its line.
func baseline(size float64) float64 { return exact(0.98 * size) }

// exact rounds to what floating point holds exactly, so that sums of lines are the same on every
// kind of processor.
func exact(f float64) float64 { return math.Round(64*f) / 64 }

func styleOf(t fontstyle.Type) style {
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

// AddText draws text in a cell, broken into lines of the cell's width.
func (s *sheet) AddText(words string, cell *entity.Cell, prop *props.Text) {
	t := s.scribe.plain(words, "", styleOf(prop.Style))
	width := cell.Width - prop.Left - prop.Right
	limit := units(width, prop.Size)
	ink := black
	if prop.Color != nil {
		ink = *prop.Color
	}
	if prop.Hyperlink != nil {
		t.looks[0].link = *prop.Hyperlink
	}
	y := cell.Y + prop.Top + baseline(prop.Size)
	for _, l := range t.lines(s.scribe.faces, limit, limit) {
		x := cell.X + prop.Left
		switch prop.Align {
		case align.Center:
			x += (width - points(l.width, prop.Size)) / 2
		case align.Right:
			x += width - points(l.width, prop.Size)
		}
		for _, r := range t.runs(l, s.scribe, x, prop.Size, 0) {
			s.show(r, r.x, y, prop.Size, ink)
		}
		y += leading(prop.Size) + prop.VerticalPadding
	}
}

// GetFontHeight is the height of a line.
func (s *sheet) GetFontHeight(prop *props.Font) float64 { return leading(prop.Size) }

// GetLinesQuantity is the number of lines that AddText draws.
func (s *sheet) GetLinesQuantity(words string, prop *props.Text, width float64) int {
	limit := units(width-prop.Left-prop.Right, prop.Size)
	return len(s.scribe.plain(words, "", styleOf(prop.Style)).lines(s.scribe.faces, limit, limit))
}

// AddQrCode draws a QR code as squares: sharp in any size.
func (s *sheet) AddQrCode(words string, cell *entity.Cell, prop *props.Rect) {
	code, err := qr.Encode(words, qr.M, qr.Auto)
	if err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("pdf: QR code: %w", err))
		return
	}
	n := code.Bounds().Dx()
	side := min(cell.Width, cell.Height) * prop.Percent / 100
	x, y := s.left+cell.X+prop.Left, s.height-s.top-cell.Y-prop.Top
	if prop.Center {
		x, y = s.left+cell.X+(cell.Width-side)/2, s.height-s.top-cell.Y-(cell.Height-side)/2
	}
	s.content.WriteString("q ")
	s.ink(white, "rg") // a quiet zone, also above a watermark
	s.operator("re f Q q", x-6, y-side-6, side+12, side+12)
	s.content.WriteString(strconv.FormatFloat(side/float64(n), 'f', 5, 64) + " 0 0 " + strconv.FormatFloat(-side/float64(n), 'f', 5, 64) + " ")
	s.numbers(x, y)
	s.content.WriteString("cm\n")
	for row := range n {
		for from := 0; from < n; {
			to := from
			for to < n && dark(code.At(to, row)) {
				to++
			}
			if to > from {
				s.operator("re", float64(from), float64(row), float64(to-from), 1)
			}
			from = max(to, from+1)
		}
	}
	s.content.WriteString("f Q\n")
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

// GetDimensionsByQrCode tells that it is square.
func (s *sheet) GetDimensionsByQrCode(string) (*entity.Dimensions, error) {
	return &entity.Dimensions{Width: 1, Height: 1}, nil
}

var errNoImages = errors.New("pdf: this engine draws no images")

// AddMatrixCode fails the document: its model has none.
func (s *sheet) AddMatrixCode(string, *entity.Cell, *props.Rect) { s.fail("a matrix code") }

// AddBarCode fails the document: its model has none.
func (s *sheet) AddBarCode(string, *entity.Cell, *props.Barcode) { s.fail("a bar code") }

// AddImageFromFile fails the document: its model has no images.
func (s *sheet) AddImageFromFile(string, *entity.Cell, *props.Rect) { s.fail("an image") }

// AddImageFromBytes fails the document: its model has no images.
func (s *sheet) AddImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	s.fail("an image")
}

// AddBackgroundImageFromBytes fails the document: its model has no images.
func (s *sheet) AddBackgroundImageFromBytes([]byte, *entity.Cell, *props.Rect, extension.Type) {
	s.fail("an image")
}

// GetDimensionsByMatrixCode fails.
func (s *sheet) GetDimensionsByMatrixCode(string) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImageByte fails.
func (s *sheet) GetDimensionsByImageByte([]byte, extension.Type) (*entity.Dimensions, error) {
	return nil, errNoImages
}

// GetDimensionsByImage fails.
func (s *sheet) GetDimensionsByImage(string) (*entity.Dimensions, error) { return nil, errNoImages }

// SetProtection fails the document if protection is asked for.
func (s *sheet) SetProtection(p *entity.Protection) {
	if p != nil {
		s.fail("protection")
	}
}

// SetCompression does nothing: streams are always compressed.
func (s *sheet) SetCompression(bool) {}

// SetMetadata keeps what the file says of itself.
func (s *sheet) SetMetadata(m *entity.Metadata) {
	if m == nil {
		return
	}
	value := func(t *entity.Utf8Text) string {
		if t == nil {
			return ""
		}
		return t.Text
	}
	s.meta.title, s.meta.author, s.meta.subject = value(m.Title), value(m.Author), value(m.Subject)
	s.meta.keywords, s.meta.creator = value(m.KeywordsStr), value(m.Creator)
	if m.CreationDate != nil {
		s.meta.created = *m.CreationDate
	}
}

// GenerateBytes is the finished file.
func (s *sheet) GenerateBytes() ([]byte, error) {
	if s.err != nil {
		return nil, &domain.Error{Code: domain.Internal, Message: "The document could not be drawn.", Err: s.err}
	}
	return s.file(), nil
}

// pdfText is a string of the file outside of pages.
func pdfText(words string) []byte {
	const digits = "0123456789ABCDEF"
	b := append(make([]byte, 0, 6+4*len(words)), "<FEFF"...)
	for _, u := range utf16.Encode([]rune(words)) {
		b = append(b, digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return append(b, '>')
}
