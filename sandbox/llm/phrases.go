package llm

import (
	"bytes"
	_ "embed" // the phrases
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed phrases.yaml
var phraseFile []byte

// phrase is the stock wording of one point of a legal document. phrases.yaml documents the format.
type phrase struct {
	on, in, kind []string
	wordings     []wording
}

type wording struct {
	when []condition
	text string
}

type condition struct {
	input, value string // empty value: the input must be present
	not          bool
}

var slots = regexp.MustCompile(`\{([^{}|]+)(?:\|([^{}]+))?\}`)

var phrasebook = sync.OnceValue(func() []phrase {
	var entries []struct {
		On, In, For string
		Texts       []string `yaml:"say"`
	}
	d := yaml.NewDecoder(bytes.NewReader(phraseFile))
	d.KnownFields(true)
	if err := d.Decode(&entries); err != nil {
		panic("llm: phrases.yaml: " + err.Error()) // built in, and tested
	}
	alternatives := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '|' })
	}
	out := make([]phrase, len(entries))
	for i, e := range entries {
		p := phrase{on: alternatives(e.On), in: alternatives(e.In), kind: alternatives(e.For)}
		for _, s := range e.Texts {
			p.wordings = append(p.wordings, parseWording(s))
		}
		out[i] = p
	}
	return out
})

// parseWording parses "condition & condition ? text".
func parseWording(s string) wording {
	w := wording{text: s}
	if when, text, ok := strings.Cut(s, " ? "); ok {
		w.text = text
		for c := range strings.SplitSeq(when, " & ") {
			input, value, _ := strings.Cut(c, "=")
			input, not := strings.CutPrefix(input, "!")
			w.when = append(w.when, condition{input, value, not})
		}
	}
	return w
}
