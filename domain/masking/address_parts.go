package masking

import "counsel/domain/langid"

// Addresses that have no word for a street are found by what stands around them: a word such as "lives" or "house" before them, the
// postcode and town after them, or the parts of a building.

// addressByContext finds the address without a word for a street that starts at token i.
func (s *scan) addressByContext(i int) (from, to int) {
	if s.lowercaseText || s.tokens[i].kind == wordToken && !s.tokens[i].capitalized {
		return 0, 0
	}
	if to = s.squareAt(i); to > 0 {
		return i, to
	}
	if s.isSymbol(i-1, ',') {
		if to = max(s.countyAt(i), s.pinAt(i)); to > 0 {
			if from = s.partsBeforeTown(i, true); from < i {
				return from, to
			}
		}
	}
	if to = s.prepositionStreet(i); to > 0 {
		return i, to
	}
	if to = s.buildingAt(i); to > 0 {
		return i, to
	}
	if from, to = s.houseAt(i); to > from {
		return from, to
	}
	if s.oneOf(i, "sector", "phase", "cross", "main", "road") && s.tokens[i].capitalized && s.isSymbol(i-1, ',') {
		k := i + 1
		if s.equals(k, "no") {
			if k++; s.isSymbol(k, '.') {
				k++
			}
		}
		if s.isNumber(k) && !s.tokens[k].startsLine { // "C-14, Sector 62, Noida"
			if from = s.partsBeforeTown(i, true); from < i {
				return from, k + 1
			}
		}
	}
	if s.placedBefore(i) {
		if to = s.nameWithNumber(i); to > 0 {
			return i, to
		}
		if to = s.numberWithName(i); to > 0 {
			return i, to
		}
	}
	return 0, 0
}

// placedBefore reports whether a word such as "lives" or "moved" stands before token i, with no more than prepositions and articles
// between.
func (s *scan) placedBefore(i int) bool {
	for k := i - 1; k >= max(0, i-5) && !s.tokens[k+1].startsParagraph; k-- {
		t := &s.tokens[k]
		switch {
		case t.cue&(addressCue|propertyCue) != 0:
			return k < i-1 || t.cue&propertyCue != 0 && !s.isNumber(i)
		case t.symbol == ':' || t.kind == otherToken && t.symbol == ',' && k == i-1:
		case t.kind == wordToken && !t.capitalized && t.end-t.start <= 4 && t.class&(givenName|familyName)&^functionWord == 0:
		default:
			return false
		}
	}
	return false
}

// nameWithNumber returns the end of capitalized words and a house number at token i, "Trastámara 8", or 0.
func (s *scan) nameWithNumber(i int) int {
	k := i
	for n := 0; n < 6 && s.isFree(k) && (k == i || !s.tokens[k].startsLine); n++ {
		t := &s.tokens[k]
		switch {
		case s.isCapitalized(k) && t.cue&(monthCue|statuteCue|courtCue|currencyCue|registerCue|numberCue|identityCue) == 0 && t.class&(honorific|definedTerm|legalReference) == 0 && !t.law:
		case k > i && t.kind == wordToken && t.class&nameParticle != 0 && (s.isCapitalized(k+1) || s.hasClass(k+1, nameParticle)):
		case k > i && (t.symbol == '-' || t.symbol == '.' || t.symbol == '\'') && s.adjacent(k):
		default:
			n = 6
			continue
		}
		k++
	}
	if k == i || !s.isWord(k-1) && !s.isSymbol(k-1, '.') || !s.isNumber(k) || s.isYearAt(k) && !s.isSymbol(k+1, ',') || s.isDateAt(k) {
		return 0
	}
	end := k
	if !s.extendByHouseNumber(&end) || !s.phraseEndsAt(end) {
		return 0
	}
	return end
}

