package masking

import "strings"

// Passwords and keys open what belongs to somebody, and the machine-readable lines of a passport hold all that it says.

// secretEnd returns the end of the password at token k, after the word at token i, or 0. After a colon any word is one that is
// not an everyday word.
func (s *scan) secretEnd(i, k int) int {
	if k >= len(s.tokens) || s.tokens[k].startsLine || !s.isPasswordWord(i) {
		return 0
	}
	end := k + 1
	for s.adjacent(end) && !s.isQuote(end) && end-k < maxJoined {
		end++
	}
	for end > k+1 && s.tokens[end-1].kind == otherToken && strings.IndexByte(".,;:)]}>", s.tokens[end-1].symbol) >= 0 && s.tokens[end-1].symbol != 0 {
		end--
	}
	text := s.textOf(k, end)
	if len(text) < 4 || s.tokens[k].kind == otherToken && s.isSymbol(k, '[') {
		return 0
	}
	digits := strings.ContainsAny(text, "0123456789")
	letters := strings.IndexFunc(text, func(r rune) bool { return isLetter(string(r)) }) >= 0
	announced := s.isSymbol(k-1, ':') || s.isSymbol(k-1, '=') || s.isQuote(k-1)
	switch {
	case digits && letters, digits && announced:
		return end
	case announced && s.tokens[k].class&(commonWord|functionWord|foreignWord|rareWord) == 0 && s.tokens[k].kind == wordToken:
		return end
	}
	return 0
}

func (s *scan) isPasswordWord(i int) bool {
	return s.oneOf(i, "password", "passwort", "kennwort", "passphrase", "passcode", "contraseña", "senha", "wachtwoord", "apikey")
}

// startsKey reports whether the word at token i is a prefix that providers give to their keys: "sk-live-…", "ghp_…", "AKIA…".
func (s *scan) startsKey(i int) bool {
	t := &s.tokens[i]
	if s.followsLetterOrDigit(i) {
		return false
	}
	text := s.text[t.start:t.end]
	switch text[0] {
	case 's', 'p', 'r', 'g', 'x':
		switch text {
		case "sk", "pk", "rk", "ghp", "gho", "ghs", "ghu", "glpat", "xoxb", "xoxp", "xapp":
			return s.adjacent(i+1) && (s.isSymbol(i+1, '-') || s.isSymbol(i+1, '_'))
		}
	case 'A':
		return strings.HasPrefix(text, "AKIA") || strings.HasPrefix(text, "ASIA") && t.allCaps || strings.HasPrefix(text, "AIza")
	case 'e':
		return strings.HasPrefix(text, "eyJ")
	}
	return false
}

// maskKey masks the key at token i and returns its end, or 0.
func (s *scan) maskKey(i int) int {
	end := i + 1
	for s.adjacent(end) && end-i < 4*maxJoined && (s.tokens[end].kind != otherToken || s.isSymbol(end, '-') || s.isSymbol(end, '_') || s.isSymbol(end, '.') && s.adjacent(end+1) && s.tokens[end+1].kind != otherToken) {
		end++
	}
	if text := s.textOf(i, end); len(text) < 16 || !strings.ContainsAny(text, "0123456789") {
		return 0
	}
	s.addSpan(ID, i, end)
	return end
}

// maskMachineReadable masks the line of a passport or identity card around the '<' at token i, "P<GBRSTERLING<<JOY<<<<",
// and returns its last token, or that of the row of '<'.
func (s *scan) maskMachineReadable(i int) int {
	from, to := i, i+1
	for to < len(s.tokens) && s.adjacent(to) && s.isMachineReadable(to) {
		to++
	}
	for from > 0 && s.adjacent(from) && s.isMachineReadable(from-1) {
		from--
	}
	if n := s.tokens[to-1].end - s.tokens[from].start; n < 28 || n > 46 || !strings.Contains(s.textOf(from, to), "<<") {
		return to - 1
	}
	s.addSpan(ID, from, to)
	return to - 1
}

// isMachineReadable reports whether token i may be part of such a line.
func (s *scan) isMachineReadable(i int) bool {
	t := &s.tokens[i]
	return !t.inSpan && (t.kind == numberToken || t.symbol == '<' || t.kind == wordToken && (t.allCaps || t.capitalized && t.end-t.start == 1))
}
