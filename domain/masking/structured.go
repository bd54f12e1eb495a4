package masking

import (
	"net/netip"
	"strings"
)

// findStructured finds personal data with a fixed format: e-mail and network addresses, and every kind
// of number.
func (s *scan) findStructured() {
	s.lastKeyword = keywords{notSeen, notSeen, notSeen, notSeen, notSeen}
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		switch t.kind {
		case wordToken:
			s.recordKeyword(i)
			if t.class&month != 0 && i-s.lastKeyword.birth <= 8 {
				i = s.birthDate(i)
			} else if !t.inSpan {
				i = s.identifierAt(i)
			}
		case numberToken:
			if !t.inSpan {
				i = s.classifyNumber(i)
			}
		default:
			if t.inSpan {
				continue
			}
			switch t.symbol {
			case '@':
				s.maskEmail(i)
			case ':':
				s.maskIPv6(i)
			case '+', '(':
				if s.isNumber(i+1) && s.adjacent(i+1) {
					i = s.classifyNumber(i)
				}
			}
		}
	}
}

// birthDate masks a date of birth, "12 May 1951" or "May 12, 1951", around the month at token i.
func (s *scan) birthDate(i int) int {
	from, to := i, i+1
	if s.isNumber(i-1) && !s.tokens[i-1].inSpan && s.tokens[i-1].end-s.tokens[i-1].start <= 2 {
		from--
	} else if s.isNumber(to) && s.tokens[to].end-s.tokens[to].start <= 2 {
		to++
		if s.isWord(to) && s.adjacent(to) {
			to++ // 12th
		}
	}
	if from == i && to == i+1 {
		return i
	}
	if s.isSymbol(to, ',') {
		to++
	}
	if s.isNumber(to) && s.tokens[to].end-s.tokens[to].start == 4 {
		to++
	} else if s.isSymbol(to-1, ',') {
		to--
	}
	s.addSpan(Date, from, to)
	return to - 1
}

// tokenAt returns the first token at or after a byte offset, searching from token i.
func (s *scan) tokenAt(i, offset int) int {
	for i < len(s.tokens) && int(s.tokens[i].start) < offset {
		i++
	}
	return i
}

// recordKeyword records the keywords at token i.
func (s *scan) recordKeyword(i int) {
	c := s.tokens[i].class
	if c&(idKeyword|phoneKeyword|cardKeyword|birthKeyword|contractKeyword) == 0 {
		return
	}
	if c&idKeyword != 0 {
		s.lastKeyword.id = i
	}
	if c&phoneKeyword != 0 {
		s.lastKeyword.phone = i
	}
	if c&cardKeyword != 0 {
		s.lastKeyword.card = i
	}
	if c&birthKeyword != 0 {
		s.lastKeyword.birth = i
	}
	if c&contractKeyword != 0 {
		s.lastKeyword.contract = i
	}
}

// identifierAt finds identifiers that start with a word: URLs, host names, IBANs and codes of letters and
// digits. It returns the last token it consumed, i if none.
func (s *scan) identifierAt(i int) int {
	if !s.adjacent(i + 1) {
		return i
	}
	next := &s.tokens[i+1]
	switch {
	case next.symbol == ':' && s.isSymbol(i+2, '/') && s.isSymbol(i+3, '/') && s.adjacent(i+2) && s.adjacent(i+3):
		return s.maskURL(i, i+4)
	case next.symbol == '.':
		return s.maskHost(i)
	case next.kind == numberToken && !s.adjacent(i):
		if j := s.maskIBAN(i); j > 0 {
			return j - 1
		}
		return s.maskAlphanumericID(i)
	}
	return i
}

// maskURL masks a URL: everything from token i to the next blank or quote.
func (s *scan) maskURL(i, from int) int {
	j := from
	for j < len(s.tokens) && !s.tokens[j].afterBlank && !strings.ContainsRune("\"<>`|{}[]", rune(s.tokens[j].symbol)) {
		j++
	}
	for j > from && s.tokens[j-1].kind == otherToken && strings.IndexByte(".,;:!?')", s.tokens[j-1].symbol) >= 0 && s.tokens[j-1].symbol != 0 {
		j--
	}
	if j < from || s.isSymbol(j-1, '/') && j == from && s.isSymbol(j-3, ':') {
		return i // only a scheme
	}
	s.addSpan(URL, i, j)
	return j - 1
}

// maskHost finds a bare domain name: labels separated by dots, the last a known top-level domain.
func (s *scan) maskHost(i int) int {
	j, last := i+1, 0 // last: the last label, if it may end a domain name
	for j+1 < len(s.tokens) && s.adjacent(j) && s.adjacent(j+1) {
		c := s.tokens[j].symbol
		if c != '.' && c != '-' && s.tokens[j].kind == otherToken {
			break
		}
		if s.tokens[j].kind != otherToken { // letters next to digits
			j++
			continue
		}
		if s.tokens[j+1].kind == otherToken {
			break
		}
		j++
		if c == '.' && s.hasClass(j, tld) && !s.adjacent(j+1) || s.hasClass(j, tld) && c == '.' && s.tokens[min(j+1, len(s.tokens)-1)].kind == otherToken {
			last = j
		}
		j++
	}
	if last == 0 || s.isSymbol(last+1, '@') && s.adjacent(last+1) {
		if j-i > 64 {
			return j - 1 // read "a.a.a.a…" only once, to stay linear
		}
		return i
	}
	first := i
	for s.adjacent(first) && first > 0 && (s.tokens[first-1].kind == numberToken || s.tokens[first-1].symbol == '-') && !s.tokens[first-1].inSpan {
		first--
	}
	// not "…end.In" (a missing blank) and not "e.g."
	end := &s.tokens[last]
	if s.equals(i, "www") && last > i+2 {
		return s.maskURL(first, last+1)
	}
	if end.capitalized && !end.allCaps || s.tokens[i].end-s.tokens[i].start < 2 {
		return i
	}
	if end.class&(commonWord|functionWord) != 0 && s.tokens[i].class&(commonWord|functionWord) != 0 && !s.equals(last, "com") && !s.equals(last, "net") && !s.equals(last, "org") {
		return i
	}
	if s.isSymbol(last+1, '/') && s.adjacent(last+1) {
		return s.maskURL(first, last+1)
	}
	s.addSpan(URL, first, last+1)
	return last
}

