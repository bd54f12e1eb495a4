package masking

import "strings"

// Codes that somebody assigned to a person, a contract or a thing are recognized by their form, because no list has all words that
// announce them: "E4G4849X88Y29A", "900.417.882-4", "W4T 7K2 9QZ". Laws, decisions, amounts, dates and standards have other
// forms, or words of their own beside them.

// joinedCode is a run of letters and digits, and of marks between them, without a blank.
type joinedCode struct {
	from, to                       int // tokens
	letters, digits                int
	longest                        int // letters of the longest word
	changes                        int // from letters to digits or back
	hyphens, slashes, dots, others int
	small                          bool // has small letters other than a last one
	public                         bool // has a word or sign of a law, a standard, a date or an amount
	years                          bool // is made of years
}

// separators returns how many kinds of marks the code has, and how many marks.
func (c *joinedCode) separators() (kinds, n int) {
	for _, count := range [...]int{c.hyphens, c.slashes, c.dots, c.others} {
		kinds += min(count, 1)
		n += count
	}
	return kinds, n
}

// joinsCode reports whether the mark at token i may join the parts of a code.
func (s *scan) joinsCode(i int) bool {
	return s.isSymbol(i, '-') || s.isSymbol(i, '/') || s.isSymbol(i, '.') || s.isSymbol(i, '_') || s.isSymbol(i, '\\') || s.isSymbol(i, ':')
}

// joinedCodeAt returns the code around the number at token i.
func (s *scan) joinedCodeAt(i int) (c joinedCode) {
	for c.from = i; c.from > 0 && i-c.from < maxJoined && s.adjacent(c.from) && (s.tokens[c.from-1].kind != otherToken || s.joinsCode(c.from-1)); c.from-- {
	}
	for c.from < i && s.tokens[c.from].kind == otherToken {
		c.from++
	}
	c.years = true
	court := false
	defer func() { c.public = c.public || court && (c.digits < 6 || c.changes == 0 || c.slashes > 0) }()
	for c.to = c.from; c.to < len(s.tokens) && c.to-c.from < maxJoined && (c.to == c.from || s.adjacent(c.to)); c.to++ {
		t := &s.tokens[c.to]
		n := int(t.end - t.start)
		c.public = c.public || t.law && t.kind == numberToken || t.inSpan
		switch {
		case t.kind == numberToken:
			c.digits += n
			c.years = c.years && s.isYearAt(c.to)
		case t.kind == wordToken:
			c.letters += n
			c.longest = max(c.longest, n)
			c.years = false
			c.small = c.small || !t.allCaps && n > 1 || n == 1 && !t.capitalized && s.adjacent(c.to+1)
			c.public = c.public || n > 1 && t.cue&(statuteCue|currencyCue|monthCue) != 0 || s.isCommunity(c.to)
			court = court || n > 1 && t.cue&courtCue != 0
		case !s.joinsCode(c.to) || !s.adjacent(c.to+1) || s.tokens[c.to+1].kind == otherToken:
			c.public = c.public || t.symbol == '(' || t.symbol == '%' || t.symbol == ',' && s.adjacent(c.to+1) && s.isNumber(c.to+1)
			return c
		case t.symbol == '-':
			c.hyphens++
		case t.symbol == '/':
			c.slashes++
		case t.symbol == '.':
			c.dots++
		case t.symbol == ':':
			c.public = c.public || c.letters == 0 // a time, a ratio
			c.others++
		default:
			c.others++
		}
		if t.kind != otherToken && c.to > c.from && s.tokens[c.to-1].kind != otherToken && s.tokens[c.to-1].kind != t.kind {
			c.changes++
		}
	}
	return c
}

// isCommunity reports whether token i is the part of the number of a European law, "2014/24/EU", or of a standard.
func (s *scan) isCommunity(i int) bool {
	return s.oneOf(i, "eu", "ue", "eg", "ce", "ec", "cee", "eec", "ewg", "euratom", "jha", "jai", "iso", "iec", "din", "ansi", "nist")
}

