package masking

import "slices"

// locationAt finds a listed place at token i and returns its end, or 0. References to a legal system are
// not masked: "Delaware law", "the courts of England".
func (s *scan) locationAt(i int) int {
	j := s.placeAt(i, country|state|placeName)
	if j == 0 {
		return 0
	}
	t := &s.tokens[i]
	if j == i+1 {
		if s.nameScore(i) == notName && t.class&(country|state) == 0 || t.class&neverName != 0 && !s.equals(i, "uk") {
			return 0
		}
		if t.class&(country|state) == 0 || t.class&(givenName|familyName) != 0 {
			// a town that is also a personal name: only after "in", "from" …
			if t.class&(givenName|familyName) != 0 && !(s.hasClass(i-1, placeKeyword) && !s.equals(i-1, "to") && t.class&givenName == 0) && !(t.class&(country|state) != 0 && s.hasClass(i-1, placeKeyword)) {
				if t.class&(country|state) == 0 || t.class&certainName != 0 || s.nameScore(i+1) == strongName && s.hasClass(i+1, familyName) {
					return 0
				}
			}
			if t.class&(commonWord|rareWord) != 0 && t.class&(country|state) == 0 && !s.hasClass(i-1, placeKeyword) {
				return 0
			}
		}
		if (t.class&commonWord != 0 || t.end-t.start <= 3) && (t.startsSentence || s.lowercaseText) && !s.hasClass(i-1, placeKeyword) {
			return 0
		}
	}
	// part of a longer name: "Alexandria Ocasio", "Houston Analytics Inc."
	if k := s.organizationAt(i); k > 0 {
		return k
	}
	if s.hasClass(i, givenName) && j == i+1 && s.nameScore(j) == strongName && s.hasClass(j, familyName) && !s.tokens[j].startsLine {
		return 0
	}
	// where the law is asked, a place is a jurisdiction; elsewhere a country is personal if somebody comes from it
	if s.readsLegal() || s.inLegalContext(i, j) || s.placeAt(i, country|state) == j && !s.residenceBefore(i) {
		return j
	}
	for s.isWord(j) && !s.tokens[j].startsLine && s.nameScore(j) == strongName && s.tokens[j].class&(anyName|commonWord|rareWord) == 0 {
		j++
	}
	s.addSpan(Location, i, j)
	return j
}

// statesNationality reports whether the demonym at token i states someone's nationality.
func (s *scan) statesNationality(i int) bool {
	t := &s.tokens[i]
	if !t.capitalized && !s.lowercaseText {
		return false
	}
	if s.oneOf(i+1, "national", "citizen", "citizenship", "nationality", "passport", "descent", "origin", "man", "woman") {
		return true
	}
	if s.hasClass(i+1, commonWord) && !s.hasClass(i+1, functionWord) {
		return false
	}
	return s.oneOf(i-1, "is", "am", "was", "i'm", "she's", "he's", "nationality") || s.isSymbol(i-1, ':') && s.equals(i-2, "nationality")
}

// postcodeAt returns the end of the postcode at token k ("90210", "90210-1234", "1234 AB", "SW1A 1AA"),
// or 0.
func (s *scan) postcodeAt(k int) int {
	t := &s.tokens[k]
	n := t.end - t.start
	if t.kind == numberToken && n >= 4 && n <= 6 {
		k++
		if s.isSymbol(k, '-') && s.adjacent(k) && s.isNumber(k+1) && s.adjacent(k+1) {
			return k + 2
		}
		if n == 4 && s.isWord(k) && s.tokens[k].allCaps && s.tokens[k].end-s.tokens[k].start == 2 && !s.tokens[k].startsLine {
			return k + 1
		}
		return k
	}
	if t.kind == numberToken && n == 3 && s.isNumber(k+1) && s.tokens[k+1].afterBlank && !s.tokens[k+1].startsLine && s.tokens[k+1].end-s.tokens[k+1].start == 2 {
		return k + 2 // 110 00
	}
	// British and Canadian: letters and digits, a blank, letters and digits
	if t.kind == wordToken && (t.allCaps || n == 1 && t.capitalized) && n <= 2 && s.isNumber(k+1) && s.adjacent(k+1) {
		j := k + 2
		for j < len(s.tokens) && s.adjacent(j) && s.tokens[j].kind != otherToken && s.tokens[j].end-s.tokens[j].start == 1 {
			j++
		}
		for m := 0; m < 4 && j < len(s.tokens) && s.tokens[j].kind != otherToken && (m > 0 && s.adjacent(j) || m == 0 && s.tokens[j].afterBlank && !s.tokens[j].startsLine && s.isNumber(j)) && s.tokens[j].end-s.tokens[j].start <= 2; m++ {
			j++
		}
		if j > k+2 {
			return j
		}
	}
	return 0
}

