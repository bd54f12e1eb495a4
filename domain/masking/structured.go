package masking

import (
	"net/netip"
	"strings"
)

// structured finds what has a form of its own: look-alikes, e-mail and network
// addresses, and every kind of number.
func (s *scan) structured() {
	s.cues = cues{longAgo, longAgo, longAgo, longAgo, longAgo}
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		switch t.kind {
		case wordToken:
			s.cue(i)
			if t.class&month != 0 && i-s.cues.birth <= 8 {
				i = s.birthday(i)
			} else if !t.taken {
				i = s.wordForms(i)
			}
		case numberToken:
			if !t.taken {
				i = s.number(i)
			}
		default:
			if t.taken && t.symbol != '[' {
				continue
			}
			switch t.symbol {
			case '[':
				if n, _, state := look(s.text[t.start:]); state == lookYes {
					s.add(Literal, i, s.tokenAt(i, int(t.start)+n))
				}
			case '@':
				s.email(i)
			case ':':
				s.ipv6(i)
			case '+', '(':
				if s.isNumber(i+1) && s.glued(i+1) {
					i = s.number(i)
				}
			}
		}
	}
}

// birthday masks "12 May 1951" and "May 12, 1951" around the month at token i.
func (s *scan) birthday(i int) int {
	from, to := i, i+1
	if s.isNumber(i-1) && !s.tokens[i-1].taken && s.tokens[i-1].end-s.tokens[i-1].start <= 2 {
		from--
	} else if s.isNumber(to) && s.tokens[to].end-s.tokens[to].start <= 2 {
		to++
		if s.isWord(to) && s.glued(to) {
			to++ // 12th
		}
	}
	if from == i && to == i+1 {
		return i
	}
	if s.is(to, ',') {
		to++
	}
	if s.isNumber(to) && s.tokens[to].end-s.tokens[to].start == 4 {
		to++
	} else if s.is(to-1, ',') {
		to--
	}
	s.add(Date, from, to)
	return to - 1
}

// tokenAt is the index of the first token at or after byte offset, looking from i.
func (s *scan) tokenAt(i, offset int) int {
	for i < len(s.tokens) && int(s.tokens[i].start) < offset {
		i++
	}
	return i
}

func (s *scan) cue(i int) {
	c := s.tokens[i].class
	if c&(idCue|phoneCue|cardCue|birth|contract) == 0 {
		return
	}
	if c&idCue != 0 {
		s.cues.id = i
	}
	if c&phoneCue != 0 {
		s.cues.phone = i
	}
	if c&cardCue != 0 {
		s.cues.card = i
	}
	if c&birth != 0 {
		s.cues.birth = i
	}
	if c&contract != 0 {
		s.cues.contract = i
	}
}

// wordForms finds what begins with a word: URLs, host names, IBANs and identifiers that
// mix letters and digits. It returns the last token it used up, i when none.
func (s *scan) wordForms(i int) int {
	if !s.glued(i + 1) {
		return i
	}
	next := &s.tokens[i+1]
	switch {
	case next.symbol == ':' && s.is(i+2, '/') && s.is(i+3, '/') && s.glued(i+2) && s.glued(i+3):
		return s.url(i, i+4)
	case next.symbol == '.':
		return s.host(i)
	case next.kind == numberToken && !s.glued(i):
		if j := s.iban(i); j > 0 {
			return j - 1
		}
		return s.mixedID(i)
	}
	return i
}

// url takes everything from scheme to the next blank or quote.
func (s *scan) url(i, from int) int {
	j := from
	for j < len(s.tokens) && !s.tokens[j].blank && !strings.ContainsRune("\"<>`|{}[]", rune(s.tokens[j].symbol)) {
		j++
	}
	for j > from && s.tokens[j-1].kind == otherToken && strings.IndexByte(".,;:!?')", s.tokens[j-1].symbol) >= 0 && s.tokens[j-1].symbol != 0 {
		j--
	}
	if j < from || s.is(j-1, '/') && j == from && s.is(j-3, ':') {
		return i // a scheme and nothing after it
	}
	s.add(URL, i, j)
	return j - 1
}