// findAssignedCodes masks the codes that only their form reveals, or their form with a word not far before them.
func (s *scan) findAssignedCodes() {
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		if t.kind == wordToken && t.cue&registerCue != 0 && !t.inSpan {
			s.maskRegister(i)
		}
		if t.kind != numberToken || t.inSpan {
			continue
		}
		c := s.joinedCodeAt(i)
		from, to := c.from, c.to
		switch {
		case s.isAssigned(&c) && !s.namesPublic(from, to):
			if s.isSymbol(from-1, '#') && s.adjacent(from) {
				from--
			}
		case c.changes > 0 && s.spacedCodeEnd(&c) > 0 && !s.namesPublic(from, to):
			to = s.spacedCodeEnd(&c)
		case c.letters == 0 && s.spacedDigitsEnd(&c) > 0 && !s.namesPublic(from, to):
			to = s.spacedDigitsEnd(&c)
		case s.isLabeled(&c) && !s.namesPublic(from, to), s.isOwnItalianDocket(&c):
		case c.letters == 0 && c.digits <= 5 && s.isLastDigits(from, to):
		case s.isKnownAs(&c) && !s.namesPublic(from, to):
			to = max(to, s.codeEnd(from, 4))
		default:
			i = max(i, to-1)
			continue
		}
		s.unmarkLaw(from, to)
		s.addSpan(ID, from, to)
		i = to - 1
	}
	s.widenIdentifiers()
}

// isLabeled reports whether the word before the code labels it: an abbreviation in capitals, "NEQ 11411", or any noun if the code
// starts with a zero or is numbered, "payroll 00447".
func (s *scan) isLabeled(c *joinedCode) bool {
	if c.public || c.small && c.changes < 2 || c.years || c.others > 0 || s.isAmount(c.from, c.to) || s.isDateAt(c.from) || s.isArticle(c) {
		return false
	}
	k := c.from - 1
	for k > c.from-5 && k > 0 && s.tokens[k].kind == otherToken && (s.isSymbol(k, '.') && s.adjacent(k) || s.isSymbol(k, ':') || s.isSymbol(k, '#') || s.isQuote(k) || s.isSymbol(k, '(') || s.tokens[k].symbol == 0) {
		k--
	}
	if k < 0 || !s.isWord(k) || s.tokens[c.from].startsLine {
		return false
	}
	t := &s.tokens[k]
	numbered := t.cue&numberCue != 0
	if numbered {
		for k--; k > c.from-8 && k > 0 && s.tokens[k].kind == otherToken && s.isSymbol(k, '.'); k-- {
		}
	}
	zero := s.isNumber(c.from) && s.text[s.tokens[c.from].start] == '0'
	announcing := t.cue&(referenceCue|identityCue|bankCue|numberedCue|handleCue) != 0 || numbered && s.hasCue(k, referenceCue|identityCue|bankCue)
	// "apólice multirriscos 40.063882": an adjective between
	described := !announcing && !numbered && !t.capitalized && t.class&functionWord == 0 && t.cue&(connector|statuteCue|courtCue|currencyCue|monthCue) == 0 && k == c.from-1 && s.hasCue(k-1, referenceCue|identityCue|numberedCue)
	switch {
	case numbered && s.hasCue(k, statuteCue|courtCue|docketCue), s.namesPostcode(k), s.namesPostcode(c.from - 1):
		return false
	case c.letters == 0 && c.to == c.from+1 && c.digits >= 3 && c.digits <= 5 && k == c.from-1 && s.oneOf(k, extensions...):
		return !s.isYearAt(c.from)
	case c.letters == 0 && c.to == c.from+1 && (zero && c.digits >= 4 || c.digits >= 5 && !strings.HasSuffix(s.textOf(c.from, c.to), "00")) && s.ownNounBefore(c.from) && !s.countsNoun(c.to):
		return true // "my locker is 0417"
	case c.letters == 0 && c.to == c.from+1 && c.digits == 4 && announcing && k == c.from-1 && !s.isYearAt(c.from) && (s.phraseEndsAt(c.to) || s.ownNounBefore(c.from)):
		return true // "my badge 7741"
	case c.letters > 0 && announcing && !s.joinsUnit(c):
		return c.digits >= 3 && c.letters+c.digits >= 5
	case c.letters > 0:
		return numbered && !c.small && c.digits >= 3 && c.letters+c.digits >= 5
	case zero && c.digits >= 5:
		return (c.slashes == 0 || c.digits >= 7) && !s.isStateBefore(k)
	case zero && c.digits == 4:
		return (numbered || t.cue&(referenceCue|identityCue) != 0 || t.allCaps || s.oneOf(k, "ag")) && c.dots+c.slashes == 0 && t.cue&(connector|monthCue) == 0
	case announcing && c.slashes == 1 && c.digits >= 5 && c.dots == 0:
		return t.cue&docketCue == 0 && s.tokens[c.from].end-s.tokens[c.from].start >= 3
	case numbered:
		return c.digits >= 5 && c.slashes+c.dots == 0
	case described && c.letters == 0:
		return c.digits >= 6 && (c.slashes == 0 || c.digits >= 6 && !s.isYearAt(c.to-1)) && !(c.dots > 0 && s.isAmountInGroups(c) && c.hyphens == 0)
	}
	return t.allCaps && t.end-t.start <= 6 && !s.isStateBefore(k) && c.digits >= 5 && c.slashes == 0 && (c.dots == 0 || c.hyphens > 0) && t.cue&(statuteCue|courtCue|currencyCue|connector|monthCue) == 0 && !s.uppercaseText && s.text[s.tokens[c.to-1].end-1] != '0'
}

