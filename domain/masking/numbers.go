package masking

import "strings"

// digitSequence is a sequence of digit groups and separators: "+1 (415) 555-0100 x12".
type digitSequence struct {
	from, to int // tokens
	groups   [16]int
	first    [16]int // token of each group
	n        int     // groups
	total    int     // digits without the extension
	seps     [16]byte
	plus     bool
	paren    bool
	ext      bool
}

// classifyNumber classifies the digit sequence at token i, which is a number, '+' or '('. It returns the last
// token it consumed.
func (s *scan) classifyNumber(i int) int {
	if i > 0 && s.adjacent(i) && s.tokens[i].kind == numberToken && (s.tokens[i-1].kind == wordToken || s.isSymbol(i-1, '_')) {
		return i // part of a word
	}
	if s.tokens[i].kind == numberToken {
		if j := s.maskMAC(i); j > 0 {
			return j - 1
		}
		// a number joined to letters is a code: "12345678Z", or "12th", "3M"
		if s.isWord(i+1) && s.adjacent(i+1) {
			if j := s.maskWallet(i); j > 0 {
				return j - 1
			}
			return s.codeAt(i)
		}
		if s.isSymbol(i-1, ',') && s.adjacent(i) && s.isNumber(i-2) && s.adjacent(i-1) {
			return i // "1,200.00"
		}
		if j := s.dateAt(i); j > 0 {
			return j - 1
		}
		if j := s.maskIPv4(i); j > 0 {
			return j - 1
		}
		if j := s.docketAt(i); j > 0 {
			return j - 1
		}
		if s.isSymbol(i+1, '-') && s.adjacent(i+1) && s.isWord(i+2) && s.adjacent(i+2) && (s.tokens[i+2].allCaps || s.tokens[i+2].end-s.tokens[i+2].start == 1 && s.tokens[i+2].capitalized) {
			if j := s.codeAt(i); j > i {
				return j // "12-ABC-3"
			}
		}
	}
	d := s.readDigits(i)
	if d.n == 0 {
		return i
	}
	if d.total < 5 && !d.plus && !(s.isWord(d.to) && s.tokens[d.to].allCaps && d.total >= 2) {
		return d.first[0]
	}
	if j := s.maskCardNumber(&d); j > 0 {
		return j - 1
	}
	if s.isReference(i) || s.isAmount(i, d.to) {
		return d.to - 1
	}
	if j := s.maskReferenceCode(i); j > 0 {
		return j - 1
	}
	announced := s.announced(i) && !(d.plus || s.near(phoneCue, i, 4) && s.lastCue[cueIndex(phoneCue)] > s.lastAnnouncement())
	ssn := s.isSSN(&d)
	if !d.plus && !d.paren && !ssn {
		if j := s.maskIdentifier(d.first[0], announced); j > d.first[0] || s.tokens[d.first[0]].inSpan {
			return j
		}
	}
	switch {
	case ssn:
		s.addSpan(SSN, d.first[0], d.to)
	case announced && d.total >= 5 && !d.paren, d.total >= 6 && !d.plus && !d.paren && s.isNumberedAt(i, &d):
		s.addSpan(ID, d.first[0], d.to)
	case s.near(cardCue, i, 4) && d.total >= 12 && d.total <= 19:
		s.addSpan(CreditCard, d.first[0], d.to)
		s.lastCard = d.to
	case s.isPhone(&d):
		s.addSpan(Phone, d.from, d.to)
	default:
		if d.from < d.first[0] {
			return i
		}
		return d.first[0]
	}
	return d.to - 1
}

// isNumberedAt reports whether the digit sequence at token i is announced as a number, "Bar No. 123456", and is neither that
// of a phone nor of a decision.
func (s *scan) isNumberedAt(i int, d *digitSequence) bool {
	if !s.near(numberCue, i, 4) || d.n > 1 && d.total < 8 || s.near(phoneCue, i, 8) {
		return false
	}
	last := s.lastCue[cueIndex(numberCue)]
	if s.oneOf(i-1, "of", "de", "di", "do", "der", "von", "van") || s.tokens[last].class&phoneKeyword != 0 && s.tokens[last].cue&numberCue != 0 && !s.isSymbol(i-1, '.') && s.lastCue[cueIndex(phoneCue)] > last-6 && s.lastCue[cueIndex(phoneCue)] < last {
		return false
	}
	for k := i - 1; k >= max(0, i-10); k-- {
		if s.tokens[k].kind == wordToken && s.namesCourt(k) {
			return false
		}
	}
	return d.n == 1 || d.seps[1] != '/' || d.n == 2 && d.groups[1] >= 5 && !s.nearLaw(i-1)
}

