package pdf

import (
	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain/doc"
)

// paragraph is shaped text to be broken into lines.
type paragraph struct {
	text        shapedText
	size        float64
	indent      float64    // left indent of the text
	label       shapedText // number or bullet in the hanging indent
	labelIndent float64
	align       doc.Align
	anchor      string
	bookmark    string
	level       int
}

// textLine is the maroto component that draws one line of text.
type textLine struct {
	runs     []run
	size     float64
	anchor   string
	bookmark string
	level    int
	ruleFrom float64 // draws a rule to write on, from here to the cell's right edge; 0: none
}

// Render implements core.Component.
func (l *textLine) Render(p core.Provider, cell *entity.Cell) {
	c, ok := p.(*canvas)
	if !ok {
		return // this engine draws only on a canvas
	}
	if l.anchor != "" || l.bookmark != "" {
		c.addDestination(l.anchor, l.bookmark, l.level, cell.Y)
	}
	for _, r := range l.runs {
		color := black
		if r.attrs.uri != "" {
			color = linkColor
		}
		c.showRun(r, cell.X+r.x, cell.Y+baseline(l.size), l.size, color)
	}
	if l.ruleFrom > 0 {
		at := *cell
		at.X, at.Width, at.Y = cell.X+l.ruleFrom, cell.Width-l.ruleFrom, cell.Y+baseline(l.size)+2
		p.AddLine(&at, &props.Line{Color: &gray, Thickness: 0.5, SizePercent: 100})
	}
}

// GetHeight implements core.Component.
func (l *textLine) GetHeight(core.Provider, *entity.Cell) float64 { return leading(l.size) }

// SetConfig implements core.Component and does nothing.
func (l *textLine) SetConfig(*entity.Config) {}

// GetStructure implements core.Component.
func (l *textLine) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "textLine"})
}

// addParagraph breaks a paragraph into lines and appends them. With keep, the whole paragraph stays
// on the page of the next box.
func (l *layout) addParagraph(p paragraph, keepWithNext bool) {
	fonts := l.shaper.fonts
	width := l.width - p.indent
	first := width
	x := p.indent // left edge of the first line
	var labels []run
	if len(p.label.chars) > 0 {
		w, _ := p.label.naturalWidth()
		if end := p.labelIndent + toPoints(w, p.size) + 0.45*p.size; end > x {
			x = end
			first = l.width - x
		}
		labels = p.label.runs(wholeLine(p.label), l.shaper, p.labelIndent, p.size, 0)
	}
	lineHeight := leading(p.size)
	if first < 6*p.size && first < width { // the label is too long and gets a line of its own
		for i, ln := range p.label.breakLines(fonts, toFontUnits(l.width, p.size), toFontUnits(l.width, p.size)) {
			component := &textLine{size: p.size, runs: p.label.runs(ln, l.shaper, 0, p.size, 0)}
			if i == 0 {
				component.anchor, component.bookmark, component.level = p.anchor, p.bookmark, p.level
				p.anchor, p.bookmark = "", ""
			}
			l.boxes = append(l.boxes, lineBox{height: lineHeight, keepWithNext: true, cells: []cell{{units: gridUnits, component: component}}})
		}
		labels, x, first = nil, p.indent, width
	}
	lines := p.text.breakLines(fonts, toFontUnits(first, p.size), toFontUnits(width, p.size))
	for i, ln := range lines {
		left, w := p.indent, width
		if i == 0 {
			left, w = x, first
		}
		free := w - toPoints(ln.width, p.size)
		wordSpacing := 0.0
		switch p.align {
		case doc.Center:
			left += free / 2
		case doc.Right:
			left += free
		case doc.Justify:
			if n := p.text.countSpaces(ln); n > 0 && !ln.last {
				wordSpacing = free / float64(n)
			}
		}
		component := &textLine{size: p.size, runs: p.text.runs(ln, l.shaper, left, p.size, wordSpacing)}
		if i == 0 {
			component.runs = append(labels, component.runs...)
			component.anchor, component.bookmark, component.level = p.anchor, p.bookmark, p.level
		}
		l.boxes = append(l.boxes, lineBox{
			height: lineHeight,
			// No widows or orphans.
			keepWithNext: keepWithNext || i+1 < len(lines) && (i == 0 || i == len(lines)-2),
			cells:        []cell{{units: gridUnits, component: component}},
		})
	}
}

func wholeLine(t shapedText) line { return line{end: len(t.chars)} }

func (t shapedText) countSpaces(l line) (n int) {
	for _, c := range t.chars[l.start:l.end] {
		if c.class == classSpace || c.class == classGlue {
			n++
		}
	}
	return n
}