// extensions announce the extension of a telephone.
var extensions = []string{"extension", "ext", "durchwahl", "poste", "extensión", "interno", "toestel", "ramal", "anexo", "l'interno"}

// ownNounBefore reports whether a thing of the writer's own stands before the number at token i, with or without a verb: "my
// locker 0417", "our charity is 1098765".
func (s *scan) ownNounBefore(i int) bool {
	k := i - 1
	if s.oneOf(k, "is", "ist", "est", "es", "è", "é", "lautet") {
		k--
	}
	for n := 0; n < 3 && s.isWord(k) && !s.tokens[k].startsLine; n, k = n+1, k-1 {
		t := &s.tokens[k]
		switch {
		case t.cue&ownCue != 0 && t.end-t.start < 9:
			return n > 0
		case t.cue&(statuteCue|courtCue|currencyCue|monthCue|propertyCue|floorCue|streetType) != 0 || t.class&functionWord != 0:
			return false
		}
	}
	return false
}

// isKnownAs reports whether somebody is known by the code: "they have me down as 44718", "sous 44718".
func (s *scan) isKnownAs(c *joinedCode) bool {
	k := c.from - 1
	if c.public || c.small || c.years || c.others > 0 || c.digits < 4 || c.slashes > 0 || c.dots > 0 || s.isAmount(c.from, c.to) || s.isDateAt(c.from) ||
		s.countsNoun(c.to) && s.isWord(c.to) && !s.isNumber(c.to) && c.letters == 0 {
		return false
	}
	if s.oneOf(k, "sou", "sono") {
		return true
	}
	if !s.oneOf(k, "as", "als", "sous", "como", "come", "unter", "under", "onder") {
		return false
	}
	for p := k - 1; p >= max(0, k-7) && !s.isSymbol(p, '?') && !s.isSymbol(p, '.'); p-- {
		if s.tokens[p].cue&ownCue != 0 || s.oneOf(p, "me", "us", "mich", "uns", "ich", "ik", "mij", "figuro", "soy", "nous", "je") || s.tokens[p].elision == 2 && s.text[s.tokens[p].start]|0x20 == 'm' {
			return true
		}
	}
	return false
}

func (s *scan) namesPostcode(k int) bool {
	return s.oneOf(k, "zip", "zipcode", "postcode", "postal", "postale", "plz", "postleitzahl", "cep", "cap", "cp")
}

