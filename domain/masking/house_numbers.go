package masking

// extendByHouseNumber moves *to past a house number after a street: "12", "12b", "8-10".
func (s *scan) extendByHouseNumber(to *int) bool {
	k := *to
	for n := 0; n < 3 && (s.isSymbol(k, ',') && (s.hasCue(k+1, numberCue) || s.equals(k+1, "km")) || s.equals(k, "km") || s.hasCue(k, numberCue) && !s.tokens[k].startsLine || s.isSymbol(k, '.') && s.hasCue(k-1, numberCue) || k > 0 && k < len(s.tokens) && s.tokens[k].kind == otherToken && s.tokens[k].symbol == 0 && s.hasCue(k-1, numberCue|abbreviation)); n++ {
		k++ // "n.º 9"
	}
	if !s.isNumber(k) || s.tokens[k].inSpan || s.tokens[k].startsLine || s.tokens[k].end-s.tokens[k].start > 4 {
		return false
	}
	k++
	if s.isWord(k) && s.adjacent(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++
	} else if s.isSymbol(k, '-') && s.adjacent(k) && s.adjacent(k+1) && s.isWord(k+1) && s.tokens[k+1].end-s.tokens[k+1].start == 1 {
		k += 2 // "63-b"
	}
	for n := 0; n < 3 && (s.isSymbol(k, '-') || s.isSymbol(k, '/')) && s.adjacent(k) && s.adjacent(k+1) && s.isNumber(k+1) && s.tokens[k+1].end-s.tokens[k+1].start <= 4; n++ {
		k += 2
	}
	switch {
	case (s.isSymbol(k, '/') || s.isSymbol(k, '-')) && s.adjacent(k) && s.adjacent(k+1) && s.isWord(k+1) && (s.tokens[k+1].end-s.tokens[k+1].start == 1 || s.oneOf(k+1, "ii", "iii", "iv") && s.tokens[k+1].allCaps):
		k += 2 // "44/B", "447-III"
	case s.equals(k, "bis") && s.isWord(k+1) && s.tokens[k+1].capitalized && s.tokens[k+1].end-s.tokens[k+1].start == 1 && !s.tokens[k].startsLine:
		k += 2 // "318 bis A"
	case s.oneOf(k, "bis", "ter", "quater") && !s.tokens[k].startsLine && (s.isSymbol(k+1, ',') || s.anyPostcode(k+1) > 0):
		k++
	case s.isWord(k) && s.tokens[k].end-s.tokens[k].start == 1 && !s.tokens[k].startsLine && s.tokens[k].cue&connector == 0 && (s.isSymbol(k+1, ',') && (s.anyPostcode(k+2) > 0 || s.hasCue(k+2, floorCue))):
		k++ // "14 b, 04109 Leipzig"
	}
	*to = k
	return true
}

// houseNumberFirst finds an address that starts with its house number.
func (s *scan) houseNumberFirst(i int, cued bool) (from, to int) {
	if s.tokens[i].end-s.tokens[i].start > 5 || s.adjacent(i) && (s.tokens[i-1].kind != otherToken || s.isSymbol(i-1, '.')) ||
		s.hasClass(i-1, legalReference|month) || s.isSymbol(i-1, '$') || s.isSymbol(i-1, '#') || s.isSymbol(i-2, '#') {
		return 0, 0
	}
	k := i + 1
	if s.isSymbol(k, '-') || s.isSymbol(k, '/') {
		if !s.adjacent(k) || !s.isNumber(k+1) {
			return 0, 0
		}
		k += 2
	}
	two := false
	if s.isNumber(k) && !s.tokens[k].startsLine && s.tokens[k].afterBlank && s.tokens[k].end-s.tokens[k].start <= 4 {
		two = true
		k++
	}
	if s.isWord(k) && s.adjacent(k) && !s.isOrdinalSuffix(k) {
		if s.tokens[k].end-s.tokens[k].start > 1 {
			return 0, 0
		}
		k++
	}
	if s.lowercaseText && (two || cued) {
		// "95 199 beach road": without capitals, everyday words may name a street
		for m := k; m < k+4 && s.isWord(m) && !s.tokens[m].startsLine && !s.hasClass(m, functionWord); m++ {
			if m > k && (s.hasClass(m, streetWord) || s.equals(m, "st")) && !s.oneOf(m, "court", "close", "way", "drive", "gate", "walk", "row", "view") {
				to = m + 1
				s.extendByHouseNumber(&to)
				return i, to
			}
		}
	}
	if !s.lowercaseText && (!s.isCapitalized(k) && !s.isOrdinalSuffix(k) && !(s.hasClass(k, nameParticle|streetWord) && !s.isConjunction(k)) || s.hasCue(k, currencyCue|statuteCue|monthCue)) || s.hasClass(k, nameParticle) && s.hasCue(k+1, monthCue) {
		return 0, 0
	}
	start, words, unknown := k, 0, false
	if s.isOrdinalSuffix(k) {
		k++
	}
	for words < 7 && k < len(s.tokens) && !s.tokens[k].inSpan && !(s.tokens[k].startsLine) {
		t := &s.tokens[k]
		if t.kind == wordToken {
			if t.class&unitWord != 0 && s.secondaryUnit(k) > 0 || t.class&month != 0 && words == 0 || words > 0 && s.isConjunction(k) {
				break
			}
			if (t.class&streetWord != 0 && (t.capitalized || s.lowercaseText || t.class&commonWord == 0 || words == 0) || s.hasStreetSuffix(k)) && t.class&unitWord == 0 {
				a, b := s.streetAround(k)
				if b > a && a <= i+1 {
					return i, b
				}
			}
			if !s.isCapitalized(k) && t.class&(nameParticle|foreignWord) == 0 && (t.class&(commonWord|rareWord|functionWord) != 0 || words == 0) {
				break
			}
			words++
			if t.class&(commonWord|rareWord|neverName|foreignWord) == 0 || t.class&certainName != 0 {
				unknown = true
			}
			k++
			continue
		}
		if (t.symbol == '.' || t.symbol == '-' || t.symbol == '\'') && s.adjacent(k) && (s.isCapitalized(k + 1)) {
			k++
			continue
		}
		break
	}
	if words == 0 || !(unknown || cued && two) || !cued && !two && !s.tokens[i].startsLine && i > 0 && !s.isSymbol(i-1, ',') {
		return 0, 0
	}
	end := k
	numbered := s.extendByHouseNumber(&end)
	if s.isSymbol(end, '.') && s.secondaryUnit(end+1) > 0 {
		end++
	}
	next := end
	for s.isSymbol(next, ',') {
		next++
	}
	unitNext := s.hasClass(next, unitWord) && s.secondaryUnit(next) > 0
	lineNext := next < len(s.tokens) && s.tokens[next].startsLine
	switch {
	case numbered, unitNext, two, cued && unknown, unknown && lineNext && s.tokens[i].startsSentence, s.tokens[i].startsLine && start == i+1 && words <= 3 && lineNext:
		return i, end
	}
	return 0, 0
}