// maskEmail masks the e-mail address around the '@' at token at.
func (s *scan) maskEmail(at int) {
	i := at
	for s.adjacent(i) && i > 0 && s.tokens[i-1].symbol != '@' && !s.tokens[i-1].inSpan &&
		(s.tokens[i-1].kind != otherToken || strings.IndexByte("._%+-=&'~!#$*/^", s.tokens[i-1].symbol) >= 0 && s.tokens[i-1].symbol != 0) {
		i--
	}
	for i < at && s.tokens[i].kind == otherToken {
		i++ // an address does not start with punctuation
	}
	j, end := at+1, 0
	for j < len(s.tokens) && s.adjacent(j) {
		t := &s.tokens[j]
		if t.kind == otherToken && t.symbol != '.' && t.symbol != '-' {
			break
		}
		j++
		if t.kind != otherToken {
			end = j
		}
	}
	if i == at || end == 0 {
		return
	}
	dot := strings.LastIndexByte(s.textOf(at+1, end), '.')
	if dot <= 0 {
		// user@host, unless the host is an everyday word
		if s.hasClass(at+1, commonWord|functionWord) {
			return
		}
	}
	s.addSpan(Email, i, end)
}

// maskIPv6 masks an IPv6 address around the colon at token at.
func (s *scan) maskIPv6(at int) {
	offset := int(s.tokens[at].start)
	from := offset
	for from > 0 && offset-from < 40 && isHexOrColon(s.text[from-1]) {
		from--
	}
	to := offset + 1
	for to < len(s.text) && to-offset < 46 && (isHexOrColon(s.text[to]) || s.text[to] == '.' && to+1 < len(s.text) && isDigit(s.text[to+1])) {
		to++
	}
	run := s.text[from:to]
	if strings.Count(run, ":") < 7 && !strings.Contains(run, "::") || len(run) < 3 {
		return
	}
	run = strings.TrimSuffix(run, ".")
	if strings.HasSuffix(run, ":") && !strings.HasSuffix(run, "::") {
		run = run[:len(run)-1]
	}
	if _, err := netip.ParseAddr(run); err != nil {
		return
	}
	i := at
	for i > 0 && int(s.tokens[i].start) > from {
		i--
	}
	if int(s.tokens[i].start) != from {
		return // joined to other letters
	}
	j := s.tokenAt(at, from+len(run))
	if j < len(s.tokens) && s.adjacent(j) && s.tokens[j].kind != otherToken {
		return
	}
	s.addSpan(IP, i, j)
}

func isHexOrColon(c byte) bool {
	return isDigit(c) || c == ':' || lower(c) >= 'a' && lower(c) <= 'f'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// ibanLengths is the length of an IBAN by country code.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
	"BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
	"EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
	"JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
	"MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
	"NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
	"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// maskIBAN masks an IBAN at token i and returns its end, or 0. A wrong checksum is accepted shortly after a
// keyword such as "IBAN".
func (s *scan) maskIBAN(i int) int {
	t := &s.tokens[i]
	if t.end-t.start != 2 || s.tokens[i+1].end-s.tokens[i+1].start < 2 {
		return 0
	}
	var head [2]byte
	head[0], head[1] = s.text[t.start]&^0x20, s.text[t.start+1]&^0x20
	want := ibanLengths[string(head[:])]
	if want == 0 {
		return 0
	}
	n, sum, at := 0, 0, int(t.start)
	var tail [4]byte // country and check digits are read last
	digit := func(c byte) {
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	for n < want && at < len(s.text) {
		c := s.text[at]
		if (c == ' ' || c == '-') && n >= 4 && at+1 < len(s.text) && isAlnum(s.text[at+1]) {
			at++
			continue
		}
		if !isAlnum(c) {
			break
		}
		if n < 4 {
			tail[n] = c
		} else {
			digit(c)
		}
		n++
		at++
	}
	for _, c := range tail {
		digit(c)
	}
	if n != want || at < len(s.text) && isAlnum(s.text[at]) || (sum != 1 && i-s.lastKeyword.id > 6) {
		return 0
	}
	j := s.tokenAt(i, at)
	s.addSpan(IBAN, i, j)
	return j
}

func isAlnum(c byte) bool { return isDigit(c) || lower(c) >= 'a' && lower(c) <= 'z' }

// maskAlphanumericID masks an identifier of letters and digits after a keyword such as "passport".
func (s *scan) maskAlphanumericID(i int) int {
	if i-s.lastKeyword.id > 8 {
		return i
	}
	j, digits := i, 0
	for j < len(s.tokens) && (j == i || s.adjacent(j)) {
		t := &s.tokens[j]
		if t.kind == numberToken {
			digits += int(t.end - t.start)
		} else if t.kind == otherToken && (t.symbol != '-' || !s.adjacent(j+1) || s.tokens[j+1].kind == otherToken) {
			break
		}
		j++
	}
	if digits < 5 || s.tokens[i].end-s.tokens[i].start > 5 {
		return i
	}
	s.addSpan(ID, i, j)
	return j - 1
}
