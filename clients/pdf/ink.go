package pdf

import (
	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"

	"counsel/domain/documents"
)

const (
	inkHeight = 80 // of a field, at most
	maxPoints = 20_000
)

// ink lays out what a hand drew.
func (f *flow) ink(b documents.Ink) {
	n := 0
	for _, s := range b.Strokes {
		n += len(s)
		for _, p := range s {
			if !(p.X >= 0 && p.X <= b.Width && p.Y >= 0 && p.Y <= b.Height) { // NaN, too
				f.scribe.faults.add(b.Source, "a point lies outside of its field")
				return
			}
		}
	}
	if !(b.Width > 0 && b.Height > 0) || n == 0 || n > maxPoints {
		f.scribe.faults.add(b.Source, "a drawing needs a field and 1 to %d points", maxPoints)
		return
	}
	scale := min(f.width/b.Width, inkHeight/b.Height)
	f.space(parGap)
	f.strips = append(f.strips, strip{height: exact(b.Height * scale), cells: []cell{{size: grid, part: &drawing{b.Strokes, scale}}}})
	f.gap = parGap
}

// drawing is what maroto places.
type drawing struct {
	strokes [][]documents.Point
	scale   float64 // points for each of its units
}

// Render draws it into its cell.
func (d *drawing) Render(p core.Provider, cell *entity.Cell) {
	s, ok := p.(*sheet)
	if !ok {
		return // only this engine makes these, and it draws on sheets alone
	}
	x, y := s.left+cell.X, s.height-s.top-cell.Y
	s.content.WriteString("q 1 J 1 j ")
	s.ink(blue, "RG")
	s.operator("w", 1.2)
	for _, stroke := range d.strokes {
		for i, at := range stroke {
			op := "l"
			if i == 0 {
				op = "m"
			}
			s.operator(op, x+at.X*d.scale, y-at.Y*d.scale)
		}
		if len(stroke) == 1 { // a dot
			s.operator("l", x+stroke[0].X*d.scale, y-stroke[0].Y*d.scale)
		}
		if len(stroke) > 0 {
			s.content.WriteString("S\n")
		}
	}
	s.content.WriteString("Q\n")
}

// GetHeight is that of its cell.
func (d *drawing) GetHeight(_ core.Provider, cell *entity.Cell) float64 { return cell.Height }

// SetConfig does nothing: it knows all it needs.
func (d *drawing) SetConfig(*entity.Config) {}

// GetStructure names the component.
func (d *drawing) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "ink"})
}
