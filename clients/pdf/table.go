package pdf

import (
	"cmp"
	"slices"

	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"counsel/domain/documents"
)

// narrowest is a column that holds the widest letter.
const narrowest = 2*padding + 1.1*tableSize

// keepRow is the number of lines up to which a table's row stays on one page.
const keepRow = 12

// table lays a table out line by line: each strip is one line of all the cells of a row, so that
// rows taller than a page flow on.
func (f *flow) table(b documents.Table, indent float64, source string) error {
	n := len(b.Columns)
	if n < 1 || n > 20 {
		f.scribe.faults.add(source, "a table has 1 to 20 columns, not %d", n)
		return nil
	}
	if len(b.Head) > 0 && len(b.Head) != n {
		f.scribe.faults.add(source, "the table's head has %d cells for %d columns", len(b.Head), n)
		return nil
	}
	head := f.cells(b.Head, source, bold)
	rows := make([][]text, len(b.Rows))
	for i, r := range b.Rows {
		if i%256 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		if len(r) != n {
			f.scribe.faults.add(source, "row %d of the table has %d cells for %d columns", i+1, len(r), n)
			return nil
		}
		rows[i] = f.cells(r, source, regular)
	}
	edge := padding
	if b.Plain { // its text stands at the edge of other text
		edge = 0
		indent = max(indent, f.indent)
	}
	widths, ok := f.columns(b, indent, append([][]text{head}, rows...))
	if !ok {
		f.scribe.faults.add(source, "the table's columns have a width each, or none of them has")
		return nil
	}
	for i, w := range widths {
		if !(w >= narrowest) { // also what is no number
			f.scribe.faults.add(source, "column %d of the table is too narrow to hold a letter", i+1)
			return nil
		}
	}

	f.space(4)
	t := tableFlow{flow: f, columns: b.Columns, widths: widths, plain: b.Plain, edge: edge}
	t.lead = int(indent / f.width * grid)
	for _, w := range widths {
		t.units = append(t.units, int(w/f.width*grid))
	}
	if len(head) > 0 {
		strips := t.row(head, true, true)
		h := &thead{strips: strips}
		for _, s := range strips {
			h.height += s.height
		}
		f.strips = append(f.strips, strips...)
		t.head = h
	}
	for i, r := range rows {
		if i%256 == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		f.strips = append(f.strips, t.row(r, false, i+1 == len(rows))...)
	}
	f.gap = parGap + 4
	return nil
}

func (f *flow) cells(row []documents.Cell, source string, st style) []text {
	out := make([]text, len(row))
	for i, c := range row {
		out[i] = f.scribe.text(c.Text, or(c.Source, source), st)
	}
	return out
}

