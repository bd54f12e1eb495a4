package policy

import (
	"slices"
	"testing"
)

// Every rule and clause type has its texts in every language, and a clause is proposed for what is missing.
func TestTexts(t *testing.T) {
	if got := Languages(); !slices.Equal(got, []string{"de", "en", "es", "fr"}) {
		t.Errorf("languages are %v", got)
	}
	b := mustLoad(t)
	known := map[string]bool{}
	for _, name := range b.Names() {
		for _, r := range b.policies[name].rules {
			known[r.ID], known[r.policy+"/"+r.ID] = true, true
			for _, language := range Languages() {
				text := r.text(language)
				if text.Title == "" || text.Rationale == "" || text.Suggestion == "" {
					t.Errorf("%s: %s has an empty text", language, r.ID)
				}
				if language != "en" && text.Rationale == r.Rationale {
					t.Errorf("%s: %s is not translated", language, r.ID)
				}
				if r.wording(language) == "" && r.Absent {
					t.Errorf("%s: %s proposes no clause", language, r.ID)
				}
			}
		}
	}
	for language, translation := range translations {
		for id := range translation.Rules {
			if !known[id] {
				t.Errorf("%s: there is no rule %s", language, id)
			}
		}
		for _, c := range vocabulary {
			if translation.Clauses[c.Name] == "" {
				t.Errorf("%s: %s has no description", language, c.Name)
			}
		}
	}
	for key, byLanguage := range wordings {
		if !known[key] && !isClauseType(key) {
			t.Errorf("a clause is proposed for %s, which does not exist", key)
		}
		for _, language := range Languages() {
			if byLanguage[language] == "" {
				t.Errorf("%s: the clause for %s is missing", language, key)
			}
		}
	}
}
