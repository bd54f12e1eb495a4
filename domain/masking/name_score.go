package masking

import "unicode/utf8"

// Name scores: how likely a single word is a name.
const (
	notName  = iota
	weakName // an everyday word that is also a name; needs support from its neighbors
	strongName
)

const anyName = givenName | familyName | placeName | country | state

// nameScore scores one word by its spelling and the word lists.
func (s *scan) nameScore(i int) int {
	if !s.isWord(i) || s.tokens[i].inSpan {
		return notName
	}
	t := &s.tokens[i]
	c := t.class
	n := t.end - t.start
	english := c&(commonWord|rareWord) != 0
	switch {
	case s.isGivenName(i):
		return weakName // "Ada Lovelace" is not a statute, "May Johnson" not a month
	case n < 2 || c&(functionWord|foreignWord|neverName|weekday|honorific|demonym) != 0 && c&certainName == 0:
		return notName
	case c&(orgSuffix|phoneKeyword|idKeyword|nameKeyword|birthKeyword|unitWord|militaryWord) != 0 && c&(givenName|familyName|certainName) == 0:
		return notName
	case s.lowercaseText || s.uppercaseText:
		switch {
		case c&commonWord != 0 && c&certainName == 0 || c&nameParticle != 0:
			return notName
		case c&(commonWord|rareWord) != 0:
			if c&(certainName|givenName) != 0 {
				return strongName
			}
			return notName
		case c&anyName == 0 && (n < 4 || s.lowercaseText && !s.nameExpected(i)):
			return notName
		}
		return strongName
	case !t.capitalized:
		return notName
	case t.allCaps:
		switch {
		case s.hasClass(i-1, placeKeyword) && !s.tokens[i-1].capitalized && c&definedTerm == 0 && (n > 3 || s.isSymbol(i+1, '-') && s.adjacent(i+1)) && !t.startsSentence:
			return strongName // "from SAINT-PRIEST"
		case english && c&certainName == 0, n < 5 && c&anyName == 0, n < 4 && c&certainName == 0:
			return notName
		}
		return strongName
	case c&month != 0 && c&certainName == 0:
		if c&givenName != 0 && !t.startsSentence && !s.isNumber(i+1) && !s.isNumber(i-1) {
			return weakName
		}
		return notName
	case c&nameParticle != 0:
		if c&(givenName|familyName) != 0 && !english {
			return weakName
		}
		return notName
	case c&certainName != 0:
		if t.startsSentence {
			return weakName
		}
		return strongName
	case c&commonWord != 0:
		if c&(givenName|familyName|placeName) != 0 {
			return weakName
		}
		return notName
	case c&rareWord != 0:
		switch {
		case c&givenName != 0, c&(familyName|placeName) != 0 && !t.startsSentence:
			return strongName
		case c&(familyName|placeName) != 0 || !t.startsSentence:
			return weakName
		}
		return notName
	}
	return strongName
}

// isGivenName reports whether token i is used as a given name although the same letters are an acronym
// ("Ada") or an auxiliary verb ("Will" inside a sentence or before a family name). "Will Smith pay?"
// is ambiguous, so all of "Will Smith" is masked.
func (s *scan) isGivenName(i int) bool {
	t := &s.tokens[i]
	c := t.class
	return t.capitalized && !t.allCaps && !s.lowercaseText && !s.uppercaseText && t.end-t.start > 2 && c&givenName != 0 && c&certainName == 0 &&
		(c&neverName != 0 || c&functionWord != 0 && (!t.startsSentence || s.isAuxiliaryVerb(i) && s.hasClass(i+1, familyName) && !s.tokens[i+1].startsLine && s.nameScore(i+1) == strongName))
}

// isAuxiliaryVerb reports whether token i is an auxiliary verb that is also a given name.
func (s *scan) isAuxiliaryVerb(i int) bool { return s.oneOf(i, "will", "may") }

// nameExpected reports whether an unlisted word in a text without capitals is a name rather than a typo:
// it has accents, is next to a name, or is where a name is usual.
func (s *scan) nameExpected(i int) bool {
	if s.hasClass(i-1, placeKeyword|nameKeyword|speechVerb|addressKeyword|birthKeyword|honorific|nameParticle) || s.hasClass(i+1, speechVerb|orgSuffix) || s.isSymbol(i-1, ',') || s.isSymbol(i+1, ',') {
		return true
	}
	if i == 0 || s.tokens[i].startsLine || s.isSymbol(i+1, '\'') || s.oneOf(i-1, "is", "by", "with", "and") {
		return true
	}
	for k := s.tokens[i].start; k < s.tokens[i].end; k++ {
		if s.text[k] >= utf8.RuneSelf {
			return true // accents are not typos
		}
	}
	known := func(k int) bool { return s.hasClass(k, anyName) && !s.hasClass(k, commonWord|rareWord|functionWord) }
	return known(i-1) || known(i+1)
}

// personScore returns the highest name score of those tokens in [i, j) that are personal names.
func (s *scan) personScore(i, j int) int {
	best := notName
	for k := i; k < j; k++ {
		if s.hasClass(k, givenName|familyName) {
			best = max(best, s.nameScore(k))
		}
	}
	return best
}
