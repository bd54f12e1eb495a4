package masking

import official "counsel/domain/masking/identifiers"

// A code is an identifier of letters and digits as it is printed: "AB 12 34 56 C", "2021/00345-B".

const announcingCues = numberedCue | referenceCue | identityCue | acronymCue | bankCue | plateCue | docketCue | handleCue | securityCodeCue | expiryCue | numberCue

// code is the run of letters and digits at a token, without its separators.
type code struct {
	compact [official.MaxLength]byte
	n       int
	groups  [16]codeGroup
	count   int
}

// codeGroup is the end of a group: the token after it, and the characters up to there.
type codeGroup struct{ token, n int }

// readCode reads the code at token i. Its groups are separated by one blank, hyphen, full stop or slash.
func (s *scan) readCode(i int) (c code) {
	for j := i; j < len(s.tokens) && c.count < len(c.groups); {
		t := &s.tokens[j]
		n := int(t.end - t.start)
		if t.kind == otherToken || t.inSpan || c.n+n > len(c.compact) {
			return c
		}
		if j > i && t.afterBlank && t.kind == wordToken && !(n == 1 && s.isNumber(j-1) && t.rank <= frequentScore) && (n > 4 || !t.allCaps && (n > 1 || !t.capitalized) && !s.lowercaseText) {
			return c
		}
		for _, b := range []byte(s.text[t.start:t.end]) {
			if !isAlnum(b) {
				return c
			}
			if b >= 'a' {
				b -= 'a' - 'A'
			}
			c.compact[c.n] = b
			c.n++
		}
		j++
		if j < len(s.tokens) && s.adjacent(j) && s.tokens[j].kind != otherToken {
			continue
		}
		c.groups[c.count] = codeGroup{j, c.n}
		c.count++
		switch {
		case j >= len(s.tokens) || s.tokens[j].startsLine:
			return c
		case s.tokens[j].kind == otherToken:
			if x := s.tokens[j].symbol; !s.adjacent(j) || !s.adjacent(j+1) || x != '-' && x != '.' && x != '/' && x != '+' {
				return c
			}
			j++
		}
	}
	return c
}

// maskIdentifier masks the official number at token i and returns its last token, or i.
func (s *scan) maskIdentifier(i int, announced bool) int {
	c := s.readCode(i)
	if c.n < 6 {
		return i
	}
	for g := c.count - 1; g >= 0 && c.groups[g].n >= 6; g-- {
		end := c.groups[g].token
		k := official.Match(string(c.compact[:c.groups[g].n]), s.textOf(i, end), announced)
		if k == nil {
			continue
		}
		if !announced && s.tokens[i].kind == wordToken && !s.tokens[i].allCaps && !s.tokens[i].capitalized && !s.lowercaseText {
			continue
		}
		if end < len(s.tokens) && s.adjacent(end) && (s.isSymbol(end, '-') || s.isSymbol(end, '/') || s.isSymbol(end, '.') && (s.isNumber(end+1) || announced && s.isWord(end+1) && s.tokens[end+1].allCaps || announced && s.isWord(end+1) && s.tokens[end+1].capitalized && s.isSymbol(end+2, '.'))) && s.adjacent(end+1) && s.tokens[end+1].kind != otherToken {
			// only the start of a longer code
			if end = s.codeEnd(i, 3); !announced || end == 0 {
				continue
			}
		} else if announced && s.isWord(end) && s.tokens[end].end-s.tokens[end].start == 1 && s.tokens[end].capitalized && s.isNumber(end+1) && !s.tokens[end].startsLine {
			end = max(end, s.codeEnd(i, 3)) // "12 180564 M 057"
		} else if announced && s.isNumber(end) && s.isNumber(end-1) && !s.tokens[end].startsLine {
			end = max(end, s.codeEnd(i, 3)) // only its first groups look like an official number
		}
		s.unmarkLaw(i, end)
		s.addSpan(ID, i, end)
		return end - 1
	}
	return i
}

// maskCode masks the code at token i, whatever it is, and returns its last token, or i. It has at least four digits.
func (s *scan) maskCode(i int) int {
	if end := s.codeEnd(i, 4); end > 0 {
		s.addSpan(ID, i, end)
		return end - 1
	}
	return i
}

