package masking

import "strings"

// digits is a run of digit groups with their separators: "+1 (415) 555-0100 x12".
type digits struct {
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

// number classifies the run of digits at token i, which is a number, '+' or '('. It
// returns the last token it used up.
func (s *scan) number(i int) int {
	if i > 0 && s.glued(i) && s.tokens[i].kind == numberToken && (s.tokens[i-1].kind == wordToken || s.is(i-1, '_')) {
		return i // part of a word
	}
	d := s.run(i)
	if d.n == 0 {
		return i
	}
	// a number glued to letters is a code: "12th", "3M"
	if s.isWord(d.to) && s.glued(d.to) && d.n == 1 {
		if i-s.cues.id <= 8 {
			return s.mixedID(i)
		}
		return i
	}
	if s.is(i-1, ',') && s.glued(i) && s.isNumber(i-2) && s.glued(i-1) {
		return d.first[0] // "1,200.00"
	}
	if s.has(i-1, statute) || s.has(i-2, statute) && s.tokens[i-1].kind == otherToken || s.is(i-1, '$') || s.amount(i, d.to) {
		if s.cardRun(&d) == 0 && !(i-s.cues.id <= 3 || s.eq(i-1, "no") || s.eq(i-2, "no")) {
			return d.to - 1
		}
	}
	if j := s.ipv4(i); j > 0 {
		return j - 1
	}
	if j := s.cardRun(&d); j > 0 {
		return j - 1
	}
	if j := s.date(i); j > 0 {
		return j - 1
	}
	switch {
	case s.ssn(&d):
		s.add(SSN, d.first[0], d.to)
	case i-s.cues.id <= 8 && d.total >= 5 && (i-s.cues.phone > i-s.cues.id || d.n == 1) && !s.crossed(s.cues.id, i):
		s.add(ID, d.first[0], d.to)
	case i-s.cues.card <= 4 && d.total >= 12 && d.total <= 19:
		s.add(CreditCard, d.first[0], d.to)
	case s.phone(&d):
		s.add(Phone, d.from, d.to)
	default:
		if d.from < d.first[0] {
			return i
		}
		return d.first[0]
	}
	return d.to - 1
}

// crossed tells whether a sentence ends between tokens i and j.
func (s *scan) crossed(i, j int) bool {
	for k := i + 1; k < j && k > 0; k++ {
		if s.is(k, '.') && k > i+1 && s.tokens[k-1].end-s.tokens[k-1].start > 3 || s.is(k, '?') || s.is(k, '!') {
			return true
		}
	}
	return false
}

// amount tells whether the number stands for money, a share or a count.
func (s *scan) amount(i, j int) bool {
	if i > 0 && s.tokens[i-1].kind == otherToken {
		if r := s.str(i-1, i); r == "€" || r == "£" || r == "¥" || r == "§" {
			return true
		}
	}
	return s.is(j, '%') || s.is(j, ',') && s.glued(j) && s.glued(j+1) && s.isNumber(j+1)
}

func (s *scan) run(i int) digits {
	d := digits{from: i}
	j := i
	if s.is(j, '+') {
		d.plus = true
		j++
	}
	var sep byte
	for d.n < len(d.groups) && j < len(s.tokens) {
		t := &s.tokens[j]
		if t.taken || t.line && d.n > 0 {
			break
		}
		if t.kind == numberToken {
			if t.blank && d.n > 0 && sep == 0 {
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
		if t.blank && d.n > 0 && t.symbol != '(' && t.symbol != '-' {
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
		if !s.isNumber(j+1) && !s.is(j+1, '(') && !(t.symbol == ')' && s.is(j+1, '-')) {
			break
		}
		j++
	}
	return d.extension(s)
}

// extension reads "x123" or "ext. 123" after the run.
func (d digits) extension(s *scan) digits {
	j := d.to
	if !s.oneOf(j, "x", "ext", "extension") || d.total < 7 {
		return d
	}
	j++
	if s.is(j, '.') {
		j++
	}
	if s.isNumber(j) && s.tokens[j].end-s.tokens[j].start <= 6 {
		d.to = j + 1
		d.ext = true
	}
	return d
}

// ipv4 returns the token after an address of four numbers at token i, or 0.
func (s *scan) ipv4(i int) int {
	for k := range 7 {
		j := i + k
		if j >= len(s.tokens) || k > 0 && !s.glued(j) {
			return 0
		}
		if k%2 == 1 {
			if !s.is(j, '.') {
				return 0
			}
			continue
		}
		n := s.str(j, j+1)
		if s.tokens[j].kind != numberToken || len(n) > 3 || len(n) == 3 && n > "255" {
			return 0
		}
	}
	j := i + 7
	if s.glued(j) && (s.isNumber(j) || s.isWord(j) || s.is(j, '.') && s.glued(j+1) && s.isNumber(j+1)) {
		return 0
	}
	if s.glued(i) && s.is(i-1, '.') {
		return 0
	}
	s.add(IP, i, j)
	return j
}

// cardRun returns the token after a card number that begins the run, or 0.
func (s *scan) cardRun(d *digits) int {
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
		if first >= '2' && first <= '6' && luhn(s.str(d.first[0], d.first[g]+1)) {
			j := d.first[g] + 1
			s.add(CreditCard, d.first[0], j)
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

// ssn tells whether the run is a US social security or taxpayer number: 3-2-4 digits,
// or nine in a row where the text says so.
func (s *scan) ssn(d *digits) bool {
	if d.total != 9 || d.plus || d.paren {
		return false
	}
	switch {
	case d.n == 3 && d.groups[0] == 3 && d.groups[1] == 2 && d.seps[1] == d.seps[2] && (d.seps[1] == '-' || d.seps[1] == ' '):
	case d.n == 1 && d.first[0]-s.cues.id <= 14 && s.cues.id >= 0 && s.oneOf(s.cues.id, "ssn", "security", "itin"):
	default:
		return false
	}
	number := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s.str(d.first[0], d.first[d.n-1]+1))
	area, group, serial := number[:3], number[3:5], number[5:]
	if serial == "0000" || area == "000" || area == "666" || group == "00" {
		return false
	}
	return area < "900" || group >= "50" // from 900 on: taxpayer numbers
}

// date finds a numeric date at token i and masks it unless it is a contract's: those
// must stay readable. It returns the token after it, or 0.
func (s *scan) date(i int) int {
	if !s.isNumber(i) || !s.isNumber(i+2) || !s.isNumber(i+4) || !s.glued(i+1) || !s.glued(i+2) || !s.glued(i+3) || !s.glued(i+4) {
		return 0
	}
	sep := s.tokens[i+1].symbol
	if sep != '/' && sep != '-' && sep != '.' || s.tokens[i+3].symbol != sep || s.glued(i+5) && (s.isNumber(i+5) || s.isWord(i+5) || s.is(i+5, sep) && s.glued(i+6) && s.isNumber(i+6)) {
		return 0
	}
	a, b, c := s.small(i), s.small(i+2), s.small(i+4)
	year := func(y int, n int32) bool { return n == 4 && y >= 1800 && y < 2200 || n == 2 }
	dayMonth := func(x, y int) bool { return x >= 1 && y >= 1 && (x <= 31 && y <= 12 || x <= 12 && y <= 31) }
	na, nc := s.tokens[i].end-s.tokens[i].start, s.tokens[i+4].end-s.tokens[i+4].start
	if !(na <= 2 && dayMonth(a, b) && year(c, nc) && (nc == 4 || sep != '-')) && !(na == 4 && year(a, 4) && dayMonth(b, c) && nc <= 2) {
		return 0
	}
	j := i + 5
	clock := false
	if s.isNumber(j) && !s.tokens[j].line && s.is(j+1, ':') && s.isNumber(j+2) {
		clock = true
		j += 3
		if s.is(j, ':') && s.isNumber(j+1) {
			j += 2
		}
	}
	// a contract's date is skipped: it is no phone number either
	if !clock && i-s.cues.birth > 8 && i-s.cues.contract <= 8 {
		return j
	}
	s.add(Date, i, j)
	return j
}

// small is the value of a number token of up to 4 digits, or -1.
func (s *scan) small(i int) int {
	n := s.str(i, i+1)
	if len(n) > 4 {
		return -1
	}
	v := 0
	for k := range len(n) {
		v = v*10 + int(n[k]-'0')
	}
	return v
}

// phone judges whether the run is a phone number.
func (s *scan) phone(d *digits) bool {
	if d.total < 6 || d.total > 16 || d.n > 8 {
		return false
	}
	i := d.from
	cued := i-s.cues.phone <= 5 || s.has(d.to, phoneCue) || s.is(d.to, '-') && s.has(d.to+1, phoneCue)
	if s.is(d.to, '/') && s.glued(d.to) || s.is(i-1, '/') && s.glued(i) || s.is(i-1, '#') {
		return false
	}
	if (d.total < 7 || d.n == 2 && !d.paren && !d.plus && s.capital(d.to)) && s.isWord(d.to) && !s.tokens[d.to].line && !s.has(d.to, phoneCue) {
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
	return cued || d.total >= 7 && d.total <= 11 && d.groups[1] >= 4 && !s.has(i-1, street|unit)
}

func (s *scan) isYear(i int) bool {
	y := s.small(i)
	return y >= 1800 && y < 2100
}
