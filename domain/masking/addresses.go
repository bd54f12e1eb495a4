package masking

// findAddresses finds postal addresses: a street with its number, a PO box, a military address or a postcode with its
// town, together with adjacent units, towns, states, countries and postcodes. A town or country alone is none.
func (s *scan) findAddresses() {
	zip := notSeen
	s.lastAddress = notSeen
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.inSpan || t.kind == otherToken {
			continue
		}
		if i-zip <= 4 && t.kind == numberToken && t.end-t.start >= 4 && s.anyPostcode(i) > 0 {
			s.addSpan(Address, i, s.anyPostcode(i))
			continue
		}
		var from, to int
		if t.kind == wordToken {
			if t.class&addressKeyword != 0 || t.cue&addressCue != 0 {
				s.lastAddress = i
			}
			if s.oneOf(i, "zip", "postcode", "postal", "zipcode", "plz", "cep", "postleitzahl") {
				zip = i
			}
			if from, to = s.addressAtWord(i); to == from {
				from, to = s.addressByContext(i)
			}
		} else if from, to = s.postcodeWithTown(i); to > from {
		} else if from, to = s.townFirst(i); to > from {
		} else if from, to = s.lowercaseAddress(i); to == from && !s.isReference(i) {
			if from, to = s.houseNumberFirst(i, s.addressExpected(i)); to == from {
				from, to = s.addressByContext(i)
			}
		}
		if to > from {
			from, to = s.extendAddress(from, to)
			from, to = s.withoutSentences(from, to)
			if !s.tokens[to-1].law {
				s.unmarkLaw(from, to) // a citation ends in its first words: "Co. KG\nIndustriestraße 45"
			}
			s.addSpan(Address, from, to)
			if t.class&unitWord != 0 && to-from <= 3 {
				s.lastAddress = i // "apt 4, 200 w 34th st"
			}
			if s.tokens[from].startsSentence && from > 0 {
				s.addressStarts = append(s.addressStarts, from)
			}
			i = to - 1
		}
	}
}

// withoutSentences leaves out the first word of the next sentence, "22 du boulevard Carnot. Le bailleur", and who lives at an
// address, "Casero de Gran Vía 17".
func (s *scan) withoutSentences(from, to int) (int, int) {
	last := &s.tokens[to-1]
	if to-from > 3 && s.isSymbol(to-2, '.') && last.kind == wordToken && last.startsSentence && last.capitalized && (last.cue&opener != 0 || last.rank > frequentScore) &&
		s.isWord(to) && !s.tokens[to].capitalized && !s.tokens[to].startsLine {
		to -= 2
	}
	if to-from > 4 && s.tokens[from].cue&relationCue != 0 && s.oneOf(from+1, "de", "di", "da", "do", "van", "du") {
		from += 2
	}
	return from, to
}

// addressAtWord finds the start of an address around the word at token i.
func (s *scan) addressAtWord(i int) (from, to int) {
	t := &s.tokens[i]
	if t.cue&streetType != 0 {
		if from, to = s.streetAfterType(i); to > from {
			if s.equals(i, "zza") && s.isSymbol(i-1, '.') && s.equals(i-2, "p") && from == i {
				from = i - 2 // "P.zza Cavour"
			}
			if s.equals(i, "dit") && s.isSymbol(i-1, '-') && s.equals(i-2, "lieu") {
				from = i - 2 // "lieu-dit Le Bourg"
			}
			return from, to
		}
	}
	if s.isSymbol(i+1, '.') && s.adjacent(i+1) && s.adjacent(i+2) && s.oneOf(i, "c", "v", "p") && s.oneOf(i+2, "so", "le") && s.isCapitalized(i+3) {
		if from, to = s.streetNamed(i + 2); to > from { // "C.so Italia", "V.le Europa"
			return i, to
		}
	}
	if t.allCaps && s.oneOf(i, "sqn", "sqs", "cln", "cls", "shis", "shin", "scln", "scls", "shcgn") && s.isNumber(i+1) && !s.tokens[i+1].startsLine {
		return i, i + 2 // a block of Brasília
	}
	if from, to = s.streetByCue(i); to > from {
		return from, to
	}
	switch {
	case s.equals(i, "p") && s.isSymbol(i-1, '.') && s.equals(i-2, "c") && s.isSymbol(i+1, '.') && s.isNumber(i+2) && s.isSymbol(i+3, ','):
		return i - 2, i + 3 // "C.P. 447, 40121 Bologna"
	case s.equals(i, "st") && s.isOrdinalSuffix(i-1):
		from, to = s.ordinalStreet(i)
	case s.equals(i, "corner") && s.equals(i+1, "of"):
		from, to = s.intersection(i)
	case t.class&militaryWord != 0:
		from, to = s.militaryAddress(i)
	case s.oneOf(i, "box", "postboks", "postfach", "apartado", "postbus", "bp", "cp", "postale", "postal") && (s.isNumber(i+1) || s.isSymbol(i+1, '.') && s.isNumber(i+2)):
		from, to = s.postOfficeBox(i)
	case t.class&streetWord != 0 || s.hasStreetSuffix(i):
		from, to = s.streetAround(i)
	case t.class&unitWord != 0:
		if j := s.secondaryUnit(i); j > 0 && !s.isReference(i) {
			from, to = i, j
		}
	}
	if to == from && (t.allCaps || t.end-t.start == 1 || s.lowercaseText && t.end-t.start == 2) {
		from, to = s.postcodeWithTown(i)
	}
	return from, to
}

