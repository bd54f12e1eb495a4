package masking

import (
	"strings"

	"counsel/domain/langid"
)

// joinNames makes one person of two that only particles part: "Abdullah bin Khalid al-Rashid".
func (s *scan) joinNames() {
	out := s.spans[:0]
	for _, span := range s.spans {
		if text := s.text[span.Start:span.End]; span.Type == Person && len(text) > 4 && (text[1] == '\'' && s.isLower(span.Start+2)) {
			span.Start += 2 // the article of "l'avv. Tiziano Moser"
		}
		if n := len(out); n > 0 && span.Type == Person && out[n-1].Type == Person && areParticles(s.text[out[n-1].End:span.Start]) {
			out[n-1].End = span.End
			continue
		}
		out = append(out, span)
	}
	s.spans = out
}

// areParticles reports whether the text between two names is a blank, or particles between blanks.
func areParticles(between string) bool {
	if between == " " {
		return true
	}
	if len(between) > 16 || len(between) < 3 || between[0] != ' ' {
		return false
	}
	for word := range strings.FieldsFuncSeq(between, func(r rune) bool { return r == ' ' || r == '-' }) {
		switch word {
		case "van", "der", "den", "de", "von", "zu", "vom", "la", "las", "los", "del", "da", "do", "dos", "das", "di", "della", "dello", "dei", "bin", "ibn", "bint", "al", "el", "ter", "ten", "du", "des", "'t", "le":
		default:
			return false
		}
	}
	return true
}

// isConjunction reports whether token j is an "and" between two people, also in capitals. A name contains one only
// where joinedSurname says so.
func (s *scan) isConjunction(j int) bool {
	if j == 0 || !s.oneOf(j, "and", "und", "et", "en", "ed", "e", "y", "i") {
		return false
	}
	t := &s.tokens[j]
	return !t.capitalized || t.allCaps || t.end-t.start == 1 && s.tokens[j-1].allCaps && !s.isSymbol(j+1, '.')
}

// joinedSurname returns the end of the second half of a double surname, which starts with the conjunction at token j,
// or 0: "José Ortega y Gasset", "João Costa e Silva", "Josep Bosch i Puig", but not "Juan García y María López" or
// "Ana y Luis". "von und zu Guttenau" is one, too.
func (s *scan) joinedSurname(j int) int {
	if s.equals(j, "von") && s.equals(j+1, "und") && s.equals(j+2, "zu") && s.isCapitalized(j+3) {
		return j + 4
	}
	iberian := s.oneOf(j, "y", "i") && s.tokens[j].language != langid.Italian || s.equals(j, "e") && s.tokens[j].language == langid.Portuguese
	if !iberian || j < 2 || !s.isCapitalized(j+1) || s.tokens[j+1].startsLine || s.tokens[j+1].class&(givenName|familyName) == givenName || s.hasClass(j+1, placeName) {
		return 0
	}
	if !s.isCapitalized(j-1) || !s.isCapitalized(j-2) || s.tokens[j].startsLine || s.tokens[j-1].startsLine || !s.hasClass(j-2, givenName) || s.hasClass(j-1, givenName) {
		return 0
	}
	if s.isWord(j+2) && !s.tokens[j+2].startsLine && (s.tokens[j+2].capitalized || s.hasClass(j+2, nameParticle)) {
		return 0
	}
	return j + 2
}

// separateGenitives takes the noun after a genitive out of the name: "Müllers Hund" is a dog. The genitive itself is on no
// list, as "Peters" is, but the name is.
func (s *scan) separateGenitives() {
	for j := 1; j < len(s.tokens); j++ {
		t, owner := &s.tokens[j], &s.tokens[j-1]
		if t.label != personLabel || owner.label != personLabel || t.language != langid.German || t.startsLine || s.info[j].traits&(isListed|isDictionary|isCompound) == 0 || t.class&givenName != 0 {
			continue
		}
		name, genitive := strings.CutSuffix(s.text[owner.start:owner.end], "s")
		if genitive && owner.class&(givenName|familyName) == 0 && s.lex.lookup(s.lex.hashWord(name))&(givenName|familyName) != 0 {
			t.label, t.likely, t.margin = otherLabel, personLabel, ruleMargin
		}
	}
}
