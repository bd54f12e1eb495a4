package masking

// The number of the user's own case at court identifies its parties. That of a published decision is a citation and
// stays.

// maskDocket masks the docket number at token k, announced by the word at token i, and returns its end, or 0.
func (s *scan) maskDocket(i, k int) int {
	end := s.docketEnd(k)
	if end == 0 || !s.isOwnCase(i, k, end) {
		return 0
	}
	s.unmarkLaw(k, end)
	s.addSpan(ID, k, end)
	return end
}

// unmarkLaw says that tokens [i, j) only look like a citation: "CPR 31.22" is a rule, "CPR 211062-5629" a person.
func (s *scan) unmarkLaw(i, j int) {
	for ; i < j; i++ {
		s.tokens[i].law = false
	}
}

// docketEnd returns the end of the docket number at token k, or 0: "21-cv-01234", "12 O 345/21", "RG 21/01234".
func (s *scan) docketEnd(k int) int {
	digits, joined, end := 0, false, 0
	for j := k; j < len(s.tokens) && j-k < 16; j++ {
		t := &s.tokens[j]
		n := int(t.end - t.start)
		if t.inSpan || t.startsLine && j > k {
			break
		}
		switch {
		case t.kind == numberToken:
			if joined && t.afterBlank && !s.isSymbol(j-1, '/') && !s.tokens[j-1].allCaps {
				return docket(end, digits, joined)
			}
			digits += n
			end = j + 1
			continue
		case t.kind == wordToken:
			if n > 5 || t.afterBlank && j > k && (!t.capitalized || !s.isNumber(j+1) && !(s.isWord(j+1) && s.isNumber(j+2))) || t.afterBlank && joined && !s.isSymbol(j-1, '/') && !(s.tokens[j-1].allCaps && t.allCaps) {
				return docket(end, digits, joined)
			}
			if !t.afterBlank && j > k {
				end = j + 1
			}
			continue
		case (t.symbol == '/' || t.symbol == '\\') && t.afterBlank && j+2 < len(s.tokens) && s.isWord(j+1) && s.tokens[j+1].allCaps:
			continue // "C/13/712345 / HA ZA 21-123"
		case (t.symbol == '-' || t.symbol == '/' || t.symbol == '.' || t.symbol == ':') && s.adjacent(j) && s.adjacent(j+1) && s.tokens[j+1].kind != otherToken:
			joined = true
			continue
		}
		break
	}
	return docket(end, digits, joined)
}

func docket(end, digits int, joined bool) int {
	if digits < 3 || !joined && digits < 5 {
		return 0
	}
	return end
}

// isOwnCase reports whether the docket number in tokens [k, end), announced at token i, is that of the user's own
// case.
func (s *scan) isOwnCase(i, k, end int) bool {
	head := i
	for head > 0 && !s.tokens[head].startsLine && (s.hasCue(head-1, numberCue) || s.tokens[head-1].kind == otherToken && s.tokens[head-1].symbol == 0) {
		head-- // "N° RG"
	}
	possessive := s.tokens[head].startsLine || head == 0 // the heading of a document
	court := false
	for p := i; p >= max(0, i-16); p-- {
		t := &s.tokens[p]
		if t.startsParagraph || p < i && s.isSymbol(p, '.') && s.tokens[p+1].startsSentence && s.tokens[p+1].afterBlank && !s.hasCue(p-1, courtCue|abbreviation) {
			break
		}
		if t.cue&ownCue != 0 && t.end-t.start < 9 && !t.allCaps || s.isSymbol(p, '/') && s.isSymbol(p-1, '.') {
			possessive = true
		}
		if i-p <= 9 && t.kind == wordToken && s.namesCourt(p) {
			court = true
			possessive = possessive || t.allCaps && (p == 0 || t.startsLine) && s.lineEndsAt(end) // its first line
		}
	}
	for p := end; p < min(len(s.tokens), end+12); p++ {
		t := &s.tokens[p]
		if s.isSymbol(end, '(') && s.isYearAt(p) && s.isSymbol(p+1, ')') {
			return false // "(S.D.N.Y. 2022)"
		}
		if t.startsParagraph || t.cue&ownCue != 0 {
			break
		}
		if s.namesCourt(p) && p < end+7 && (s.isSymbol(end, '(') || s.isSymbol(end, ',') || s.isSymbol(end, ';')) {
			court = true
		}
	}
	if s.isFederalRegister(k, end) && s.tokens[i].startsLine {
		return false
	}
	return possessive || !court && !s.isFederalRegister(k, end)
}

// namesCourt reports whether token p names a court or a decision.
func (s *scan) namesCourt(p int) bool {
	t := &s.tokens[p]
	if t.cue&courtCue == 0 {
		return false
	}
	return t.end-t.start > 3 || t.capitalized
}

