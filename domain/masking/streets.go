package masking

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// streetAround finds the street name and number around the street word at token i.
func (s *scan) streetAround(i int) (from, to int) {
	t := &s.tokens[i]
	compound := t.class&streetWord == 0
	if compound {
		return s.compoundStreet(i)
	}
	if !t.capitalized && !s.lowercaseText && t.class&commonWord != 0 {
		// not "the street in Paris": a name or number must stand before it
		if !(s.isCapitalized(i-1) && s.tokens[i-1].class&(functionWord|commonWord) == 0) && !(s.isNumber(i-1) && !s.tokens[i].startsLine && (s.isCapitalized(i+1) || s.hasClass(i+1, nameParticle))) {
			return 0, 0
		}
	}
	from, to = i, i+1
	// a name before it: "St Marys Avenue", "40th Street"
	words, strong := 0, false
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
			case p.kind == wordToken && p.class&nameParticle != 0 && (s.isCapitalized(k+1) || s.hasClass(k+1, nameParticle)):
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
	if to == i+1 && before > 0 && s.oneOf(to, "north", "south", "east", "west", "n", "s", "e", "w", "nw", "ne", "sw", "se") && s.tokens[to].capitalized && !s.tokens[to].startsLine {
		to++
	}
	numbered := s.extendByHouseNumber(&to)
	for s.isNumber(from-1) && !s.isReference(from-1) && !s.tokens[from-1].inSpan && !s.tokens[from].startsLine && s.tokens[from-1].end-s.tokens[from-1].start <= 5 && !s.hasClass(from-2, legalReference) {
		numbered = true
		from--
	}
	switch {
	case numbered && before > 0 && s.equals(i, "court") && s.hasCue(i-1, courtCue) || s.oneOf(i-1, "supreme", "high", "district", "circuit", "crown", "county", "federal"):
		return 0, 0
	case numbered && (before > 0 || after > 0) && (t.capitalized || s.lowercaseText || t.cue&streetType != 0 || t.class&(commonWord|foreignWord) == 0):
		return from, to
	case !s.lowercaseText && !s.isStreetWithoutNumber(i):
		return 0, 0
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

// compoundStreet finds a street whose name is one word with its number, "Hauptstraße 12". Without one it needs a word
// such as "wohnt" before it, because many words end like a street.
func (s *scan) compoundStreet(i int) (from, to int) {
	if s.oneOf(i, "bundesstraße", "bundesstrasse", "landesstraße", "landesstrasse", "kreisstraße", "kreisstrasse", "wasserstraße") || s.tokens[i].cue&statuteCue != 0 {
		return 0, 0
	}
	from, to = i, i+1
	// "Alte Hauptstraße", "Kleine Gasse"
	for n := 0; n < 2 && s.isCapitalized(from-1) && !s.tokens[from].startsLine && s.tokens[from-1].cue&(opener|connector) == 0 && (s.isSymbol(from-2, ',') || s.tokens[from-1].startsLine || s.isWord(from-2) && !s.tokens[from-2].capitalized) && s.tokens[from-1].class&honorific == 0; n++ {
		from--
	}
	for s.isSymbol(from-1, '-') && s.adjacent(from) && s.adjacent(from-1) && s.isCapitalized(from-2) {
		from -= 2 // "Karl-Marx-Straße"
	}
	if s.extendByHouseNumber(&to) {
		return from, to
	}
	if s.isSymbol(i+1, '.') && s.hasClass(i, streetSuffix) || s.isSymbol(i+1, '.') && s.extendAbbreviated(i, &to) {
		return from, to
	}
	if s.isNumber(from-1) && !s.tokens[from].startsLine && s.tokens[from-1].end-s.tokens[from-1].start <= 4 && !s.isReference(from-1) && s.tokens[from-1].startsSentence {
		return from - 1, to
	}
	if s.addressExpected(i) && i-s.lastAddress <= 5 && s.tokens[i].class&(commonWord|rareWord|foreignWord|givenName|familyName) == 0 && s.endsLikeStreet(i) {
		return from, to
	}
	return 0, 0
}

// extendAbbreviated moves *to past "str. 12".
func (s *scan) extendAbbreviated(i int, to *int) bool {
	end := i + 2
	if !s.extendByHouseNumber(&end) {
		return false
	}
	*to = end
	return true
}

// endsLikeStreet reports whether the word at token i ends with one of the suffixes that hardly any other word has.
func (s *scan) endsLikeStreet(i int) bool {
	word := strings.ToLower(s.textOf(i, i+1))
	for _, suffix := range []string{"straße", "strasse", "gasse", "allee", "platz", "straat", "gracht", "laan", "plein", "kade", "steenweg", "gatan", "vägen", "gade"} {
		if strings.HasSuffix(word, suffix) {
			return true
		}
	}
	return false
}

// isStreetWithoutNumber reports whether the word at token i makes a street of the name before or after it even without a
// number: "Baker Street", or any after "lives in".
func (s *scan) isStreetWithoutNumber(i int) bool {
	return s.oneOf(i, "street", "avenue", "ave", "road", "rd", "lane", "boulevard", "blvd", "drive", "parkway", "highway", "terrace", "crescent", "turnpike", "freeway", "expressway", "ulica", "ul", "улица", "ул") && s.tokens[i].capitalized ||
		s.addressExpected(i) && i-s.lastAddress <= 5
}

// streetAfterType finds a street whose name follows its type, with its number before or after it: "12, rue de la Paix", "calle
// Mayor 23", "via Garibaldi, n. 12".
func (s *scan) streetAfterType(i int) (from, to int) {
	if t := &s.tokens[i]; t.end-t.start <= 2 && !s.isSymbol(i+1, '.') && !s.isSymbol(i+1, '/') && (!t.capitalized || !s.addressExpected(i)) {
		return 0, 0
	}
	k := i + 1
	if s.isSymbol(k, '.') || s.isSymbol(k, '/') {
		k++
	}
	named, end := 0, 0
	for n := 0; n < 8 && k < len(s.tokens) && !s.tokens[k].startsLine && !s.tokens[k].inSpan; n++ {
		t := &s.tokens[k]
		switch {
		case t.kind == wordToken && (s.isCapitalized(k) || s.isElided(k)) && (t.cue&(floorCue|statuteCue) == 0 || named == 0):
			named++
			end = k + 1
		case t.kind == wordToken && s.adjacent(k) && s.isSymbol(k-1, '-'): // "Esprit-des-Lois"
			end = k + 1
		case t.kind == wordToken && (t.class&nameParticle != 0 || t.cue&connector != 0) && (named == 0 || s.isCapitalized(k+1) || s.isWord(k+2) && s.isCapitalized(k+2)):
		case t.kind == numberToken && named == 0 && s.isWord(k+1) && !s.tokens[k+1].startsLine && t.end-t.start <= 2: // "rue du 8 Mai 1945"
		case t.kind == numberToken && s.adjacent(k) && s.isSymbol(k-1, '-') && s.isWord(k-2) && s.tokens[k-2].end-s.tokens[k-2].start <= 2: // "Rua T-37"
			end = k + 1
		case t.kind == numberToken && t.end-t.start == 4 && s.isYear(k) && named > 0 && s.tokens[k-1].cue&monthCue != 0:
			end = k + 1
		case (t.symbol == '-' || t.symbol == '.' || t.symbol == '\'' || t.kind == otherToken && t.symbol == 0 && s.textOf(k, k+1) == "’") && s.adjacent(k) && (s.adjacent(k+1) || t.symbol == '.'):
		default:
			n = 8
			continue
		}
		k++
	}
	if named == 0 {
		// "Calle 72 # 10-34"
		if s.isNumber(i+1) && (s.isSymbol(i+2, '#') || s.hasCue(i+2, numberCue)) && s.isNumber(i+3) {
			to = i + 3
			s.extendByHouseNumber(&to)
			return i, to
		}
		return 0, 0
	}
	from, to = i, end
	// the number after: "Mayor 23", "Liberdade, 45", "Roma, n. 12"
	number := to
	if s.isSymbol(number, ',') && (s.isNumber(number+1) && !s.tokens[number+1].startsLine && s.tokens[number+1].end-s.tokens[number+1].start < 5 || s.hasCue(number+1, numberCue) || s.equals(number+1, "km")) {
		number++
	}
	if s.extendByHouseNumber(&number) && !s.isAmount(number-1, number) {
		return from, number
	}
	// the number before: "12 rue", "2 bis, quai", "12-14, rue"
	before := i - 1
	if s.isSymbol(before, ',') {
		before--
	}
	if s.oneOf(before, "bis", "ter", "quater", "b", "a", "t") && s.isNumber(before-1) {
		before--
	}
	if s.isNumber(before) && !s.tokens[before].inSpan && s.tokens[before].end-s.tokens[before].start <= 4 && !s.tokens[i].startsLine && !s.isReference(before) {
		if s.isSymbol(before-1, '-') && s.isNumber(before-2) && s.adjacent(before) {
			before -= 2
		}
		return before, to
	}
	if s.isSymbol(to, ',') && (s.equals(to+1, "s") && s.isSymbol(to+2, '/') && s.equals(to+3, "n")) {
		return from, to + 4
	}
	next := to
	if s.isSymbol(next, ',') {
		next++
	}
	if next < len(s.tokens) && s.isNumber(next) && s.tokens[next].end-s.tokens[next].start == 5 && s.isCapitalized(next+1) || i-s.lastAddress <= 2 {
		return from, to
	}
	return 0, 0
}

// isElided reports whether token i is a capitalized word after an elided article: "l'Église", "d'Italia".
func (s *scan) isElided(i int) bool {
	word := s.textOf(i, i+1)
	for k := 1; k < min(3, len(word)-1); k++ {
		if word[k] == '\'' && word[k+1] >= 'A' && word[k+1] <= 'Z' || word[k] == '\'' && word[k+1] >= utf8.RuneSelf {
			return true
		}
		if strings.HasPrefix(word[k:], "’") {
			r, _ := utf8.DecodeRuneInString(word[k+len("’"):])
			return unicode.IsUpper(r)
		}
	}
	return false
}

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
	if !s.lowercaseText && (!s.isCapitalized(k) && !s.isOrdinalSuffix(k) && !(s.hasClass(k, nameParticle|streetWord) && !s.oneOf(k, "et", "und", "y", "e", "en", "och")) || s.hasCue(k, currencyCue|statuteCue|monthCue)) || s.hasClass(k, nameParticle) && s.hasCue(k+1, monthCue) {
		return 0, 0
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