// numberWithName returns the end of a house number and capitalized words at token i, "14 The Crescent", or 0.
func (s *scan) numberWithName(i int) int {
	if !s.isNumber(i) || s.tokens[i].inSpan || s.tokens[i].end-s.tokens[i].start > 4 || s.isYearAt(i) || s.isReference(i) || s.isDateAt(i) || s.adjacent(i) {
		return 0
	}
	k := i + 1
	if s.isWord(k) && s.adjacent(k) && s.tokens[k].end-s.tokens[k].start == 1 {
		k++ // "14b"
	} else if s.oneOf(k, "bis", "ter") {
		k++
	}
	first, capitals := k, 0
	for n := 0; n < 6 && s.isFree(k) && !s.tokens[k].startsLine; n++ {
		t := &s.tokens[k]
		switch {
		case s.isCapitalized(k) && t.cue&(monthCue|statuteCue|currencyCue) == 0 && t.class&(honorific|legalReference|unitWord) == 0 && !t.law && !(t.allCaps && t.end-t.start == 2):
			capitals++
		case t.kind == wordToken && t.class&nameParticle != 0 && (s.isCapitalized(k+1) || s.hasClass(k+1, nameParticle)) || s.oneOf(k, "na", "the") && s.isCapitalized(k+1):
		case k > first && (t.symbol == '-' || t.symbol == '\'') && s.adjacent(k):
		default:
			n = 6
			continue
		}
		k++
	}
	if capitals == 0 || !s.phraseEndsAt(k) || !s.tokens[first].afterBlank && !s.oneOf(first-1, "bis", "ter") && k == first+1 || s.hasClass(first, definedTerm) && k == first+1 {
		return 0
	}
	return k
}

// phraseEndsAt reports whether token i is a mark, starts a line or is a word of grammar, so that what stands before it is complete.
func (s *scan) phraseEndsAt(i int) bool {
	if s.lineEndsAt(i) {
		return true
	}
	t := &s.tokens[i]
	if t.kind == otherToken {
		return t.symbol == ',' || t.symbol == '.' || t.symbol == '?' || t.symbol == '!' || t.symbol == ')' || t.symbol == ';' || t.symbol == '-' && t.afterBlank || t.symbol == ':'
	}
	return t.kind == wordToken && !t.capitalized && (t.rank > frequentScore || t.class&functionWord != 0 || t.cue&connector != 0) && t.cue&currencyCue == 0
}

// squareAt returns the end of an address in the squares of Mannheim at token i, "Q7, 24", or 0.
func (s *scan) squareAt(i int) int {
	if !s.isWord(i) || !s.tokens[i].capitalized || s.tokens[i].end-s.tokens[i].start != 1 || s.text[s.tokens[i].start] > 'U' || !s.isNumber(i+1) || s.tokens[i+1].end-s.tokens[i+1].start > 2 || !s.isSymbol(i+2, ',') || !s.adjacent(i+2) {
		return 0
	}
	end := i + 3
	if !s.isNumber(end) || s.tokens[end].end-s.tokens[end].start > 2 || !s.extendByHouseNumber(&end) {
		return 0
	}
	for k := end; k < min(end+8, len(s.tokens)); k++ {
		if s.equals(k, "mannheim") {
			return end
		}
	}
	return 0
}

// prepositionStreet returns the end of a German street that starts with a capitalized preposition inside a sentence, "An der Bleiche
// 11", or 0.
func (s *scan) prepositionStreet(i int) int {
	t := &s.tokens[i]
	if t.kind != wordToken || !t.capitalized || t.end-t.start > 6 || t.language != langid.German && t.language != langid.Unknown || !s.oneOf(i, "am", "an", "auf", "im", "in", "unter", "zum", "zur", "hinter", "vor", "beim", "bei", "über", "neben", "zu") {
		return 0
	}
	k := i + 1
	if s.oneOf(k, "der", "dem", "den", "die", "das", "de") && !s.tokens[k].capitalized {
		k++
	}
	words := 0
	for words < 3 && s.isCapitalized(k) && !s.tokens[k].startsLine && s.tokens[k].cue&(monthCue|statuteCue|courtCue|currencyCue|registerCue) == 0 && !s.tokens[k].law {
		words++
		k++
	}
	if words == 0 || !s.isNumber(k) || s.isYearAt(k) || s.isDateAt(k) {
		return 0
	}
	end := k
	if !s.extendByHouseNumber(&end) {
		return 0
	}
	if s.isWord(end) && !s.tokens[end].startsLine && s.tokens[end].end-s.tokens[end].start == 1 && !s.tokens[end].capitalized && s.phraseEndsAt(end+1) {
		end++ // "2 a"
	}
	next := end
	if s.isSymbol(next, ',') {
		next++
	}
	switch {
	case s.isNumber(next) && s.tokens[next].end-s.tokens[next].start == 5 && s.isCapitalized(next+1): // its postcode
	case t.startsSentence || !s.phraseEndsAt(end):
		return 0
	}
	return end
}