// codeEnd returns the end of the code at token i if it has that many digits, or 0. Letters and digits that hang
// together belong to it, and further groups of digits after a blank.
func (s *scan) codeEnd(i, digits int) int {
	n, j := 0, i
	for j < len(s.tokens) && !s.tokens[j].inSpan && j-i < 40 {
		t := &s.tokens[j]
		switch {
		case t.kind == numberToken:
			if j > i && t.afterBlank && (t.startsLine || s.isAmount(j, j+1) || t.end-t.start < 2 && !(s.isSymbol(j+1, '.') && s.adjacent(j+1) && s.adjacent(j+2) && s.isNumber(j+2))) {
				goto done
			}
			n += int(t.end - t.start)
		case j > i && t.afterBlank:
			// "B 123 456": one capital, then digits
			if !(t.kind == wordToken && !t.startsLine && s.isNumber(j+1) && (t.end-t.start <= 2 && t.allCaps && n == 0 || t.end-t.start == 1 && t.capitalized ||
				t.end-t.start <= 4 && t.allCaps && n <= 2 && s.tokens[j-1].kind == wordToken && s.adjacent(j-1) && t.cue&(currencyCue|statuteCue|courtCue|monthCue) == 0)) {
				goto done
			}
		case t.kind == otherToken:
			if x := t.symbol; x != '-' && x != '/' && x != '.' && x != '_' || !s.adjacent(j+1) || s.tokens[j+1].kind == otherToken && !(x == '/' && s.isSymbol(j+1, '/')) {
				goto done
			}
		case t.end-t.start > 6 && j > i:
			goto done
		}
		j++
	}
done:
	if n < digits || j == i {
		return 0
	}
	return j
}

// announced reports whether a word shortly before token i announces an identifier.
func (s *scan) announced(i int) bool {
	return s.near(identityCue, i, 8) || s.near(acronymCue|numberedCue, i, 7) || s.near(bankCue, i, 6) ||
		s.near(referenceCue, i, 7) && s.near(numberCue, i, 6) || s.near(plateCue, i, 4) && s.tokens[i].kind == wordToken
}