// columns shares out the width: as the columns say, or by what they hold.
func (f *flow) columns(b documents.Table, indent float64, rows [][]text) (widths []float64, ok bool) {
	n := len(b.Columns)
	width := f.width - indent
	widths = make([]float64, n)
	given, sum := 0, 0.0
	for _, c := range b.Columns {
		if c.Width > 0 {
			given++
			sum += c.Width
		}
	}
	if given == n {
		for i, c := range b.Columns {
			widths[i] = width * c.Width / sum
		}
		return widths, true
	}
	if given > 0 {
		return nil, false
	}
	least, wanted, short := make([]float64, n), make([]float64, n), make([]float64, n)
	for r, row := range rows {
		for i, t := range row {
			whole, word := t.natural()
			least[i] = max(least[i], points(word, tableSize)+2*padding)
			wanted[i] = max(wanted[i], points(whole, tableSize)+2*padding)
			if r > 0 { // the head may be broken at its spaces
				short[i] = max(short[i], points(whole, tableSize)+2*padding)
			}
		}
	}
	floor := min(width/float64(n), 40)
	if f.rules != documents.FirstRules {
		// What is short, such as dates and sums, stays on one line, whatever stands beside it.
		for i := range least {
			if short[i] <= width/float64(n) {
				least[i] = max(least[i], short[i])
			}
		}
	}
	var leastSum, lackSum float64
	for i := range least {
		least[i] = max(least[i], floor)
		wanted[i] = max(wanted[i], least[i])
		leastSum += least[i]
		lackSum += wanted[i] - least[i]
	}
	if leastSum >= width && f.rules != documents.FirstRules { // words will be broken: the longest
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(least[i], least[j]) })
		rest := width
		for k, i := range order {
			widths[i] = min(least[i], rest/float64(n-k))
			rest -= widths[i]
		}
		return widths, true
	}
	if leastSum >= width { // words will be broken: all get the floor, and a share of the rest
		rest := width - floor*float64(n)
		over := leastSum - floor*float64(n)
		for i := range widths {
			widths[i] = floor
			if over > 0 {
				widths[i] += rest * (least[i] - floor) / over
			}
		}
		return widths, true
	}
	// What a column wants it gets while that is no more than an equal part of what is left; none
	// gets less than its widest word.
	copy(widths, wanted)
	if leastSum+lackSum > width {
		rest, open := width, n
		closed := make([]bool, n)
		for again := true; again && open > 0; {
			again = false
			for i := range widths {
				part := rest / float64(open)
				if closed[i] || least[i] <= part && wanted[i] > part {
					continue
				}
				widths[i] = min(wanted[i], max(least[i], part))
				closed[i], again = true, true
				rest, open = rest-widths[i], open-1
				if open == 0 {
					break
				}
			}
		}
		for i := range widths {
			if !closed[i] {
				widths[i] = rest / float64(open)
			}
		}
	}
	total := 0.0
	for i := range widths {
		total += widths[i]
	}
	for i := range widths { // a table is as wide as the text
		widths[i] *= width / total
	}
	return widths, true
}

// tableFlow makes the strips of a table's rows.
type tableFlow struct {
	*flow
	columns []documents.Column
	widths  []float64
	units   []int
	lead    int // units left of the table
	plain   bool
	edge    float64 // left of the first column's text
	head    *thead
}

func (t *tableFlow) row(cells []text, isHead, last bool) []strip {
	faces := t.scribe.faces
	lines := make([][]line, len(cells))
	count := 1
	for i, c := range cells {
		limit := units(t.widths[i]-2*padding, tableSize)
		lines[i] = c.lines(faces, limit, limit)
		count = max(count, len(lines[i]))
	}
	inner := &props.Cell{}
	if isHead && !t.plain {
		inner.BackgroundColor = &shade
	}
	edge := *inner
	if !t.plain {
		edge.BorderType, edge.BorderColor, edge.BorderThickness = border.Bottom, &rule, 0.5
		if isHead || last {
			edge.BorderColor, edge.BorderThickness = &grey, 0.8
		}
	}
	pad := func(look *props.Cell) strip {
		return strip{height: 3, keep: true, head: t.head, cells: t.grid(func(int) cell { return cell{look: look} })}
	}
	out := make([]strip, 0, count+2)
	out = append(out, pad(inner))
	for k := range count {
		out = append(out, strip{
			height: leading(tableSize), head: t.head,
			keep: count <= keepRow || k == 0 || k >= count-2,
			cells: t.grid(func(i int) cell {
				if k >= len(lines[i]) {
					return cell{look: inner}
				}
				l := lines[i][k]
				x := padding
				if i == 0 {
					x = t.edge
				}
				free := t.widths[i] - 2*padding - points(l.width, tableSize)
				switch t.columns[i].Align {
				case documents.Center:
					x += free / 2
				case documents.Right:
					x += free
				}
				return cell{look: inner, part: &textLine{size: tableSize, runs: cells[i].runs(l, t.scribe, x, tableSize, 0)}}
			}),
		})
	}
	end := pad(&edge)
	end.keep = isHead
	return append(out, end)
}

// grid makes the cells of a strip, by column.
func (t *tableFlow) grid(f func(i int) cell) []cell {
	out := make([]cell, 0, len(t.units)+1)
	if t.lead > 0 {
		out = append(out, cell{size: t.lead})
	}
	for i, u := range t.units {
		c := f(i)
		c.size = u
		out = append(out, c)
	}
	return out
}
