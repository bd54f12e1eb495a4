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
