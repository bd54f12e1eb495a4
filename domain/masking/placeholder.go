package masking

import "strings"

// A placeholder is [TYPE_12] or, for another wording of the same value, [TYPE_12B]. Models write it in many
// ways: in lower case, translated, escaped, in other brackets, without brackets, in a list. placeholderScanner
// finds them all. What it finds in a user's text is masked as Literal, so that it comes back as it was; what
// it finds in an answer is restored.
//
// Between brackets, the separator of type and number may be anything usual. Without brackets, only the
// underscore counts: "person 1 of the list" and "ID 5" are ordinary words.

const (
	// maxPlaceholderLen is the maximum length of a placeholder or list of placeholders with what surrounds it, in bytes,
	// and so bounds the buffer of a Restorer and the time spent at one position.
	maxPlaceholderLen = 256
	// longer lists are restored one by one, and their brackets stay
	maxMentions = 8
)

// mention names one value inside a placeholder: PERSON_12B.
type mention struct {
	start, end int // in the text
	ref        reference
	name       *typeName
	suffix     int  // start of the characters after the number
	upper      bool // the type is in upper case
	strict     bool // type and number are joined by one underscore, so it needs no brackets
}

// reference identifies a wording of a value.
type reference struct {
	kind    Type
	number  uint64
	wording uint64 // 0: the first
}

// placeholderMatch is what placeholderScanner finds: text[start:end].
type placeholderMatch struct {
	start, end           int
	innerStart, innerEnd int // without brackets
	bracketed            bool
	link                 bool // the text of a Markdown link, which needs its brackets
	mentions             [maxMentions]mention
	n                    int // number of mentions; 0: a bracket that is never closed, to be dropped
}

func (m *placeholderMatch) all() []mention { return m.mentions[:m.n] }

// Bytes by their role in placeholderScanner.find.
const (
	otherByte  uint8 = iota
	letterByte       // may start a placeholder without brackets
	digitByte
	lineByte  // the underscore, which neither starts nor ends a word
	dressByte // may start a bracket
	wideByte  // of a character outside ASCII
)

var byteRoles = func() (roles [256]uint8) {
	for c := range roles {
		switch b := byte(c); {
		case b >= 0x80:
			roles[c] = wideByte
		case lower(b) >= 'a' && lower(b) <= 'z':
			roles[c] = letterByte
		case b >= '0' && b <= '9':
			roles[c] = digitByte
		case b == '_':
			roles[c] = lineByte
		case strings.IndexByte(`[<{\&`, b) >= 0:
			roles[c] = dressByte
		}
	}
	return roles
}()

// placeholderScanner finds the placeholders of a text that may arrive in pieces.
type placeholderScanner struct {
	inWord bool              // the text so far ends inside a word
	match  *placeholderMatch // nil until there is a candidate
	link   linkTracker       // of what is restored
}

// find calls found for each placeholder in text; the match is valid during the call. Unless whole is set, more
// text may follow: then everything from the returned offset on depends on it and has to be given again.
func (f *placeholderScanner) find(text string, whole bool, found func(*placeholderMatch)) int {
	word := f.inWord
	i := 0
scan:
	for i < len(text) {
		c := text[i]
		role := byteRoles[c]
		next := i + 1
		switch role {
		case otherByte:
			word = false
			i = next
			continue
		case digitByte:
			word = true
			i = next
			continue
		case lineByte:
			i = next
			continue
		case letterByte:
			for next < len(text) && byteRoles[text[next]] == letterByte {
				next++
			}
			if word || next < len(text) && text[next] < 0x80 && strings.IndexByte(`_-\&`, text[next]) < 0 {
				word = true
				i = next
				continue
			}
		case dressByte:
			if c == '\\' && next < len(text) && text[next] == '_' {
				i = next + 1
				continue
			}
		case wideByte:
			r, n, ok := decodeRune(text[i:])
			if !ok && !whole {
				break scan
			}
			next = i + n
			if canonical := canonicalRune(r); canonical == ignorable || canonical == r && !isOpening(r) {
				word = wordAfter(word, r)
				i = next
				continue
			}
			word = word && canonicalRune(r) >= '0' // a full-width letter may start a placeholder
		}
		p := parser{text: text[:min(len(text), i+maxPlaceholderLen)], at: i}
		p.whole = whole || len(p.text) < len(text)
		matched := false
		if c, _ := p.peek(); closingOf(c) != 0 || !word && isASCIILetter(c) && typeNameTrie[0].next[nameEdge(c)] != 0 {
			if f.match == nil {
				f.match = new(placeholderMatch)
			}
			matched = p.match(f.match)
		}
		switch {
		case p.starved:
			break scan
		case matched:
			found(f.match)
			word = false
			i = f.match.end
		default:
			word = role == letterByte || role == wideByte && isWordCharacter(firstRune(text[i:]))
			i = next
		}
	}
	f.inWord = word
	return i
}