// isStateBefore reports whether the word at token k is a state or town before a postcode: "MI 49503".
func (s *scan) isStateBefore(k int) bool {
	return s.tokens[k].allCaps && s.tokens[k].end-s.tokens[k].start <= 3 && s.isSymbol(k-1, ',') || s.hasClass(k, state|placeName)
}

// joinsUnit reports whether the letters of the code are a unit or an ordinal after its digits: "100kg", "2nd".
func (s *scan) joinsUnit(c *joinedCode) bool {
	return c.to-c.from == 2 && s.isNumber(c.from) && s.tokens[c.to-1].end-s.tokens[c.to-1].start > 1
}

// isOwnItalianDocket reports whether the code is the number of a case before "R.G." or "R.G.N.R." of which no court has decided.
func (s *scan) isOwnItalianDocket(c *joinedCode) bool {
	if c.letters > 0 || c.slashes != 1 || c.public {
		return false
	}
	if !(s.equals(c.to, "r") && s.isSymbol(c.to+1, '.') && s.equals(c.to+2, "g")) && !s.oneOf(c.to, "rg", "rgnr") {
		return false
	}
	if !s.isOwnCase(c.from, c.from, c.to) {
		return false
	}
	for k := c.to; k < min(c.to+8, len(s.tokens)) && (s.tokens[k].kind == wordToken && s.tokens[k].allCaps || s.tokens[k].end-s.tokens[k].start == 1); k++ {
		s.tokens[k].law = true // never a name
	}
	return true
}

// isLastDigits reports whether the digits in tokens [i, j) are the last ones of an account or card: "account ending 4419".
func (s *scan) isLastDigits(i, j int) bool {
	if j != i+1 || s.tokens[i].end-s.tokens[i].start < 3 {
		return false
	}
	ending, account, last, four := false, false, false, false
	for k := i - 1; k >= max(0, i-14) && !s.isSymbol(k, '?') && !s.tokens[k+1].startsParagraph; k-- {
		if s.tokens[k].kind != wordToken {
			continue
		}
		ending = ending || i-k <= 3 && s.oneOf(k, "ending", "ends", "endend", "endet", "terminant", "termine", "terminée", "terminado", "terminada", "termina", "terminante", "eindigend", "eindigt")
		account = account || s.tokens[k].cue&(bankCue|cardCue|identityCue|acronymCue|phoneCue|referenceCue) != 0 || s.oneOf(k, "social", "digits", "ziffern", "chiffres", "dígitos", "cifre", "cijfers", "cifras", "algarismos")
		last = last || s.oneOf(k, "last", "letzten", "derniers", "últimos", "últimas", "ultime", "laatste")
		four = four || s.oneOf(k, "four", "vier", "quatre", "cuatro", "quatro", "quattro") || s.isNumber(k)
	}
	return account && (ending || last && four)
}

// spacedDigitsEnd returns the end of a long number in groups of digits apart by blanks, "634004 4584 5269 786", or 0.
func (s *scan) spacedDigitsEnd(c *joinedCode) int {
	if c.to != c.from+1 {
		return 0
	}
	k, digits, thousands := c.from, 0, true
	for ; k < len(s.tokens) && k-c.from < 10 && s.isNumber(k) && !s.tokens[k].inSpan && (k == c.from || !s.tokens[k].startsLine) && !s.tokens[k].law; k++ {
		n := int(s.tokens[k].end - s.tokens[k].start)
		thousands = thousands && (n == 3 || k == c.from && n < 3)
		digits += n
	}
	if k-c.from < 3 || digits < 12 || thousands || s.isAmount(c.from, k) || k < len(s.tokens) && s.adjacent(k) && s.tokens[k].kind != otherToken {
		return 0
	}
	return k
}

