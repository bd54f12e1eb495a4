package pdf

import (
	"fmt"
	"math"
	"strconv"

	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
)

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