// announcedBy masks what the word at token i announces directly: "Kundennummer 4711", "plate: AB12 CDE". It returns the
// end of what it masked, or 0.
func (s *scan) announcedBy(i int) int {
	c := s.tokens[i].cue
	if c&acronymCue != 0 && s.adjacent(i+1) && s.isNumber(i+1) && (s.tokens[i+1].end-s.tokens[i+1].start < 4 || s.mixedCodeEnd(i) > 0) {
		c &^= acronymCue // the start of a code: "SN4K7Z001241"
	}
	if c&acronymCue != 0 && !s.tokens[i].allCaps && !s.tokens[i].camelCase && !s.lowercaseText && !s.isKey(i) {
		c &^= acronymCue
	}
	k, numbered := s.afterCue(i)
	if k >= len(s.tokens) || s.tokens[k].inSpan {
		return 0
	}
	numbered = numbered || c&numberedCue != 0
	switch {
	case c&handleCue != 0 && k > i+1:
		if j := s.maskHandle(k, s.isSymbol(i+1, ':')); j > 0 {
			return j
		}
	case c&securityCodeCue != 0 && s.secretEnd(i, k) > 0:
		end := s.secretEnd(i, k)
		s.addSpan(ID, k, end)
		return end
	case c&securityCodeCue != 0 && !s.isPasswordWord(i) && s.isNumber(k) && s.tokens[k].end-s.tokens[k].start >= 3 && s.tokens[k].end-s.tokens[k].start <= 6 && (s.tokens[i].allCaps || s.tokens[i].end-s.tokens[i].start > 3 || i-s.lastCard < 20 || s.lowercaseText):
		s.addSpan(ID, k, k+1)
		return k + 1
	case c&expiryCue != 0 && i-s.lastCard < 20:
		return s.maskExpiry(k)
	}
	if c&docketCue != 0 && s.tokens[k].kind != otherToken && (numbered || c&referenceCue == 0 || k == i+1 && s.isNumber(k) && s.docketEnd(k) > k+2) {
		if j := s.maskDocket(i, k); j > 0 {
			return j
		}
		if end := s.docketEnd(k); end > 0 {
			for j := k; j < end; j++ {
				s.tokens[j].law = true // of a published decision
			}
			return end
		}
	}
	if c&plateCue != 0 {
		if j := s.maskPlate(k); j > 0 {
			return j
		}
	}
	if end := s.bicAt(k); c&bankCue != 0 && end > 0 {
		s.addSpan(ID, k, end)
		return end
	}
	if !s.isCodeStart(k) || s.isReference(i) || c&statuteCue != 0 && c&numberedCue == 0 {
		return 0
	}
	var digits int
	switch {
	case c&numberedCue != 0, c&(referenceCue|identityCue|acronymCue|bankCue) != 0 && numbered:
		digits = 3
	case c&bankCue != 0 && s.oneOf(i, "agência", "agencia", "guichet"):
		digits = 3
	case s.oneOf(i, "hra", "hrb") && s.isNumber(k):
		digits = 3
	case c&(acronymCue|identityCue|bankCue) != 0:
		digits = 5
	case c&referenceCue != 0 && k == i+1 && s.tokens[i].startsLine && s.lineEndsAt(k+1):
		digits = 3 // a line of its own: "matricola 0981"
	case c&referenceCue != 0 && (k == i+1 || k == i+2 && s.isSymbol(i+1, '.')) && s.isNumber(k):
		digits = 5
	case c&referenceCue != 0 && (s.isSymbol(k-1, ':') || s.isSymbol(k-1, '#')):
		digits = 3
	case c&referenceCue != 0 && k == i+2 && s.oneOf(i+1, "is", "ist", "es", "est", "è", "é", "lautet") && s.isNumber(k):
		digits = 8 // "my claim ref is 4412 7789 1203"
	case c&referenceCue != 0 && k == i+1 && s.tokens[k].allCaps && s.isNumber(k+1) && !s.adjacent(k+1) && (s.tokens[k].end-s.tokens[k].start <= 3 || s.isNumber(k+2) && s.tokens[k+1].end-s.tokens[k+1].start == 4) && s.tokens[k].cue&(statuteCue|courtCue|currencyCue) == 0:
		digits = 6 // "Police LV 7.712.009-4"
	case c&referenceCue != 0 && k == i+1 && s.isWord(k) && s.tokens[k].end-s.tokens[k].start == 1 && s.tokens[k].capitalized && s.isNumber(k+1):
		digits = 6 // "Spaarrekening K 123 45 678"
	case c&referenceCue != 0 && s.oneOf(i, "ref", "réf", "rif") && s.isWord(k) && s.isSymbol(k+1, '/') && s.adjacent(k+1):
		digits = 4 // "our ref jt/0012/b"
	case c&numberCue != 0 && s.isWord(k):
		end := s.mixedCodeEnd(k)
		if end == 0 && (s.isJoinedCode(k) || s.isPrefix(k) && s.isNumber(k+1)) {
			end = s.codeEnd(k, 5)
		}
		if end > 0 && !s.nearLaw(i) && !s.equals(i, "code") {
			s.addSpan(ID, k, end)
			return end // "title no. TGL123456"
		}
		return 0
	case c&numberCue != 0 && k < len(s.tokens):
		return 0
	default:
		return 0
	}
	if s.isNumber(k) {
		d := s.readDigits(k)
		if s.isAmount(k, d.to) || s.isDateAt(k) && !(c&numberedCue != 0 && k <= i+2) || s.isSSN(&d) {
			return 0
		}
	}
	if j := s.maskIBAN(min(k, len(s.tokens)-2)); j > 0 {
		return j
	}
	if code := s.readCode(k); c&(identityCue|acronymCue|numberedCue|bankCue) != 0 || code.count > 0 && code.groups[code.count-1].token >= s.codeEnd(k, digits) {
		if j := s.maskIdentifier(k, true); j > k || s.tokens[k].inSpan {
			return j + 1
		}
	}
	end := s.codeEnd(k, digits)
	if end == 0 && (digits == 3 || c&acronymCue != 0) {
		end = max(s.mixedCodeEnd(k), s.locatorEnd(k))
	}
	if end == 0 {
		return 0
	}
	if s.oneOf(k-1, "hrb", "hra", "fn", "gnr", "vr") && s.isFree(k-1) {
		k-- // the register is part of the number
		if s.isWord(end) && s.tokens[end].end-s.tokens[end].start == 1 && s.phraseEndsAt(end+1) {
			end++ // "FN 417882 k"
		}
	}
	if end == k+1 && s.isNumber(k) && s.isYear(k) && s.tokens[k].end-s.tokens[k].start == 4 && c&numberedCue == 0 && !s.isSymbol(k-1, ':') && !s.isSymbol(k-1, '#') {
		return 0 // "account 2019"
	}
	s.unmarkLaw(k, end)
	s.addSpan(ID, k, end)
	return end
}

