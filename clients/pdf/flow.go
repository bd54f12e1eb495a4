package pdf

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/johnfercher/go-tree/node"
	stroke "github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain/documents"
)

// Sizes, in points.
const (
	bodySize  = 11.0
	tableSize = 9.5
	smallSize = 8.5

	parGap  = 6.0 // between paragraphs
	itemGap = 3.0
	hang    = 34.0 // how far text stands from the number of its clause
	step    = 24.0 // deeper clauses
	bullet  = 16.0
	padding = 4.0 // of a table's cell, to the sides
)

// strip is what becomes one row of a maroto page: one line of text, so that nothing is ever
// taller than a page.
type strip struct {
	height float64
	cells  []cell
	keep   bool   // stays on the page of the next strip
	soft   bool   // space: left out at the top of a page
	turn   bool   // a page break
	head   *thead // of the table the strip belongs to
}

// cell is a column of a row.
type cell struct {
	size int // in the grid's units
	part core.Component
	look *props.Cell
}

// thead is a table's head, drawn again on each page.
type thead struct {
	strips []strip
	height float64
}

// grid is how many units wide a row is.
const grid = 1 << 16

// flow lays blocks out as strips, from top to bottom, for a column of a fixed width.
type flow struct {
	ctx    context.Context
	scribe *scribe
	rules  documents.RulesVersion
	width  float64
	strips []strip
	gap    float64 // below the last block
	pinned bool    // the last block stays with the next
	level  int     // of the last heading
	indent float64 // of lists and quotes, which belong to the clause before them
}

// space ends a block: the next stands at least the larger of before and the last block's gap
// below it.
func (f *flow) space(before float64) {
	if h := max(before, f.gap); h > 0 && len(f.strips) > 0 {
		f.strips = append(f.strips, strip{height: h, soft: true, keep: f.pinned})
	}
	f.gap, f.pinned = 0, false
}

// paragraph is running text to be set.
type paragraph struct {
	text     text
	size     float64
	indent   float64 // of the text
	label    text    // a number or bullet that hangs before it
	labelAt  float64
	align    documents.Align
	anchor   string
	bookmark string
	level    int
}

// textLine is one line of text: the component that maroto places.
type textLine struct {
	runs     []run
	size     float64
	anchor   string
	bookmark string
	level    int
	blank    float64 // from here to the cell's right edge a line to write on; 0: none
}

// Render draws the line into its cell.
func (l *textLine) Render(p core.Provider, cell *entity.Cell) {
	s, ok := p.(*sheet)
	if !ok {
		return // only this engine makes these, and it draws on sheets alone
	}
	if l.anchor != "" || l.bookmark != "" {
		s.mark(l.anchor, l.bookmark, l.level, cell.Y)
	}
	for _, r := range l.runs {
		ink := black
		if r.look.link != "" {
			ink = blue
		}
		s.show(r, cell.X+r.x, cell.Y+baseline(l.size), l.size, ink)
	}
	if l.blank > 0 {
		at := *cell
		at.X, at.Width, at.Y = cell.X+l.blank, cell.Width-l.blank, cell.Y+baseline(l.size)+2
		p.AddLine(&at, &props.Line{Color: &grey, Thickness: 0.5, SizePercent: 100})
	}
}

// GetHeight is the height of a line.
func (l *textLine) GetHeight(core.Provider, *entity.Cell) float64 { return leading(l.size) }

// SetConfig does nothing: a line knows all it needs.
func (l *textLine) SetConfig(*entity.Config) {}

// GetStructure names the component.
func (l *textLine) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "textLine"})
}

