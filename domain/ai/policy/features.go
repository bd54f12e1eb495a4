package policy

import "strings"

// Features of a sentence for the clause model: its words, pairs and triples of words, the same of the
// heading above it, and where it stands in the document. Digits are one character, so that dates and
// amounts look alike.

// maxFeatureSentence is how many bytes of a normalized sentence are looked at: a clause is named early.
const maxFeatureSentence = 700

// modelText normalizes a sentence for the model: words separated by single blanks, digits as 0.
func modelText(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank, digits := true, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits <= 4 {
				b.WriteByte('0')
			}
			blank = false
			continue
		case c >= 'a' && c <= 'z' || c >= 0x80 || c == '$' || c == '%':
			b.WriteByte(c)
			blank = false
		case !blank:
			b.WriteByte(' ')
			blank = true
		}
		digits = 0
	}
	return strings.TrimRight(b.String(), " ")
}

// forEachNgram calls fn for each one, two and three adjacent words of a text, with a prefix. It returns buf.
func forEachNgram(prefix, text string, buf []byte, fn func(feature []byte)) []byte {
	if len(text) > maxFeatureSentence {
		text = text[:maxFeatureSentence]
	}
	var starts [2]int // of the previous two words
	words := 0
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] != ' ' {
			end++
		}
		buf = append(append(buf[:0], prefix...), text[at:end]...)
		fn(buf)
		if words > 0 {
			buf = append(append(buf[:0], prefix...), text[starts[1]:end]...)
			fn(buf)
		}
		if words > 1 {
			buf = append(append(buf[:0], prefix...), text[starts[0]:end]...)
			fn(buf)
		}
		starts[0], starts[1] = starts[1], at
		words++
		at = end + 1
	}
	return buf
}

// placeFeatures returns the features of a sentence's place: near the start or the end of a document of n
// sentences, and its length.
func placeFeatures(i, n, length int) []string {
	var out []string
	for _, limit := range []int{2, 5, 10, 20, 40} {
		if i < limit {
			out = append(out, "@first "+string(rune('a'+limit)))
		}
	}
	if n-i < 10 {
		out = append(out, "@last")
	}
	switch {
	case length < 40:
		out = append(out, "@short")
	case length < 120:
		out = append(out, "@medium")
	case length > 500:
		out = append(out, "@long")
	}
	return out
}