// locatorEnd returns the end of five to eight capitals and at least one digit that hang together at token k, "RT7QKM", or 0.
func (s *scan) locatorEnd(k int) int {
	end, digits := k, 0
	for end < len(s.tokens) && (end == k || s.adjacent(end)) && s.tokens[end].kind != otherToken {
		t := &s.tokens[end]
		if t.inSpan || t.kind == wordToken && !t.allCaps && !(t.capitalized && t.end-t.start == 1) {
			return 0
		}
		if t.kind == numberToken {
			digits++
		}
		end++
	}
	if n := s.tokens[end-1].end - s.tokens[k].start; digits == 0 || n < 5 || n > 8 || end == k {
		return 0
	}
	return end
}

// afterCue returns the token after the cue at token i and after what connects it with its number: "account no.: ",
// "Kontonummer lautet ", "n° de client ". Numbered reports that a number word is among them or before the cue.
func (s *scan) afterCue(i int) (k int, numbered bool) {
	for p := i - 1; p >= max(0, i-4); p-- {
		t := &s.tokens[p]
		if t.cue&numberCue != 0 && !t.startsLine {
			numbered = true
			break
		}
		if t.kind == numberToken || t.kind == wordToken && t.class&nameParticle == 0 && t.end-t.start > 3 {
			break
		}
	}
	for k = i + 1; k < min(i+8, len(s.tokens)); k++ {
		t := &s.tokens[k]
		switch {
		case t.inSpan, s.isJoinedCode(k):
			return k, numbered
		case t.kind == otherToken:
			if x := t.symbol; x == ':' || x == '.' && s.adjacent(k) || x == '#' || x == '=' || x == '(' || x == '-' && k > i+1 || s.isQuote(k) {
				numbered = numbered || x == '#'
				continue
			}
			if r := s.textOf(k, k+1); r == "°" || r == "º" || r == "№" || r == "ª" {
				numbered = true
				continue
			}
			return k, numbered
		case t.kind == numberToken:
			return k, numbered
		case t.cue&numberCue != 0 && (t.end-t.start > 1 || !t.capitalized || s.isSymbol(k+1, '.')):
			numbered = true
		case t.cue&acronymCue != 0 && t.allCaps && t.end-t.start > 2 && !s.adjacent(k+1), t.cue&(identityCue|referenceCue|bankCue|plateCue) != 0 && !s.isNumber(k+1), s.oneOf(k, "is", "ist", "est", "es", "è", "é", "lautet", "of", "de", "del", "do", "da", "di", "du", "van", "der", "the", "as", "am", "im", "in", "to", "reads", "se", "ha", "com", "con", "mit", "name", "and", "my", "juicio", "procedimiento", "proceso", "ordinario", "verbal", "abreviado", "penal", "civil", "monitorio", "comum", "beim", "bei", "chez", "at", "with", "on", "por", "bis", "until", "thru", "through", "till", "au", "al", "até", "fino", "tot", "date", "end", "id", "trägt", "hat", "porte", "lleva", "tiene", "tem", "traz", "heeft", "draagt", "has", "carries", "reg", "führt") && !(s.isNumber(k+1) && (s.adjacent(k+1) || t.allCaps && !s.uppercaseText)):
		default:
			return k, numbered
		}
	}
	return k, numbered
}