// set breaks a paragraph into lines and appends them.
func (f *flow) set(p paragraph, keep bool) {
	faces := f.scribe.faces
	width := f.width - p.indent
	first := width
	x := p.indent // of the first line
	var labels []run
	if len(p.label.chars) > 0 {
		w, _ := p.label.natural()
		if end := p.labelAt + points(w, p.size) + 0.45*p.size; end > x {
			x = end
			first = f.width - x
		}
		labels = p.label.runs(wholeLine(p.label), f.scribe, p.labelAt, p.size, 0)
	}
	h := leading(p.size)
	if first < 6*p.size && first < width { // a number so long that it needs a line for itself
		for i, l := range p.label.lines(faces, units(f.width, p.size), units(f.width, p.size)) {
			tl := &textLine{size: p.size, runs: p.label.runs(l, f.scribe, 0, p.size, 0)}
			if i == 0 {
				tl.anchor, tl.bookmark, tl.level = p.anchor, p.bookmark, p.level
				p.anchor, p.bookmark = "", ""
			}
			f.strips = append(f.strips, strip{height: h, keep: true, cells: []cell{{size: grid, part: tl}}})
		}
		labels, x, first = nil, p.indent, width
	}
	lines := p.text.lines(faces, units(first, p.size), units(width, p.size))
	for i, l := range lines {
		at, w := p.indent, width
		if i == 0 {
			at, w = x, first
		}
		free := w - points(l.width, p.size)
		room := 0.0
		switch p.align {
		case documents.Center:
			at += free / 2
		case documents.Right:
			at += free
		case documents.Justify:
			if n := p.text.spaces(l); n > 0 && !l.last {
				room = free / float64(n)
			}
		}
		tl := &textLine{size: p.size, runs: p.text.runs(l, f.scribe, at, p.size, room)}
		if i == 0 {
			tl.runs = append(labels, tl.runs...)
			tl.anchor, tl.bookmark, tl.level = p.anchor, p.bookmark, p.level
		}
		f.strips = append(f.strips, strip{
			height: h,
			// No first or last line of a paragraph stands alone on a page.
			keep:  keep || i+1 < len(lines) && (i == 0 || i == len(lines)-2),
			cells: []cell{{size: grid, part: tl}},
		})
	}
}

func wholeLine(t text) line { return line{end: len(t.chars)} }

func (t text) spaces(l line) (n int) {
	for _, c := range t.chars[l.start:l.end] {
		if c.kind == space || c.kind == hard {
			n++
		}
	}
	return n
}

