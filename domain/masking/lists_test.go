package masking

import (
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	m := masker()
	lists := m.CompileLists(
		[]ListEntry{{"Project Heron", Company}, {"Grünwald", Location}, {"AB/12-77", ID}, {"Alder Overlap", Person}, {"Operation Blue", ID}, {"Blue Falcon", ID}},
		[]string{"Alder & Finch LLP", "Finch", "Ingrid Halvorsen", "info@alder.example", "halvorsen.example", "Alder Overlap", "Springfield", "Alder"},
	)
	for text, want := range map[string]string{
		"The code name is project\n  HERON, no other project.":             "The code name is [COMPANY_1], no other project.",
		"The site in grunwald, file ab/12-77.":                             "The site in [LOCATION_1], file [ID_1].",
		"Ask Ingrid Halvorsen and Mr. Finch of Alder & Finch LLP.":         "Ask Ingrid Halvorsen and Mr. Finch of Alder & Finch LLP.",
		"INGRID HALVORSEN is here.":                                        "INGRID HALVORSEN is here.",
		"Ask Alder Overlap.":                                               "Ask [PERSON_1].",
		"Write to info@alder.example or ingrid@halvorsen.example.":         "Write to info@alder.example or [EMAIL_1].",
		"I live at 12 Main Street, Springfield 90210.":                     "I live at [ADDRESS_1].",
		"My name is Ingrid Kowalski. Halvorsen is a friend of Kowalski's.": "My name is [PERSON_1]. [PERSON_2] is a friend of [PERSON_1B]'s.",
		"Operation Blue Falcon starts.":                                    "[ID_1] starts.",
		"Ask Will Alder or Dr. Alder.":                                     "Ask [PERSON_1] or Dr. Alder.",
		"[PERSON_1] is a placeholder.":                                     "[LITERAL_1] is a placeholder.",
	} {
		s := m.NewSession()
		s.UseLists(lists)
		got := mask(t, s, text)
		if got.Text != want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", text, got.Text, want)
		}
		if back := s.Restore(got.Text); back != text {
			t.Errorf("restored %q", back)
		}
	}
	s := m.NewSession()
	s.UseLists(lists)
	if got, err := s.MaskAs("Alder & Finch LLP", Company); err != nil || got.Text != "Alder & Finch LLP" {
		t.Errorf("a field: %q, %v", got.Text, err)
	}
	// a value that another text reveals stays unmasked
	mask(t, s, "My name is Ingrid Kowalski-Finch.")
	if got := mask(t, s, "Finch pays."); got.Text != "Finch pays." {
		t.Errorf("another text: %q", got.Text)
	}
	for text, want := range map[string]bool{"x": true, "9": true, "&": false, " ": false, strings.Repeat("a ", maxKnownTokens+1): false} {
		if m.Listable(text) != want {
			t.Errorf("Listable(%q)", text)
		}
	}
}