// lastAnnouncement returns the token of the last word that announces an identifier.
func (s *scan) lastAnnouncement() int {
	last := notSeen
	for _, c := range []cue{identityCue, acronymCue, numberedCue, bankCue, referenceCue} {
		last = max(last, s.lastCue[cueIndex(c)])
	}
	return last
}

// codeAt masks the code that starts with the digits at token i, "12345678Z", and returns its last token, or the end of
// the word.
func (s *scan) codeAt(i int) int {
	announced := s.announced(i)
	if s.isReference(i) {
		return i
	}
	if j := s.maskReferenceCode(i); j > 0 {
		return j - 1
	}
	if j := s.maskIdentifier(i, announced); j > i {
		return j
	}
	if announced {
		return s.maskCode(i)
	}
	if j := s.maskBareCode(i); j > 0 {
		return j - 1
	}
	return i
}

// isReference reports whether the number at token i is that of a law, a part of one, or a page: "§ 18", "Verordnung (EU) Nr.
// 261/2004", "loi n° 95-125".
func (s *scan) isReference(i int) bool {
	for k := i - 1; k >= max(0, i-8); k-- {
		t := &s.tokens[k]
		switch {
		case t.kind == numberToken:
			if !s.adjacent(k+1) && !s.tokens[k+1].afterBlank {
				return false
			}
		case t.kind == otherToken:
			if t.symbol == 0 {
				switch s.textOf(k, k+1) {
				case "§":
					return true
				case "°", "º", "ª":
					continue
				}
				return false
			}
			if x := t.symbol; x != '.' && x != '(' && x != ')' && x != '-' && x != '/' && x != ',' {
				return false
			}
			if t.symbol == '.' && s.tokens[k+1].startsSentence && s.tokens[k+1].kind == wordToken {
				return false
			}
		case t.cue&(statuteCue|numberCue) == statuteCue|numberCue:
			if s.isSymbol(k-1, '-') && s.adjacent(k) {
				return false // "AHV-Nummer"
			}
		case t.cue&statuteCue != 0 || t.class&legalReference != 0 && t.cue&(numberCue|docketCue|referenceCue) == 0:
			return true
		case t.cue&numberCue != 0, t.cue&connector != 0 && t.end-t.start <= 3, s.oneOf(k, "eu", "eg", "ec", "ce", "ue", "ewg", "cee", "eec", "euratom", "l", "d", "r"):
		default:
			return false
		}
	}
	return false
}

// sentenceEndsBetween reports whether a sentence ends between tokens i and j.
func (s *scan) sentenceEndsBetween(i, j int) bool {
	for k := i + 1; k < j && k > 0; k++ {
		if s.isSymbol(k, '.') && k > i+1 && s.tokens[k-1].end-s.tokens[k-1].start > 3 || s.isSymbol(k, '?') || s.isSymbol(k, '!') {
			return true
		}
	}
	return false
}

// isAmount reports whether the number in tokens [i, j) is an amount of money, a percentage or a count.
func (s *scan) isAmount(i, j int) bool {
	if i > 0 {
		if s.isSymbol(i-1, '$') || s.tokens[i-1].cue&currencyCue != 0 {
			return true
		}
		if s.tokens[i-1].kind == otherToken && s.tokens[i-1].symbol == 0 && isCurrency(s.textOf(i-1, i)) {
			return true
		}
	}
	if j >= len(s.tokens) {
		return false
	}
	t := &s.tokens[j]
	switch {
	case s.isSymbol(j, '%') || s.isSymbol(j, '$'), t.symbol == 0 && t.kind == otherToken && isCurrency(s.textOf(j, j+1)), t.cue&currencyCue != 0 && !t.startsLine:
		return true
	case s.isSymbol(j, ',') && s.adjacent(j) && s.adjacent(j+1) && s.isNumber(j+1):
		return true
	}
	return false
}

func isCurrency(symbol string) bool {
	switch symbol {
	case "€", "£", "¥", "₹", "§", "‰", "₽", "₺", "zł":
		return true
	}
	return false
}

