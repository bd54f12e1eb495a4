package pdf

import (
	"strconv"
	"strings"

	"github.com/johnfercher/maroto/v2/pkg/components/code"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/page"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"github.com/johnfercher/go-tree/node"

	"counsel/domain/doc"
)

// paginate distributes line boxes over pages of a height. Boxes that keep together move to the next
// page together, unless they are taller than a page.
func paginate(boxes []lineBox, height float64) [][]lineBox {
	const slack = 1e-6 // for rounding in sums of heights
	var pages [][]lineBox
	var current []lineBox
	used := 0.0
	finishPage := func() {
		pages = append(pages, current)
		current, used = make([]lineBox, 0, len(current)+4), 0
	}
	// A table head is repeated if it takes less than half of the page.
	repeatsHead := func(s lineBox) bool { return s.tableHead != nil && s.tableHead.height < height/2 }
	add := func(s lineBox) {
		if len(current) == 0 {
			if s.discardable {
				return
			}
			if repeatsHead(s) {
				current = append(current, s.tableHead.boxes...)
				used += s.tableHead.height
			}
		}
		current = append(current, s)
		used += s.height
	}
	for i := 0; i < len(boxes); {
		if boxes[i].pageBreak {
			finishPage()
			i++
			continue
		}
		j, sum := i, boxes[i].height
		for boxes[j].keepWithNext && j+1 < len(boxes) && !boxes[j+1].pageBreak && sum <= height {
			j++
			sum += boxes[j].height
		}
		available := height
		if repeatsHead(boxes[i]) {
			available -= boxes[i].tableHead.height
		}
		switch {
		case used+sum <= height+slack:
		case sum <= available+slack:
			finishPage()
		default: // taller than a page: break between any two lines
			j = i
			if used+boxes[i].height > height+slack {
				finishPage()
			}
		}
		for ; i <= j; i++ {
			add(boxes[i])
		}
	}
	if len(current) > 0 || len(pages) == 0 {
		finishPage()
	}
	return pages
}

// geometry is the page size and margins, in points.
type geometry struct {
	width, height float64
	margins       entity.Margins
}

const mm = 72 / 25.4

func (s *shaper) pageGeometry(p doc.Page, source string) geometry {
	out := geometry{width: 210 * mm, height: 297 * mm}
	switch p.Size {
	case doc.A4, "":
	case doc.Letter:
		out.width, out.height = 612, 792
	default:
		s.errs.add(source, "the page size must be A4 or Letter, not %q", p.Size)
	}
	if p.Landscape {
		out.width, out.height = out.height, out.width
	}
	m := p.Margins
	if m == (doc.Margins{}) {
		m = doc.Margins{Left: 25, Right: 25, Top: 20, Bottom: 20}
	}
	for _, v := range []float64{m.Left, m.Top, m.Right, m.Bottom} {
		if !(v >= 10 && v <= 60) { // also NaN
			s.errs.add(source, "a margin must be 10 to 60 mm, not %v", v)
		}
	}
	out.margins = entity.Margins{Left: m.Left * mm, Top: m.Top * mm, Right: m.Right * mm, Bottom: m.Bottom * mm}
	return out
}

// runningText is a measured header or footer. Its columns are templates until the page numbers are
// known.
type runningText struct {
	templates [3]string
	title     string
	columns   [3]int // widths, of gridUnits
	lines     int
	source    string
	isHeader  bool
}

const maxRunningLines = 6 // lines a header or footer may have

// runningText measures a header or footer. {page} and {pages} are measured as four digits.
func (s *shaper) runningText(r doc.RunningText, title string, width float64, above bool) runningText {
	out := runningText{source: r.Source, isHeader: above, title: title, templates: [3]string{r.Left, r.Center, r.Right}}
	var natural [3]float64
	for i := range out.templates {
		whole, _ := out.expand(s, i, 8888, 8888).naturalWidth()
		if whole > 0 {
			natural[i] = toPoints(whole, smallSize) + 6
		}
	}
	// The middle column stays centered as long as the sides leave it room.
	side := max(natural[0], natural[2])
	w := [3]float64{side, width - 2*side, side}
	if natural[1] == 0 {
		w = [3]float64{natural[0], 0, width - natural[0]}
		if natural[0]+natural[2] > width {
			w = distribute(natural, width)
		}
	} else if w[1] < natural[1] {
		w = distribute(natural, width)
	}
	for i, p := range out.templates {
		out.columns[i] = int(w[i] / width * gridUnits)
		if p == "" {
			continue
		}
		limit := toFontUnits(width*float64(out.columns[i])/gridUnits, smallSize)
		out.lines = max(out.lines, len(out.expand(s, i, 8888, 8888).breakLines(s.fonts, limit, limit)))
	}
	if out.lines > maxRunningLines {
		s.errs.add(r.Source, "the header or footer needs %d lines; %d are allowed", out.lines, maxRunningLines)
	}
	return out
}

// distribute divides width among columns that do not all fit: narrow columns get their natural width,
// the others equal shares of the rest.
func distribute(natural [3]float64, width float64) [3]float64 {
	var out [3]float64
	unresolved := 0
	for _, n := range natural {
		if n > 0 {
			unresolved++
		}
	}
	for range natural {
		for i, n := range natural {
			if n > 0 && out[i] == 0 && n <= width/float64(unresolved) {
				out[i] = n
				width -= n
				unresolved--
			}
		}
	}
	for i, n := range natural {
		if n > 0 && out[i] == 0 {
			out[i] = width / float64(unresolved)
		}
	}
	return out
}

