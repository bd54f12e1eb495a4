package masking

// Only dates of birth are personal. The dates of a contract or a deadline must arrive.

// isBirthDate reports whether a word announces that the date in tokens [i, j) is that of a birth.
func (s *scan) isBirthDate(i, j int) bool {
	if s.near(birthCue, i, 9) || i-s.lastCue[cueIndex(birthCue)] <= 3 {
		return true
	}
	if s.isBirthSign(i) || s.isCoordinatedBirth(i) {
		return true
	}
	// "12/05/1978 (DOB)"
	return s.isSymbol(j, '(') && s.isWord(j+1) && s.tokens[j+1].cue&birthCue != 0
}

// isBirthSign reports whether an abbreviation that means a birth only before a date stands before token i: "b. 12.1.1980", "DN:
// 12/01/1980", "n. il 12/01/1980", "n. a Roma il 12/01/1980", "d.o.b. 12/01/1980".
func (s *scan) isBirthSign(i int) bool {
	k := i - 1
	for s.isSymbol(k, ':') || s.isSymbol(k, '.') {
		k--
	}
	switch {
	case s.equals(k, "dn") && s.tokens[k].allCaps, s.equals(k, "n") && s.isSymbol(k+1, '.') && s.isSymbol(k-1, '.') && s.oneOf(k-2, "d", "f"):
		return true
	case s.equals(k, "b") && s.isSymbol(k+1, '.'):
		return s.isSymbol(k-1, '.') && s.equals(k-2, "o") || !s.tokens[k].startsLine && !s.tokens[k].capitalized && (s.isSymbol(k-1, ',') || s.isSymbol(k-1, '(') || s.isWord(k-1) && s.tokens[k-1].capitalized)
	case s.equals(k, "il"):
		for p := k - 1; p >= max(0, k-7); p-- {
			if s.equals(p, "n") && s.isSymbol(p+1, '.') && (p+2 == k || s.oneOf(p+2, "a", "ad", "in")) {
				return true
			}
		}
	}
	return false
}

// isCoordinatedBirth reports whether the date at token i is that of the birth of another person, which shares the word with the
// date before it: "born on 1 May 1980 and her husband on 3 June 1979". A verb between them says something else.
func (s *scan) isCoordinatedBirth(i int) bool {
	if i <= s.lastBirth || i-s.lastBirth > 12 || !s.oneOf(i-1, "on", "am", "le", "el", "il", "op", "em", "a") {
		return false
	}
	relative, and := false, false
	for k := i - 2; k >= s.lastBirth; k-- {
		t := &s.tokens[k]
		if s.oneOf(k, "and", "und", "et", "y", "e", "en", "i") {
			and = true
			break
		}
		switch {
		case s.isRelative(k), t.class&givenName != 0 && t.capitalized:
			relative = true
		case t.kind == otherToken && t.symbol == ',', t.cue&ownCue != 0, t.class&(functionWord|honorific|nameParticle) != 0, t.kind == wordToken && t.capitalized && t.class&commonWord == 0:
		default:
			return false
		}
	}
	return and && relative
}

func (s *scan) isRelative(i int) bool {
	return s.oneOf(i, "husband", "wife", "son", "daughter", "brother", "sister", "mother", "father", "partner", "child", "spouse",
		"mann", "frau", "ehemann", "ehefrau", "sohn", "tochter", "bruder", "schwester", "mutter", "vater", "kind",
		"mari", "femme", "époux", "épouse", "fils", "fille", "frère", "sœur", "mère", "père",
		"marido", "mujer", "esposo", "esposa", "hijo", "hija", "hermano", "hermana", "madre", "padre",
		"mulher", "filho", "filha", "irmão", "irmã", "mãe", "pai",
		"marito", "moglie", "figlio", "figlia", "fratello", "sorella",
		"man", "vrouw", "echtgenoot", "echtgenote", "zoon", "dochter", "broer", "zus", "moeder", "vader")
}

