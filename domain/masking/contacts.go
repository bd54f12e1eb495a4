package masking

import "strings"

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
	if end.capitalized && !end.allCaps || s.tokens[i].end-s.tokens[i].start < 2 && !(s.isSymbol(last+1, '/') && s.adjacent(last+1) && s.adjacent(last+2)) {
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

// maskAtSign masks what the '@' at token at belongs to: an e-mail address or a user name.
func (s *scan) maskAtSign(at int) {
	if s.maskEmail(at) || s.maskSpacedEmail(at, at+1) {
		return
	}
	if s.isWord(at+1) && s.adjacent(at+1) && (!s.adjacent(at) || s.tokens[at-1].kind == otherToken) {
		end := s.userNameEnd(at + 1)
		if s.isUserName(at+1, end) || s.near(handleCue, at, 4) && s.tokens[at+1].class&(commonWord|functionWord) == 0 {
			s.addSpan(ID, at, end)
		}
	}
}

// localPart returns the first token of the local part of an e-mail address that ends before token at.
func (s *scan) localPart(at int) int {
	i := at
	if s.isSymbol(i-1, '"') {
		for k := i - 2; k >= max(0, i-12); k-- { // "odd name"@example.com
			if s.isSymbol(k, '"') && !s.tokens[k].inSpan {
				return k
			}
			if s.tokens[k].startsLine {
				break
			}
		}
		return at
	}
	for i > 0 && s.tokens[i-1].symbol != '@' && !s.tokens[i-1].inSpan && (i == at || s.adjacent(i)) &&
		(s.tokens[i-1].kind != otherToken || strings.IndexByte("._%+-=&'~!#$*/^", s.tokens[i-1].symbol) >= 0 && s.tokens[i-1].symbol != 0) {
		i--
	}
	for i < at && s.tokens[i].kind == otherToken {
		i++ // an address does not start with punctuation
	}
	return i
}

// maskEmail masks the e-mail address around the '@' at token at.
func (s *scan) maskEmail(at int) bool {
	if !s.adjacent(at) || !s.adjacent(at+1) {
		return false
	}
	i := s.localPart(at)
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
		return false
	}
	dot := strings.LastIndexByte(s.textOf(at+1, end), '.')
	if dot <= 0 {
		// user@host, unless the host is an everyday word
		if s.hasClass(at+1, commonWord|functionWord) {
			return false
		}
	}
	s.addSpan(Email, i, end)
	return true
}

// maskSpelledEmail masks an e-mail address with the word at token i for its '@': "john.miller(at)example.com",
// "john at example dot com".
func (s *scan) maskSpelledEmail(i int) bool {
	if !s.oneOf(i, "at", "ät", "ett", "arobase", "arobas", "arroba", "chiocciola", "apenstaartje", "apestaartje", "a", "commat") {
		return false
	}
	before, after, bracketed := i, i+1, false
	if i > 0 && i+1 < len(s.tokens) && s.tokens[i-1].kind == otherToken && strings.IndexByte("([{<-*_", s.tokens[i-1].symbol) >= 0 &&
		s.tokens[i+1].kind == otherToken && strings.IndexByte(")]}>-*_", s.tokens[i+1].symbol) >= 0 {
		before, after, bracketed = i-1, i+2, true
	} else if s.equals(i, "a") {
		return false
	}
	end, spelled := s.domainEnd(after)
	if end == 0 && bracketed {
		end = s.hostEnd(after)
	}
	if end == 0 || before < 1 || s.tokens[before].startsLine {
		return false
	}
	from := s.localPart(before)
	if from == before {
		return false
	}
	if !bracketed && !spelled && !(before-from > 1 || s.isNumber(before-1) || s.tokens[from].class&(commonWord|functionWord|foreignWord) == 0 && !s.tokens[from].capitalized && !s.near(connector, from, 1)) {
		return false // "see me at example.com"
	}
	if !bracketed && s.tokens[before-1].class&functionWord != 0 {
		return false
	}
	s.addSpan(Email, from, end)
	return true
}

// hostEnd returns the end of words joined by full stops at token i, whatever the last one is, or 0.
func (s *scan) hostEnd(i int) int {
	end := 0
	for j := i; s.isWord(j) && !s.tokens[j].inSpan && j-i < maxJoined; j += 2 {
		if j > i && s.tokens[j].end-s.tokens[j].start > 1 {
			end = j + 1
		}
		if !s.isSymbol(j+1, '.') && !s.isSymbol(j+1, '-') || !s.adjacent(j+1) || !s.adjacent(j+2) {
			break
		}
	}
	return end
}

// maskSpacedEmail masks an e-mail address with blanks around its '@', "john @ example.com". The domain starts at token
// after.
func (s *scan) maskSpacedEmail(at, after int) bool {
	end, _ := s.domainEnd(after)
	if end == 0 || at == 0 || s.tokens[at].startsLine {
		return false
	}
	from := s.localPart(at)
	if from == at || s.tokens[at-1].class&functionWord != 0 {
		return false
	}
	s.addSpan(Email, from, end)
	return true
}