// host finds a bare domain name: labels with dots between and a known last one.
func (s *scan) host(i int) int {
	j, last := i+1, 0 // last: index of the last label when it may end a name
	for j+1 < len(s.tokens) && s.glued(j) && s.glued(j+1) {
		c := s.tokens[j].symbol
		if c != '.' && c != '-' && s.tokens[j].kind == otherToken {
			break
		}
		if s.tokens[j].kind != otherToken { // letters and digits side by side
			j++
			continue
		}
		if s.tokens[j+1].kind == otherToken {
			break
		}
		j++
		if c == '.' && s.has(j, tld) && !s.glued(j+1) || s.has(j, tld) && c == '.' && s.tokens[min(j+1, len(s.tokens)-1)].kind == otherToken {
			last = j
		}
		j++
	}
	if last == 0 || s.is(last+1, '@') && s.glued(last+1) {
		if j-i > 64 {
			return j - 1 // "a.a.a.a…" is read once
		}
		return i
	}
	first := i
	for s.glued(first) && first > 0 && (s.tokens[first-1].kind == numberToken || s.tokens[first-1].symbol == '-') && !s.tokens[first-1].taken {
		first--
	}
	// "…end.In" is a missing blank, "e.g." an abbreviation
	end := &s.tokens[last]
	if s.eq(i, "www") && last > i+2 {
		return s.url(first, last+1)
	}
	if end.upper && !end.caps || s.tokens[i].end-s.tokens[i].start < 2 {
		return i
	}
	if end.class&(common|function) != 0 && s.tokens[i].class&(common|function) != 0 && !s.eq(last, "com") && !s.eq(last, "net") && !s.eq(last, "org") {
		return i
	}
	if s.is(last+1, '/') && s.glued(last+1) {
		return s.url(first, last+1)
	}
	s.add(URL, first, last+1)
	return last
}

func (s *scan) email(at int) {
	i := at
	for s.glued(i) && i > 0 && s.tokens[i-1].symbol != '@' && !s.tokens[i-1].taken &&
		(s.tokens[i-1].kind != otherToken || strings.IndexByte("._%+-=&'~!#$*/^", s.tokens[i-1].symbol) >= 0 && s.tokens[i-1].symbol != 0) {
		i--
	}
	for i < at && s.tokens[i].kind == otherToken {
		i++ // no address begins with punctuation
	}
	j, end := at+1, 0
	for j < len(s.tokens) && s.glued(j) {
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
	dot := strings.LastIndexByte(s.str(at+1, end), '.')
	if dot <= 0 {
		// user@host, when the host is no everyday word
		if s.has(at+1, common|function) {
			return
		}
	}
	s.add(Email, i, end)
}

// ipv6 looks at the run of hexadecimal digits and colons around a colon.
func (s *scan) ipv6(at int) {
	offset := int(s.tokens[at].start)
	from := offset
	for from > 0 && offset-from < 40 && isHexColon(s.text[from-1]) {
		from--
	}
	to := offset + 1
	for to < len(s.text) && to-offset < 46 && (isHexColon(s.text[to]) || s.text[to] == '.' && to+1 < len(s.text) && isDigit(s.text[to+1])) {
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
		return // glued to other letters
	}
	j := s.tokenAt(at, from+len(run))
	if j < len(s.tokens) && s.glued(j) && s.tokens[j].kind != otherToken {
		return
	}
	s.add(IP, i, j)
}

func isHexColon(c byte) bool {
	return isDigit(c) || c == ':' || lower(c) >= 'a' && lower(c) <= 'f'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lengths of IBANs by country.
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

// iban returns the token after an IBAN that begins at token i, or 0. A wrong checksum
// is forgiven where the text says that it is one.
func (s *scan) iban(i int) int {
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
	if n != want || at < len(s.text) && isAlnum(s.text[at]) || (sum != 1 && i-s.cues.id > 6) {
		return 0
	}
	j := s.tokenAt(i, at)
	s.add(IBAN, i, j)
	return j
}

func isAlnum(c byte) bool { return isDigit(c) || lower(c) >= 'a' && lower(c) <= 'z' }

// mixedID finds an identifier of letters and digits after a word such as "passport".
func (s *scan) mixedID(i int) int {
	if i-s.cues.id > 8 {
		return i
	}
	j, digits := i, 0
	for j < len(s.tokens) && (j == i || s.glued(j)) {
		t := &s.tokens[j]
		if t.kind == numberToken {
			digits += int(t.end - t.start)
		} else if t.kind == otherToken && (t.symbol != '-' || !s.glued(j+1) || s.tokens[j+1].kind == otherToken) {
			break
		}
		j++
	}
	if digits < 5 || s.tokens[i].end-s.tokens[i].start > 5 {
		return i
	}
	s.add(ID, i, j)
	return j - 1
}
