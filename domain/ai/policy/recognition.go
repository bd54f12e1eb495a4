package policy

import (
	"cmp"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain/langid"
)

// Passage is a passage of a text that has a clause type.
type Passage struct {
	ClauseType string
	Start, End int     // byte range of the text
	Confidence float64 // 0..1
}

const (
	maxPerType    = 6    // passages of one clause type, the most certain
	maxPassage    = 2000 // bytes up to which adjacent sentences of a type are joined
	languageBlock = 2000 // bytes for which the language is detected
	cueConfidence = 0.6  // of a match of the patterns
	minCueScore   = 0.2  // of the model, with which a match of the patterns is enough
	maxTitle      = 5    // words of a heading
)

// Recognize finds the clause types of the passages of a contract without a language model: in English by
// the clause model and by patterns, in German, French, Spanish, Portuguese, Italian and Dutch by patterns.
// It returns at most 4 passages of a type, in text order. It takes linear time.
func Recognize(text string) []Passage {
	languages := detectLanguages(text)
	byType := map[string][]Passage{}
	add := func(clauseType string, at span, confidence float64) {
		list := byType[clauseType]
		if n := len(list); n > 0 && strings.TrimSpace(text[list[n-1].End:at.start]) == "" && at.end-list[n-1].Start <= maxPassage {
			list[n-1].End, list[n-1].Confidence = at.end, max(list[n-1].Confidence, confidence)
			return
		}
		byType[clauseType] = append(list, Passage{ClauseType: clauseType, Start: at.start, End: at.end, Confidence: confidence})
	}
	forEachSentence(text, func(s *sentence) {
		language := languages.at(s.at.start)
		heading := isTitle(text[s.at.start:s.at.end], language)
		cues := cuesByLanguage[language]
		if cues == nil {
			return
		}
		matched := map[string]bool{}
		for i := range cues.types {
			matched[cues.types[i].clauseType] = cues.types[i].matches(s.normal)
		}
		var scores []float64
		if language == "en" {
			scores = clauseModel().scores(s, matched)
		}
		for i, v := range vocabulary {
			confidence := 0.0
			if scores != nil && i < numCUAD {
				confidence = scores[i]
			}
			if matched[v.Name] && (scores == nil || i >= numCUAD || preciseCues[v.Name] || confidence >= minCueScore) {
				confidence = max(confidence, cueConfidence)
			}
			if confidence >= 0.5 && (!heading || v.Name == "Document Name" || v.Name == "Parties" || v.Name == "Agreement Date") {
				add(v.Name, s.at, confidence)
			}
		}
	})
	var out []Passage
	for _, list := range byType {
		if len(list) > maxPerType {
			slices.SortStableFunc(list, func(a, b Passage) int { return cmp.Compare(b.Confidence, a.Confidence) })
			list = list[:maxPerType]
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b Passage) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, strings.Compare(a.ClauseType, b.ClauseType))
	})
	return out
}

// isTitle reports whether a sentence is a heading: a few words that end without a full stop or, in English, are
// all capitalized.
func isTitle(s, language string) bool {
	words, capitalized := 0, true
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		r, _ := utf8.DecodeRuneInString(w)
		words++
		capitalized = capitalized && (unicode.IsUpper(r) || len(w) < 4)
	}
	return words <= maxTitle && (capitalized && language == "en" || !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, ";")) || isHeading(s)
}

// preciseCues are the types of CUAD of which a match of their patterns is enough in English: those of which
// there are too few examples for the model, and those whose patterns are precise.
var preciseCues = names("Most Favored Nation", "Source Code Escrow", "Rofr/Rofo/Rofn", "Non-Disparagement", "Unlimited/All-You-Can-Eat-License",
	"Price Restrictions", "Third Party Beneficiary", "Liquidated Damages", "Governing Law", "Non-Transferable License", "Cap on Liability",
	"Insurance", "Non-Compete", "No-Solicit of Employees")

func names(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range list {
		m[n] = true
	}
	return m
}

// textLanguages are the languages of a text by blocks, so that a contract in two languages is read in both.
type textLanguages struct {
	whole  langid.Language
	blocks []langid.Language
}

func detectLanguages(text string) textLanguages {
	l := textLanguages{whole: Language(text)}
	for start := 0; start < len(text); start += languageBlock {
		l.blocks = append(l.blocks, langid.Detect(text[start:min(len(text), start+languageBlock)]))
	}
	return l
}

func (l textLanguages) at(offset int) string {
	return cmp.Or(l.blocks[offset/languageBlock], l.whole).String()
}

// Language returns the language of a text by its beginning.
func Language(text string) langid.Language { return langid.Detect(text[:min(len(text), 20_000)]) }

//go:embed recognition/*.yaml
var recognitionFiles embed.FS

// languageCues recognize the clause types in one language.
type languageCues struct{ types []typeCues }

type typeCues struct {
	clauseType string
	match      [][][]*proximity // any of: all of: any of
}

func (t *typeCues) matches(sentence string) bool {
	return slices.ContainsFunc(t.match, func(all [][]*proximity) bool {
		return !slices.ContainsFunc(all, func(alternatives []*proximity) bool {
			return !slices.ContainsFunc(alternatives, func(p *proximity) bool { return p.matches(sentence) })
		})
	})
}

var cuesByLanguage = func() map[string]*languageCues {
	out := map[string]*languageCues{}
	entries, err := recognitionFiles.ReadDir("recognition")
	if err != nil {
		panic("policy: " + err.Error())
	}
	for _, e := range entries {
		raw, err := recognitionFiles.ReadFile("recognition/" + e.Name())
		if err != nil {
			panic("policy: " + err.Error())
		}
		c, err := parseCues(raw)
		if err != nil {
			panic("policy: recognition/" + e.Name() + ": " + err.Error()) // embedded, so every test would fail
		}
		out[strings.TrimSuffix(e.Name(), path.Ext(e.Name()))] = c
	}
	return out
}()

func parseCues(raw []byte) (*languageCues, error) {
	var file map[string][]allOf
	if err := decode(raw, &file); err != nil {
		return nil, err
	}
	c := &languageCues{}
	for _, v := range vocabulary {
		list := file[v.Name]
		delete(file, v.Name)
		if list == nil {
			continue
		}
		t := typeCues{clauseType: v.Name}
		for _, all := range list {
			var parts [][]*proximity
			for _, expr := range all {
				p, err := compileProximity(expr)
				if err != nil {
					return nil, err
				}
				parts = append(parts, p)
			}
			t.match = append(t.match, parts)
		}
		c.types = append(c.types, t)
	}
	for name := range file {
		return nil, fmt.Errorf("unknown clause type %q", name)
	}
	return c, nil
}