// isListedPlace reports whether every word of a span is a listed place.
func (s *scan) isListedPlace(span Span) bool {
	tokens := s.tokensOf(span)
	return len(tokens) > 0 && !slices.ContainsFunc(tokens, func(t token) bool {
		return t.kind == numberToken || t.kind == wordToken && t.class&(country|state|placeName) == 0
	})
}

// placeAt returns the end of the longest listed place of class c at token i, or 0.
func (s *scan) placeAt(i int, c class) int {
	if !s.isFree(i) || !s.isWord(i) {
		return 0
	}
	t := &s.tokens[i]
	if !t.capitalized && !s.lowercaseText {
		return 0
	}
	end := 0
	if t.class&c != 0 {
		end = i + 1
	}
	if t.class&phraseStart == 0 {
		return end
	}
	h := t.hash
	for k, n := i+1, 0; k < len(s.tokens) && n < 7; k, n = k+1, n+1 {
		p := &s.tokens[k]
		if p.inSpan || p.startsLine {
			break
		}
		if p.kind == otherToken {
			if p.symbol != '-' && p.symbol != '.' && p.symbol != '\'' || !s.adjacent(k) {
				break
			}
			continue
		}
		h = chainHash(h, p.hash)
		found := s.lex.lookup(h)
		if found&c != 0 {
			end = k + 1
		}
		if found&phraseStart == 0 {
			break
		}
	}
	return end
}

// townAt returns the end of the town inside an address at token k, or 0.
func (s *scan) townAt(k int, broken, sure bool) int {
	if j := s.placeAt(k, placeName); j > 0 && (broken || s.tokens[k].class&(commonWord|functionWord) == 0) {
		k2 := s.extendTown(j)
		return k2
	}
	if !broken || !sure {
		if !(s.isCapitalized(k) && s.tokens[k].class&(commonWord|rareWord|functionWord|neverName) == 0) {
			return 0
		}
	}
	j, strange := k, false
	for n := 0; n < 5 && j < len(s.tokens) && !s.tokens[j].inSpan && (j == k || !s.tokens[j].startsLine); n++ {
		t := &s.tokens[j]
		switch {
		case t.kind == wordToken && t.class&nameParticle != 0 && (s.isCapitalized(j+1) || s.lowercaseText && s.isWord(j+1)):
		case s.isCapitalized(j) && t.class&(unitWord|phoneKeyword) == 0 && t.cue&ownCue == 0:
			if t.class&(commonWord|rareWord) == 0 || t.class&placeName != 0 {
				strange = true
			}
		case (t.symbol == '-' || t.symbol == '.' || t.symbol == '\'') && s.adjacent(j) && s.isCapitalized(j+1):
		default:
			n = 5
			continue
		}
		j++
	}
	if j == k || s.isSymbol(j, ':') {
		return 0 // "Attn:" starts the next line of a form
	}
	// everyday words are a town only if a postcode or a country follows
	if !strange {
		next := j
		for s.isSymbol(next, ',') {
			next++
		}
		if next >= len(s.tokens) || s.postcodeAt(next) == 0 && s.placeAt(next, country|state) == 0 || s.lowercaseText && j-k > 2 {
			return 0
		}
	}
	return j
}

// extendTown extends a town by a final abbreviation of one or two capitals: "København K", "AB".
func (s *scan) extendTown(j int) int {
	for j < len(s.tokens) && s.isWord(j) && !s.tokens[j].startsLine && !s.tokens[j].inSpan && s.tokens[j].end-s.tokens[j].start <= 2 && s.tokens[j].capitalized && s.tokens[j].class&functionWord == 0 && !(s.isNumber(j+1) && s.adjacent(j+1)) {
		j++
	}
	return j
}

// readsLegal reports whether the text asks anything or is about the law: then a place may be a jurisdiction.
func (s *scan) readsLegal() bool {
	if !s.legalKnown {
		s.legalKnown, s.legal = true, false
		for i := range s.tokens {
			if s.tokens[i].law || s.tokens[i].symbol == '?' || s.tokens[i].class&(definedTerm|legalReference|contractKeyword) != 0 && s.tokens[i].class&(givenName|familyName) == 0 {
				s.legal = true
				break
			}
		}
	}
	return s.legal
}