// maskRegister masks the numbers of a land register or cadastre that follow each other from the word at token i, "foglio 17, particella
// 417, sub. 8". One alone is masked if the register is named before.
func (s *scan) maskRegister(i int) {
	var found [8]int
	n, words := 0, 0
	k := i
	for k < len(s.tokens) && n < len(found) && !s.tokens[k].startsParagraph {
		if s.tokens[k].cue&registerCue == 0 || s.tokens[k].kind != wordToken {
			break
		}
		words++
		number := k + 1
		for number < k+5 && number < len(s.tokens) && (s.hasCue(number, numberCue) || s.isSymbol(number, '-') && s.hasCue(number+1, numberCue) || s.isSymbol(number, '.') || s.isSymbol(number, ':') || s.tokens[number].kind == otherToken && s.tokens[number].symbol == 0) {
			number++
		}
		if !s.isNumber(number) || s.tokens[number].startsLine && number > k+1 {
			break
		}
		found[n] = number
		n++
		for k = number + 1; k < number+6 && k < len(s.tokens) && s.tokens[k].cue&registerCue == 0 && (s.tokens[k].kind != wordToken && !s.isSymbol(k, '?') || s.isNumber(k) || s.tokens[k].end-s.tokens[k].start <= 3 || s.hasCue(k, connector)); k++ {
			if s.isNumber(k) && n < len(found) && !s.isYear(k) {
				found[n] = k
				n++
			}
		}
	}
	named := words > 1 || n > 0 && s.oneOf(i, "flur", "flurstück", "particella", "mappale") && s.isSymbol(found[0]+1, '/')
	for p := i - 1; p >= max(0, i-12) && !named; p-- {
		named = s.oneOf(p, "catasto", "catastale", "catastal", "cadastre", "cadastral", "cadastrale", "cadastré", "cadastrée", "cadastrés", "grundbuch", "kadaster", "kadastraal", "kadastrale", "registro", "registral", "conservatória", "conservatoria", "foncière", "foncier", "gemarkung", "deed", "deeds", "county", "recorder", "appartementsrecht", "hipoteca", "copropriété", "complexaanduiding")
	}
	if !named {
		return
	}
	for _, number := range found[:n] {
		if s.tokens[number].inSpan || s.tokens[number].law || s.isAmount(number, number+1) {
			continue
		}
		end := number + 1
		for s.adjacent(end) && (s.tokens[end].kind != otherToken || s.joinsCode(end) && s.adjacent(end+1) && s.tokens[end+1].kind != otherToken) {
			end++
		}
		s.addSpan(ID, number, end)
	}
}

