package pdf

import (
	"counsel/domain/doc"
)

// addSignatures lays out signature blocks side by side, two in a row; a row stays on one page.
func (l *layout) addSignatures(b doc.SignatureBlock) {
	if len(b.Parties) == 0 {
		return
	}
	l.addSpace(18)
	const gutter = 30
	width := (l.width - gutter) / 2
	columnUnits, gutterUnits := int(width/l.width*gridUnits), int(gutter/l.width*gridUnits)
	h := leading(bodySize)
	for i := 0; i < len(b.Parties); i += 2 {
		if i > 0 {
			l.boxes = append(l.boxes, lineBox{height: 22, discardable: true})
		}
		pair := b.Parties[i:min(i+2, len(b.Parties))]
		roleLines, fieldLines := make([][]*textLine, len(pair)), make([][]*textLine, len(pair))
		var roleRows, fieldRows int
		for k, p := range pair {
			source := firstNonEmpty(p.Source, b.Source)
			roleLines[k] = l.columnLines(l.shaper.shapeString(p.Role, source, bold), 0, width)
			fieldLines[k] = l.partyLines(p, b.Labels, source, width)
			roleRows, fieldRows = max(roleRows, len(roleLines[k])), max(fieldRows, len(fieldLines[k]))
		}
		add := func(height float64, keepWithNext bool, lineOf func(k int) *textLine) {
			s := lineBox{height: height, keepWithNext: keepWithNext}
			for k := range pair {
				if k > 0 {
					s.cells = append(s.cells, cell{units: gutterUnits})
				}
				c := cell{units: columnUnits}
				if ln := lineOf(k); ln != nil {
					c.component = ln
				}
				s.cells = append(s.cells, c)
			}
			l.boxes = append(l.boxes, s)
		}
		at := func(lines [][]*textLine, row int) func(int) *textLine {
			return func(k int) *textLine {
				if row < len(lines[k]) {
					return lines[k][row]
				}
				return nil
			}
		}
		for row := range roleRows {
			add(h, true, at(roleLines, row))
		}
		add(26, true, func(int) *textLine { return nil })
		add(h, true, func(int) *textLine { return &textLine{size: bodySize, ruleFrom: 0.01} })
		for row := range fieldRows {
			add(h+2, row+1 < fieldRows, at(fieldLines, row))
		}
	}
	l.spaceAfter = 12
}

// partyLines returns the lines below the signature rule: name, title, place and date.
func (l *layout) partyLines(p doc.Party, labels doc.SignatureLabels, source string, width float64) []*textLine {
	fields := []struct{ label, value string }{
		{firstNonEmpty(labels.Name, "Name"), p.Name}, {firstNonEmpty(labels.Title, "Title"), p.Title},
		{firstNonEmpty(labels.Place, "Place"), p.Place}, {firstNonEmpty(labels.Date, "Date"), p.Date},
	}
	texts := make([]shapedText, len(fields))
	indent := 0.0
	for i, v := range fields {
		texts[i] = l.shaper.shapeString(v.label+":", source, regular)
		w, _ := texts[i].naturalWidth()
		indent = max(indent, toPoints(w, bodySize)+8)
	}
	indent = min(indent, width/2)
	var out []*textLine
	for i, v := range fields {
		label := l.columnLines(texts[i], 0, indent)
		value := l.columnLines(l.shaper.shapeString(v.value, source, regular), indent, width)
		if v.value == "" {
			value = []*textLine{{size: bodySize, ruleFrom: indent}}
		}
		for k := range max(len(label), len(value)) { // a long label wraps beside its value
			ln := &textLine{size: bodySize}
			if k < len(label) {
				ln.runs = append(ln.runs, label[k].runs...)
			}
			if k < len(value) {
				ln.runs, ln.ruleFrom = append(ln.runs, value[k].runs...), value[k].ruleFrom
			}
			out = append(out, ln)
		}
	}
	return out
}

// columnLines breaks text into lines between two x positions. Empty text has no lines.
func (l *layout) columnLines(t shapedText, from, to float64) []*textLine {
	if len(t.chars) == 0 {
		return nil
	}
	limit := toFontUnits(to-from, bodySize)
	var out []*textLine
	for _, ln := range t.breakLines(l.shaper.fonts, limit, limit) {
		out = append(out, &textLine{size: bodySize, runs: t.runs(ln, l.shaper, from, bodySize, 0)})
	}
	return out
}
