package pdf

import (
	"strconv"
	"strings"

	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"

	"counsel/domain/doc"
)

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