// widenIdentifiers adds to the identifiers what belongs to them but stands apart, the capitals in front of them, "no. BA 4447 8663",
// and a last group, "L-4132727 8".
func (s *scan) widenIdentifiers() {
	for n := range s.spans {
		span := &s.spans[n]
		if span.Type != ID {
			continue
		}
		i := s.tokenFrom(span.Start)
		j := i
		digits := 0
		for ; j < len(s.tokens) && int(s.tokens[j].start) < span.End; j++ {
			if s.tokens[j].kind == numberToken {
				digits += int(s.tokens[j].end - s.tokens[j].start)
			}
		}
		if digits >= 4 && j+1 < len(s.tokens) && (s.isSymbol(j, '\\') || s.isSymbol(j, '/')) && s.isWord(j+1) && s.tokens[j+1].allCaps {
			if end := s.docketEnd(i); end > j && s.allFree(j, end) { // "4688829 \ CV EXPL 24-88"
				for ; j < end; j++ {
					s.tokens[j].inSpan = true
				}
				span.End = int(s.tokens[end-1].end)
				continue
			}
		}
		if k := i - 1; digits >= 4 && s.isNumber(i) && s.isPrefix(k) && k > 0 && (s.isSymbol(k-1, ':') || s.isSymbol(k-1, '#') || s.hasCue(k-1, numberCue|numberedCue|identityCue|referenceCue) || s.oneOf(k-1, "as", "als", "is", "ist", "sous", "como", "unter") || s.hasCue(k-2, numberCue|numberedCue) && s.tokens[k-1].kind == otherToken) {
			s.tokens[k].inSpan = true
			span.Start = int(s.tokens[k].start)
		} else if i > 1 && s.isNumber(i) && s.adjacent(i) && s.adjacent(i-1) && (s.isSymbol(k, '-') || s.isSymbol(k, '/')) && s.isWord(i-2) && s.tokens[i-2].allCaps && !s.tokens[i-2].inSpan && s.tokens[i-2].end-s.tokens[i-2].start <= 4 && digits > 0 && !s.followsLetterOrDigit(i-2) {
			s.tokens[k].inSpan, s.tokens[i-2].inSpan = true, true // "CC/417/2024"
			s.unmarkLaw(i-2, i)
			span.Start = int(s.tokens[i-2].start)
		}
		if i > 1 && digits >= 3 && s.isNumber(i) && s.isSymbol(i-1, '-') && s.adjacent(i) && s.adjacent(i-1) && s.isNumber(i-2) && s.allFree(i-2, i) {
			s.tokens[i-1].inSpan, s.tokens[i-2].inSpan = true, true // "2-13 O 123/24"
			s.unmarkLaw(i-2, i)
			span.Start = int(s.tokens[i-2].start)
		}
		if (digits >= 6 || digits >= 3 && s.oneOf(i, "hra", "hrb")) && j < len(s.tokens) && s.tokens[j].afterBlank && !s.tokens[j].startsLine && !s.tokens[j].inSpan && s.tokens[j].end-s.tokens[j].start <= 2 &&
			(s.isNumber(j) || s.isWord(j) && (s.tokens[j].allCaps || s.tokens[j].end-s.tokens[j].start == 1 && (s.tokens[j].capitalized || s.oneOf(i-1, "fn"))) && s.tokens[j].cue&(currencyCue|courtCue) == 0) &&
			(s.lineEndsAt(j+1) || s.isNumber(j) && s.tokens[j].end-s.tokens[j].start == 1 && s.isWord(i) && !s.tokens[j+1].capitalized || s.tokens[j+1].kind == otherToken && !s.adjacent(j+2) || s.isWord(j) && s.tokens[j].end-s.tokens[j].start == 1 && !s.oneOf(j, "a", "e", "i", "o", "y") && !(s.isSymbol(j+1, '.') && s.adjacent(j+1) && s.adjacent(j+2))) {
			s.tokens[j].inSpan = true
			span.End = int(s.tokens[j].end)
		}
	}
}

func (s *scan) allFree(i, j int) bool {
	for ; i < j; i++ {
		if s.tokens[i].inSpan {
			return false
		}
	}
	return true
}

// isPrefix reports whether token k is one to four capitals apart from the digits after it.
func (s *scan) isPrefix(k int) bool {
	if !s.isWord(k) || s.tokens[k].inSpan || s.tokens[k+1].startsLine || !s.tokens[k+1].afterBlank {
		return false
	}
	t := &s.tokens[k]
	return (t.allCaps && t.end-t.start <= 4 || t.capitalized && t.end-t.start == 1) && t.cue&(acronymCue|statuteCue|courtCue|currencyCue|numberCue|bankCue) == 0
}

// isAssigned reports whether the code has a form that hardly anything but an identifier has.
func (s *scan) isAssigned(c *joinedCode) bool {
	if c.public || c.years || c.digits < 4 || s.isUniversal(c) {
		return !c.public && s.isUniversal(c)
	}
	kinds, marks := c.separators()
	if c.small && s.isHexGroups(c) {
		return true
	}
	if c.letters > 0 {
		return !c.small && c.longest <= 6 && c.letters+c.digits >= 7 && (c.changes > 1 || c.digits >= 6 || marks > 1 && c.digits >= 5) && c.others == 0 && !s.isArticle(c)
	}
	if s.isAmount(c.from, c.to) || s.isDateAt(c.from) {
		return false
	}
	text := s.textOf(c.from, c.to)
	switch {
	case s.isSymbol(c.from-1, '#') && s.adjacent(c.from) && c.others == 0:
		return true
	case marks == 0 && s.isSymbol(c.from-1, '|') && s.isSymbol(c.to, '|'):
		return false // the header of the table says what it is
	case marks == 0:
		return c.digits >= 8 && c.digits <= 24 && text[len(text)-4:] != "0000" && !s.isCompactDate(c.from) && !(len(text) == 16 && text[0] >= '4' && text[0] <= '5') && s.followsNoun(c.from) && (c.digits >= 10 && !s.oneOf(c.to, "units", "people") || !s.countsNoun(c.to))
	case c.others > 0:
		return false
	case kinds > 1:
		return c.digits >= 9 && (c.hyphens > 0 || marks > 2)
	}
	return c.hyphens > 1 && c.digits >= 10 || c.dots > 2 && c.digits >= 9 && !s.isAmountInGroups(c)
}

