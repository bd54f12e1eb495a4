package pdf

import (
	"cmp"
	"slices"

	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain/doc"
)

// minColumnWidth is the width of a column that holds just the widest letter.
const minColumnWidth = 2*cellPadding + 1.1*tableSize

// maxUnbrokenLines is the number of lines up to which a table row is kept on one page.
const maxUnbrokenLines = 12

// addTable lays out a table. Each line box holds one line of all cells of a row, so that a row taller
// than a page continues on the next.
func (l *layout) addTable(b doc.Table, indent float64, source string) error {
	n := len(b.Columns)
	if n < 1 || n > 20 {
		l.shaper.errs.add(source, "a table must have 1 to 20 columns, not %d", n)
		return nil
	}
	if len(b.Head) > 0 && len(b.Head) != n {
		l.shaper.errs.add(source, "the table head has %d cells for %d columns", len(b.Head), n)
		return nil
	}
	head := l.shapeCells(b.Head, source, bold)
	rows := make([][]shapedText, len(b.Rows))
	for i, r := range b.Rows {
		if i%256 == 0 && l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		if len(r) != n {
			l.shaper.errs.add(source, "row %d of the table has %d cells for %d columns", i+1, len(r), n)
			return nil
		}
		rows[i] = l.shapeCells(r, source, regular)
	}
	firstIndent := cellPadding
	if b.Plain { // aligned with the text around it
		firstIndent = 0
		indent = max(indent, l.indent)
	}
	widths, ok := l.columnWidths(b, indent, append([][]shapedText{head}, rows...))
	if !ok {
		l.shaper.errs.add(source, "either all columns of the table have a width or none")
		return nil
	}
	for i, w := range widths {
		if !(w >= minColumnWidth) { // also NaN
			l.shaper.errs.add(source, "column %d of the table is too narrow to hold a letter", i+1)
			return nil
		}
	}

	l.addSpace(4)
	t := tableLayout{layout: l, columns: b.Columns, widths: widths, plain: b.Plain, firstIndent: firstIndent}
	t.indentUnits = int(indent / l.width * gridUnits)
	for _, w := range widths {
		t.units = append(t.units, int(w/l.width*gridUnits))
	}
	if len(head) > 0 {
		boxes := t.rowBoxes(head, true, true)
		h := &tableHead{boxes: boxes}
		for _, s := range boxes {
			h.height += s.height
		}
		l.boxes = append(l.boxes, boxes...)
		t.head = h
	}
	for i, r := range rows {
		if i%256 == 0 && l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		l.boxes = append(l.boxes, t.rowBoxes(r, false, i+1 == len(rows))...)
	}
	l.spaceAfter = paragraphGap + 4
	return nil
}

func (l *layout) shapeCells(row []doc.Cell, source string, st style) []shapedText {
	out := make([]shapedText, len(row))
	for i, c := range row {
		out[i] = l.shaper.shape(c.Text, firstNonEmpty(c.Source, source), st)
	}
	return out
}

