package masking

// findAddresses finds postal addresses: a street, PO box or military address together with adjacent house
// numbers, units, towns, states, countries and postcodes.
func (s *scan) findAddresses() {
	cue, zip := notSeen, notSeen
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.inSpan {
			continue
		}
		from, to := 0, 0
		switch {
		case t.kind == wordToken:
			c := t.class
			if c&addressKeyword != 0 {
				cue = i
			}
			if s.oneOf(i, "zip", "postcode", "postal", "zipcode") {
				zip = i
			}
			switch {
			case s.equals(i, "corner") && s.equals(i+1, "of"):
				from, to = s.intersection(i)
			case c&militaryWord != 0:
				from, to = s.militaryAddress(i)
			case s.oneOf(i, "box", "postboks", "postfach", "apartado") && s.isNumber(i+1):
				from, to = s.postOfficeBox(i)
			case c&streetWord != 0 || s.hasStreetSuffix(i):
				from, to = s.streetAround(i)
			case c&unitWord != 0:
				if j := s.secondaryUnit(i); j > 0 {
					from, to = i, j
				}
			}
		case t.kind == numberToken:
			if i-zip <= 4 && t.end-t.start >= 4 && s.postcodeAt(i) > 0 {
				s.addSpan(Address, i, s.postcodeAt(i))
				continue
			}
			from, to = s.houseNumberFirst(i, i-cue <= 8)
		}
		if to > from {
			from, to = s.extendAddress(from, to)
			s.addSpan(Address, from, to)
			if s.tokens[from].startsSentence && from > 0 {
				s.addressStarts = append(s.addressStarts, from)
			}
			i = to - 1
		}
	}
}

// isCapitalized reports whether token i may be part of a name, judging by its capitalization.
func (s *scan) isCapitalized(i int) bool {
	if !s.isWord(i) || s.tokens[i].inSpan {
		return false
	}
	t := &s.tokens[i]
	if s.lowercaseText {
		return t.class&(commonWord|functionWord|foreignWord) == 0 || t.class&(placeName|country|state|streetWord) != 0 && t.class&functionWord == 0
	}
	return t.capitalized
}

// hasStreetSuffix reports whether token i is a one-word street name such as Hauptstraße.
func (s *scan) hasStreetSuffix(i int) bool {
	t := &s.tokens[i]
	if t.class&(commonWord|rareWord|functionWord|foreignWord) != 0 || t.end-t.start < 6 || !(t.capitalized || s.lowercaseText) {
		return false
	}
	return s.lex.hasStreetSuffix(s.text[t.start:t.end])
}