// isFederalRegister reports whether the docket number is one of a German federal court or of the Court of Justice,
// whose decisions are published.
func (s *scan) isFederalRegister(k, end int) bool {
	for j := k; j < end; j++ {
		if s.oneOf(j, "zr", "zb", "str", "azr", "abr", "azb", "bvr", "bvl", "bvf", "bvq", "arz", "anwz", "notz", "xii", "viii", "vii", "iii") {
			return true
		}
	}
	name := end
	if s.isSymbol(name, ',') {
		name++
	}
	if end == k+3 && s.tokens[k].law && s.isWord(name) && s.tokens[name].law {
		return true // "6/64, Costa/ENEL"
	}
	return s.equals(k, "c") && s.isSymbol(k+1, '-') || s.equals(k, "t") && s.isSymbol(k+1, '-')
}

// docketAt masks or passes over a docket number of unmistakable form at token i, "21-cv-01234" or "12 O 345/21", and
// returns its end, or 0.
func (s *scan) docketAt(i int) int {
	if t := i + 1; s.isWord(t) && s.tokens[t].afterBlank && s.tokens[t].capitalized && s.tokens[t].end-s.tokens[t].start <= 4 && s.isNumber(i+2) && s.isSymbol(i+3, '/') && s.isNumber(i+4) && s.tokens[i+4].end-s.tokens[i+4].start == 2 {
		// "12 O 345/21": only if it is the user's own
		for p := i - 1; p >= max(0, i-14); p-- {
			if s.tokens[p].cue&ownCue != 0 && s.tokens[p].kind == wordToken || s.oneOf(p, "staatsanwaltschaft", "gegen") {
				if j := s.maskDocket(i, i); j > 0 {
					return j
				}
				break
			}
		}
		return i + 5
	}
	if !s.isSymbol(i+1, '-') || !s.oneOf(i+2, "cv", "cr", "mc", "md", "bk", "ap", "civ", "cf", "ca", "ct") || !s.isSymbol(i+3, '-') || !s.isNumber(i+4) {
		return 0
	}
	k := i
	if s.isSymbol(i-1, ':') && s.isNumber(i-2) && s.adjacent(i) {
		k = i - 2
	}
	return s.maskDocket(max(0, k-1), k)
}

// maskItalianDocket masks the docket number after "R.G." or "R.G.N.R." at token i and returns its end, or 0.
func (s *scan) maskItalianDocket(i int) int {
	if !s.equals(i, "r") || !s.isSymbol(i+1, '.') || !s.equals(i+2, "g") || !s.isSymbol(i+3, '.') {
		return 0
	}
	last := i + 3
	for s.oneOf(last+1, "n", "r", "nr", "trib", "gip", "gup", "dib") && s.isSymbol(last+2, '.') && !s.tokens[last+1].startsLine {
		last += 2
	}
	k, _ := s.afterCue(last)
	if k >= len(s.tokens) {
		return 0
	}
	j := s.maskDocket(i, k)
	if j > 0 {
		for ; i < last; i++ {
			s.tokens[i].law = true
		}
	}
	return j
}

// maskParcel masks the section and number of a parcel of land at token i, "sectie K nummer 4478", "parcelle AB n° 447", and
// returns its end, or 0. A section needs a word of the land register before it.
func (s *scan) maskParcel(i int) int {
	k := i + 1
	if s.oneOf(k, "section", "sections", "parcelle") {
		k++
	}
	if !s.isWord(k) || !s.tokens[k].capitalized || s.tokens[k].end-s.tokens[k].start > 2 || s.tokens[k].startsLine {
		return 0
	}
	registered := !s.oneOf(i, "sectie", "section", "sections")
	for p := i - 1; p >= max(0, i-8) && !registered; p-- {
		registered = s.oneOf(p, "kadastraal", "kadaster", "cadastrée", "cadastré", "cadastrées", "cadastre", "perceel", "parcelle")
	}
	number := k + 1
	for number < k+5 && !s.isNumber(number) && number < len(s.tokens) && (s.hasCue(number, numberCue) || s.tokens[number].kind == otherToken && s.tokens[number].symbol == 0) {
		number++
	}
	if !registered || !s.isNumber(number) || s.tokens[number].inSpan || s.tokens[number].startsLine {
		return 0
	}
	s.addSpan(ID, k, number+1)
	return number + 1
}

// maskLandRegister masks the number of a page of the land register, "Grundbuch von Schwabing, Blatt 4711", and returns its end,
// or 0.
func (s *scan) maskLandRegister(i int) int {
	if !s.isNumber(i+1) || s.tokens[i+1].startsLine {
		return 0
	}
	for k := i - 1; k >= max(0, i-12); k-- {
		if s.oneOf(k, "grundbuch", "grundbuchs", "grundbuches", "wohnungsgrundbuch", "wohnungsgrundbuchs") {
			if s.sentenceEndsBetween(k, i) {
				return 0
			}
			s.tokens[i].law = true // never a name
			s.addSpan(ID, i+1, i+2)
			return i + 2
		}
	}
	return 0
}