// columnWidths divides the width by the columns' specified widths or, if none is specified, by their
// content. ok is false if only some are specified. The algorithm is part of doc.RulesVersion:
// a change needs a new version, so that stored documents render to the same bytes.
func (l *layout) columnWidths(b doc.Table, indent float64, rows [][]shapedText) (widths []float64, ok bool) {
	n := len(b.Columns)
	width := l.width - indent
	widths = make([]float64, n)
	specified, sum := 0, 0.0
	for _, c := range b.Columns {
		if c.Width > 0 {
			specified++
			sum += c.Width
		}
	}
	if specified == n {
		for i, c := range b.Columns {
			widths[i] = width * c.Width / sum
		}
		return widths, true
	}
	if specified > 0 {
		return nil, false
	}
	minContent, maxContent, bodyMaxContent := make([]float64, n), make([]float64, n), make([]float64, n)
	for r, row := range rows {
		for i, t := range row {
			whole, word := t.naturalWidth()
			minContent[i] = max(minContent[i], toPoints(word, tableSize)+2*cellPadding)
			maxContent[i] = max(maxContent[i], toPoints(whole, tableSize)+2*cellPadding)
			if r > 0 { // the head may wrap at spaces
				bodyMaxContent[i] = max(bodyMaxContent[i], toPoints(whole, tableSize)+2*cellPadding)
			}
		}
	}
	minWidth := min(width/float64(n), 40)
	if l.rules != doc.RulesV1 {
		// Short content, such as dates and amounts, is not wrapped.
		for i := range minContent {
			if bodyMaxContent[i] <= width/float64(n) {
				minContent[i] = max(minContent[i], bodyMaxContent[i])
			}
		}
	}
	var minSum, growSum float64
	for i := range minContent {
		minContent[i] = max(minContent[i], minWidth)
		maxContent[i] = max(maxContent[i], minContent[i])
		minSum += minContent[i]
		growSum += maxContent[i] - minContent[i]
	}
	if minSum >= width && l.rules != doc.RulesV1 { // words must be broken: the longest
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(minContent[i], minContent[j]) })
		remaining := width
		for k, i := range order {
			widths[i] = min(minContent[i], remaining/float64(n-k))
			remaining -= widths[i]
		}
		return widths, true
	}
	if minSum >= width { // words must be broken: all get the floor and a share of the rest
		remaining := width - minWidth*float64(n)
		over := minSum - minWidth*float64(n)
		for i := range widths {
			widths[i] = minWidth
			if over > 0 {
				widths[i] += remaining * (minContent[i] - minWidth) / over
			}
		}
		return widths, true
	}
	// A column gets its maxContent while that is at most an equal share of what remains, and never
	// less than its minContent.
	copy(widths, maxContent)
	if minSum+growSum > width {
		remaining, unresolved := width, n
		resolved := make([]bool, n)
		for changed := true; changed && unresolved > 0; {
			changed = false
			for i := range widths {
				share := remaining / float64(unresolved)
				if resolved[i] || minContent[i] <= share && maxContent[i] > share {
					continue
				}
				widths[i] = min(maxContent[i], max(minContent[i], share))
				resolved[i], changed = true, true
				remaining, unresolved = remaining-widths[i], unresolved-1
				if unresolved == 0 {
					break
				}
			}
		}
		for i := range widths {
			if !resolved[i] {
				widths[i] = remaining / float64(unresolved)
			}
		}
	}
	total := 0.0
	for i := range widths {
		total += widths[i]
	}
	for i := range widths { // the table fills the width
		widths[i] *= width / total
	}
	return widths, true
}

// tableLayout builds the line boxes of table rows.
type tableLayout struct {
	*layout
	columns     []doc.Column
	widths      []float64
	units       []int
	indentUnits int // of the whole table
	plain       bool
	firstIndent float64 // of the first column's text
	head        *tableHead
}

func (t *tableLayout) rowBoxes(cells []shapedText, isHead, last bool) []lineBox {
	fonts := t.shaper.fonts
	lines := make([][]line, len(cells))
	lineCount := 1
	for i, c := range cells {
		limit := toFontUnits(t.widths[i]-2*cellPadding, tableSize)
		lines[i] = c.breakLines(fonts, limit, limit)
		lineCount = max(lineCount, len(lines[i]))
	}
	inner := &props.Cell{}
	if isHead && !t.plain {
		inner.BackgroundColor = &tableHeadFill
	}
	bottom := *inner
	if !t.plain {
		bottom.BorderType, bottom.BorderColor, bottom.BorderThickness = border.Bottom, &ruleColor, 0.5
		if isHead || last {
			bottom.BorderColor, bottom.BorderThickness = &gray, 0.8
		}
	}
	pad := func(look *props.Cell) lineBox {
		return lineBox{height: 3, keepWithNext: true, tableHead: t.head, cells: t.gridCells(func(int) cell { return cell{style: look} })}
	}
	out := make([]lineBox, 0, lineCount+2)
	out = append(out, pad(inner))
	for k := range lineCount {
		out = append(out, lineBox{
			height: leading(tableSize), tableHead: t.head,
			keepWithNext: lineCount <= maxUnbrokenLines || k == 0 || k >= lineCount-2,
			cells: t.gridCells(func(i int) cell {
				if k >= len(lines[i]) {
					return cell{style: inner}
				}
				l := lines[i][k]
				x := cellPadding
				if i == 0 {
					x = t.firstIndent
				}
				free := t.widths[i] - 2*cellPadding - toPoints(l.width, tableSize)
				switch t.columns[i].Align {
				case doc.Center:
					x += free / 2
				case doc.Right:
					x += free
				}
				return cell{style: inner, component: &textLine{size: tableSize, runs: cells[i].runs(l, t.shaper, x, tableSize, 0)}}
			}),
		})
	}
	end := pad(&bottom)
	end.keepWithNext = isHead
	return append(out, end)
}

// gridCells builds the cells of a line box from a function of the column.
func (t *tableLayout) gridCells(f func(i int) cell) []cell {
	out := make([]cell, 0, len(t.units)+1)
	if t.indentUnits > 0 {
		out = append(out, cell{units: t.indentUnits})
	}
	for i, u := range t.units {
		c := f(i)
		c.units = u
		out = append(out, c)
	}
	return out
}
