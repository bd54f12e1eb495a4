package policy

import (
	"cmp"
	"embed"
	"path"
	"slices"
	"strings"
)

// The texts of the rules are English in their files; texts/ has them in other languages, and wordings.yaml
// the clauses that are suggested.

//go:embed texts/*.yaml wordings.yaml
var textFiles embed.FS

// ruleText is what a rule reports, in one language.
type ruleText struct {
	Title      string `yaml:"title"`
	Rationale  string `yaml:"rationale"`
	Suggestion string `yaml:"suggestion"`
}

// translation is a file of texts/.
type translation struct {
	Clauses map[string]string   `yaml:"clauses"` // descriptions by clause type
	Rules   map[string]ruleText `yaml:"rules"`   // by id, or by policy/id if the policy replaces the rule
}

var translations, wordings = func() (map[string]*translation, map[string]map[string]string) {
	byLanguage, clauses := map[string]*translation{}, map[string]map[string]string{}
	must := func(err error) {
		if err != nil {
			panic("policy: " + err.Error()) // embedded, so every test would fail
		}
	}
	entries, err := textFiles.ReadDir("texts")
	must(err)
	for _, e := range entries {
		raw, err := textFiles.ReadFile("texts/" + e.Name())
		must(err)
		t := &translation{}
		must(decode(raw, t))
		byLanguage[strings.TrimSuffix(e.Name(), path.Ext(e.Name()))] = t
	}
	raw, err := textFiles.ReadFile("wordings.yaml")
	must(err)
	must(decode(raw, &clauses))
	return byLanguage, clauses
}()

// Languages returns the languages that the policies speak, sorted.
func Languages() []string {
	list := []string{"en"}
	for l := range translations {
		list = append(list, l)
	}
	slices.Sort(list)
	return list
}

// text returns what the rule reports in a language, in English if there is no translation.
func (r *Rule) text(language string) ruleText {
	if t := translations[language]; t != nil {
		for _, key := range []string{r.policy + "/" + r.ID, r.ID} {
			if text, ok := t.Rules[key]; ok {
				return text
			}
		}
	}
	return ruleText{Title: r.Title, Rationale: r.Rationale, Suggestion: r.Suggestion}
}

// wording returns the clause that the rule suggests, in the language of the document; in English if there is
// none in it, and "" if there is none at all.
func (r *Rule) wording(language string) string {
	for _, key := range []string{r.Wording, r.ID, r.ClauseType} {
		if w := wordings[key]; w != nil {
			return strings.TrimSpace(cmp.Or(w[language], w["en"]))
		}
	}
	return ""
}

// Describe returns the description of a clause type in a language, in English if there is no translation.
func Describe(clauseType, language string) string {
	if t := translations[language]; t != nil && t.Clauses[clauseType] != "" {
		return t.Clauses[clauseType]
	}
	for _, c := range vocabulary {
		if c.Name == clauseType {
			return c.Description
		}
	}
	return ""
}

// Wording returns the clause to propose for a clause type, in the language of the text; "" if there is none.
func (p *Policy) Wording(clauseType, text string) string {
	return (&Rule{ClauseType: clauseType}).wording(Language(text).String())
}