// birthDate masks a date of birth with the name of its month at token i, "12 May 1951", "May 12, 1951", "12 de mayo de
// 1951", and returns its end, or 0.
func (s *scan) birthDate(i int) int {
	if i-s.lastCue[cueIndex(birthCue)] > 14 && i-s.lastBirth > 16 && !s.isBirthSign(max(0, i-1)) && !s.isBirthSign(max(0, i-2)) && !s.isBirthSign(i) {
		return 0
	}
	short := func(k int) bool { return s.isNumber(k) && s.tokens[k].end-s.tokens[k].start <= 2 }
	from, to := i, i+1
	day := i - 1
	for day > i-4 && (s.isSymbol(day, '.') || s.oneOf(day, "de", "of", "er", "st", "nd", "rd", "th") || day > 0 && s.tokens[day].kind == otherToken && s.tokens[day].symbol == 0) {
		day--
	}
	switch {
	case short(day) && !s.tokens[day].inSpan:
		from = day
	case short(to) && !s.tokens[to].startsLine:
		to++
		if s.isWord(to) && s.adjacent(to) {
			to++ // 12th
		}
	case s.isNumber(to) && s.tokens[to].end-s.tokens[to].start == 4: // "May 1951"
	default:
		return 0
	}
	end := to
	for s.isSymbol(end, ',') || s.isSymbol(end, '.') || s.oneOf(end, "de", "del", "of") {
		end++
	}
	if s.isNumber(end) && (s.tokens[end].end-s.tokens[end].start == 4 || s.tokens[end].end-s.tokens[end].start == 2 && from < i) {
		to = end + 1
	}
	if !s.isBirthDate(from, to) {
		return 0
	}
	s.addBirthDate(from, to)
	return to
}

// addBirthDate masks a date of birth; the next date needs a word of its own.
func (s *scan) addBirthDate(i, j int) {
	s.unmarkLaw(i, j)
	s.addSpan(Date, i, j)
	s.lastBirth = j
	s.lastCue[cueIndex(birthCue)] = notSeen
}

// numericDate returns the end of the numeric date at token i, or 0: "12.05.1978", "12. 5. 1978", "1978-05-12". With blanks, "12
// 05 1978", it is one only after a word that announces it.
func (s *scan) numericDate(i int) int {
	n := func(k int) int32 { return s.tokens[k].end - s.tokens[k].start }
	if !s.isNumber(i) || n(i) > 4 || i+1 >= len(s.tokens) {
		return 0
	}
	m, y := i+2, i+4
	sep := s.tokens[i+1].symbol
	if s.isNumber(i + 1) {
		if m, y, sep = i+1, i+2, ' '; !s.near(birthCue, i, 6) {
			return 0
		}
	} else if sep != '/' && sep != '-' && sep != '.' || !s.adjacent(i+1) || !s.isSymbol(i+3, sep) || !s.adjacent(i+3) {
		return 0
	}
	if !s.isNumber(m) || !s.isNumber(y) || sep != '.' && sep != ' ' && !(s.adjacent(m) && s.adjacent(y)) || s.tokens[m].startsLine || s.tokens[y].startsLine {
		return 0
	}
	end := y + 1
	if s.adjacent(end) && (s.isNumber(end) || s.isWord(end) && !s.equals(end, "t") || s.isSymbol(end, sep) && s.adjacent(end+1) && s.isNumber(end+1)) {
		return 0
	}
	a, b, c := s.intValue(i), s.intValue(m), s.intValue(y)
	year := func(v int, n int32) bool { return n == 4 && v >= 1800 && v < 2200 || n == 2 }
	dayMonth := func(x, y int) bool { return x >= 1 && y >= 1 && (x <= 31 && y <= 12 || x <= 12 && y <= 31) }
	if !(n(i) <= 2 && n(m) <= 2 && dayMonth(a, b) && year(c, n(y)) && (n(y) == 4 || sep != '-' || s.near(birthCue, i, 6))) &&
		!(n(i) == 4 && year(a, 4) && dayMonth(b, c) && n(y) <= 2 && n(m) <= 2) {
		return 0
	}
	return end
}

// isDateAt reports whether a numeric date is at token i.
func (s *scan) isDateAt(i int) bool { return s.numericDate(i) > 0 }

// dateAt passes over the numeric date at token i, masks it if it is one of birth, and returns its end, or 0.
func (s *scan) dateAt(i int) int {
	j := s.numericDate(i)
	if j == 0 {
		return 0
	}
	if s.isBirthDate(i, j) {
		s.addBirthDate(i, j)
	}
	return j
}