// match parses a placeholder at p.at, which is not inside a word.
func (p *parser) match(m *placeholderMatch) bool {
	m.start, m.n, m.bracketed, m.link = p.at, 0, false, false
	c, _ := p.peek()
	if closing := closingOf(c); closing != 0 {
		m.bracketed = true
		return p.bracketed(m, c, closing)
	}
	one := &m.mentions[0]
	if !p.mention(one) || !one.strict || !p.endsWord() {
		return false
	}
	m.n, m.innerStart, m.innerEnd, m.end = 1, m.start, one.end, one.end
	return true
}

// bracketed parses a list of mentions in brackets.
func (p *parser) bracketed(m *placeholderMatch, opening, closing rune) bool {
	raw := p.text[p.at] == '['
	escaped := p.text[p.at] == '\\' && p.text[p.at+1:] != "" && p.text[p.at+1] != 'u'
	p.next()
	m.innerStart = p.at
	double := false
	if c, _ := p.peek(); c == opening && c != '[' {
		p.next()
		double = true
	}
	p.blanks(2)
	m.innerStart = p.at
	p.decoration()
	for {
		if m.n == maxMentions || !p.mention(&m.mentions[m.n]) {
			break
		}
		m.n++
		p.possessive()
		p.decoration()
		m.innerEnd = p.at
		p.blanks(2)
		if opening == '<' {
			p.accept('/')
		}
		if at := p.at; p.accept(closing) {
			if double && !p.accept(closing) || escaped && p.text[at] == closingByte(closing) {
				return false // the backslash is not part of [PERSON_1]
			}
			m.end = p.at
			m.link = raw && p.linkTarget()
			return true
		}
		p.at = m.innerEnd
		if !p.separator() {
			break
		}
		p.decoration()
	}
	if p.starved || m.n == 0 || closing != ']' || !m.mentions[0].strict || m.mentions[0].start != m.innerStart {
		return false
	}
	return p.neverClosed(m)
}

// neverClosed reports whether the bracket before the first mention is never closed in its sentence, and makes m
// that bracket. The mention is found later, like one without brackets.
func (p *parser) neverClosed(m *placeholderMatch) bool {
	p.at = m.mentions[0].end
	if !p.endsWord() {
		return false
	}
	stop := false
	for {
		start := p.at
		c, next := p.peek()
		switch {
		case c == ']':
			return false
		case c == eof, c == '[', strings.IndexByte("\n\r", p.text[start]) >= 0, stop && c == ' ':
			m.end, m.n = m.innerStart, 0
			return !p.starved
		}
		stop = c == '.' || c == '!' || c == '?'
		p.at = next
	}
}

// mention parses TYPE_12B.
func (p *parser) mention(m *mention) bool {
	*m = mention{start: p.at, strict: true}
	if !p.typeName(m) {
		return false
	}
	before := p.at
	lines := 0
	p.blanks(2)
	for lines < 2 && p.accept('_') {
		lines++
	}
	if lines == 0 {
		if c, _ := p.peek(); c != eof && strings.ContainsRune("-#:.", c) {
			p.next()
		}
	}
	p.blanks(2)
	m.strict = m.strict && lines == 1 && p.blankless(before)
	digits := 0
	for {
		c, next := p.peek()
		if c < '0' || c > '9' {
			break
		}
		if digits++; digits > 10 {
			return false
		}
		m.ref.number = m.ref.number*10 + uint64(c-'0')
		p.at = next
	}
	if digits == 0 {
		return false
	}
	m.suffix = p.at
	for n := 0; ; n++ {
		c, next := p.peek()
		if !isASCIILetter(c) {
			if c >= 0x80 && isWordCharacter(c) {
				return false
			}
			break
		}
		if n == 3 {
			return false
		}
		m.ref.wording = m.ref.wording*26 + uint64(c|0x20-'a'+1)
		p.at = next
	}
	if m.ref.wording > 0 {
		m.ref.wording--
	}
	m.end = p.at
	return true
}

// endsWord reports whether a placeholder without brackets may end here: no longer identifier, file name or
// e-mail address continues.
func (p *parser) endsWord() bool {
	q := *p
	for n := 0; n < 4 && q.accept('_'); n++ {
	}
	ends := true
	switch c, next := q.peek(); {
	case c == '@', c >= '0' && c <= '9', isASCIILetter(c), c >= 0x80 && isWordCharacter(c):
		ends = false
	case c == '.':
		q.at = next
		c, _ = q.peek()
		ends = c < 'a' || c > 'z'
	}
	p.starved = q.starved
	return ends
}

// linkTarget reports whether the target of a Markdown link follows.
func (p *parser) linkTarget() bool {
	for _, prefix := range linkTargets {
		rest := p.text[p.at:]
		if strings.HasPrefix(rest, prefix) {
			return true
		}
		if strings.HasPrefix(prefix, rest) && !p.whole {
			p.starved = true
		}
	}
	return false
}

var linkTargets = []string{"(http://", "(https://", "(mailto:", "(tel:", "(www.", "(#", "(/"}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
