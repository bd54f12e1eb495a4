package llm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// drafter writes one draft.
type drafter struct {
	kind        string          // such as "power of attorney"; in lower case
	inputs      map[string]any  // all values, including objects, by path in words
	top         []string        // the paths of the top level
	used        map[string]bool // inputs that appear in the draft
	usedPhrases map[int]bool    // phrases that were used
	translated  *draftWords     // nil: English
}

var kindLine = regexp.MustCompile(`(?m)^# Type of document: (.+)$`)

func newDrafter(system string, inputs map[string]any, about string) *drafter {
	d := &drafter{kind: "agreement", inputs: map[string]any{}, used: map[string]bool{}, usedPhrases: map[int]bool{}}
	if at := kindLine.FindStringSubmatch(system); at != nil {
		d.kind = strings.ToLower(strings.TrimSpace(at[1]))
	}
	for k, v := range inputs {
		d.top = append(d.top, d.index("", k, v))
	}
	about = strings.ToLower(about)
	slices.SortFunc(d.top, func(a, b string) int { // in the order in which they are mentioned, then by name
		ia, ib := strings.Index(about, a), strings.Index(about, b)
		if ia != ib && ia >= 0 && ib >= 0 {
			return ia - ib
		}
		return strings.Compare(a, b)
	})
	return d
}

func (d *drafter) index(above, key string, v any) string {
	path := strings.TrimSpace(above + " " + strings.ToLower(words(key)))
	d.inputs[path] = v
	if m, ok := v.(map[string]any); ok {
		for k, e := range m {
			d.index(path, k, e)
		}
	}
	return path
}

// bodies returns the texts of the sections: the stock wording of each point with its inputs, followed by the inputs
// that no wording uses, each in the section that matches best.
func (m *material) bodies(list []section) []string {
	if bodies, ok := m.translatedBodies(list); ok {
		return bodies
	}
	d := newDrafter(m.system, m.inputs, strings.Join(list[0].covers, " "))
	paragraphs := make([][]string, len(list))
	for i, s := range list {
		for _, point := range s.covers {
			if text := d.point(s, point); text != "" {
				paragraphs[i] = append(paragraphs[i], text)
			}
		}
	}
	for _, path := range d.top {
		for _, text := range d.unused(path) {
			i := bestSection(list, path)
			paragraphs[i] = append(paragraphs[i], text)
		}
	}
	out := make([]string, len(list))
	for i, s := range list {
		if len(paragraphs[i]) == 0 {
			paragraphs[i] = []string{d.fill("What {this doc} leaves open on the subject of this section is settled in writing before anyone acts on it.")}
		}
		if !strings.Contains(d.kind, "letter") && !isSignatures(s) {
			for n, p := range paragraphs[i] {
				paragraphs[i][n] = fmt.Sprintf("%d.%d %s", i+1, n+1, p)
			}
		}
		if i == 0 {
			paragraphs[i] = slices.Insert(paragraphs[i], 0, "*"+m.vocabulary().Draft+"*")
		}
		out[i] = strings.Join(paragraphs[i], "\n\n")
	}
	return out
}

func isSignatures(s section) bool {
	return strings.Contains(strings.ToLower(s.id+" "+s.heading), "signature")
}

