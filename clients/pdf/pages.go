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

	"counsel/domain/documents"
)

// paginate deals strips out to pages of a height. Strips that keep together move to the next
// page together, unless they are taller than a page.
func paginate(strips []strip, height float64) [][]strip {
	const slack = 1e-6 // of sums of heights
	var pages [][]strip
	var now []strip
	used := 0.0
	turn := func() {
		pages = append(pages, now)
		now, used = make([]strip, 0, len(now)+4), 0
	}
	// A table's head is repeated if it leaves most of the page to the rows.
	repeated := func(s strip) bool { return s.head != nil && s.head.height < height/2 }
	place := func(s strip) {
		if len(now) == 0 {
			if s.soft {
				return
			}
			if repeated(s) {
				now = append(now, s.head.strips...)
				used += s.head.height
			}
		}
		now = append(now, s)
		used += s.height
	}
	for i := 0; i < len(strips); {
		if strips[i].turn {
			turn()
			i++
			continue
		}
		j, sum := i, strips[i].height
		for strips[j].keep && j+1 < len(strips) && !strips[j+1].turn && sum <= height {
			j++
			sum += strips[j].height
		}
		fresh := height
		if repeated(strips[i]) {
			fresh -= strips[i].head.height
		}
		switch {
		case used+sum <= height+slack:
		case sum <= fresh+slack:
			turn()
		default: // taller than a page: line by line
			j = i
			if used+strips[i].height > height+slack {
				turn()
			}
		}
		for ; i <= j; i++ {
			place(strips[i])
		}
	}
	if len(now) > 0 || len(pages) == 0 {
		turn()
	}
	return pages
}

// paper is the paper and its parts, in points.
type paper struct {
	width, height float64
	margins       entity.Margins
}

const mm = 72 / 25.4

func (s *scribe) paper(p documents.Page, source string) paper {
	out := paper{width: 210 * mm, height: 297 * mm}
	switch p.Size {
	case documents.A4, "":
	case documents.Letter:
		out.width, out.height = 612, 792
	default:
		s.faults.add(source, "the page size is A4 or Letter, not %q", p.Size)
	}
	if p.Landscape {
		out.width, out.height = out.height, out.width
	}
	m := p.Margins
	if m == (documents.Margins{}) {
		m = documents.Margins{Left: 25, Right: 25, Top: 20, Bottom: 20}
	}
	for _, v := range []float64{m.Left, m.Top, m.Right, m.Bottom} {
		if !(v >= 10 && v <= 60) { // also what is no number
			s.faults.add(source, "a margin is 10 to 60 mm, not %v", v)
		}
	}
	out.margins = entity.Margins{Left: m.Left * mm, Top: m.Top * mm, Right: m.Right * mm, Bottom: m.Bottom * mm}
	return out
}

// running is a header or footer made ready: three columns, of which the texts are known but for
// the numbers of pages.
type running struct {
	parts  [3]string
	title  string
	size   [3]int // of the columns, in the grid's units
	lines  int
	source string
	above  bool
}

const maxRunning = 6 // lines of a header or footer

// running measures a header or footer; {page} and {pages} count as four digits.
func (s *scribe) running(r documents.Running, title string, width float64, above bool) running {
	out := running{source: r.Source, above: above, title: title, parts: [3]string{r.Left, r.Center, r.Right}}
	var natural [3]float64
	for i := range out.parts {
		whole, _ := out.text(s, i, 8888, 8888).natural()
		if whole > 0 {
			natural[i] = points(whole, smallSize) + 6
		}
	}
	// The middle stays in the middle as long as the sides leave it room.
	side := max(natural[0], natural[2])
	w := [3]float64{side, width - 2*side, side}
	if natural[1] == 0 {
		w = [3]float64{natural[0], 0, width - natural[0]}
		if natural[0]+natural[2] > width {
			w = share(natural, width)
		}
	} else if w[1] < natural[1] {
		w = share(natural, width)
	}
	for i, p := range out.parts {
		out.size[i] = int(w[i] / width * grid)
		if p == "" {
			continue
		}
		limit := units(width*float64(out.size[i])/grid, smallSize)
		out.lines = max(out.lines, len(out.text(s, i, 8888, 8888).lines(s.faces, limit, limit)))
	}
	if out.lines > maxRunning {
		s.faults.add(r.Source, "the header or footer needs %d lines, of which it has %d at most", out.lines, maxRunning)
	}
	return out
}

// share gives columns that do not fit what they want at most, the others equal parts of the rest.
func share(natural [3]float64, width float64) [3]float64 {
	var out [3]float64
	open := 0
	for _, n := range natural {
		if n > 0 {
			open++
		}
	}
	for range natural {
		for i, n := range natural {
			if n > 0 && out[i] == 0 && n <= width/float64(open) {
				out[i] = n
				width -= n
				open--
			}
		}
	}
	for i, n := range natural {
		if n > 0 && out[i] == 0 {
			out[i] = width / float64(open)
		}
	}
	return out
}