// blocks lays out the blocks of a document.
func (f *flow) blocks(blocks []documents.Block, outline documents.Outline) error {
	for i, b := range blocks {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		f.scribe.turn()
		switch b := b.(type) {
		case documents.Heading:
			f.heading(b, outline.Label(i))
		case documents.Clause:
			f.clause(b, outline.Label(i))
		case documents.Signatures:
			f.signatures(b)
		case documents.Ink:
			f.ink(b)
		case documents.PageBreak:
			f.strips = append(f.strips, strip{turn: true})
			f.gap, f.pinned = 0, false
		default:
			indent := f.indent
			switch b.(type) {
			case documents.List, documents.Quote:
			default:
				indent = 0
			}
			if _, ok := b.(documents.Paragraph); ok {
				f.indent = 0
			}
			if err := f.block(b, indent, 0, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// headingStyles are size, style and the space above, by level.
var headingStyles = [7]struct {
	size  float64
	style style
	above float64
}{1: {17, bold, 18}, 2: {13, bold, 16}, 3: {11.5, bold, 12}, 4: {11, bold, 10}, 5: {11, bold | italic, 8}, 6: {11, italic, 8}}

func (f *flow) heading(b documents.Heading, label string) {
	st := headingStyles[b.Level]
	p := paragraph{
		text: f.scribe.text(b.Text, b.Source, st.style), label: f.scribe.plain(label, b.Source, st.style),
		size: st.size, anchor: b.Anchor, level: b.Level,
	}
	if len(p.text.chars)+len(p.label.chars) == 0 {
		return
	}
	f.level, f.indent = b.Level, 0
	if b.Level == 1 {
		p.align = documents.Center
	}
	if label != "" {
		p.align = documents.Left
		p.indent = hang
	}
	p.bookmark = f.title(label, b.Text)
	f.space(st.above)
	f.set(p, true)
	f.gap, f.pinned = 0.5*st.size, true
	if b.Level == 1 {
		f.gap = 12
	}
}

// title is the text of a bookmark.
func (f *flow) title(label string, spans []documents.Span) string {
	b := strings.Builder{}
	b.WriteString(label)
	b.WriteByte(' ')
	for _, s := range spans {
		if s.Ref != "" {
			b.WriteString(f.scribe.outline.Number(s.Ref))
			continue
		}
		b.WriteString(s.Text)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (f *flow) clause(b documents.Clause, label string) {
	p := paragraph{size: bodySize, anchor: b.Anchor, indent: hang}
	if b.Depth > 2 {
		p.labelAt = hang + step*float64(b.Depth-3)
		p.indent = p.labelAt + step
	}
	f.indent = p.indent
	above, st := parGap, regular
	if b.Depth == 1 {
		above, st = 10, bold
	}
	p.label = f.scribe.plain(label, b.Source, st)
	spans := make([]documents.Span, 0, len(b.Title)+1+len(b.Text))
	for _, s := range b.Title {
		s.Bold = true
		spans = append(spans, s)
	}
	if len(b.Title) > 0 && len(b.Text) > 0 {
		spans = append(spans, documents.Span{Text: " "})
	}
	p.text = f.scribe.text(append(spans, b.Text...), b.Source, regular)
	if len(b.Title) > 0 {
		p.bookmark, p.level = f.title(label, b.Title), f.level+b.Depth
	}
	f.space(above)
	f.set(p, len(b.Text) == 0)
	f.gap, f.pinned = parGap, len(b.Text) == 0
}

// maxNesting bounds lists within lists: deeper there is no width left to write in.
const maxNesting = 10

// block lays out what may also stand in an item or a quote.
func (f *flow) block(b documents.Block, indent float64, depth int, source string) error {
	if depth > maxNesting {
		f.scribe.faults.add(source, "lists and quotes are nested more than %d deep", maxNesting)
		return nil
	}
	indent = min(indent, 0.6*f.width)
	switch b := b.(type) {
	case documents.Paragraph:
		t := f.scribe.text(b.Text, or(b.Source, source), regular)
		if len(t.chars) == 0 {
			return nil
		}
		f.space(0)
		f.set(paragraph{text: t, size: bodySize, indent: indent, align: b.Align}, false)
		f.gap = parGap
	case documents.Quote:
		for _, c := range b.Blocks {
			if err := f.block(c, indent+hang, depth+1, source); err != nil {
				return err
			}
		}
	case documents.List:
		return f.list(b, indent, depth, or(b.Source, source))
	case documents.Table:
		return f.table(b, indent, or(b.Source, source))
	case documents.Rule:
		f.space(0)
		c := rule
		f.strips = append(f.strips, strip{height: 12, cells: []cell{{size: grid, part: stroke.New(props.Line{Color: &c, Thickness: 0.6, OffsetPercent: 50, SizePercent: 100})}}})
		f.gap = parGap
	default:
		f.scribe.faults.add(source, "a list or quote holds a %s", strings.TrimPrefix(fmt.Sprintf("%T", b), "documents."))
	}
	return nil
}

func (f *flow) list(b documents.List, indent float64, depth int, source string) error {
	number := b.Start
	if number == 0 {
		number = 1
	}
	labels := make([]text, len(b.Items))
	room := bullet
	for i := range b.Items {
		label := [...]string{"•", "–", "◦"}[depth%3]
		if b.Ordered {
			label = strconv.Itoa(number+i) + "."
		}
		labels[i] = f.scribe.plain(label, source, regular)
		w, _ := labels[i].natural()
		room = max(room, points(w, bodySize)+8) // 3 before it, 5 after
	}
	for i, item := range b.Items {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		blocks := item.Blocks
		var t text
		if len(blocks) > 0 {
			if p, ok := blocks[0].(documents.Paragraph); ok {
				t = f.scribe.text(p.Text, or(p.Source, source), regular)
				blocks = blocks[1:]
			}
		}
		if i > 0 {
			f.gap = itemGap
		}
		f.space(0)
		f.set(paragraph{text: t, size: bodySize, indent: indent + room, label: labels[i], labelAt: indent + 3}, false)
		f.gap = itemGap
		for _, c := range blocks {
			if err := f.block(c, indent+room, depth+1, source); err != nil {
				return err
			}
		}
	}
	f.gap = parGap
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
