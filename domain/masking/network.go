package masking

import (
	"crypto/sha256"
	"net/netip"
	"strings"
)

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
	if s.adjacent(i) && s.isSymbol(i-1, '.') || s.isReference(i) {
		return 0
	}
	s.addSpan(IP, i, j)
	return j
}

// maskMAC masks the hardware address at token i, "00:1A:2B:3C:4D:5E", and returns its end, or 0.
func (s *scan) maskMAC(i int) int {
	at := int(s.tokens[i].start)
	if at+17 > len(s.text) || at > 0 && (isAlnum(s.text[at-1]) || s.text[at-1] == ':') {
		return 0
	}
	sep := s.text[at+2]
	if sep != ':' && sep != '-' || at+17 < len(s.text) && (isAlnum(s.text[at+17]) || s.text[at+17] == sep) {
		return 0
	}
	for k := range 17 {
		c := s.text[at+k]
		if k%3 == 2 && c != sep || k%3 != 2 && (c == ':' || !isHexOrColon(c)) {
			return 0
		}
	}
	j := s.tokenAt(i, at+17)
	s.addSpan(IP, i, j)
	return j
}

// maskWallet masks the address of a Bitcoin or Ethereum wallet at token i and returns its end, or 0.
func (s *scan) maskWallet(i int) int {
	at := int(s.tokens[i].start)
	to := at
	for to < len(s.text) && isAlnum(s.text[to]) && to-at < 64 {
		to++
	}
	a := s.text[at:to]
	switch {
	case len(a) == 42 && strings.HasPrefix(a, "0x"):
		for k := range a[2:] {
			if c := a[2+k]; c == ':' || !isHexOrColon(c) {
				return 0
			}
		}
	case len(a) >= 42 && len(a) <= 62 && strings.HasPrefix(a, "bc1"):
	case len(a) >= 26 && len(a) <= 35 && (a[0] == '1' || a[0] == '3') && isBase58(a):
	default:
		return 0
	}
	j := s.tokenAt(i, to)
	s.addSpan(ID, i, j)
	return j
}

// isBase58 reports whether a is a Bitcoin address: its last four bytes are the start of a double SHA-256.
func isBase58(a string) bool {
	var n [25]byte
	for k := range len(a) {
		carry := strings.IndexByte("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", a[k])
		if carry < 0 {
			return false
		}
		for j := len(n) - 1; j >= 0; j-- {
			carry += int(n[j]) * 58
			n[j] = byte(carry)
			carry >>= 8
		}
		if carry > 0 {
			return false
		}
	}
	sum := sha256.Sum256(n[:21])
	sum = sha256.Sum256(sum[:])
	return string(sum[:4]) == string(n[21:])
}