// expand returns column i as it appears on a page. All placeholders are replaced in one pass, so that
// a title that contains "{page}" is shown literally.
func (r runningText) expand(s *shaper, i, page, pages int) shapedText {
	p := strings.NewReplacer("{page}", strconv.Itoa(page), "{pages}", strconv.Itoa(pages), "{title}", r.title).Replace(r.templates[i])
	return s.shapeString(p, r.source, regular)
}

const runningGap = 14.0 // between header or footer and body

func (r runningText) height() float64 {
	if r.lines == 0 {
		return 0
	}
	return float64(r.lines)*leading(smallSize) + runningGap
}

// row returns the header or footer of a page, or nil if it is empty.
func (r runningText) row(s *shaper, page, pages int) core.Row {
	if r.lines == 0 {
		return nil
	}
	out := row.New(r.height())
	for i, size := range r.columns {
		if size == 0 {
			continue
		}
		c := col.New(size)
		if r.templates[i] != "" {
			c.Add(&runningColumn{content: r.expand(s, i, page, pages), index: i, isHeader: r.isHeader})
		}
		out.Add(c)
	}
	return out
}

// runningColumn is the maroto component for one of the three columns of a header or footer.
type runningColumn struct {
	content  shapedText
	index    int
	isHeader bool
}

// Render implements core.Component.
func (r *runningColumn) Render(p core.Provider, cell *entity.Cell) {
	c, ok := p.(*canvas)
	if !ok {
		return // this engine draws only on a canvas
	}
	limit := toFontUnits(cell.Width, smallSize)
	y := cell.Y + baseline(smallSize)
	lines := r.content.breakLines(c.shaper.fonts, limit, limit)
	if !r.isHeader {
		y += cell.Height - leading(smallSize)*float64(len(lines))
	}
	for _, l := range lines {
		free := cell.Width - toPoints(l.width, smallSize)
		x := [3]float64{0, free / 2, free}[r.index]
		for _, u := range r.content.runs(l, c.shaper, cell.X+x, smallSize, 0) {
			c.showRun(u, u.x, y, smallSize, gray)
		}
		y += leading(smallSize)
	}
}

// GetHeight implements core.Component.
func (r *runningColumn) GetHeight(_ core.Provider, cell *entity.Cell) float64 { return cell.Height }

// SetConfig implements core.Component and does nothing.
func (r *runningColumn) SetConfig(*entity.Config) {}

// GetStructure implements core.Component.
func (r *runningColumn) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "running"})
}

// watermarkComponent is the maroto component for the watermark. It takes no space.
type watermarkComponent struct{ content shapedText }

// Render implements core.Component.
func (m *watermarkComponent) Render(p core.Provider, _ *entity.Cell) {
	if c, ok := p.(*canvas); ok {
		c.drawWatermark(m.content)
	}
}

// GetHeight implements core.Component.
func (m *watermarkComponent) GetHeight(core.Provider, *entity.Cell) float64 { return 0 }

// SetConfig implements core.Component and does nothing.
func (m *watermarkComponent) SetConfig(*entity.Config) {}

// GetStructure implements core.Component.
func (m *watermarkComponent) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "watermark"})
}

// addVerification adds the address where readers can verify the document, also as a QR code.
func (l *layout) addVerification(url, source string) {
	const side, longest = 68, 500
	if len(url) > longest {
		l.shaper.errs.add(source, "the verification URL has more than %d characters", longest)
		return
	}
	l.addSpace(20)
	l.boxes = append(l.boxes, lineBox{height: side, keepWithNext: true, cells: []cell{{units: gridUnits, component: code.NewQr(url, props.Rect{Percent: 100})}}})
	t := l.shaper.shape([]doc.Span{{Text: url, Link: url}}, source, regular)
	l.boxes = append(l.boxes, lineBox{height: 3, keepWithNext: true})
	l.addParagraph(paragraph{text: t, size: smallSize}, false)
}

// rowOf converts a line box to a maroto row.
func rowOf(s lineBox) core.Row {
	r := row.New(s.height)
	for _, c := range s.cells {
		column := col.New(c.units)
		if c.component != nil {
			column.Add(c.component)
		}
		if c.style != nil {
			column.WithStyle(c.style)
		}
		r.Add(column)
	}
	return r
}

// compose builds a maroto page: watermark, header, line boxes, and the footer at the bottom.
func compose(boxes []lineBox, body float64, cfg *entity.Config, watermark *watermarkComponent, header, footer core.Row) core.Page {
	p := page.New()
	if watermark != nil {
		p.Add(row.New(0).Add(col.New(gridUnits).Add(watermark)))
	}
	if header != nil {
		p.Add(header)
	}
	remaining := body
	rows := make([]core.Row, 0, len(boxes)+2)
	for _, s := range boxes {
		rows = append(rows, rowOf(s))
		remaining -= s.height
	}
	if footer != nil {
		rows = append(rows, row.New(max(remaining, 0)), footer)
	}
	p.Add(rows...)
	p.SetConfig(cfg)
	return p
}
