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
	d := s.readDigits(i)
	if d.n == 0 {
		return i
	}
	// a number joined to letters is a code: "12th", "3M"
	if s.isWord(d.to) && s.adjacent(d.to) && d.n == 1 {
		if i-s.lastKeyword.id <= 8 {
			return s.maskAlphanumericID(i)
		}
		return i
	}
	if s.isSymbol(i-1, ',') && s.adjacent(i) && s.isNumber(i-2) && s.adjacent(i-1) {
		return d.first[0] // "1,200.00"
	}
	if s.hasClass(i-1, legalReference) || s.hasClass(i-2, legalReference) && s.tokens[i-1].kind == otherToken || s.isSymbol(i-1, '$') || s.isAmount(i, d.to) {
		if s.maskCardNumber(&d) == 0 && !(i-s.lastKeyword.id <= 3 || s.equals(i-1, "no") || s.equals(i-2, "no")) {
			return d.to - 1
		}
	}
	if j := s.maskIPv4(i); j > 0 {
		return j - 1
	}
	if j := s.maskCardNumber(&d); j > 0 {
		return j - 1
	}
	if j := s.dateAt(i); j > 0 {
		return j - 1
	}
	switch {
	case s.isSSN(&d):
		s.addSpan(SSN, d.first[0], d.to)
	case i-s.lastKeyword.id <= 8 && d.total >= 5 && (i-s.lastKeyword.phone > i-s.lastKeyword.id || d.n == 1) && !s.sentenceEndsBetween(s.lastKeyword.id, i):
		s.addSpan(ID, d.first[0], d.to)
	case i-s.lastKeyword.card <= 4 && d.total >= 12 && d.total <= 19:
		s.addSpan(CreditCard, d.first[0], d.to)
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

// sentenceEndsBetween reports whether a sentence ends between tokens i and j.
func (s *scan) sentenceEndsBetween(i, j int) bool {
	for k := i + 1; k < j && k > 0; k++ {
		if s.isSymbol(k, '.') && k > i+1 && s.tokens[k-1].end-s.tokens[k-1].start > 3 || s.isSymbol(k, '?') || s.isSymbol(k, '!') {
			return true
		}
	}
	return false
}

// isAmount reports whether the number is an amount of money, a percentage or a count.
func (s *scan) isAmount(i, j int) bool {
	if i > 0 && s.tokens[i-1].kind == otherToken {
		if r := s.textOf(i-1, i); r == "€" || r == "£" || r == "¥" || r == "§" {
			return true
		}
	}
	return s.isSymbol(j, '%') || s.isSymbol(j, ',') && s.adjacent(j) && s.adjacent(j+1) && s.isNumber(j+1)
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
		if t.afterBlank && d.n > 0 && t.symbol != '(' && t.symbol != '-' {
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

// maskIPv4 masks an IPv4 address at token i and returns its end, or 0.
func (s *scan) maskIPv4(i int) int {
	for k := range 7 {
		j := i + k
		if j >= len(s.tokens) || k > 0 && !s.adjacent(j) {
			return 0
		}
		if k%2 == 1 {
			if !s.isSymbol(j, '.') {
				return 0
			}
			continue
		}
		n := s.textOf(j, j+1)
		if s.tokens[j].kind != numberToken || len(n) > 3 || len(n) == 3 && n > "255" {
			return 0
		}
	}
	j := i + 7
	if s.adjacent(j) && (s.isNumber(j) || s.isWord(j) || s.isSymbol(j, '.') && s.adjacent(j+1) && s.isNumber(j+1)) {
		return 0
	}
	if s.adjacent(i) && s.isSymbol(i-1, '.') {
		return 0
	}
	s.addSpan(IP, i, j)
	return j
}

// maskCardNumber masks a card number at the start of the sequence and returns its end, or 0.
func (s *scan) maskCardNumber(d *digitSequence) int {
	if d.total < 13 || d.plus {
		return 0
	}
	total := 0
	for g := range d.n {
		if g > 0 && d.seps[g] != ' ' && d.seps[g] != '-' {
			return 0
		}
		total += d.groups[g]
		if total > 19 {
			return 0
		}
		if total < 13 || g+1 < d.n && d.seps[g+1] == '-' {
			continue
		}
		first := s.text[s.tokens[d.first[0]].start]
		if first >= '2' && first <= '6' && luhn(s.textOf(d.first[0], d.first[g]+1)) {
			j := d.first[g] + 1
			s.addSpan(CreditCard, d.first[0], j)
			return j
		}
	}
	return 0
}

func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		if !isDigit(number[i]) {
			continue
		}
		n := int(number[i] - '0')
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		double = !double
		sum += n
	}
	return sum%10 == 0
}

// isSSN reports whether the sequence is a US social security or taxpayer number: 3-2-4 digits, or nine
// digits after a keyword such as "SSN".
func (s *scan) isSSN(d *digitSequence) bool {
	if d.total != 9 || d.plus || d.paren {
		return false
	}
	switch {
	case d.n == 3 && d.groups[0] == 3 && d.groups[1] == 2 && d.seps[1] == d.seps[2] && (d.seps[1] == '-' || d.seps[1] == ' '):
	case d.n == 1 && d.first[0]-s.lastKeyword.id <= 14 && s.lastKeyword.id >= 0 && s.oneOf(s.lastKeyword.id, "ssn", "security", "itin"):
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

// dateAt finds a numeric date at token i and returns its end, or 0. Dates of the contract itself are not
// masked: they must stay readable.
func (s *scan) dateAt(i int) int {
	if !s.isNumber(i) || !s.isNumber(i+2) || !s.isNumber(i+4) || !s.adjacent(i+1) || !s.adjacent(i+2) || !s.adjacent(i+3) || !s.adjacent(i+4) {
		return 0
	}
	sep := s.tokens[i+1].symbol
	if sep != '/' && sep != '-' && sep != '.' || s.tokens[i+3].symbol != sep || s.adjacent(i+5) && (s.isNumber(i+5) || s.isWord(i+5) || s.isSymbol(i+5, sep) && s.adjacent(i+6) && s.isNumber(i+6)) {
		return 0
	}
	a, b, c := s.intValue(i), s.intValue(i+2), s.intValue(i+4)
	year := func(y int, n int32) bool { return n == 4 && y >= 1800 && y < 2200 || n == 2 }
	dayMonth := func(x, y int) bool { return x >= 1 && y >= 1 && (x <= 31 && y <= 12 || x <= 12 && y <= 31) }
	na, nc := s.tokens[i].end-s.tokens[i].start, s.tokens[i+4].end-s.tokens[i+4].start
	if !(na <= 2 && dayMonth(a, b) && year(c, nc) && (nc == 4 || sep != '-')) && !(na == 4 && year(a, 4) && dayMonth(b, c) && nc <= 2) {
		return 0
	}
	j := i + 5
	clock := false
	if s.isNumber(j) && !s.tokens[j].startsLine && s.isSymbol(j+1, ':') && s.isNumber(j+2) {
		clock = true
		j += 3
		if s.isSymbol(j, ':') && s.isNumber(j+1) {
			j += 2
		}
	}
	// skip a date of the contract, so that it is not read as a phone number
	if !clock && i-s.lastKeyword.birth > 8 && i-s.lastKeyword.contract <= 8 {
		return j
	}
	s.addSpan(Date, i, j)
	return j
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

// isPhone reports whether the sequence is a phone number.
func (s *scan) isPhone(d *digitSequence) bool {
	if d.total < 6 || d.total > 16 || d.n > 8 {
		return false
	}
	i := d.from
	cued := i-s.lastKeyword.phone <= 5 || s.hasClass(d.to, phoneKeyword) || s.isSymbol(d.to, '-') && s.hasClass(d.to+1, phoneKeyword)
	if s.isSymbol(d.to, '/') && s.adjacent(d.to) || s.isSymbol(i-1, '/') && s.adjacent(i) || s.isSymbol(i-1, '#') {
		return false
	}
	if (d.total < 7 || d.n == 2 && !d.paren && !d.plus && s.isCapitalized(d.to)) && s.isWord(d.to) && !s.tokens[d.to].startsLine && !s.hasClass(d.to, phoneKeyword) {
		return false // house numbers: "58 2347 Lauzon Parkway"
	}
	if d.plus || d.ext {
		return d.total >= 7
	}
	zero := s.text[s.tokens[d.first[0]].start] == '0'
	if d.n == 1 {
		return d.total >= 7 && d.total <= 15 && (cued || zero && d.total >= 9 && d.total <= 12)
	}
	if d.n == 2 && d.groups[0] == 4 && d.groups[1] == 4 && s.isYear(d.first[0]) && s.isYear(d.first[1]) {
		return false
	}
	for g := 1; g < d.n; g++ {
		if d.seps[g] == '/' && g > 1 {
			return false
		}
	}
	if d.groups[d.n-1] < 2 || d.total < 7 && !cued {
		return false
	}
	if d.paren || zero || d.n >= 3 {
		return d.groups[0] <= 4 || cued
	}
	// two groups: "455 6186", "9469 9966", "97 111421"
	return cued || d.total >= 7 && d.total <= 11 && d.groups[1] >= 4 && !s.hasClass(i-1, streetWord|unitWord)
}

func (s *scan) isYear(i int) bool {
	y := s.intValue(i)
	return y >= 1800 && y < 2100
}