// buildingAt returns the end of a named building or estate with a part or number of it, at token i: "Condomínio Vila Verde, casa 12",
// "Polígono Industrial El Goro, nave 12", or 0.
func (s *scan) buildingAt(i int) int {
	if s.tokens[i].cue&buildingCue == 0 || !s.tokens[i].capitalized || s.tokens[i].inSpan || s.tokens[i].law {
		return 0
	}
	k, capitals := i+1, 0
	for n := 0; n < 6 && s.isFree(k) && !s.tokens[k].startsLine; n++ {
		switch {
		case s.isCapitalized(k):
			capitals++
		case s.hasClass(k, nameParticle) && (s.isCapitalized(k+1) || s.hasClass(k+1, nameParticle)), s.tokens[k].kind == otherToken && (s.isSymbol(k, '-') || s.isSymbol(k, '.') || s.isQuote(k)) && !s.isSymbol(k+1, '?') && (s.adjacent(k) || s.isQuote(k)):
		default:
			n = 6
			continue
		}
		k++
	}
	if capitals == 0 {
		return 0
	}
	if !s.isSymbol(k, ',') {
		return 0
	}
	end := s.partEnd(k + 1)
	if end == 0 && s.isNumber(k+1) && s.tokens[k+1].end-s.tokens[k+1].start <= 3 {
		end = k + 1
		if !s.extendByHouseNumber(&end) || !s.phraseEndsAt(end) {
			end = 0
		}
	}
	return end
}

// houseAt finds a house by its name and village around its last word at token i, "The Old Forge, Nether Compton, Dorset". The last part is
// a listed place.
func (s *scan) houseAt(i int) (from, to int) {
	if !s.tokens[i].capitalized || !s.isSymbol(i+1, ',') || !s.oneOf(i, "cottage", "cottages", "forge", "mill", "barn", "rectory", "vicarage", "farm", "farmhouse", "lodge", "manor", "grange", "house", "hall", "stables", "bungalow", "croft", "priory", "chapel") {
		return 0, 0
	}
	from = i
	for n := 0; n < 4 && s.isCapitalized(from-1) && !s.tokens[from].startsLine && s.tokens[from-1].class&honorific == 0 && !s.tokens[from-1].law; n++ {
		from--
	}
	for from < i && s.tokens[from].startsSentence && s.tokens[from].class&functionWord != 0 && !s.equals(from, "the") {
		from++
	}
	if from == i {
		return 0, 0
	}
	to, place := i+1, false
	for n := 0; n < 3 && s.isSymbol(to, ','); n++ {
		end := s.districtEnd(to + 1)
		if end == 0 {
			break
		}
		place = s.placeAt(to+1, placeName|state) == end || s.countyAt(to+1) == end
		to = end
	}
	if !place {
		return 0, 0
	}
	return from, to
}

// partEnd returns the end of the part of a building at token k in a form that unitAfter does not know, "galpão 3", "esc. dcha.", "fundos",
// or 0. It is complete: a comma or the end of the phrase follows.
func (s *scan) partEnd(k int) int {
	if end := s.unitAfter(k); end > 0 {
		return end
	}
	if !s.hasCue(k, floorCue) || s.tokens[k].inSpan || s.tokens[k].startsLine {
		return 0
	}
	end := k + 1
	if s.isSymbol(end, '.') {
		end++
	}
	switch {
	case s.isNumber(end) && s.tokens[end].end-s.tokens[end].start <= 4:
		end++
		if s.isWord(end) && s.adjacent(end) && s.tokens[end].end-s.tokens[end].start == 1 {
			end++
		}
	case s.isWord(end) && s.hasCue(end, floorCue):
		if end++; s.isSymbol(end, '.') {
			end++
		}
	case s.isWord(end) && s.tokens[end].capitalized && s.tokens[end].end-s.tokens[end].start <= 2:
		end++
	case s.isSymbol(end-1, '.'):
		return 0
	}
	if !s.phraseEndsAt(end) && !s.isSymbol(end-1, '.') {
		return 0
	}
	return end
}

