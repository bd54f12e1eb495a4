package masking

import (
	"math/bits"

	"counsel/domain/langid"
)

// findStructured finds personal data with a fixed format: contacts, network addresses, and every kind of number.
func (s *scan) findStructured() {
	s.lastKeyword = keywords{notSeen, notSeen, notSeen, notSeen, notSeen}
	for i := range s.lastCue {
		s.lastCue[i] = notSeen
	}
	s.lastCard, s.lastBirth = notSeen, notSeen
	s.findTables()
	for i := 0; i < len(s.tokens); i++ {
		t := &s.tokens[i]
		switch t.kind {
		case wordToken:
			if !t.inSpan {
				s.recordKeyword(i)
				i = s.structuredWord(i)
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
				s.maskAtSign(i)
			case ':':
				s.maskIPv6(i)
			case '<':
				i = s.maskMachineReadable(i)
			case '+', '(':
				if s.isNumber(i+1) && s.adjacent(i+1) {
					i = s.classifyNumber(i)
				}
			case '*':
				// "* 12.05.1951" is a date of birth
				if s.isNumber(i+1) && !t.startsLine {
					s.lastCue[cueIndex(birthCue)] = i
				}
			}
		}
	}
}

// structuredWord finds what starts with the word at token i or is announced by it. It returns the last token it
// consumed, i if none.
func (s *scan) structuredWord(i int) int {
	t := &s.tokens[i]
	if t.cue&monthCue != 0 {
		if j := s.birthDate(i); j > 0 {
			return j - 1
		}
	}
	if t.cue&announcingCues != 0 {
		if j := s.announcedBy(i); j > 0 {
			return j - 1
		}
	}
	n := t.end - t.start
	if n >= 2 && n <= 20 && (s.text[t.start]|0x20 == 'a' || s.text[t.start] >= 0x80 || s.text[t.start]|0x20 == 'c') {
		s.maskSpelledEmail(i)
	}
	if t.inSpan {
		return i
	}
	if t.allCaps || t.end-t.start == 1 {
		if t.language == langid.German {
			if end := s.germanPlateEnd(i); end > 0 {
				s.addSpan(ID, i, end)
				return end - 1
			}
		}
		if j := s.maskReferenceCode(i); j > 0 {
			return j - 1
		}
		if j := s.maskItalianDocket(i); j > 0 {
			return j - 1
		}
	}
	if s.startsKey(i) {
		if j := s.maskKey(i); j > 0 {
			return j - 1
		}
	}
	if s.equals(i, "c") && s.isSymbol(i+1, '/') && s.equals(i+2, "c") && s.adjacent(i+1) && s.adjacent(i+2) {
		// "C/C 67890-1": an account
		if k, _ := s.afterCue(i + 2); s.isNumber(k) && !s.tokens[k].inSpan && !s.isAmount(k, k+1) {
			if end := s.codeEnd(k, 5); end > 0 {
				s.addSpan(ID, k, end)
				return end - 1
			}
		}
	}
	if s.equals(i, "blatt") {
		if j := s.maskLandRegister(i); j > 0 {
			return j - 1
		}
	}
	if s.oneOf(i, "sectie", "section", "sections", "perceel", "parcelle", "cadastré", "cadastrée", "cadastrés", "cadastrées") {
		if j := s.maskParcel(i); j > 0 {
			return j - 1
		}
	}
	return s.identifierAt(i)
}

const notable = birthCue | phoneCue | acronymCue | identityCue | bankCue | referenceCue | numberCue | numberedCue | plateCue | cardCue | expiryCue | securityCodeCue | handleCue

func cueIndex(c cue) int { return bits.TrailingZeros32(uint32(c)) }

// recordKeyword records the keywords at token i.
func (s *scan) recordKeyword(i int) {
	t := &s.tokens[i]
	if t.class&contractKeyword != 0 {
		s.lastKeyword.contract = i
	}
	c := t.cue & notable
	if t.class&phoneKeyword != 0 {
		c |= phoneCue
	}
	if c&acronymCue != 0 {
		switch {
		case t.allCaps && s.mixedCodeEnd(i) > 0:
			c &^= acronymCue // the start of a code: "GWF071882903"
		case t.allCaps || t.camelCase:
			t.law = true // never a name
			if s.isSymbol(i-1, '.') && s.isWord(i-2) && s.tokens[i-2].end-s.tokens[i-2].start == 1 {
				s.tokens[i-2].law = true // "P. IVA"
			}
		case !s.lowercaseText && !s.isKey(i):
			c &^= acronymCue
		}
	}
	if c&numberCue != 0 && s.isCompoundNumber(i) {
		c |= identityCue
	}
	for ; c != 0; c &= c - 1 {
		s.lastCue[bits.TrailingZeros32(uint32(c))] = i
	}
}

// isCompoundNumber reports whether the number word at token i is the end of a compound: "A-number", "AHV-Nummer", "Pers.-Nr."
func (s *scan) isCompoundNumber(i int) bool {
	k := i - 2
	if !s.adjacent(i) || !s.isSymbol(i-1, '-') && !(s.isSymbol(i-1, '.') && s.adjacent(i-1)) {
		return false
	}
	if s.isSymbol(k, '.') {
		if k--; s.oneOf(k, "drs", "drucks", "art", "abs", "rn", "bes") {
			return false
		}
	}
	if !s.isWord(k) || !s.tokens[k].capitalized || s.tokens[k].cue&(statuteCue|phoneCue) != 0 || s.tokens[k].class&phoneKeyword != 0 {
		return false
	}
	if k < i-2 {
		s.tokens[k].law = true // never a name
	}
	return true
}

