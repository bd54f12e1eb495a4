package pdf

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	stroke "github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain/doc"
)

// Font sizes and distances, in points.
const (
	bodySize  = 11.0
	tableSize = 9.5
	smallSize = 8.5

	paragraphGap  = 6.0 // between paragraphs
	itemGap       = 3.0
	hangingIndent = 34.0 // of a clause's text, from its number
	clauseIndent  = 24.0 // for each further level of clauses
	minLabelWidth = 16.0
	cellPadding   = 4.0 // of a table cell, left and right
)

// lineBox is one row of a maroto page. It is one line high, so that it always fits on a page.
type lineBox struct {
	height       float64
	cells        []cell
	keepWithNext bool       // never the last on its page: stays with the next box
	discardable  bool       // white space that is dropped at the top of a page
	pageBreak    bool       // forces a page break
	tableHead    *tableHead // of the table the box belongs to
}

// cell is a column of a line box.
type cell struct {
	units     int // width, of gridUnits
	component core.Component
	style     *props.Cell
}

// tableHead is the head of a table, repeated on each page.
type tableHead struct {
	boxes  []lineBox
	height float64
}

// gridUnits is the width of a row in maroto's grid.
const gridUnits = 1 << 16

// layout turns blocks into line boxes, from top to bottom, for a fixed width.
type layout struct {
	ctx          context.Context
	shaper       *shaper
	rules        doc.RulesVersion
	width        float64
	boxes        []lineBox
	spaceAfter   float64 // after the last block
	keepWithNext bool    // the last block must not end a page
	headingLevel int     // level of the last heading
	indent       float64 // of lists and quotes that follow a clause
}

// addSpace separates the next block from the last, by the larger of before and the last block's
// spaceAfter.
func (l *layout) addSpace(before float64) {
	if h := max(before, l.spaceAfter); h > 0 && len(l.boxes) > 0 {
		l.boxes = append(l.boxes, lineBox{height: h, discardable: true, keepWithNext: l.keepWithNext})
	}
	l.spaceAfter, l.keepWithNext = 0, false
}

