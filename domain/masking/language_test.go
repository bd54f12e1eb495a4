package masking

import (
	"testing"

	"counsel/domain/langid"
)

// TestShortTexts: the dictionaries tell the language of a text that has no frequent word.
func TestShortTexts(t *testing.T) {
	for text, want := range map[string]langid.Language{
		"Kennzeichen B-MW 1234 abgeschleppt.": langid.German,
		"Targa AB 123 CD multata.":            langid.Italian,
		"Crachá 00871 bloqueado.":             langid.Portuguese,
		"Prisonnier écrou 123456":             langid.French,
		"Zending 3S1234567 zoekgeraakt":       langid.Dutch,
		"Eviction?":                           langid.English,
		"JOHN MILLER v. SARAH CONNOR":         langid.English,
	} {
		s := masker().scanText(text)
		if got := s.tokens[0].language; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		s.release()
	}
}
