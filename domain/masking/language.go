package masking

import (
	"strings"
	"unicode/utf8"

	"counsel/domain/langid"
)

// detectLanguages sets the language of every token. It follows a text that changes its language: the words around
// a token count most, those of other sentences less, the text as a whole a little.
func (s *scan) detectLanguages() {
	var total langid.Scores
	words, plain, known := int32(0), int32(0), int32(0) // plain: words without a capital
	if cap(s.evidence) < len(s.tokens) {
		s.evidence = make([]*langid.Scores, len(s.tokens)+len(s.tokens)/4)
	}
	s.evidence = s.evidence[:len(s.tokens)]
	for i := range s.tokens {
		t := &s.tokens[i]
		s.evidence[i] = nil
		if t.kind != wordToken {
			continue
		}
		words++
		if !t.capitalized {
			plain++
		}
		t.elision = s.elisionOf(t)
		if e := langid.Word(s.text[t.start+int32(t.elision) : t.end]); e != nil {
			s.evidence[i] = e
			if !t.capitalized {
				known++
			}
			total.Add(e)
		}
	}
	overall, margin := total.Best()
	if plain >= 4 && known*3 < plain {
		overall = langid.Unknown
	} else if overall == langid.Unknown {
		overall = langid.English // names alone, as in a caption
	}
	if overall == langid.English && words <= shortText {
		overall = s.dictionaryLanguage()
	}
	if words < 8 || margin > total[overall]*3/4 {
		for i := range s.tokens {
			s.setLanguage(i, overall)
		}
		return
	}
	// evidence fades with the distance, faster across the ends of sentences and lines
	var prior, before langid.Scores
	for l := range total {
		prior[l] = total[l] * priorWeight / words
	}
	if cap(s.ahead) < len(s.tokens) {
		s.ahead = make([]langid.Scores, len(s.tokens)+len(s.tokens)/4)
	}
	s.ahead = s.ahead[:len(s.tokens)]
	var after langid.Scores
	for i := len(s.tokens) - 1; i >= 0; i-- {
		s.ahead[i] = after
		if e := s.evidence[i]; e != nil {
			after.Add(e)
		}
		fade(&after, s.tokens[i].startsLine || s.tokens[i].startsSentence, s.tokens[i].kind)
	}
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.startsLine || t.startsSentence {
			fade(&before, true, t.kind)
		}
		sum := prior
		sum.Add(&before)
		sum.Add(&s.ahead[i])
		if e := s.evidence[i]; e != nil {
			sum.Add(e)
			before.Add(e)
		}
		best, _ := sum.Best()
		if overall == langid.Unknown && sum[best] < foreignPassage {
			best = langid.Unknown
		}
		s.setLanguage(i, best)
		fade(&before, false, t.kind)
	}
}

// shortText is the number of words in a text that hardly has any of the frequent words by which a language is known.
const shortText = 10

// dictionaryLanguage returns the language whose dictionary has most of the words that are not English and no names, English if
// more of them are English: "Kennzeichen B-MW 1234 abgeschleppt".
func (s *scan) dictionaryLanguage() langid.Language {
	var found [langid.Count]int
	english := 0
	for i := range s.tokens {
		t := &s.tokens[i]
		switch {
		case t.kind != wordToken || t.end-t.start < 4 || t.allCaps || t.class&(givenName|familyName|placeName) != 0 && t.capitalized:
		case t.class&(commonWord|functionWord) != 0:
			english++
		default:
			hash := t.hash
			if t.elision > 0 {
				hash = s.lex.hashWord(s.text[t.start+int32(t.elision) : t.end])
			}
			for l := langid.German; l < langid.Count; l++ {
				if s.tagger.vocabulary.has(hash, l) {
					found[l]++
				}
			}
		}
	}
	best := langid.English
	for l := langid.German; l < langid.Count; l++ {
		if found[l] > found[best] {
			best = l
		}
	}
	if found[best] <= english {
		return langid.English
	}
	return best
}

const (
	priorWeight    = 2
	foreignPassage = 200
)

func fade(s *langid.Scores, boundary bool, k kind) {
	if k != wordToken && !boundary {
		return
	}
	for l := range s {
		if boundary {
			s[l] /= 2
		} else {
			s[l] -= s[l] >> 3
		}
	}
}

// setLanguage sets the language of token i, and how frequent the word is in it.
func (s *scan) setLanguage(i int, l langid.Language) {
	t := &s.tokens[i]
	t.language, t.rank = l, 0
	if e := s.evidence[i]; e != nil {
		t.rank = uint8(max(0, e[l]))
		if l == langid.Unknown {
			t.rank = uint8(max(0, e[langid.English]))
		}
	}
}

// elisionOf returns the length of an elided article or preposition at the start of a word ("l'argent", "dell'avvocato"), with
// its apostrophe, or 0.
func (s *scan) elisionOf(t *token) uint8 {
	word := s.text[t.start:t.end]
	for i := 1; i < len(word)-3 && i < 6; i++ {
		switch {
		case word[i] == '\'':
			return uint8(i + 1)
		case strings.HasPrefix(word[i:], "’"):
			return uint8(i + len("’"))
		case word[i] >= utf8.RuneSelf:
			return 0
		}
	}
	return 0
}
