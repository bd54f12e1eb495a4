package masking

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// streetAround finds the street name and number around the street word at token i.
func (s *scan) streetAround(i int) (from, to int) {
	t := &s.tokens[i]
	if to = s.dateStreet(i); to > 0 {
		return i, to
	}
	if s.lowercaseText && s.oneOf(i, "walk", "row", "view") {
		return 0, 0
	}
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
		case words > 0 && s.isNumber(k-1) && !s.tokens[k].startsLine && s.tokens[k].capitalized && s.oneOf(k, "n", "s", "e", "w"):
			from = k // "310 E 46th St"
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
		if s.oneOf(i, "court", "close", "way", "drive", "via", "gate", "square", "walk", "row", "view") {
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
	for n := 0; n < 2 && s.isCapitalized(from-1) && !s.lowercaseText && s.qualifiesStreet(from-1) && !s.tokens[from].startsLine && s.tokens[from-1].cue&(opener|connector) == 0 && (s.isSymbol(from-2, ',') || s.tokens[from-1].startsLine || s.isWord(from-2) && !s.tokens[from-2].capitalized) && s.tokens[from-1].class&honorific == 0; n++ {
		from--
	}
	for s.isSymbol(from-1, '-') && s.adjacent(from) && s.adjacent(from-1) && s.isCapitalized(from-2) {
		from -= 2 // "Karl-Marx-Straße"
	}
	if s.isWord(from-1) && s.tokens[from-1].capitalized && s.oneOf(from-1, "van", "de", "den", "ter", "ten", "'t", "sint", "oude", "nieuwe") && !s.tokens[from].startsLine {
		from-- // "Van Speijkstraat"
	}
	if s.oneOf(from-1, "van", "de", "der", "den") && !s.tokens[from-1].capitalized && s.isCapitalized(from-2) && !s.lowercaseText && !s.tokens[from].startsLine && !s.tokens[from-1].startsLine && s.tokens[from-2].cue&(addressCue|opener|connector) == 0 && !s.tokens[from-2].startsSentence {
		from -= 2 // "Jan van Galenstraat"
	} else if s.lowercaseText && s.oneOf(from-1, "lange", "korte", "oude", "nieuwe", "grote", "kleine") && !s.tokens[from].startsLine {
		from--
	}
	from = s.prepositionBefore(from)
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

// dateStreet returns the end of a street named after a date, with its number, "Straße des 17. Juni 135", at token i, or 0.
func (s *scan) dateStreet(i int) int {
	if !s.equals(i+1, "des") || !s.isNumber(i+2) || !s.isSymbol(i+3, '.') || !s.hasCue(i+4, monthCue) {
		return 0
	}
	to := i + 5
	if !s.extendByHouseNumber(&to) {
		return 0
	}
	return to
}

// qualifiesStreet reports whether the capitalized word at token i may belong to the street after it, as in "Alte Hauptstraße":
// after an article, only an adjective does.
func (s *scan) qualifiesStreet(i int) bool {
	if !s.oneOf(i-1, "des", "der", "die", "das", "den", "dem", "eines", "einer", "vom", "zum", "zur", "im") {
		return true
	}
	word := s.textOf(i, i+1)
	return strings.HasSuffix(word, "e") || strings.HasSuffix(word, "er") || strings.HasSuffix(word, "en")
}

// prepositionBefore returns the start of a street with a capitalized preposition inside a sentence: "wohnt Am Sandtorkai 5", "An
// der Kuhgasse 3".
func (s *scan) prepositionBefore(from int) int {
	k := from - 1
	if s.oneOf(k, "der", "dem", "den", "die", "das") && !s.tokens[k].capitalized {
		k--
	}
	if k > 0 && s.oneOf(k, "am", "an", "auf", "im", "in", "unter", "zum", "zur", "hinter", "vor", "beim") && s.tokens[k].capitalized && !s.tokens[k].inSpan && !s.tokens[k+1].startsLine &&
		(s.isSymbol(k-1, ',') || s.isSymbol(k-1, ':') || s.isWord(k-1) && !s.tokens[k].startsLine || s.tokens[k].startsLine) && !s.isSymbol(k-1, '.') {
		return k
	}
	return from
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
	if t := &s.tokens[i]; t.end-t.start <= 2 && !s.isSymbol(i+1, '.') && !s.isSymbol(i+1, '/') && !(s.addressExpected(i) && (t.capitalized || s.lowercaseText && t.end-t.start == 2)) {
		return 0, 0
	}
	return s.streetNamed(i)
}

// streetNamed is streetAfterType for a word that certainly is the type of a street.
func (s *scan) streetNamed(i int) (from, to int) {
	if s.equals(i+2, "c") && s.isSymbol(i+1, '/') {
		return 0, 0 // an account, "C/C"
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
		case s.lowercaseText && named == 0 && t.kind == wordToken && t.class&functionWord == 0 && s.isNumber(k+1) && s.addressExpected(i): // "calle mayor 14"
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
	if s.isSymbol(number, ',') && (s.isNumber(number+1) && !s.tokens[number+1].startsLine && s.tokens[number+1].end-s.tokens[number+1].start < 5 || s.hasCue(number+1, numberCue) || s.equals(number+1, "km")) && (s.unitAfter(number+1) == 0 || s.equals(number+1, "km")) {
		number++
	}
	if s.extendByHouseNumber(&number) && !s.isAmount(number-1, number) {
		if s.equals(number, "km") && !s.tokens[number].startsLine && s.extendByHouseNumber(&number) {
			return from, number // "Strada Provinciale 44 km 7"
		}
		return from, number
	}
	// the number before: "12 rue", "2 bis, quai", "12-14, rue"
	before := i - 1
	if s.isSymbol(before, ',') {
		before--
	}
	if s.oneOf(before, "bis", "ter", "quater", "b", "a", "t") && s.isNumber(before-1) {
		before--
	} else if s.oneOf(before, "du", "de") && s.isNumber(before-1) && s.oneOf(before-2, "au", "le", "aux") {
		before-- // "au 22 du boulevard Carnot"
	}
	if s.isNumber(before) && !s.tokens[before].inSpan && s.tokens[before].end-s.tokens[before].start <= 4 && !s.tokens[i].startsLine && !s.isReference(before) {
		if s.isSymbol(before-1, '-') && s.isNumber(before-2) && s.adjacent(before) {
			before -= 2
		}
		return before, to
	}
	if j := s.withoutNumber(to); j > 0 {
		return from, j
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

// withoutNumber returns the end of the words at token k that a street without numbers has in their place, "s/n", "snc", or 0.
func (s *scan) withoutNumber(k int) int {
	if s.isSymbol(k, ',') {
		k++
	}
	switch {
	case k >= len(s.tokens) || s.tokens[k].startsLine:
	case s.equals(k, "s") && s.isSymbol(k+1, '/') && s.equals(k+2, "n"):
		return k + 3
	case s.oneOf(k, "snc", "sn"):
		return k + 1
	}
	return 0
}

// isElided reports whether token i is a capitalized word after an elided article: "l'Église", "d'Italia".
func (s *scan) isElided(i int) bool {
	word := s.textOf(i, i+1)
	for k := 1; k < min(5, len(word)-1); k++ {
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