// followsNoun reports whether a word that may name the number at token i stands directly before it, or a colon.
func (s *scan) followsNoun(i int) bool {
	if i == 0 || s.tokens[i].startsLine {
		return false
	}
	t := &s.tokens[i-1]
	if t.kind != wordToken {
		return t.symbol == ':' || t.symbol == '.' && s.isWord(i-2) || s.isQuote(i-1) || t.symbol == 0 || t.symbol == '('
	}
	return t.cue&(connector|currencyCue) == 0 && t.class&functionWord == 0
}

// isAmountInGroups reports whether full stops part the digits of the code into thousands.
func (s *scan) isAmountInGroups(c *joinedCode) bool {
	for k := c.from + 2; k < c.to; k += 2 {
		if s.tokens[k].end-s.tokens[k].start != 3 {
			return false
		}
	}
	return true
}

// countsNoun reports whether the word at token i may be what a number before it counts: "123456789 units".
func (s *scan) countsNoun(i int) bool {
	if s.oneOf(i, "of", "de", "von", "der", "di", "du", "van", "del", "do", "da") {
		return true
	}
	return s.isWord(i) && !s.tokens[i].startsLine && s.tokens[i].rank <= frequentScore && !s.tokens[i].capitalized && s.tokens[i].class&functionWord == 0 && s.tokens[i].cue&connector == 0
}

// isUniversal reports whether the code is a UUID: "41d8c2e0-7b1f-4a55-9c3e-88f0a1b2c3d4".
func (s *scan) isUniversal(c *joinedCode) bool {
	if c.hyphens != 4 || c.letters+c.digits != 32 {
		return false
	}
	text := s.textOf(c.from, c.to)
	for k := range len(text) {
		if (text[k] == '-') != (k == 8 || k == 13 || k == 18 || k == 23) || text[k] != '-' && (text[k] == ':' || !isHexOrColon(text[k])) {
			return false
		}
	}
	return true
}

// isHexGroups reports whether the code is three or more groups of hexadecimal digits of one length: "8f3a-41c9-77d0".
func (s *scan) isHexGroups(c *joinedCode) bool {
	text := s.textOf(c.from, c.to)
	if c.hyphens < 2 || c.letters < 2 || c.slashes+c.dots+c.others > 0 || len(text) > 64 {
		return false
	}
	n := strings.IndexByte(text, '-')
	for k := range len(text) {
		if (text[k] == '-') != (k%(n+1) == n) || text[k] != '-' && (text[k] == ':' || !isHexOrColon(text[k])) {
			return false
		}
	}
	return n >= 4 && len(text)%(n+1) == n
}