// near reports whether one of the cues stands at most n tokens before token i, in the same sentence.
func (s *scan) near(c cue, i, n int) bool {
	last := notSeen
	for ; c != 0; c &= c - 1 {
		last = max(last, s.lastCue[bits.TrailingZeros32(uint32(c))])
	}
	return last < i && i-last <= n && !s.sentenceEndsBetween(last, i)
}

// tokenAt returns the first token at or after a byte offset, searching from token i.
func (s *scan) tokenAt(i, offset int) int {
	for i < len(s.tokens) && int(s.tokens[i].start) < offset {
		i++
	}
	return i
}

// identifierAt finds identifiers that start with a word: URLs, host names, IBANs and codes of letters and
// digits. It returns the last token it consumed, i if none.
func (s *scan) identifierAt(i int) int {
	t := &s.tokens[i]
	if i+1 >= len(s.tokens) {
		return i
	}
	next := &s.tokens[i+1]
	if !s.adjacent(i + 1) {
		if t.end-t.start > 3 || next.startsLine || !t.allCaps && (t.end-t.start > 1 || !t.capitalized) && !s.lowercaseText || !s.isNumber(i+1) {
			return i
		}
		if j := s.maskIBAN(i); j > 0 {
			return j - 1
		}
		return s.maskIdentifier(i, s.announced(i))
	}
	switch {
	case next.symbol == ':' && s.isSymbol(i+2, '/') && s.isSymbol(i+3, '/') && s.adjacent(i+2) && s.adjacent(i+3):
		return s.maskURL(i, i+4)
	case next.symbol == ':' && s.equals(i, "ecli"):
		return s.wordEnd(i) - 1 // a published decision
	case next.symbol == '.':
		if j := s.maskHost(i); j > i || !s.near(handleCue|numberCue|identityCue, i, 6) || t.capitalized || s.tokens[s.userNameEnd(i)-1].kind != numberToken {
			return j
		}
		return s.maskUserName(i) // "duinwind.29"
	case next.symbol == '_':
		return s.maskUserName(i)
	case next.kind == numberToken && !s.followsLetterOrDigit(i):
		if j := s.maskIBAN(i); j > 0 {
			return j - 1
		}
		if j := s.maskWallet(i); j > 0 {
			return j - 1
		}
		if s.continuesCode(i) {
			return i
		}
		if j := s.maskMAC(i); j > 0 {
			return j - 1
		}
		announced := s.announced(i)
		if j := s.maskIdentifier(i, announced); j > i {
			return j
		}
		if announced {
			return s.maskCode(i)
		}
		if j := s.maskBareCode(i); j > 0 {
			return j - 1
		}
		return s.maskUserName(i)
	case next.symbol == '-' && s.isNumber(i+2) && s.adjacent(i+2) && (t.allCaps || t.end-t.start == 1 && t.capitalized):
		announced := s.announced(i)
		if j := s.maskIdentifier(i, announced); j > i {
			return j
		}
		if announced {
			return s.maskCode(i)
		}
		if j := s.maskBareCode(i); j > 0 {
			return j - 1
		}
	case next.symbol == ':' && t.end-t.start <= 2:
		if j := s.maskMAC(i); j > 0 {
			return j - 1
		}
	}
	return i
}

// followsLetterOrDigit reports whether token i hangs together with a word or number before it.
func (s *scan) followsLetterOrDigit(i int) bool {
	return s.adjacent(i) && s.tokens[i-1].kind != otherToken
}

// continuesCode reports whether a word or number is joined to token i by a hyphen or the like, "BOE-A1994". After a quote, a
// bracket or a colon a code may start.
func (s *scan) continuesCode(i int) bool {
	if !s.adjacent(i) || !s.adjacent(i-1) || s.tokens[i-2].kind == otherToken {
		return false
	}
	return s.isSymbol(i-1, '-') || s.isSymbol(i-1, '/') || s.isSymbol(i-1, '.') || s.isSymbol(i-1, '_') || s.isSymbol(i-1, '@')
}

// isKey reports whether the word at token i is the key of a value: `bsn: `, `"bsn": `, `bsn=`.
func (s *scan) isKey(i int) bool {
	k := i + 1
	if s.isQuote(k) && s.adjacent(k) {
		k++
	}
	return (s.isSymbol(k, ':') || s.isSymbol(k, '=')) && s.adjacent(k) && !s.isSymbol(k+1, '/')
}

func (s *scan) isQuote(i int) bool {
	if i < 0 || i >= len(s.tokens) || s.tokens[i].kind != otherToken {
		return false
	}
	switch s.textOf(i, i+1) {
	case `"`, "'", "`", "“", "”", "„", "‘", "’", "‚", "«", "»", "‹", "›":
		return true
	}
	return false
}

// wordEnd returns the token after the characters without blanks that start at token i.
func (s *scan) wordEnd(i int) int {
	i++
	for s.adjacent(i) {
		i++
	}
	return i
}
