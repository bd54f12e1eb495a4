package masking

import "strings"

// joinNames makes one person of two that only particles part: "Abdullah bin Khalid al-Rashid".
func (s *scan) joinNames() {
	out := s.spans[:0]
	for _, span := range s.spans {
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
