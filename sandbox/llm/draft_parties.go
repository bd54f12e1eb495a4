package llm

import (
	"fmt"
	"slices"
	"strings"
)

// roles returns the inputs that name a person or organization.
func (d *drafter) roles() []string {
	return slices.DeleteFunc(slices.Clone(d.top), func(p string) bool { _, ok := d.inputs[p+" name"]; return !ok })
}

func (d *drafter) parties() string {
	var list []any
	for _, p := range d.roles() {
		d.used[p] = true
		list = append(list, d.introduce(p)+" ("+d.quoted(d.role(p))+")")
	}
	return formatList(list)
}

func (d *drafter) quoted(s string) string {
	if d.translated != nil {
		return fmt.Sprintf(d.translated.Quoted, s)
	}
	return "“" + s + "”"
}

// role returns "the Client" or "Party A".
func (d *drafter) role(path string) string {
	if d.translated != nil {
		return d.translated.Roles[path]
	}
	w := strings.Fields(path)
	for i := range w {
		w[i] = upperFirst(w[i])
	}
	name := strings.Join(w, " ")
	if len(w[len(w)-1]) == 1 {
		return name
	}
	return "the " + name
}

// particulars are the properties of a party in the order in which they are written, with the words before them.
var particulars = []struct{ name, before string }{
	{"name", ""}, {"legal form", ""}, {"registration number", "registered under number "}, {"date of birth", "born on "},
	{"identification", "identified by "}, {"address", "of "}, {"email", "e-mail "}, {"representative", "represented by "}, {"representative role", ""},
}

func (d *drafter) introduce(path string) string {
	var parts []string
	known := map[string]bool{}
	for _, p := range particulars {
		if t := d.translated; t != nil {
			p.before = map[string]string{"registration number": t.Registered, "date of birth": t.Born, "identification": t.Identified, "address": t.Address, "representative": t.Represented}[p.name]
		}
		known[path+" "+p.name] = true
		if v, ok := d.inputs[path+" "+p.name]; ok {
			parts = append(parts, p.before+formatValue(v))
		}
	}
	for _, k := range d.leaves(path) {
		if _, choice := d.inputs[k].(bool); !known[k] && !choice {
			parts = append(parts, formatValue(d.inputs[k]))
		}
	}
	return strings.Join(parts, ", ")
}

// lines formats a name and address as on a letter.
func (d *drafter) lines(path string) string {
	var parts []string
	for _, name := range []string{"name", "address", "email"} {
		if v, ok := d.inputs[path+" "+name]; ok {
			parts = append(parts, formatValue(v))
		}
	}
	return strings.Join(parts, "  \n")
}

func (d *drafter) signatures() string {
	var blocks []string
	w := draftWords{Signed: "Signed for %s (%s)", Name: "Name: ", Capacity: "Capacity: ", Place: "Place and date: ", Signature: "Signature: "}
	if d.translated != nil {
		w = *d.translated
	}
	for _, p := range d.roles() {
		block := []string{fmt.Sprintf(w.Signed, formatValue(d.inputs[p+" name"]), d.role(p))}
		if v, ok := d.inputs[p+" representative"]; ok {
			block = append(block, w.Name+formatValue(v))
		}
		if v, ok := d.inputs[p+" representative role"]; ok {
			block = append(block, w.Capacity+formatValue(v))
		}
		blocks = append(blocks, strings.Join(append(block, w.Place+"________", w.Signature+"________"), "  \n"))
	}
	return strings.Join(blocks, "\n\n")
}
