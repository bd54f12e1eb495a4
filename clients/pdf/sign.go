package pdf

import (
	"counsel/domain/documents"
)

// signatures lays parties out two beside each other; a pair stays on one page.
func (f *flow) signatures(b documents.Signatures) {
	if len(b.Parties) == 0 {
		return
	}
	f.space(18)
	const between = 30
	width := (f.width - between) / 2
	column, middle := int(width/f.width*grid), int(between/f.width*grid)
	h := leading(bodySize)
	for i := 0; i < len(b.Parties); i += 2 {
		if i > 0 {
			f.strips = append(f.strips, strip{height: 22, soft: true})
		}
		pair := b.Parties[i:min(i+2, len(b.Parties))]
		above, below := make([][]*textLine, len(pair)), make([][]*textLine, len(pair))
		var tallest, deepest int
		for k, p := range pair {
			source := or(p.Source, b.Source)
			above[k] = f.column(f.scribe.plain(p.Role, source, bold), 0, width)
			below[k] = f.party(p, b.Labels, source, width)
			tallest, deepest = max(tallest, len(above[k])), max(deepest, len(below[k]))
		}
		add := func(height float64, keep bool, part func(k int) *textLine) {
			s := strip{height: height, keep: keep}
			for k := range pair {
				if k > 0 {
					s.cells = append(s.cells, cell{size: middle})
				}
				c := cell{size: column}
				if l := part(k); l != nil {
					c.part = l
				}
				s.cells = append(s.cells, c)
			}
			f.strips = append(f.strips, s)
		}
		at := func(lines [][]*textLine, row int) func(int) *textLine {
			return func(k int) *textLine {
				if row < len(lines[k]) {
					return lines[k][row]
				}
				return nil
			}
		}
		for row := range tallest {
			add(h, true, at(above, row))
		}
		add(26, true, func(int) *textLine { return nil })
		add(h, true, func(int) *textLine { return &textLine{size: bodySize, blank: 0.01} })
		for row := range deepest {
			add(h+2, row+1 < deepest, at(below, row))
		}
	}
	f.gap = 12
}

// party is what stands below the line to sign on.
func (f *flow) party(p documents.Party, labels documents.Labels, source string, width float64) []*textLine {
	fields := []struct{ label, value string }{
		{or(labels.Name, "Name"), p.Name}, {or(labels.Title, "Title"), p.Title},
		{or(labels.Place, "Place"), p.Place}, {or(labels.Date, "Date"), p.Date},
	}
	texts := make([]text, len(fields))
	indent := 0.0
	for i, v := range fields {
		texts[i] = f.scribe.plain(v.label+":", source, regular)
		w, _ := texts[i].natural()
		indent = max(indent, points(w, bodySize)+8)
	}
	indent = min(indent, width/2)
	var out []*textLine
	for i, v := range fields {
		label := f.column(texts[i], 0, indent)
		value := f.column(f.scribe.plain(v.value, source, regular), indent, width)
		if v.value == "" {
			value = []*textLine{{size: bodySize, blank: indent}}
		}
		for k := range max(len(label), len(value)) { // a label that is long wraps beside its value
			l := &textLine{size: bodySize}
			if k < len(label) {
				l.runs = append(l.runs, label[k].runs...)
			}
			if k < len(value) {
				l.runs, l.blank = append(l.runs, value[k].runs...), value[k].blank
			}
			out = append(out, l)
		}
	}
	return out
}

// column breaks a text into lines between two edges; none for no text.
func (f *flow) column(t text, from, to float64) []*textLine {
	if len(t.chars) == 0 {
		return nil
	}
	limit := units(to-from, bodySize)
	var out []*textLine
	for _, l := range t.lines(f.scribe.faces, limit, limit) {
		out = append(out, &textLine{size: bodySize, runs: t.runs(l, f.scribe, from, bodySize, 0)})
	}
	return out
}