// districtEnd returns the end of a town, district or county without a postcode at token k, after a comma of an address: "Vaison",
// "Kilcoy QLD 4515", "Co. Galway", "Broek in Waterland", or 0.
func (s *scan) districtEnd(k int) int {
	if !s.isCapitalized(k) || s.tokens[k].startsLine {
		return 0
	}
	end := k
	for n := 0; n < 5 && s.isFree(end) && !s.tokens[end].startsLine; n++ {
		t := &s.tokens[end]
		switch {
		case s.isCapitalized(end) && t.cue&(monthCue|statuteCue|courtCue|currencyCue|ownCue|acronymCue|identityCue|phoneCue|bankCue|numberedCue|registerCue|opener) == 0 && t.class&(honorific|definedTerm|legalReference|phoneKeyword) == 0 && !t.law:
			if t.class&givenName != 0 && t.class&placeName == 0 && s.hasClass(end+1, familyName) && s.isCapitalized(end+1) {
				return 0 // a person
			}
		case end > k && t.kind == wordToken && (t.class&nameParticle != 0 || s.oneOf(end, "in", "on", "upon", "an", "bei", "sur", "sous")) && (s.isCapitalized(end+1) || s.hasClass(end+1, nameParticle) && s.isCapitalized(end+2)):
		case end > k && (t.symbol == '-' || t.symbol == '\'') && s.adjacent(end) && s.adjacent(end+1):
		case t.symbol == '.' && s.equals(end-1, "co") && s.isCapitalized(end+1):
		default:
			n = 5
			continue
		}
		end++
	}
	if end == k {
		return 0
	}
	if s.isNumber(end) && !s.tokens[end].startsLine && s.tokens[end].end-s.tokens[end].start <= 2 && s.phraseEndsAt(end+1) {
		end++ // "Dublin 7"
	}
	if j := s.provinceEnd(end); j > end {
		end = j
	}
	if (s.isSymbol(end, '-') || s.isSymbol(end, ',')) && s.isNumber(end+1) && s.tokens[end+1].end-s.tokens[end+1].start == 6 || s.isNumber(end) && s.tokens[end].end-s.tokens[end].start == 6 {
		if !s.isNumber(end) {
			end++
		}
		end++ // "Hyderabad - 500033"
	}
	if !s.phraseEndsAt(end) {
		return 0
	}
	return end
}

// partsAfter returns the end of the parts of a building, districts and towns that follow the address in tokens [from, to).
func (s *scan) partsAfter(from, to int) int {
	numbered := false
	for k := from; k < to && !numbered; k++ {
		numbered = s.isNumber(k)
	}
	if !numbered {
		return to
	}
	for n, towns := 0, 0; n < 6; n++ {
		k := to
		switch {
		case s.isSymbol(k, ','):
			k++
		case s.isSymbol(k, '-') && s.tokens[k].afterBlank && s.unitAfter(k+1) > 0:
			k++
		case s.hasCue(k, floorCue) && s.partEnd(k) > 0 && !s.tokens[k].startsLine:
		default:
			return to
		}
		if k >= len(s.tokens) || s.tokens[k].inSpan || s.tokens[k].startsLine {
			return to
		}
		if j := s.partEnd(k); j > 0 && !s.isReference(k) {
			to = j
			continue
		}
		if j := s.withoutNumber(to); j > 0 {
			to = j
			continue
		}
		j := s.districtEnd(k)
		if j == 0 || towns == 4 {
			return to
		}
		to = j
		towns++
	}
	return to
}

