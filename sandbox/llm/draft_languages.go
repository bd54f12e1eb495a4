package llm

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed drafts.*.yaml
var draftFiles embed.FS

// draftBooks returns the paragraphs of drafts by language, document type and section. Each paragraph is a list of
// alternatives.
var draftBooks = sync.OnceValue(func() map[string]map[string]map[string][][]wording {
	books := map[string]map[string]map[string][][]wording{}
	names, err := draftFiles.ReadDir(".")
	if err != nil {
		panic(err) // embedded
	}
	for _, e := range names {
		raw, err := draftFiles.ReadFile(e.Name())
		if err != nil {
			panic(err) // embedded
		}
		var file map[string]map[string][]any
		if err := yaml.Unmarshal(raw, &file); err != nil {
			panic("llm: " + e.Name() + ": " + err.Error()) // embedded, and tested
		}
		book := map[string]map[string][][]wording{}
		for kind, sections := range file {
			book[kind] = map[string][][]wording{}
			for id, paragraphs := range sections {
				for _, p := range paragraphs {
					var alternatives []wording
					for _, text := range asList(p) {
						alternatives = append(alternatives, parseWording(fmt.Sprint(text)))
					}
					book[kind][id] = append(book[kind][id], alternatives)
				}
			}
		}
		books[strings.TrimSuffix(strings.TrimPrefix(e.Name(), "drafts."), ".yaml")] = book
	}
	return books
})

// draftWords are the words of a language that a program, not a wording, puts into a draft.
type draftWords struct {
	Months      []string
	Date        string // the day, the month's name and the year
	And         string
	Quoted      string
	Decimal     string // the decimal separator; the other one groups the thousands
	Registered  string
	Born        string
	Identified  string
	Represented string
	Address     string
	Signed      string
	Name        string
	Capacity    string
	Place       string
	Signature   string
	Further     string
	Roles       map[string]string
}

// translatedBodies returns the texts of the sections in the language of the prompt. ok is false if there is no
// wording for the document type in that language.
func (m *material) translatedBodies(list []section) (bodies []string, ok bool) {
	kind := strings.ReplaceAll(strings.TrimPrefix(m.schemaName, "draft_"), "_", "-")
	book, ok := draftBooks()[m.language()][kind]
	if !ok {
		return nil, false
	}
	v := m.vocabulary()
	inputs, _ := localize(m.inputs, v.Words, true).(map[string]any)
	d := newDrafter(m.system, inputs, "")
	d.translated = &v.Words
	letter := strings.HasSuffix(kind, "-letter")
	paragraphs := make([][]string, len(list))
	general := len(list) - 1
	for i, s := range list {
		if s.id == "general" || s.id == "law" {
			general = i
		}
		for _, alternatives := range book[s.id] {
			if at := slices.IndexFunc(alternatives, d.fits); at >= 0 {
				for _, c := range alternatives[at].when {
					d.used[c.input] = true
				}
				paragraphs[i] = append(paragraphs[i], d.fill(alternatives[at].text))
			}
		}
	}
	for _, path := range d.top {
		paragraphs[general] = append(paragraphs[general], d.unused(path)...)
	}
	for i, s := range list {
		if !letter && !isSignatures(s) {
			for n, p := range paragraphs[i] {
				paragraphs[i][n] = fmt.Sprintf("%d.%d %s", i+1, n+1, p)
			}
		}
		if i == 0 {
			paragraphs[i] = slices.Insert(paragraphs[i], 0, "*"+v.Draft+"*")
		}
		bodies = append(bodies, strings.Join(paragraphs[i], "\n\n"))
	}
	return bodies, true
}

var moneyText = regexp.MustCompile(`^(\d+)\.(\d\d) ([A-Z]{3})$`)

// localize writes dates and amounts as the language does, and objects within lists as text.
func localize(v any, w draftWords, top bool) any {
	switch v := v.(type) {
	case string:
		if day, err := time.Parse(time.DateOnly, v); err == nil {
			return fmt.Sprintf(w.Date, day.Day(), w.Months[day.Month()-1], day.Year())
		}
		if at := moneyText.FindStringSubmatch(v); at != nil {
			group := "."
			if w.Decimal == "." {
				group = ","
			}
			whole := at[1]
			for i := len(whole) - 3; i > 0; i -= 3 {
				whole = whole[:i] + group + whole[i:]
			}
			return whole + w.Decimal + at[2] + " " + at[3]
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = localize(e, w, false)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = localize(e, w, true)
		}
		if top {
			return out
		}
		var parts []string
		keys := slices.Sorted(maps.Keys(out))
		slices.SortStableFunc(keys, func(a, b string) int { return strings.Compare(objectOrder(a), objectOrder(b)) })
		for _, k := range keys {
			parts = append(parts, formatValue(out[k]))
		}
		return strings.Join(parts, ", ")
	}
	return v
}

// objectOrder sorts what names an object before its other properties.
func objectOrder(key string) string {
	if slices.Contains([]string{"description", "name", "number", "title"}, key) {
		return ""
	}
	return key
}
