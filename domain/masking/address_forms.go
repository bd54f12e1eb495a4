package masking

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
	for s.isNumber(to) && !s.tokens[to].startsLine && s.tokens[to].end-s.tokens[to].start <= 3 && !s.tokens[to].inSpan {
		to++ // "Postfach 12 34"
	}
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
	case s.oneOf(i, "postal", "postale") && s.oneOf(i-1, "caixa", "casella", "boîte", "apartado", "case"):
		from--
	case s.tokens[i].class&streetWord == 0:
		return 0, 0
	}
	if s.isNumber(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine {
		from--
	}
	return from, to
}

// militaryAddress finds a military address ("PSC 7004, Box 8380\nAPO AP 11949") around its first word or around APO, FPO or
// DPO.
func (s *scan) militaryAddress(i int) (from, to int) {
	if s.isNumber(i + 1) {
		for k := i + 2; k < i+8 && s.isFree(k); k++ {
			if s.isMilitaryPost(k) {
				return i, k + 3
			}
		}
		return 0, 0
	}
	if !s.isMilitaryPost(i) {
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

// isMilitaryPost reports whether a military post office stands at token i: "APO AE 09012".
func (s *scan) isMilitaryPost(i int) bool {
	return s.oneOf(i, "apo", "fpo", "dpo") && s.isWord(i+1) && s.tokens[i+1].end-s.tokens[i+1].start == 2 && s.isNumber(i+2)
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

// streetByCue finds a street without a word for one after a word such as "lives", with its number and what follows it in an
// address: "woont op De Wieken 14, 3823 DP Amersfoort", "vive en Insurgentes Sur 447, Col. Roma". It starts at token i.
func (s *scan) streetByCue(i int) (from, to int) {
	if s.lowercaseText || i-s.lastAddress > 4 || i == s.lastAddress || !s.isCapitalized(i) || s.tokens[i].cue&(addressCue|monthCue|statuteCue|courtCue) != 0 {
		return 0, 0
	}
	for k := s.lastAddress + 1; k < i; k++ {
		if !s.isSymbol(k, ':') && !(s.isWord(k) && !s.tokens[k].capitalized && s.tokens[k].end-s.tokens[k].start <= 4) {
			return 0, 0
		}
	}
	k := i
	for n := 0; n < 5 && (s.isCapitalized(k) || s.hasClass(k, nameParticle) && s.isWord(k) && k > i || (s.isSymbol(k, '-') || s.isSymbol(k, '.')) && s.adjacent(k)) && (k == i || !s.tokens[k].startsLine); n++ {
		if s.hasCue(k, monthCue|statuteCue|currencyCue) || s.tokens[k].class&honorific != 0 {
			return 0, 0
		}
		k++
	}
	if !s.isWord(k-1) || !s.extendByHouseNumber(&k) {
		return 0, 0
	}
	next := k
	if s.isSymbol(next, ',') {
		next++
	}
	if s.anyPostcode(next) > 0 && !s.isAmount(next, s.anyPostcode(next)) || s.unitAfter(next) > 0 || next > k && s.isCapitalized(next) {
		return i, k
	}
	return 0, 0
}

// postcodeAfterParts returns the end of the postcode and town that follow the street in tokens [from, to) after parts of its house
// or town in any form, ", casa 2, Centro, Niterói - RJ, 24020-000", or 0.
func (s *scan) postcodeAfterParts(from, to int) int {
	numbered := false
	for k := from; k < to; k++ {
		if s.isNumber(k) {
			if n := s.tokens[k].end - s.tokens[k].start; n > 4 || n == 4 && k+1 < to && s.isWord(k+1) {
				return 0 // it has a postcode
			}
			numbered = true
		}
	}
	if !numbered {
		return 0
	}
	for k := to; k < min(to+12, len(s.tokens)); k++ {
		t := &s.tokens[k]
		if t.startsLine || t.inSpan || t.law || s.isConjunction(k) {
			return 0
		}
		if t.kind == numberToken && t.end-t.start >= 4 {
			end := s.anyPostcode(k)
			if end == 0 || k == to || !s.isSymbol(k-1, ',') || s.isAmount(k, end) || s.isDateAt(k) || !s.isCapitalized(end) && end-k < 3 || s.isCapitalized(end) && (s.tokens[end].startsLine || s.hasCue(end, monthCue|statuteCue|currencyCue)) {
				return 0
			}
			if s.isCapitalized(end) {
				end = s.townEnd(end)
			}
			return s.provinceEnd(end)
		}
		switch {
		case t.kind == wordToken && (t.class&functionWord != 0 && t.class&nameParticle == 0 && t.end-t.start > 1 || t.cue&(statuteCue|currencyCue|monthCue|identityCue|phoneCue|bankCue|numberedCue) != 0 && t.cue&floorCue == 0):
			return 0
		case t.kind == otherToken && t.symbol != 0 && t.symbol != ',' && t.symbol != '.' && t.symbol != '-' && t.symbol != '/' && t.symbol != '#':
			return 0
		}
	}
	return 0
}

// townFirst finds an address that starts with its postcode and town at token i, "1010 Wien, Graben 12".
func (s *scan) townFirst(i int) (from, to int) {
	town := i + 1
	if n := s.tokens[i].end - s.tokens[i].start; n < 4 || n > 5 || !s.isCapitalized(town) || s.tokens[town].startsLine || !s.hasClass(town, placeName) || s.hasCue(town, monthCue) || s.isReference(i) {
		return 0, 0
	}
	return i, s.streetAfterTown(i, town+1)
}

// streetAfterTown returns the end of the street with its number after the postcode and town in tokens [from, to), "1010 Wien,
// Graben 12", or 0.
func (s *scan) streetAfterTown(from, to int) int {
	if !s.isNumber(from) || s.tokens[from].end-s.tokens[from].start < 4 || to-from > 4 || !s.isWord(to-1) || !s.isSymbol(to, ',') || to+1 >= len(s.tokens) || s.tokens[to+1].startsLine {
		return 0
	}
	k := to + 1
	for k < to+4 && s.isCapitalized(k) {
		k++
	}
	if k == to+1 || s.hasCue(k-1, monthCue|statuteCue) || !s.extendByHouseNumber(&k) {
		return 0
	}
	if s.isSymbol(k, ',') && s.unitAfter(k+1) > 0 {
		k = s.unitAfter(k + 1)
	}
	return k
}

// houseNameBefore returns the start of the name of a house before the street at token from: "The Old Rectory, Church Road …",
// "Haus Seeblick, Uferweg 1".
func (s *scan) houseNameBefore(from int) int {
	if !s.isSymbol(from-1, ',') || s.tokens[from].startsLine {
		return from
	}
	if s.isNumber(from-2) && s.isSymbol(from-3, '/') && s.isNumber(from-4) && s.adjacent(from-2) && s.adjacent(from-3) && s.isNumber(from) && s.tokens[from-2].end-s.tokens[from-4].start <= 5 {
		return from - 4 // "2/1, 44 Byres Road"
	}
	first, named := from-1, false
	for n := 0; n < 5 && (s.isCapitalized(first-1) || s.hasClass(first-1, nameParticle) && s.isWord(first-1) && n > 0) && !s.tokens[first-1].inSpan; n++ {
		first--
		named = named || s.oneOf(first, "cottage", "house", "farm", "lodge", "rectory", "vicarage", "barn", "hall", "manor", "grange", "mill", "flat", "bungalow", "tower", "tour", "zona", "park", "estate", "za", "zi", "zac", "haus", "hof", "villa", "résidence", "residence", "clos", "domaine", "mas", "château", "ferme", "edificio", "edifício", "torre", "palazzo", "cascina", "masseria", "condominio", "condomínio", "residencial", "urbanización", "huis", "huize", "hoeve", "quinta", "casa")
		if s.tokens[first].startsLine {
			break
		}
	}
	for first < from-1 && !s.tokens[first].capitalized {
		first++
	}
	if !named || first >= from-2 {
		return from
	}
	return first
}