// point returns the wording of one point, or "" if there is none or its inputs are missing.
func (d *drafter) point(s section, point string) string {
	point = strings.ToLower(point)
	place := strings.ToLower(s.id + " " + s.heading)
	holds := func(text string, any []string) bool {
		return len(any) == 0 || slices.ContainsFunc(any, func(w string) bool { return strings.Contains(text, w) })
	}
	type piece struct {
		at   int
		text string
	}
	var pieces []piece
	for i, p := range phrasebook() {
		if d.usedPhrases[i] || !holds(d.kind, p.kind) || !holds(place, p.in) {
			continue
		}
		at := -1
		for _, w := range p.on {
			if n := strings.Index(point, w); n >= 0 && (at < 0 || n < at) {
				at = n
			}
		}
		if at < 0 {
			continue
		}
		for _, w := range p.wordings {
			if d.fits(w) {
				d.usedPhrases[i] = true
				d.markConditions(p)
				pieces = append(pieces, piece{at, d.fill(w.text)})
				break
			}
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.at - b.at })
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 { // lists and lines of a letter are paragraphs of their own
			if strings.Contains(p.text, "\n") || strings.Contains(pieces[i-1].text, "\n") {
				b.WriteString("\n\n")
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(p.text)
	}
	return b.String()
}

func (d *drafter) fits(w wording) bool {
	for _, c := range w.when {
		v, given := d.inputs[c.input]
		if c.value != "" {
			given = given && fmt.Sprint(v) == c.value
		}
		if given == c.not {
			return false
		}
	}
	for _, at := range slots.FindAllStringSubmatch(w.text, -1) {
		switch at[1] {
		case "This doc", "this doc", "parties", "signatures":
		default:
			if _, ok := d.inputs[strings.TrimSuffix(at[1], " lines")]; !ok {
				return false
			}
		}
	}
	return true
}

// markConditions marks the inputs that selected a phrase's wording as used.
func (d *drafter) markConditions(p phrase) {
	for _, w := range p.wordings {
		for _, c := range w.when {
			if c.value != "" {
				d.used[c.input] = true
			}
		}
	}
}

// fill replaces the slots of a wording with inputs. Slots within inputs are not replaced.
func (d *drafter) fill(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range slots.FindAllStringSubmatchIndex(text, -1) {
		how := ""
		if at[4] >= 0 {
			how = text[at[4]:at[5]]
		}
		v := d.slot(text[at[2]:at[3]], how)
		if strings.HasPrefix(text[at[1]:], ".") {
			v = strings.TrimRight(v, ".")
		}
		b.WriteString(text[last:at[0]] + v)
		last = at[1]
	}
	return b.String() + text[last:]
}

func (d *drafter) slot(name, how string) string {
	noun := "agreement"
	for _, n := range []string{"power of attorney", "letter", "contract"} {
		if strings.Contains(d.kind, n) {
			noun = n
			break
		}
	}
	switch name {
	case "This doc":
		return "This " + noun
	case "this doc":
		return "this " + noun
	case "parties":
		return d.parties()
	case "signatures":
		return d.signatures()
	}
	path, lines := strings.CutSuffix(name, " lines")
	d.used[path] = true
	v := d.inputs[path]
	if lines {
		return d.lines(path)
	}
	if _, ok := v.(map[string]any); ok {
		return d.introduce(path)
	}
	switch list, _ := v.([]any); how {
	case "", "list":
		return d.format(v)
	case "lower":
		return lowerFirst(formatValue(v))
	case "items":
		return formatList(list)
	case "way":
		return "By " + strings.TrimPrefix(words(formatValue(v)), "by ")
	default:
		return formatCount(formatValue(v), how)
	}
}

// format returns a value as text in the language of the draft.
func (d *drafter) format(v any) string {
	if list, ok := v.([]any); ok && d.translated != nil && len(list) > 1 {
		return formatValue(list[0]) + formatRest(list[1:], d.translated.And)
	}
	return formatValue(v)
}

// formatRest joins the elements of a list after the first.
func formatRest(list []any, and string) string {
	var b strings.Builder
	for i, e := range list {
		if i == len(list)-1 {
			b.WriteString(" " + and + " ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(formatValue(e))
	}
	return b.String()
}

// leaves returns the paths of the scalar values under a path, in order.
func (d *drafter) leaves(path string) []string {
	m, ok := d.inputs[path].(map[string]any)
	if !ok {
		return []string{path}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, d.leaves(path+" "+strings.ToLower(words(k)))...)
	}
	return out
}

// unused states the parts of an input that no wording used, in plain sentences. Booleans and codes, which only select
// wordings, are omitted.
func (d *drafter) unused(path string) []string {
	if d.used[path] {
		return nil
	}
	if _, named := d.inputs[path+" name"]; named {
		if slices.ContainsFunc(d.leaves(path), func(p string) bool { return d.used[p] }) {
			return nil
		}
		if d.translated != nil {
			return []string{fmt.Sprintf(d.translated.Further, strings.TrimRight(d.introduce(path), "."))}
		}
		return []string{fmt.Sprintf("The %s is %s.", path, strings.TrimRight(d.introduce(path), "."))}
	}
	var out []string
	for _, p := range d.leaves(path) {
		v := d.inputs[p]
		if d.used[p] {
			continue
		}
		d.used[p] = true
		text := strings.TrimRight(formatValue(v), ".")
		list, many := v.([]any)
		_, choice := v.(bool)
		switch {
		case choice || text == "" || !many && enumValue.MatchString(text):
		case d.translated != nil:
			out = append(out, fmt.Sprintf(d.translated.Further, strings.TrimRight(d.format(v), ".")))
		case many && len(list) > 1 || strings.HasSuffix(p, "s") && len(strings.Fields(text)) < 7:
			out = append(out, fmt.Sprintf("The %s are %s.", p, text))
		case strings.Contains(text, ". ") || len(strings.Fields(text)) > 6:
			out = append(out, fmt.Sprintf("The following has been stated on the %s: %s.", p, text))
		default:
			out = append(out, fmt.Sprintf("The %s is %s.", p, text))
		}
	}
	return out
}

// enumValue matches an enum value such as time-off.
var enumValue = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// bestSection returns the index of the section that best matches an input's name, else of the general section, else of
// the last one before the signatures.
func bestSection(list []section, path string) int {
	best, most := -1, 0
	general, last := -1, 0
	for i, s := range list {
		if isSignatures(s) {
			continue
		}
		last = i
		about := strings.ToLower(s.id + " " + s.heading + " " + s.heading + " " + strings.Join(s.covers, " "))
		if strings.Contains(strings.ToLower(s.id+" "+s.heading), "general") {
			general = i
		}
		n := 0
		for w := range strings.FieldsSeq(path) {
			if len(w) > 3 {
				n += strings.Count(about, w[:min(len(w), 6)])
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	switch {
	case best >= 0:
		return best
	case general >= 0:
		return general
	}
	return last
}
