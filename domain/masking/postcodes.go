package masking

import "strings"

// anyPostcode returns the end of the postcode at token k, or 0. It knows more forms than postcodeAt: "D-10115", "1250-139",
// "H91 X2YP".
func (s *scan) anyPostcode(k int) int {
	if k >= len(s.tokens) || s.tokens[k].inSpan {
		return 0
	}
	t := &s.tokens[k]
	n := t.end - t.start
	if s.isSymbol(k+1, '.') && s.isSymbol(k+3, '.') && s.equals(k, "c") && s.equals(k+2, "p") && s.isNumber(k+4) && s.tokens[k+4].end-s.tokens[k+4].start >= 4 {
		return k + 5 // "C.P. 06700"
	}
	if s.oneOf(k, "cep", "cp", "plz", "zip", "cap") && s.isNumber(k+1) && s.tokens[k+1].end-s.tokens[k+1].start >= 4 {
		return max(s.anyPostcode(k+1), k+2)
	}
	if t.kind == wordToken && n <= 2 && (t.allCaps || s.lowercaseText) || t.kind == wordToken && n == 1 && t.capitalized {
		if s.isSymbol(k+1, '-') && s.adjacent(k+1) && s.isNumber(k+2) && s.adjacent(k+2) {
			if m := s.tokens[k+2].end - s.tokens[k+2].start; m == 4 || m == 5 {
				return k + 3
			}
		}
		if j := s.britishPostcode(k); j > 0 {
			return j
		}
	}
	if s.lowercaseText && n == 4 && t.kind == numberToken && s.isWord(k+1) && s.tokens[k+1].end-s.tokens[k+1].start == 2 && s.hasClass(k+2, placeName) && !s.tokens[k+1].startsLine {
		return k + 2 // "3511 ab utrecht"
	}
	return s.postcodeAt(k)
}

// britishPostcode returns the end of a British, Irish or Canadian postcode at token k, "NW1 6XE", or 0. Nothing else looks
// like one.
func (s *scan) britishPostcode(k int) int {
	at := int(s.tokens[k].start)
	if at > 0 && isAlnum(s.text[at-1]) {
		return 0
	}
	to := at
	for to < len(s.text) && to-at < 9 && (isAlnum(s.text[to]) || s.text[to] == ' ') {
		to++
	}
	shape := make([]byte, 0, 9)
	for _, c := range []byte(s.text[at:to]) {
		switch {
		case isDigit(c):
			shape = append(shape, '9')
		case c == ' ':
			shape = append(shape, ' ')
		case c >= 'A' && c <= 'Z' || s.lowercaseText:
			shape = append(shape, 'A')
		default:
			shape = append(shape, 'a')
		}
	}
	for _, form := range [...]string{"AA99 9AA", "AA9A 9AA", "AA9 9AA", "A99 9AA", "A9A 9AA", "A9 9AA", "A9A 9A9", "A99 A9AA", "A99 AA99", "A99 AA9A", "A99 A9A9", "A99 A999", "A99 AAA9"} {
		if len(shape) >= len(form) && string(shape[:len(form)]) == form && (at+len(form) >= len(s.text) || !isAlnum(s.text[at+len(form)])) && !(s.lowercaseText && endsLikeOrdinal(s.text[at:at+len(form)])) {
			return s.tokenAt(k, at+len(form))
		}
	}
	return 0
}

// endsLikeOrdinal reports whether the text ends like "2nd".
func endsLikeOrdinal(text string) bool {
	switch text[len(text)-2:] {
	case "st", "nd", "rd", "th", "am", "pm":
		return true
	}
	return false
}

// postcodeWithTown finds an address by the postcode at token i. What stands before it is the street with its number, or, in
// the United States, the town.
func (s *scan) postcodeWithTown(i int) (from, to int) {
	t := &s.tokens[i]
	if t.kind == wordToken {
		if j := s.britishPostcode(i); j > 0 {
			return s.streetBefore(i, true), j
		}
		// "Grand Rapids, MI 49503"
		if t.allCaps && t.end-t.start == 2 && s.isNumber(i+1) && s.tokens[i+1].end-s.tokens[i+1].start == 5 && !s.tokens[i+1].startsLine && s.isSymbol(i-1, ',') && s.isCapitalized(i-2) {
			from = i - 2
			for s.isCapitalized(from-1) && !s.tokens[from].startsLine && i-from < 6 {
				from--
			}
			return from, s.postcodeAt(i + 1)
		}
		if !s.isSymbol(i+1, '-') {
			return 0, 0
		}
	} else if t.end-t.start < 4 || t.end-t.start > 5 {
		return 0, 0
	}
	end := s.anyPostcode(i)
	if end == 0 || end >= len(s.tokens) || !s.isCapitalized(end) || s.tokens[end].startsLine || s.isAmount(i, end) || s.tokens[end].cue&(currencyCue|statuteCue|monthCue) != 0 {
		return 0, 0
	}
	if from = s.streetBefore(i, false); from == i {
		from = s.partsBeforeTown(i, s.placeAt(end, placeName) > 0)
	}
	if from == i {
		return 0, 0
	}
	return from, end
}

