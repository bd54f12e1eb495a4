package main

import (
	"strings"
	"unicode/utf8"
)

// value is a literal in a sample: an atom, or a list between brackets.
type value struct {
	text  string // of an atom, or before the items: `counsel.CreateCaseRequest{`
	close string
	items []entry
	list  bool
	pad   string // between the brackets and the items of one line
	hug   bool   // only the last item, which is a list itself, takes more than one line
}

type entry struct {
	label string // with its colon or equals sign
	value value
}

func atom(text string) value { return value{text: text} }

// lineLength is how long a line of a sample may be, unless a text is longer.
const lineLength = 80

// render returns the value as it is written after used characters of a line that is indented by depth units.
func (v value) render(unit string, depth, used int) string {
	if !v.list {
		return v.text
	}
	if line := v.line(); len(v.items) == 0 || used+utf8.RuneCountInString(line) <= lineLength && !strings.Contains(line, "\n") {
		return line
	}
	var b strings.Builder
	if last := v.items[len(v.items)-1]; v.hug && last.value.list {
		b.WriteString(v.text)
		for _, each := range v.items[:len(v.items)-1] {
			b.WriteString(each.label + each.value.line() + ", ")
		}
		return b.String() + last.label + last.value.render(unit, depth, lineLength) + v.close
	}
	b.WriteString(v.text + "\n")
	for _, each := range v.items {
		indent := strings.Repeat(unit, depth+1)
		b.WriteString(indent + each.label + each.value.render(unit, depth+1, width(indent)+len(each.label)+1) + ",\n")
	}
	b.WriteString(strings.Repeat(unit, depth) + v.close)
	return b.String()
}

// line returns the value in one line.
func (v value) line() string {
	if !v.list {
		return v.text
	}
	parts := make([]string, len(v.items))
	for i, each := range v.items {
		parts[i] = each.label + each.value.line()
	}
	pad := v.pad
	if len(parts) == 0 {
		pad = ""
	}
	return v.text + pad + strings.Join(parts, ", ") + pad + v.close
}

func width(indent string) int { return strings.Count(indent, "\t")*3 + len(indent) }