// addressExpected reports whether a word such as "lives" or "Anschrift" stands shortly before token i.
func (s *scan) addressExpected(i int) bool { return i-s.lastAddress <= 8 }

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
	if t.end-t.start < 6 || !(t.capitalized || s.lowercaseText) {
		return false
	}
	if t.class&(commonWord|rareWord|functionWord|foreignWord) != 0 {
		return s.isNumber(i+1) && !s.tokens[i+1].startsLine && s.endsLikeStreet(i) // "Industriestraße 45"
	}
	return s.lex.hasStreetSuffix(s.text[t.start:t.end])
}

// extendAddress extends an address by the parts that follow it and by a number directly before it.
func (s *scan) extendAddress(from, to int) (int, int) {
	// just before
	postcode := s.isNumber(to-1) && s.tokens[to-1].end-s.tokens[to-1].start >= 4 || s.isNumber(to-2) && s.isWord(to-1) && s.tokens[to-1].allCaps && s.anyPostcode(to-2) == to
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
		if k >= len(s.tokens) || s.tokens[k].inSpan || s.tokens[k].startsParagraph && (n > 0 || s.isNumber(to-1)) && !s.hasClass(k, country) {
			break
		}
		t := &s.tokens[k]
		if t.startsLine {
			broken = true
		}
		if j := s.provinceEnd(to); j > to {
			to, postcode = j, false
			continue
		}
		if t.kind == wordToken && (t.allCaps || s.lowercaseText && t.class&functionWord == 0 && s.isNumber(k+1) && s.tokens[k+1].end-s.tokens[k+1].start == 5) && t.end-t.start <= 3 && k+1 < len(s.tokens) && !s.tokens[k+1].startsLine && s.anyPostcode(k+1) > 0 {
			to, postcode = s.anyPostcode(k+1), true // "ON M5H 2M9", "NSW 2000"
			continue
		}
		if t.cue&(acronymCue|identityCue|phoneCue|bankCue|numberedCue) != 0 && (t.cue&acronymCue == 0 || t.allCaps) && t.cue&floorCue == 0 && t.class&placeName == 0 || s.isSymbol(k+1, '.') && s.hasCue(k+2, acronymCue) {
			break // "P. IVA"
		}
		if j := max(s.secondaryUnit(k), s.unitAfter(k)); j > 0 {
			to = j
			continue
		}
		if s.isNumber(k) && s.hasClass(to-2, unitWord) && (s.hasClass(k+2, streetWord) || s.hasClass(k+3, streetWord)) {
			break // "Suite 300, 1455 Market Street"
		}
		if j := s.anyPostcode(k); j > 0 && !s.isAmount(k, j) && (t.kind == wordToken || t.end-t.start > 3 || broken) {
			to = j
			postcode = true
			continue
		}
		if postcode && s.isCapitalized(k) && !t.startsLine && t.cue&(statuteCue|currencyCue|monthCue|opener) == 0 {
			to = s.townEnd(k)
			postcode = false
			continue
		}
		postcode = false
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
	to = s.provinceEnd(to)
	if j := s.postcodeAfterParts(from, to); j > 0 {
		to = j
	}
	if j := s.streetAfterTown(from, to); j > 0 {
		to = j
	} else if s.isWord(to-1) && s.hasStreetSuffix(to-1) {
		s.extendByHouseNumber(&to) // "2312 AB Leiden, Breestraat 70"
	}
	to = s.partsAfter(from, to)
	if s.oneOf(from-1, "lot", "plot", "site", "unit", "shop") && s.tokens[from-1].capitalized && s.isNumber(from) && !s.tokens[from].startsLine && !s.tokens[from-1].inSpan {
		from--
	}
	from = s.houseNameBefore(s.unitsBefore(s.houseNameBefore(from)))
	for from > 0 && s.isNumber(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.hasClass(from-2, legalReference) && !s.adjacent(from-1) {
		from--
	}
	return from, to
}

// townEnd returns the end of the town at token k, after its postcode: "Ciudad de México", "Frankfurt am Main", "Saint-Denis".
func (s *scan) townEnd(k int) int {
	end := k + 1
	if j := s.placeAt(k, placeName); j > 0 {
		end = s.extendTown(j)
	}
	if s.equals(end, "cedex") && !s.tokens[end].startsLine {
		if end++; s.isNumber(end) && s.tokens[end].end-s.tokens[end].start <= 2 && !s.tokens[end].startsLine {
			end++
		}
		return end
	}
	for j := end; j < min(k+7, len(s.tokens)) && !s.tokens[j].startsLine && !s.tokens[j].inSpan; j++ {
		t := &s.tokens[j]
		switch {
		case t.symbol == '-' && s.adjacent(j) && s.adjacent(j+1), t.symbol == '/' && s.isCapitalized(j+1):
		case t.kind == wordToken && s.adjacent(j) && s.isSymbol(j-1, '-'): // "Saint-Julien-en-Beauchêne"
			end = j + 1
		case s.isCapitalized(j) && (s.tokens[j-1].kind == otherToken || s.tokens[j-1].class&nameParticle != 0):
			end = j + 1
		case t.kind == wordToken && t.class&nameParticle != 0 && !s.oneOf(j, "und", "et", "y", "e", "en", "och", "zu", "zur", "von", "vom") && (s.isCapitalized(j+1) || s.isCapitalized(j+2) && s.hasClass(j+1, nameParticle)):
		default:
			return end
		}
	}
	return end
}

// provinceEnd returns the end of a province in capitals after a town, "(BG)" or "- SP", at token k, or k.
func (s *scan) provinceEnd(k int) int {
	// letters belong to the digits that follow them: "Dundee DD1 9XX"
	if k > 0 && s.adjacent(k) && s.isNumber(k) && s.isWord(k-1) {
		if j := s.britishPostcode(k - 1); j > 0 {
			return j
		}
		return k - 1
	}
	short := func(k int) bool {
		return s.isWord(k) && s.tokens[k].allCaps && s.tokens[k].end-s.tokens[k].start == 2 && !s.tokens[k].inSpan
	}
	switch {
	case s.isSymbol(k, '(') && s.isCapitalized(k+1) && s.hasClass(k+1, placeName|state) && s.isSymbol(k+2, ')'):
		return k + 3 // "Montréal (Québec)"
	case s.isSymbol(k, '(') && short(k+1) && s.isSymbol(k+2, ')'):
		return k + 3
	case k+1 < len(s.tokens) && s.tokens[k].kind == otherToken && (s.isSymbol(k, '-') || s.isSymbol(k, '/') || s.textOf(k, k+1) == "–") && short(k+1):
		return k + 2
	}
	return k
}

// unitsBefore returns the start of the parts of a building before a street at token from: "scala B, int. 7, Corso …".
func (s *scan) unitsBefore(from int) int {
	for range 3 {
		k := from - 1
		if !s.isSymbol(k, ',') || s.tokens[from].startsLine {
			return from
		}
		k--
		if k < 1 || s.tokens[k].inSpan || s.tokens[k].end-s.tokens[k].start > 4 || s.tokens[k].kind == otherToken {
			return from
		}
		k--
		if s.isSymbol(k, '.') {
			k--
		}
		if k < 0 || s.tokens[k].cue&floorCue == 0 && s.tokens[k].class&unitWord == 0 || s.tokens[k].inSpan {
			return from
		}
		from = k
	}
	return from
}