// domainEnd returns the end of the domain name at token i, whose dots may be words: "example dot com", "example (punkt) de".
func (s *scan) domainEnd(i int) (end int, spelled bool) {
	if i >= len(s.tokens) || s.tokens[i].startsLine {
		return 0, false
	}
	for j := i; j < min(i+24, len(s.tokens)); {
		if s.tokens[j].kind == otherToken || s.tokens[j].inSpan {
			return end, spelled
		}
		j++
		for s.adjacent(j) && j-i < maxJoined && (s.tokens[j].kind != otherToken || s.tokens[j].symbol == '-' && s.adjacent(j+1)) {
			j++
		}
		if end > 0 || j > i+1 || s.isWord(j-1) {
			if s.hasClass(j-1, tld) && j-1 > i {
				end = j
			}
		}
		var k int
		switch {
		case s.isSymbol(j, '.') && (s.adjacent(j+1) || s.isWord(j+1) && !s.tokens[j].afterBlank == s.adjacent(j+1)):
			k = j + 1
		case s.isDotWord(j):
			k, spelled = j+1, true
		case s.isDotWord(j+1) && s.tokens[j].kind == otherToken && s.tokens[j+1].symbol == 0 && j+2 < len(s.tokens) && s.tokens[j+2].kind == otherToken:
			k, spelled = j+3, true
		case j+2 < len(s.tokens) && s.isSymbol(j, '(') && s.isSymbol(j+1, '.') && s.isSymbol(j+2, ')'):
			k, spelled = j+3, true
		default:
			return end, spelled
		}
		j = k
	}
	return end, spelled
}

func (s *scan) isDotWord(i int) bool {
	return s.oneOf(i, "dot", "punkt", "point", "punto", "ponto", "punt")
}

// maxJoined is the number of tokens that a user name or a label of a domain may have. Without a limit, a text that is one
// chain of words, "a_a_a_…", would be read again from each of them.
const maxJoined = 64

// userNameEnd returns the end of the user name at token i: words and digits joined by '_', '.' or '-'.
func (s *scan) userNameEnd(i int) int {
	j := i + 1
	for s.adjacent(j) && j-i < maxJoined {
		t := &s.tokens[j]
		if t.kind == otherToken && (t.symbol != '_' && t.symbol != '.' && t.symbol != '-' && t.symbol != ':' || !s.adjacent(j+1) || s.tokens[j+1].kind == otherToken && !s.isSymbol(j+1, '_')) {
			if t.symbol != '_' {
				break
			}
		}
		j++
	}
	return j
}

// isUserName reports whether tokens [i, j) look like the name somebody chose: they have digits, capitals inside,
// several parts, or a word that is in no dictionary.
func (s *scan) isUserName(i, j int) bool {
	for k := i; k < j; k++ {
		t := &s.tokens[k]
		if t.kind == numberToken && k > i || t.camelCase || t.kind == wordToken && t.end-t.start > 2 && t.class&(givenName|familyName) != 0 && t.class&(commonWord|functionWord|foreignWord) == 0 {
			return true
		}
		if t.kind == wordToken && t.end-t.start > 3 && t.class&(commonWord|rareWord|functionWord|foreignWord) == 0 {
			return true
		}
	}
	return false
}

// maskUserName masks a user name of several parts at token i, "john_miller", and returns its last token, or i.
func (s *scan) maskUserName(i int) int {
	if s.adjacent(i) && s.tokens[i-1].kind != otherToken {
		return i
	}
	end := s.userNameEnd(i)
	if s.isSymbol(end, '@') && s.adjacent(end) {
		return i
	}
	joined, personal := false, false
	for k := i; k < end; k++ {
		t := &s.tokens[k]
		joined = joined || t.symbol == '_'
		personal = personal || t.kind == wordToken && t.end-t.start > 2 && t.class&(givenName|familyName) != 0 && t.class&(functionWord|foreignWord) == 0 && (t.class&commonWord == 0 || t.class&(givenName|certainName) != 0)
	}
	cued := s.near(handleCue, i, 6) || s.near(identityCue|referenceCue|numberCue|bankCue, i, 3) && s.isNumber(end-1) && end > i+2 && !s.tokens[i].capitalized && !s.isReference(i)
	if s.isSymbol(i-1, '/') && s.adjacent(i) && s.oneOf(i-2, "u", "user", "r") && s.adjacent(i-1) && joined {
		i -= 2 // "u/harbour_mole"
	}
	if !(joined && personal || cued && (joined || s.isNumber(end-1))) || s.tokens[i].allCaps && !cued {
		return i
	}
	s.addSpan(ID, i, end)
	return end - 1
}

// maskHandle masks the user name at token k after a word such as "Telegram" and returns its end, or 0. After a colon any
// word is one.
func (s *scan) maskHandle(k int, colon bool) int {
	if !s.isWord(k) || s.tokens[k].startsLine {
		return 0
	}
	end := s.userNameEnd(k)
	if s.isSymbol(end, '@') && s.adjacent(end) || s.isSymbol(end, '/') && s.adjacent(end) {
		return 0
	}
	if end < len(s.tokens) && !s.tokens[end].startsLine && s.isWord(end) && !colon {
		if s.tokens[k].class&(commonWord|functionWord|foreignWord) != 0 {
			return 0
		}
	}
	t := &s.tokens[k]
	switch {
	case end > k+1 && (s.isUserName(k, end) || colon):
	case colon && t.class&(commonWord|functionWord) == 0 && !t.capitalized:
	default:
		return 0
	}
	s.addSpan(ID, k, end)
	return end
}