func (s *scan) readDigits(i int) digitSequence {
	d := digitSequence{from: i}
	j := i
	if s.isSymbol(j, '+') {
		d.plus = true
		j++
	}
	var sep byte
	for d.n < len(d.groups) && j < len(s.tokens) {
		t := &s.tokens[j]
		if t.inSpan || t.startsLine && d.n > 0 {
			break
		}
		if t.kind == numberToken {
			if t.afterBlank && d.n > 0 && sep == 0 {
				sep = ' '
			}
			d.first[d.n], d.groups[d.n], d.seps[d.n] = j, int(t.end-t.start), sep
			d.n++
			d.total += int(t.end - t.start)
			j++
			d.to = j
			sep = 0
			continue
		}
		if t.kind != otherToken {
			break
		}
		if t.afterBlank && d.n > 0 && t.symbol != '(' && t.symbol != '-' && (t.symbol != '/' || !d.plus && !(d.n == 1 && s.text[s.tokens[d.first[0]].start] == '0' && d.groups[0] <= 5)) {
			break
		}
		switch t.symbol {
		case '(':
			if d.n > 0 && !d.plus && s.text[s.tokens[d.first[0]].start] != '0' && d.groups[0] > 1 {
				return d.extension(s)
			}
			d.paren = true
			sep = '('
		case ')':
			sep = ')'
		case '-', '.', '/':
			if sep != 0 && sep != ')' {
				return d.extension(s)
			}
			sep = t.symbol
		default:
			return d.extension(s)
		}
		if !s.isNumber(j+1) && !s.isSymbol(j+1, '(') && !(t.symbol == ')' && s.isSymbol(j+1, '-')) {
			break
		}
		j++
	}
	return d.extension(s)
}

// extension adds a phone extension, "x123" or "ext. 123".
func (d digitSequence) extension(s *scan) digitSequence {
	j := d.to
	if !s.oneOf(j, "x", "ext", "extension") || d.total < 7 {
		return d
	}
	j++
	if s.isSymbol(j, '.') {
		j++
	}
	if s.isNumber(j) && s.tokens[j].end-s.tokens[j].start <= 6 {
		d.to = j + 1
		d.ext = true
	}
	return d
}

// isSSN reports whether the sequence is a US social security or taxpayer number: 3-2-4 digits, or nine
// digits after a keyword such as "SSN".
func (s *scan) isSSN(d *digitSequence) bool {
	if d.total != 9 || d.plus || d.paren {
		return false
	}
	switch {
	case d.n == 3 && d.groups[0] == 3 && d.groups[1] == 2 && d.seps[1] == d.seps[2] && (d.seps[1] == '-' || d.seps[1] == ' '):
	case d.n == 1 && (s.near(identityCue, d.first[0], 14) && s.oneOf(s.lastCue[cueIndex(identityCue)], "ssn", "security", "itin") ||
		s.near(acronymCue, d.first[0], 14) && s.oneOf(s.lastCue[cueIndex(acronymCue)], "ssn", "itin")):
	default:
		return false
	}
	number := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s.textOf(d.first[0], d.first[d.n-1]+1))
	area, group, serial := number[:3], number[3:5], number[5:]
	if serial == "0000" || area == "000" || area == "666" || group == "00" {
		return false
	}
	return area < "900" || group >= "50" // from 900 on: taxpayer numbers
}

// intValue returns the value of a number token of up to 4 digits, or -1.
func (s *scan) intValue(i int) int {
	n := s.textOf(i, i+1)
	if len(n) > 4 {
		return -1
	}
	v := 0
	for k := range len(n) {
		v = v*10 + int(n[k]-'0')
	}
	return v
}

// lineEndsAt reports whether token i starts a line or ends the text.
func (s *scan) lineEndsAt(i int) bool { return i >= len(s.tokens) || s.tokens[i].startsLine }

func (s *scan) hasCue(i int, c cue) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].cue&c != 0
}

func (s *scan) isYear(i int) bool {
	y := s.intValue(i)
	return y >= 1800 && y < 2100
}

// isYearAt reports whether token i is a year of four digits.
func (s *scan) isYearAt(i int) bool {
	return s.isNumber(i) && s.tokens[i].end-s.tokens[i].start == 4 && s.isYear(i)
}