// streetBefore returns the start of the street, with its number, that stands before the postcode at token i, or i. A British
// postcode has the town between: then the street is found on its own.
func (s *scan) streetBefore(i int, british bool) int {
	k := i - 1
	if s.isSymbol(k, ',') || s.isSymbol(k, ';') {
		k--
	}
	if british {
		from := i
		for n := 0; n < 4 && k >= 0 && s.isCapitalized(k) && !s.tokens[k].inSpan && s.tokens[k].class&(commonWord|functionWord) == 0; n++ {
			from = k
			if s.tokens[k].startsLine {
				break
			}
			k--
		}
		return s.partsBefore(from, i)
	}
	k = s.beforeUnits(k)
	if s.isWord(k) && s.tokens[k].end-s.tokens[k].start == 1 && s.adjacent(k) {
		k-- // "2b"
		if s.isSymbol(k, '-') && s.adjacent(k) {
			k-- // "8-A"
		}
	}
	if !s.isNumber(k) || s.tokens[k].inSpan || s.tokens[k].end-s.tokens[k].start > 4 || s.isReference(k) {
		return i
	}
	if (s.isSymbol(k-1, '-') || s.isSymbol(k-1, '/')) && s.isNumber(k-2) && s.adjacent(k) {
		k -= 2
	}
	from := k
	for n := 0; n < 6 && k > 0 && !s.tokens[k].startsLine; n++ {
		k--
		p := &s.tokens[k]
		switch {
		case n == 0 && p.symbol == ',' && s.isCapitalized(k-1) && s.isCapitalized(k-2) && s.isSymbol(k+2, ','): // "Gran Vía, 32, 28013 Madrid"
		case p.inSpan:
			n = 6
		case p.cue&addressCue != 0 && p.cue&streetType == 0, s.oneOf(k, "is", "ist", "est", "es", "è", "é", "à", "at", "to") && !p.capitalized:
			n = 6
		case s.isCapitalized(k) && p.class&honorific == 0:
			from = k
		case p.kind == wordToken && (p.class&nameParticle != 0 || p.cue&connector != 0 && p.end-p.start <= 3):
		case (p.symbol == '-' || p.symbol == '.' || p.symbol == '\'') && s.adjacent(k+1):
		default:
			n = 6
		}
	}
	if from == k && s.isNumber(from) {
		return i // a number without a street
	}
	if s.isNumber(from) {
		return i
	}
	return from
}

// partsBefore returns the start of the house and village before the town at token from, which a British postcode at token i
// follows: "Oak Farm, Nether Wallop, Stockbridge SO20 8EY".
func (s *scan) partsBefore(from, i int) int {
	for range 2 {
		if from == i || !s.isSymbol(from-1, ',') || s.tokens[from].startsLine {
			return from
		}
		k := from - 1
		for n := 0; n < 4 && (s.isCapitalized(k-1) || s.isNumber(k-1) && s.tokens[k-1].end-s.tokens[k-1].start <= 3 && !s.tokens[k-1].inSpan) && !s.tokens[k].startsLine; n++ {
			if s.tokens[k-1].class&(givenName|honorific) != 0 || s.tokens[k-1].law || s.hasCue(k-1, monthCue|courtCue|statuteCue) {
				return from
			}
			k--
		}
		if k == from-1 || s.isReference(k) || s.legalFormAt(from-2) > 0 {
			return from
		}
		from = k
	}
	return from
}

// beforeUnits returns the last token before the parts of a building that end at token k: "De Wieken 14, 1e verdieping".
func (s *scan) beforeUnits(k int) int {
	for range 2 {
		unit := false
		for j := k; j > max(0, k-5) && !s.tokens[j].inSpan && !s.tokens[j].startsLine; j-- {
			unit = unit || s.tokens[j].cue&floorCue != 0 || s.tokens[j].class&unitWord != 0
			if s.isSymbol(j, ',') {
				if unit {
					k = j - 1
				}
				break
			}
		}
		if !unit {
			break
		}
	}
	return k
}