// addBlocks lays out the blocks of a document.
func (l *layout) addBlocks(blocks []doc.Block, outline doc.Outline) error {
	for i, b := range blocks {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		l.shaper.resetArena()
		switch b := b.(type) {
		case doc.Heading:
			l.addHeading(b, outline.Label(i))
		case doc.Clause:
			l.addClause(b, outline.Label(i))
		case doc.SignatureBlock:
			l.addSignatures(b)
		case doc.Drawing:
			l.addDrawing(b)
		case doc.PageBreak:
			l.boxes = append(l.boxes, lineBox{pageBreak: true})
			l.spaceAfter, l.keepWithNext = 0, false
		default:
			indent := l.indent
			switch b.(type) {
			case doc.List, doc.Quote:
			default:
				indent = 0
			}
			if _, ok := b.(doc.Paragraph); ok {
				l.indent = 0
			}
			if err := l.addNested(b, indent, 0, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// headingStyles are font size, style and space before, by level.
var headingStyles = [7]struct {
	size  float64
	style style
	above float64
}{1: {17, bold, 18}, 2: {13, bold, 16}, 3: {11.5, bold, 12}, 4: {11, bold, 10}, 5: {11, bold | italic, 8}, 6: {11, italic, 8}}

func (l *layout) addHeading(b doc.Heading, label string) {
	st := headingStyles[b.Level]
	p := paragraph{
		text: l.shaper.shape(b.Text, b.Source, st.style), label: l.shaper.shapeString(label, b.Source, st.style),
		size: st.size, anchor: b.Anchor, level: b.Level,
	}
	if len(p.text.chars)+len(p.label.chars) == 0 {
		return
	}
	l.headingLevel, l.indent = b.Level, 0
	if b.Level == 1 {
		p.align = doc.Center
	}
	if label != "" {
		p.align = doc.Left
		p.indent = hangingIndent
	}
	p.bookmark = l.bookmarkTitle(label, b.Text)
	l.addSpace(st.above)
	l.addParagraph(p, true)
	l.spaceAfter, l.keepWithNext = 0.5*st.size, true
	if b.Level == 1 {
		l.spaceAfter = 12
	}
}

// bookmarkTitle returns the text of a bookmark.
func (l *layout) bookmarkTitle(label string, spans []doc.Span) string {
	b := strings.Builder{}
	b.WriteString(label)
	b.WriteByte(' ')
	for _, s := range spans {
		if s.Ref != "" {
			b.WriteString(l.shaper.outline.Number(s.Ref))
			continue
		}
		b.WriteString(s.Text)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (l *layout) addClause(b doc.Clause, label string) {
	p := paragraph{size: bodySize, anchor: b.Anchor, indent: hangingIndent}
	if b.Depth > 2 {
		p.labelIndent = hangingIndent + clauseIndent*float64(b.Depth-3)
		p.indent = p.labelIndent + clauseIndent
	}
	l.indent = p.indent
	above, st := paragraphGap, regular
	if b.Depth == 1 {
		above, st = 10, bold
	}
	p.label = l.shaper.shapeString(label, b.Source, st)
	spans := make([]doc.Span, 0, len(b.Title)+1+len(b.Text))
	for _, s := range b.Title {
		s.Bold = true
		spans = append(spans, s)
	}
	if len(b.Title) > 0 && len(b.Text) > 0 {
		spans = append(spans, doc.Span{Text: " "})
	}
	p.text = l.shaper.shape(append(spans, b.Text...), b.Source, regular)
	if len(b.Title) > 0 {
		p.bookmark, p.level = l.bookmarkTitle(label, b.Title), l.headingLevel+b.Depth
	}
	l.addSpace(above)
	l.addParagraph(p, len(b.Text) == 0)
	l.spaceAfter, l.keepWithNext = paragraphGap, len(b.Text) == 0
}

// maxNesting limits nested lists and quotes: deeper ones would have no width left.
const maxNesting = 10

// addNested lays out a block that may also appear in a list item or a quote. depth is its nesting.
func (l *layout) addNested(b doc.Block, indent float64, depth int, source string) error {
	if depth > maxNesting {
		l.shaper.errs.add(source, "lists and quotes are nested more than %d levels deep", maxNesting)
		return nil
	}
	indent = min(indent, 0.6*l.width)
	switch b := b.(type) {
	case doc.Paragraph:
		t := l.shaper.shape(b.Text, firstNonEmpty(b.Source, source), regular)
		if len(t.chars) == 0 {
			return nil
		}
		l.addSpace(0)
		l.addParagraph(paragraph{text: t, size: bodySize, indent: indent, align: b.Align}, false)
		l.spaceAfter = paragraphGap
	case doc.Quote:
		for _, c := range b.Blocks {
			if err := l.addNested(c, indent+hangingIndent, depth+1, source); err != nil {
				return err
			}
		}
	case doc.List:
		return l.addList(b, indent, depth, firstNonEmpty(b.Source, source))
	case doc.Table:
		return l.addTable(b, indent, firstNonEmpty(b.Source, source))
	case doc.Rule:
		l.addSpace(0)
		c := ruleColor
		l.boxes = append(l.boxes, lineBox{height: 12, cells: []cell{{units: gridUnits, component: stroke.New(props.Line{Color: &c, Thickness: 0.6, OffsetPercent: 50, SizePercent: 100})}}})
		l.spaceAfter = paragraphGap
	default:
		l.shaper.errs.add(source, "a list or quote must not contain a %s", strings.TrimPrefix(fmt.Sprintf("%T", b), "doc."))
	}
	return nil
}

func (l *layout) addList(b doc.List, indent float64, depth int, source string) error {
	number := b.Start
	if number == 0 {
		number = 1
	}
	labels := make([]shapedText, len(b.Items))
	labelWidth := minLabelWidth
	for i := range b.Items {
		label := [...]string{"•", "–", "◦"}[depth%3]
		if b.Ordered {
			label = strconv.Itoa(number+i) + "."
		}
		labels[i] = l.shaper.shapeString(label, source, regular)
		w, _ := labels[i].naturalWidth()
		labelWidth = max(labelWidth, toPoints(w, bodySize)+8) // 3 before the label, 5 after
	}
	for i, item := range b.Items {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		blocks := item.Blocks
		var t shapedText
		if len(blocks) > 0 {
			if p, ok := blocks[0].(doc.Paragraph); ok {
				t = l.shaper.shape(p.Text, firstNonEmpty(p.Source, source), regular)
				blocks = blocks[1:]
			}
		}
		if i > 0 {
			l.spaceAfter = itemGap
		}
		l.addSpace(0)
		l.addParagraph(paragraph{text: t, size: bodySize, indent: indent + labelWidth, label: labels[i], labelIndent: indent + 3}, false)
		l.spaceAfter = itemGap
		for _, c := range blocks {
			if err := l.addNested(c, indent+labelWidth, depth+1, source); err != nil {
				return err
			}
		}
	}
	l.spaceAfter = paragraphGap
	return nil
}

func firstNonEmpty(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}
