package ai_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"counsel/domain/ai"
	"counsel/domain/langid"
)

var englishWords = regexp.MustCompile(`\b(?:shall|the|agreement|Signed|between)\b`)

// TestTranslatedDrafts drafts each document type in each language that has prompts of its own. The headings, the
// text and the dates are in that language, and the draft covers its points.
func TestTranslatedDrafts(t *testing.T) {
	t.Parallel()
	s, _, user := newSandboxService(t)
	for _, locale := range []string{"de", "fr", "es", "de-AT"} {
		for _, docType := range s.DocumentTypes() {
			var inputs map[string]any
			if err := json.Unmarshal(docType.Example, &inputs); err != nil {
				t.Fatal(err)
			}
			d, err := s.GenerateDocument(t.Context(), user, ai.DraftRequest{Type: docType.ID, Inputs: inputs, Locale: locale})
			if err != nil {
				t.Errorf("%s, %s: %v", locale, docType.ID, err)
				continue
			}
			if got := langid.Detect(d.Text); got != langid.Parse(locale) || isoDate.MatchString(d.Text) {
				t.Errorf("%s, %s is in %s:\n%s", locale, docType.ID, got, d.Text)
			}
			for _, section := range d.Sections {
				if englishWords.MatchString(section.Heading) {
					t.Errorf("%s, %s: heading %s", locale, docType.ID, section.Heading)
				}
			}
			if d.QualityScore < 0.8 {
				t.Errorf("%s, %s: quality %.2f, %q", locale, docType.ID, d.QualityScore, d.Warnings)
			}
			if testing.Verbose() {
				t.Logf("%s %s %.2f %q", locale, docType.ID, d.QualityScore, d.Warnings)
			}
		}
	}
}