// unitAfter returns the end of the part of a building at token k, "3.º B", "2. OG links", "bâtiment C", or 0.
func (s *scan) unitAfter(k int) int {
	if k >= len(s.tokens) || s.tokens[k].inSpan || s.tokens[k].startsLine {
		return 0
	}
	end := 0
	switch {
	case s.isSymbol(k, '#') && s.isNumber(k+1) && s.adjacent(k+1) && s.tokens[k+1].end-s.tokens[k+1].start <= 4:
		end = k + 2 // "Elm Street #4B"
	case s.isNumber(k) && s.tokens[k].end-s.tokens[k].start <= 3:
		j := k + 1
		for n := 0; n < 2 && s.adjacent(j) && (s.isSymbol(j, '.') || s.tokens[j].symbol == 0 && isOrdinalSign(s.textOf(j, j+1))); n++ {
			j++
		}
		if s.isWord(j) && s.adjacent(j) && s.oneOf(j, "e", "er", "ème", "eme", "st", "nd", "rd", "th", "de", "ste", "o", "a") && s.hasCue(j+1, floorCue) {
			j++ // "3e étage"
		}
		switch {
		case s.hasCue(j, floorCue) && !s.tokens[j].startsLine:
			end = j + 1
		case s.lowercaseText && s.isWord(k+1) && s.adjacent(k+1) && s.tokens[k+1].end-s.tokens[k+1].start <= 2 && (s.anyPostcode(k+2) > 0 || s.isNumber(k+2) && s.isWord(k+3) && s.adjacent(k+3) && s.anyPostcode(k+4) > 0):
			end = k + 2 // "12 2b 46001 valencia"
		case j > k+1 && !s.isSymbol(j-1, '.'):
			end = j
			if s.isWord(j) && s.tokens[j].end-s.tokens[j].start == 1 && s.tokens[j].capitalized && !s.tokens[j].startsLine {
				end = j + 1
			}
		}
	case s.hasCue(k, floorCue), s.equals(k, "of") && s.isSymbol(k+1, '.') && s.isNumber(k+2):
		j := k + 1
		if s.isSymbol(j, '.') {
			j++
		}
		if j < len(s.tokens) && !s.tokens[j].startsLine && (s.isNumber(j) && s.tokens[j].end-s.tokens[j].start <= 4 || s.isWord(j) && s.tokens[j].end-s.tokens[j].start == 1 && (s.tokens[j].capitalized || s.lowercaseText && s.tokens[k].class&unitWord != 0 && !s.oneOf(j, "a", "i", "e", "o", "y", "à", "è"))) {
			end = j + 1
		} else if s.oneOf(k, "gauche", "droite", "izq", "izda", "izquierda", "dcha", "derecha", "dto", "esq", "esquerdo", "direito", "bajo", "ático", "links", "rechts", "eg", "hinterhaus", "vorderhaus", "frente", "huis", "interior", "entresuelo") {
			end = j
			if s.isSymbol(j-1, '.') && s.isSymbol(j, ',') {
				end = j
			}
		}
	}
	if s.equals(k, "r") && s.isSymbol(k+1, '/') && s.equals(k+2, "c") && s.adjacent(k+1) && s.adjacent(k+2) {
		end = k + 3 // "r/c"
	}
	if end > 0 && s.isNumber(end-1) && s.isWord(end) && s.adjacent(end) && s.tokens[end].end-s.tokens[end].start == 1 {
		end++ // "bus 4B"
	}
	if end > 0 && s.isSymbol(end, '.') && s.hasCue(end-1, floorCue) && (s.isSymbol(end+1, ',') || s.lineEndsAt(end+1)) {
		end++
	}
	if s.oneOf(k, "setor", "sector", "col", "colonia", "jardim", "bairro", "barrio", "lote", "quadra") {
		j := k + 1
		if s.isSymbol(j, '.') {
			j++
		}
		for j < k+6 && s.isCapitalized(j) && !s.tokens[j].startsLine {
			j++
			end = j
		}
	}
	for end > 0 && s.hasCue(end, floorCue) && !s.tokens[end].startsLine && s.tokens[end].end-s.tokens[end].start > 1 {
		end++
		if s.isSymbol(end, '.') && s.isSymbol(end+1, ',') {
			end++
		}
	}
	return end
}

func isOrdinalSign(symbol string) bool { return symbol == "º" || symbol == "ª" || symbol == "°" }

// lowercaseAddress finds an address without capitals around the postcode at token i: "12 rue des lilas 31000 toulouse", "kerkstraat
// 14 1017 gl amsterdam". It has a street, a house number and a listed town.
func (s *scan) lowercaseAddress(i int) (from, to int) {
	n := s.tokens[i].end - s.tokens[i].start
	town := i + 1
	if n == 4 && s.isWord(town) && s.tokens[town].end-s.tokens[town].start == 2 {
		town++
	} else if n != 5 {
		return 0, 0
	}
	if !s.isWord(town) || s.tokens[town].capitalized || s.tokens[town].startsLine || s.tokens[town].class&placeName == 0 || s.tokens[town].class&functionWord != 0 || s.isAmount(i, i+1) {
		return 0, 0
	}
	numbers := 0
	for k := i - 1; k >= max(0, i-7) && !s.tokens[k].inSpan && !s.tokens[k+1].startsLine; k-- {
		t := &s.tokens[k]
		switch {
		case t.kind == numberToken:
			if numbers++; numbers > 1 || t.end-t.start > 4 {
				return 0, 0
			}
		case t.kind == wordToken && (t.cue&streetType != 0 && t.end-t.start > 2 || t.class&streetWord != 0 || s.endsLikeStreet(k) || strings.HasSuffix(s.textOf(k, k+1), "str")):
			from = k
			if numbers == 0 && s.isNumber(k-1) && s.tokens[k-1].end-s.tokens[k-1].start <= 4 && !s.isReference(k-1) {
				from, numbers = k-1, 1
			}
			if numbers == 0 {
				return 0, 0
			}
			return from, town + 1
		case t.kind == wordToken, t.symbol == '.' && s.adjacent(k), t.symbol == ',':
		default:
			return 0, 0
		}
	}
	return 0, 0
}