// isArticle reports whether the code is public or no code: an article of a French code, "L1233-34", the number of a European document, "32016R0679",
// or a Brazilian decision with its state, "1.657.156/RJ".
func (s *scan) isArticle(c *joinedCode) bool {
	first, n := &s.tokens[c.from], c.to-c.from
	switch text := s.textOf(c.from, c.to); {
	case n == c.changes+1 && len(text) > 14 && isLetter(text) && isLetter(text[1:]) && ibanLengths[text[:2]] > 0:
		return true // an IBAN with wrong check digits
	case c.letters == 1 && first.kind == wordToken && s.oneOf(c.from, "l", "r", "d", "a", "c", "t") && (s.isNumber(c.from+1) && s.tokens[c.from+1].end-s.tokens[c.from+1].start <= 4 || s.isSymbol(c.from+1, '.')):
		return c.slashes == 0 && c.dots <= 1
	case n == 3 && c.changes == 2 && first.kind == numberToken && first.end-first.start == 5 && s.tokens[c.to-1].end-s.tokens[c.to-1].start == 4:
		return true
	case n == 3 && c.letters == 5 && first.kind == wordToken && first.end-first.start == 4 && c.digits == 7:
		return true // "JUSC1912345A"
	case c.letters == 2 && c.slashes == 1 && s.isWord(c.to-1) && s.isSymbol(c.to-2, '/') && first.kind == numberToken:
		return true
	}
	return false
}

// isCompactDate reports whether the eight digits at token i are a date, "20240504".
func (s *scan) isCompactDate(i int) bool {
	text := s.textOf(i, i+1)
	return len(text) == 8 && (text[:2] == "19" || text[:2] == "20") && text[4:6] >= "01" && text[4:6] <= "12" && text[6:] >= "01" && text[6:] <= "31"
}

// namesPublic reports whether words beside tokens [i, j) say that the number is that of a law, a decision or a publication, or is a
// quantity.
func (s *scan) namesPublic(i, j int) bool {
	if s.nearLaw(max(0, i-1)) || s.isReference(i) {
		return true
	}
	if i > 0 && s.adjacent(i) && (s.tokens[i-1].symbol == 0 && s.tokens[i-1].kind == otherToken && isCurrency(s.textOf(i-1, i)) || s.isSymbol(i-1, '$') || s.isSymbol(i-1, '@') || s.isSymbol(i-1, '+') || s.isSymbol(i-1, ',')) {
		return true
	}
	for k := j; k < min(j+4, len(s.tokens)) && !s.tokens[k].startsLine; k++ {
		if s.tokens[k].kind == wordToken && s.namesCourt(k) && s.isSymbol(j, '(') {
			return true
		}
	}
	if s.isNumber(i-2) && s.isWord(i-1) && s.tokens[i-1].allCaps {
		return true // "65 FR 82462"
	}
	return i > 0 && s.isWord(i-1) && (s.tokens[i-1].law && s.tokens[i-1].cue&acronymCue == 0 || s.tokens[i-1].cue&monthCue != 0 || s.isDecisionClass(i-1))
}

// isDecisionClass reports whether the word at token i is how a Brazilian or Spanish court calls a kind of its decisions: "HC 143.641".
func (s *scan) isDecisionClass(i int) bool {
	return s.oneOf(i, "re", "hc", "adi", "adpf", "adc", "are", "resp", "aresp", "rhc", "rms", "rr", "airr", "rcl", "tema", "roj", "rtj", "qpc", "fr", "wl", "usc", "pub", "ats", "aap")
}

// spacedCodeEnd returns the end of a code in groups of letters and digits apart by blanks, which starts with c, "W4T 7K2 9QZ", or 0.
func (s *scan) spacedCodeEnd(c *joinedCode) int {
	mixed, end := 0, c.from
	for k := c.from; k < len(s.tokens) && k-c.from < 24 && (k == c.from || s.tokens[k].afterBlank && !s.tokens[k].startsLine); {
		group, letters, digits := k, 0, 0
		for k < len(s.tokens) && (k == group || s.adjacent(k)) && s.tokens[k].kind != otherToken {
			t := &s.tokens[k]
			if t.inSpan || t.law || t.kind == wordToken && !t.allCaps && !(t.capitalized && t.end-t.start == 1) {
				return 0
			}
			if t.kind == wordToken {
				letters += int(t.end - t.start)
			} else {
				digits += int(t.end - t.start)
			}
			k++
		}
		if letters == 0 || digits == 0 || letters+digits < 3 {
			break
		}
		mixed++
		end = k
	}
	if mixed < 3 {
		return 0
	}
	return end
}