// isCodeStart reports whether a code may start at token k: a number, or capitals with a digit in the same word or
// group.
func (s *scan) isCodeStart(k int) bool {
	if s.isNumber(k) {
		return true
	}
	if !s.isWord(k) || s.tokens[k].end-s.tokens[k].start > 8 {
		return false
	}
	for j := k + 1; j < k+6 && j < len(s.tokens); j++ {
		switch {
		case s.tokens[j].kind == numberToken:
			return s.tokens[k].allCaps || s.tokens[k].end-s.tokens[k].start == 1 || s.adjacent(j) || s.lowercaseText && j == k+1 && s.tokens[k].end-s.tokens[k].start <= 3
		case !s.adjacent(j) && !(s.isNumber(j+1) || s.isNumber(j)):
			return false
		}
	}
	return false
}

// bicAt returns the end of a BIC at token k (ISO 9362), or 0.
func (s *scan) bicAt(k int) int {
	if !s.isWord(k) || !s.tokens[k].allCaps || s.tokens[k].end-s.tokens[k].start < 6 {
		return 0
	}
	end := k + 1
	for s.adjacent(end) && s.tokens[end].kind != otherToken {
		end++
	}
	text := s.textOf(k, end)
	if len(text) != 8 && len(text) != 11 {
		return 0
	}
	for i := range len(text) {
		if !isAlnum(text[i]) || text[i] >= 'a' {
			return 0
		}
	}
	if ibanLengths[text[4:6]] > 0 || text[4:6] == "US" || text[4:6] == "CA" || text[4:6] == "AU" || text[4:6] == "IN" {
		return end
	}
	return 0
}

// germanPlateEnd returns the end of a German number plate at token i, "HD-KR 412E", or 0.
func (s *scan) germanPlateEnd(i int) int {
	caps := func(k, most int) bool {
		return s.isWord(k) && s.tokens[k].capitalized && (s.tokens[k].allCaps || k > i && s.tokens[k].end-s.tokens[k].start == 1 || s.tokens[k].end-s.tokens[k].start == 1) && int(s.tokens[k].end-s.tokens[k].start) <= most &&
			s.tokens[k].cue&(statuteCue|courtCue|acronymCue|currencyCue|docketCue) == 0 && !s.tokens[k].law && !s.tokens[k].inSpan
	}
	if !caps(i, 4) || !s.isSymbol(i+1, '-') || !s.adjacent(i+1) || !s.adjacent(i+2) || !caps(i+2, 2) || !s.isNumber(i+3) || !s.tokens[i+3].afterBlank || s.tokens[i+3].startsLine || s.followsLetterOrDigit(i) {
		return 0
	}
	if n := s.tokens[i+3].end - s.tokens[i+3].start; n < 2 || n > 4 || s.isYearAt(i+3) {
		return 0
	}
	end := i + 4
	if s.adjacent(end) && s.oneOf(end, "e", "h") {
		end++
	}
	if s.adjacent(end) && s.tokens[end].kind != otherToken || s.isSymbol(end, '/') {
		return 0
	}
	return end
}

// maskPlate masks the number plate at token k, after a word such as "plate" or "Kennzeichen", and returns its end, or 0.
func (s *scan) maskPlate(k int) int {
	runes, digits, j := 0, 0, k
	for j < len(s.tokens) && j-k < 7 && !s.tokens[j].inSpan {
		t := &s.tokens[j]
		n := int(t.end - t.start)
		switch {
		case t.startsLine && j > k, t.kind == numberToken && n > 6, t.kind == wordToken && (n > 3 || !t.allCaps && !(n == 1 && t.capitalized) && !s.lowercaseText):
			goto done
		case t.kind == wordToken && t.afterBlank && j > k && (t.class&functionWord != 0 || t.rank > frequentScore) && s.lowercaseText:
			goto done
		case t.kind == otherToken:
			if t.symbol != '-' && s.textOf(j, j+1) != "·" || j == k {
				goto done
			}
		case t.kind == wordToken:
			runes += n
		default:
			digits += n
		}
		j++
	}
done:
	if j > k && s.isSymbol(j-1, '-') {
		j--
	}
	if runes == 0 || digits == 0 || runes+digits < 4 || runes+digits > 9 {
		return 0
	}
	s.addSpan(ID, k, j)
	return j
}
