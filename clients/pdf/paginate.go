package pdf

import (
	"github.com/johnfercher/maroto/v2/pkg/components/code"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/page"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

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