// text is a part as it stands on a page. All is replaced in one pass: a title that holds {page}
// shows just that.
func (r running) text(s *scribe, i, page, pages int) text {
	p := strings.NewReplacer("{page}", strconv.Itoa(page), "{pages}", strconv.Itoa(pages), "{title}", r.title).Replace(r.parts[i])
	return s.plain(p, r.source, regular)
}

const runningGap = 14.0 // between header or footer and text

func (r running) height() float64 {
	if r.lines == 0 {
		return 0
	}
	return float64(r.lines)*leading(smallSize) + runningGap
}

// row makes the header or footer of a page; nil without text.
func (r running) row(s *scribe, page, pages int) core.Row {
	if r.lines == 0 {
		return nil
	}
	out := row.New(r.height())
	for i, size := range r.size {
		if size == 0 {
			continue
		}
		c := col.New(size)
		if r.parts[i] != "" {
			c.Add(&runningPart{text: r.text(s, i, page, pages), place: i, above: r.above})
		}
		out.Add(c)
	}
	return out
}

// runningPart is one of the three parts of a header or footer.
type runningPart struct {
	text  text
	place int
	above bool
}

// Render draws the part's lines.
func (r *runningPart) Render(p core.Provider, cell *entity.Cell) {
	s, ok := p.(*sheet)
	if !ok {
		return // drawn on sheets alone
	}
	limit := units(cell.Width, smallSize)
	y := cell.Y + baseline(smallSize)
	lines := r.text.lines(s.scribe.faces, limit, limit)
	if !r.above {
		y += cell.Height - leading(smallSize)*float64(len(lines))
	}
	for _, l := range lines {
		free := cell.Width - points(l.width, smallSize)
		x := [3]float64{0, free / 2, free}[r.place]
		for _, u := range r.text.runs(l, s.scribe, cell.X+x, smallSize, 0) {
			s.show(u, u.x, y, smallSize, grey)
		}
		y += leading(smallSize)
	}
}

// GetHeight is that of the row.
func (r *runningPart) GetHeight(_ core.Provider, cell *entity.Cell) float64 { return cell.Height }

// SetConfig does nothing.
func (r *runningPart) SetConfig(*entity.Config) {}

// GetStructure names the component.
func (r *runningPart) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "running"})
}

// mark is the watermark of a page: it takes no room.
type mark struct{ text text }

// Render draws the words across the page.
func (m *mark) Render(p core.Provider, _ *entity.Cell) {
	if s, ok := p.(*sheet); ok {
		s.watermark(m.text)
	}
}

// GetHeight is 0.
func (m *mark) GetHeight(core.Provider, *entity.Cell) float64 { return 0 }

// SetConfig does nothing.
func (m *mark) SetConfig(*entity.Config) {}

// GetStructure names the component.
func (m *mark) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "watermark"})
}

// verify is where readers check the document: a QR code and its address.
func (f *flow) verify(url, source string) {
	const side, longest = 68, 500
	if len(url) > longest {
		f.scribe.faults.add(source, "the address to verify the document at has more than %d characters", longest)
		return
	}
	f.space(20)
	f.strips = append(f.strips, strip{height: side, keep: true, cells: []cell{{size: grid, part: code.NewQr(url, props.Rect{Percent: 100})}}})
	t := f.scribe.text([]documents.Span{{Text: url, Link: url}}, source, regular)
	f.strips = append(f.strips, strip{height: 3, keep: true})
	f.set(paragraph{text: t, size: smallSize}, false)
}

// rowOf turns a strip into maroto's row.
func rowOf(s strip) core.Row {
	r := row.New(s.height)
	for _, c := range s.cells {
		column := col.New(c.size)
		if c.part != nil {
			column.Add(c.part)
		}
		if c.look != nil {
			column.WithStyle(c.look)
		}
		r.Add(column)
	}
	return r
}

// compose puts a page together of its rows, the footer at the foot.
func compose(strips []strip, body float64, cfg *entity.Config, watermark *mark, header, footer core.Row) core.Page {
	p := page.New()
	if watermark != nil {
		p.Add(row.New(0).Add(col.New(grid).Add(watermark)))
	}
	if header != nil {
		p.Add(header)
	}
	rest := body
	rows := make([]core.Row, 0, len(strips)+2)
	for _, s := range strips {
		rows = append(rows, rowOf(s))
		rest -= s.height
	}
	if footer != nil {
		rows = append(rows, row.New(max(rest, 0)), footer)
	}
	p.Add(rows...)
	p.SetConfig(cfg)
	return p
}
