package pdf

import (
	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"

	"counsel/domain/doc"
)

const (
	maxDrawingHeight = 80 // in points
	maxPoints        = 20_000
)

// addDrawing lays out a drawn signature.
func (l *layout) addDrawing(b doc.Drawing) {
	n := 0
	for _, s := range b.Strokes {
		n += len(s)
		for _, p := range s {
			if !(p.X >= 0 && p.X <= b.Width && p.Y >= 0 && p.Y <= b.Height) { // also NaN
				l.shaper.errs.add(b.Source, "a point is outside the drawing's width and height")
				return
			}
		}
	}
	if !(b.Width > 0 && b.Height > 0) || n == 0 || n > maxPoints {
		l.shaper.errs.add(b.Source, "a drawing needs a width, a height and 1 to %d points", maxPoints)
		return
	}
	scale := min(l.width/b.Width, maxDrawingHeight/b.Height)
	l.addSpace(paragraphGap)
	l.boxes = append(l.boxes, lineBox{height: quantize(b.Height * scale), cells: []cell{{units: gridUnits, component: &drawing{b.Strokes, scale}}}})
	l.spaceAfter = paragraphGap
}

// drawing is the maroto component for strokes.
type drawing struct {
	strokes [][]doc.Point
	scale   float64 // points per unit of the strokes
}

// Render implements core.Component.
func (d *drawing) Render(p core.Provider, cell *entity.Cell) {
	c, ok := p.(*canvas)
	if !ok {
		return // this engine draws only on a canvas
	}
	x, y := c.left+cell.X, c.height-c.top-cell.Y
	c.content.WriteString("q 1 J 1 j ")
	c.setColor(linkColor, "RG")
	c.writeOperator("w", 1.2)
	for _, stroke := range d.strokes {
		for i, at := range stroke {
			op := "l"
			if i == 0 {
				op = "m"
			}
			c.writeOperator(op, x+at.X*d.scale, y-at.Y*d.scale)
		}
		if len(stroke) == 1 { // a dot
			c.writeOperator("l", x+stroke[0].X*d.scale, y-stroke[0].Y*d.scale)
		}
		if len(stroke) > 0 {
			c.content.WriteString("S\n")
		}
	}
	c.content.WriteString("Q\n")
}

// GetHeight implements core.Component.
func (d *drawing) GetHeight(_ core.Provider, cell *entity.Cell) float64 { return cell.Height }

// SetConfig implements core.Component and does nothing.
func (d *drawing) SetConfig(*entity.Config) {}

// GetStructure implements core.Component.
func (d *drawing) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "ink"})
}