// streetAround finds the street name and number around the street word at token i.
func (s *scan) streetAround(i int) (from, to int) {
	t := &s.tokens[i]
	compound := t.class&streetWord == 0
	if !compound && !t.capitalized && !s.lowercaseText && t.class&commonWord != 0 {
		// not "the street in Paris": a name or number must precede it
		if !(s.isCapitalized(i-1) && s.tokens[i-1].class&(functionWord|commonWord) == 0) && !(s.isNumber(i-1) && !s.tokens[i].startsLine && (s.isCapitalized(i+1) || s.hasClass(i+1, nameParticle))) {
			return 0, 0
		}
	}
	from, to = i, i+1
	// a name before it: "St Marys Avenue", "40th Street"
	words, strong := 0, compound
	for k := i - 1; k >= 0 && words < 4 && !s.tokens[k].inSpan && !s.tokens[k+1].startsLine; k-- {
		p := &s.tokens[k]
		switch {
		case p.kind == wordToken && p.class&functionWord != 0 && p.class&nameParticle == 0:
		case s.isCapitalized(k) && !(p.startsSentence && p.class&commonWord != 0 && words > 0) || p.kind == wordToken && p.class&nameParticle != 0 && words > 0:
			if p.class&honorific != 0 {
				return 0, 0 // a person
			}
			if p.class&legalReference != 0 && p.class&(givenName|familyName) == 0 {
				break
			}
			words++
			if p.class&(commonWord|rareWord) == 0 {
				strong = true
			}
			from = k
			continue
		case p.kind == wordToken && s.adjacent(k) && s.isNumber(k-1): // 40th
			from = k - 1
			k--
			strong = true
			words++
			continue
		case (p.symbol == '.' || p.symbol == '-' || p.symbol == '\'') && s.adjacent(k) && words < 4 && s.isCapitalized(k-1):
			continue
		}
		break
	}
	for from < i && s.isWord(from) && s.tokens[from].class&nameParticle != 0 && s.tokens[from].class&(givenName|familyName|placeName) == 0 && !s.tokens[from].capitalized {
		from++
	}
	before := i - from
	// a name after it: "Rue de la Sarthe 421", "ul. Karpacka 69"
	k := to
	if s.isSymbol(k, '.') {
		k++
	}
	after := 0
	if before == 0 || t.class&commonWord == 0 {
		for after < 5 && k < len(s.tokens) && !s.tokens[k].startsLine && !s.tokens[k].inSpan {
			p := &s.tokens[k]
			switch {
			case s.isCapitalized(k) && p.class&unitWord == 0:
				after++
				if p.class&(commonWord|rareWord) == 0 {
					strong = true
				}
			case p.kind == wordToken && p.class&(nameParticle|foreignWord) != 0 && (s.isCapitalized(k+1) || s.hasClass(k+1, nameParticle|foreignWord)):
			case (p.symbol == '-' || p.symbol == '.' || p.symbol == '\'') && s.adjacent(k) && s.isCapitalized(k+1):
			case p.symbol == '.' && s.adjacent(k) && s.isNumber(k+1) && after > 0:
			default:
				goto named
			}
			k++
			if after > 0 && !(p.symbol == '.') {
				to = k
			}
		}
	}
named:
	numbered := s.extendByHouseNumber(&to)
	for s.isNumber(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.hasClass(from-2, legalReference) {
		numbered = true
		from--
	}
	switch {
	case compound && !numbered && t.class&(givenName|familyName) != 0: // "Henrik Solberg"
		return 0, 0
	case compound, numbered && (before > 0 || after > 0):
		return from, to
	case before > 0 && (strong || !s.tokens[from].startsSentence):
		// courts, closes and ways are usually not streets
		if s.oneOf(i, "court", "close", "way", "drive", "via", "gate", "square") {
			return 0, 0
		}
		return from, to
	case after > 0 && strong && t.class&commonWord == 0 && (t.capitalized || s.isSymbol(i+1, '.')):
		return from, to
	}
	return 0, 0
}

// extendByHouseNumber moves *to past a house number after a street: "12", "12b", "8-10".
func (s *scan) extendByHouseNumber(to *int) bool {
	k := *to
	if !s.isNumber(k) || s.tokens[k].inSpan || s.tokens[k].startsLine || s.tokens[k].end-s.tokens[k].start > 4 {
		return false
	}
	k++
	if s.isWord(k) && s.adjacent(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++
	} else if (s.isSymbol(k, '-') || s.isSymbol(k, '/')) && s.adjacent(k) && s.adjacent(k+1) && s.isNumber(k+1) {
		k += 2
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
			if m > k && s.hasClass(m, streetWord) && !s.oneOf(m, "court", "close", "way", "drive", "gate") {
				to = m + 1
				s.extendByHouseNumber(&to)
				return i, to
			}
		}
	}
	start, words, unknown := k, 0, false
	if s.isOrdinalSuffix(k) {
		k++
	}
	for words < 7 && k < len(s.tokens) && !s.tokens[k].inSpan && !(s.tokens[k].startsLine) {
		t := &s.tokens[k]
		if t.kind == wordToken {
			if t.class&unitWord != 0 && s.secondaryUnit(k) > 0 || t.class&month != 0 && words == 0 {
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
	if words == 0 || !(unknown || cued && two) {
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

func (s *scan) isOrdinalSuffix(k int) bool {
	return s.adjacent(k) && s.oneOf(k, "st", "nd", "rd", "th")
}

// secondaryUnit returns the end of a secondary unit ("Apt. 12", "Suite 4B", "Unit 2451 Box 9006") at token
// i, or 0.
func (s *scan) secondaryUnit(i int) int {
	if !s.hasClass(i, unitWord) {
		return 0
	}
	k := i + 1
	for s.isSymbol(k, '.') || s.isSymbol(k, '#') || s.equals(k, "no") {
		k++
	}
	if !s.isNumber(k) || s.tokens[k].inSpan || s.tokens[k].startsLine {
		return 0
	}
	if s.tokens[i].class&commonWord != 0 && !s.tokens[i].capitalized && !s.lowercaseText {
		return 0
	}
	k++
	if s.isWord(k) && s.adjacent(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++
	}
	if s.equals(k, "box") && s.isNumber(k+1) {
		k += 2
	}
	return k
}

// postOfficeBox finds a PO box around the word at token i.
func (s *scan) postOfficeBox(i int) (from, to int) {
	from, to = i, i+2
	switch {
	case s.isSymbol(i-1, '.') && s.equals(i-2, "o"):
		from = i - 2
		if s.isSymbol(from-1, '.') {
			from--
		}
		if s.equals(from-1, "p") {
			from--
		}
	case s.equals(i-1, "po"):
		from--
	case s.tokens[i].class&streetWord == 0:
		return 0, 0
	}
	if s.isNumber(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine {
		from--
	}
	return from, to
}

// militaryAddress finds a military address ("PSC 7004, Box 8380\nAPO AP 11949") that ends at APO, FPO or
// DPO.
func (s *scan) militaryAddress(i int) (from, to int) {
	if !s.oneOf(i, "apo", "fpo", "dpo") || !s.isWord(i+1) || s.tokens[i+1].end-s.tokens[i+1].start != 2 || !s.isNumber(i+2) {
		return 0, 0
	}
	from, to = i, i+3
	for k := i - 1; k >= max(0, i-7) && !s.tokens[k].inSpan; k-- {
		if s.hasClass(k, militaryWord|unitWord) {
			return k, to
		}
	}
	return from, to
}

// intersection finds an intersection: "the corner of A Street and B Street".
func (s *scan) intersection(i int) (from, to int) {
	from, k := i, i+2
	if s.equals(i-1, "the") {
		from--
	}
	and := 0
	for n := 0; k < len(s.tokens) && n < 16 && !s.tokens[k].inSpan; n++ {
		t := &s.tokens[k]
		switch {
		case s.equals(k, "and"):
			and = k
		case and > 0 && t.class&streetWord != 0 && (t.capitalized || s.lowercaseText) && k > and+1:
			to = k + 1
			s.extendByHouseNumber(&to)
			return from, to
		case t.kind == numberToken, s.isCapitalized(k), t.class&nameParticle != 0, t.symbol == '.', t.symbol == '-', t.class&(streetWord|militaryWord|unitWord) != 0:
		case s.lowercaseText && t.kind == wordToken && t.class&functionWord == 0:
		default:
			n = 16
		}
		k++
	}
	return 0, 0
}

// extendAddress extends an address by the parts that follow it and by a number directly before it.
func (s *scan) extendAddress(from, to int) (int, int) {
	for n := range 12 {
		k := to
		broken := false // separated by a comma or a line break
		for s.isSymbol(k, ',') || s.isSymbol(k, '>') || s.isSymbol(k, '?') && k < len(s.tokens) && s.tokens[k].startsLine {
			broken = true
			k++
		}
		for s.isSymbol(k, '?') && broken || s.isSymbol(k, '.') && s.hasClass(k-1, streetWord|unitWord) && s.tokens[k-1].class&commonWord == 0 {
			k++
		}
		if k >= len(s.tokens) || s.tokens[k].inSpan || s.tokens[k].startsParagraph && n > 0 && !s.hasClass(k, country) {
			break
		}
		t := &s.tokens[k]
		if t.startsLine {
			broken = true
		}
		if j := s.secondaryUnit(k); j > 0 {
			to = j
			continue
		}
		if j := s.postcodeAt(k); j > 0 {
			to = j
			continue
		}
		if j := s.placeAt(k, country|state); j > 0 {
			to = j
			continue
		}
		if s.equals(k, "nan") {
			to = k + 1
			continue
		}
		if j := s.townAt(k, broken || s.hasClass(to-2, unitWord) || s.hasClass(to-3, unitWord), to-from > 1); j > 0 {
			to = j
			continue
		}
		break
	}
	for from > 0 && s.isNumber(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.hasClass(from-2, legalReference) && !s.adjacent(from-1) {
		from--
	}
	return from, to
}