// partsBeforeTown returns the start of the parts of an address that stand before its last one at token i, the postcode with the town or
// the county: "Edificio Torre Sol, 12.º D, 03501 Benidorm". Strong is set if the last one leaves no doubt. It returns i if there are none.
func (s *scan) partsBeforeTown(i int, strong bool) int {
	if !s.isSymbol(i-1, ',') {
		return i
	}
	from, digits := i, false
	for range 4 {
		if !s.isSymbol(from-1, ',') || s.tokens[from].startsLine {
			break
		}
		k := from - 1
		capitals := 0
		for n := 0; n < 10 && k > 0; n++ {
			t := &s.tokens[k-1]
			if t.inSpan || t.law || s.tokens[k].startsLine && k < from-1 {
				break
			}
			switch {
			case t.kind == wordToken && t.cue&(statuteCue|monthCue|currencyCue|courtCue) != 0 && t.cue&(floorCue|streetType|buildingCue) == 0, t.class&honorific != 0:
				n = 10
				continue
			case t.kind == wordToken && (t.capitalized || t.cue&(floorCue|streetType) != 0 && t.cue&connector == 0):
				capitals++
				strong = strong || t.cue&(floorCue|streetType|buildingCue) != 0 || t.class&(streetWord|unitWord) != 0
			case t.kind == wordToken && t.class&nameParticle != 0 && !s.oneOf(k-1, "op", "aan", "in", "an", "am", "y", "e", "et", "und", "en") && k < from-1:
			case t.kind == wordToken && t.end-t.start == 1 && (s.isNumber(k-2) || s.adjacent(k-1)): // "2 a"
			case t.kind == numberToken && t.end-t.start <= 4:
				digits = true
			case t.kind == otherToken && (t.symbol == '.' && s.tokens[k-1].end-s.tokens[k-1].start > 0 || t.symbol == '-' || t.symbol == '/' || t.symbol == '\'' || t.symbol == 0 && isOrdinalSign(s.textOf(k-1, k))) && (s.adjacent(k-1) || s.adjacent(k)):
			default:
				n = 10
				continue
			}
			k--
			if s.tokens[k].startsLine {
				break
			}
		}
		for k < from-1 && (s.tokens[k].kind == otherToken || s.isWord(k) && !s.tokens[k].capitalized && s.tokens[k].cue&(floorCue|streetType) == 0 || s.tokens[k].startsSentence && s.tokens[k].class&definedTerm != 0) {
			k++
		}
		if k >= from-1 || capitals == 0 && !s.isNumber(k) {
			break
		}
		from = k
	}
	if from == i || !strong || !digits && s.isNumber(i) && s.tokens[i].end-s.tokens[i].start < 5 || s.isNumber(from) && s.isYearAt(from) {
		return i
	}
	return s.withoutNoun(from, i)
}

// countyAt returns the end of an Irish or British county after its abbreviation at token i, "Co. Galway", or 0.
func (s *scan) countyAt(i int) int {
	k := i + 1
	if !s.oneOf(i, "co", "county") || !s.tokens[i].capitalized {
		return 0
	}
	if s.isSymbol(k, '.') {
		k++
	}
	if !s.oneOf(k, "antrim", "armagh", "carlow", "cavan", "clare", "cork", "derry", "donegal", "down", "dublin", "durham", "fermanagh", "galway", "kerry", "kildare", "kilkenny", "laois", "leitrim", "limerick", "londonderry", "longford", "louth", "mayo", "meath", "monaghan", "offaly", "roscommon", "sligo", "tipperary", "tyrone", "waterford", "westmeath", "wexford", "wicklow") {
		return 0
	}
	return k + 1
}

// pinAt returns the end of an Indian town with its postal index number at token i, "Pune 411001", "Hyderabad - 500033", or 0.
func (s *scan) pinAt(i int) int {
	k := s.placeAt(i, placeName)
	if k == 0 {
		return 0
	}
	if s.isSymbol(k, '-') || k < len(s.tokens) && s.tokens[k].kind == otherToken && s.tokens[k].symbol == 0 {
		k++
	}
	if !s.isNumber(k) || s.tokens[k].startsLine || s.tokens[k].end-s.tokens[k].start != 6 || s.tokens[k].inSpan {
		return 0
	}
	return k + 1
}

// withoutNoun skips the word at the start of a sentence that says what kind of thing is at the address in tokens [from, to): "Appartement
// Meir 41".
func (s *scan) withoutNoun(from, to int) int {
	if t := &s.tokens[from]; t.startsSentence && t.kind == wordToken && from+1 < to && s.isCapitalized(from+1) && t.cue&(floorCue|propertyCue|addressCue) != 0 && t.cue&streetType == 0 {
		return from + 1
	}
	return from
}

// ordinalStreet returns the house number and the end of an American street of a number at its word "St" at token i, "710 S 4th St".
func (s *scan) ordinalStreet(i int) (from, to int) {
	if !s.equals(i, "st") || !s.isOrdinalSuffix(i-1) || !s.isNumber(i-2) || s.tokens[i].startsLine {
		return 0, 0
	}
	from = i - 2
	if s.oneOf(from-1, "n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east", "west") {
		from--
	} else if s.isSymbol(from-1, '.') && s.oneOf(from-2, "n", "s", "e", "w") {
		from -= 2
	}
	if !s.isNumber(from-1) || s.tokens[from-1].inSpan || s.tokens[from].startsLine {
		return 0, 0
	}
	return from - 1, i + 1
}
