package masking

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parser reads a possible placeholder. It sees the characters that are meant: "&#91;", `\[`, `\u005b` and "［"
// are all '[', every blank and line break is ' ', and what has no width is not there.
type parser struct {
	text    string
	at      int
	whole   bool // nothing follows text
	starved bool // the result depends on what follows text
}

const (
	eof       rune = -1
	ignorable rune = -2 // has no width
)

// peek returns the next character and where the one after it starts.
func (p *parser) peek() (c rune, next int) {
	if p.at < len(p.text) {
		if b := p.text[p.at]; b > ' ' && b < utf8.RuneSelf && b != '\\' && b != '&' {
			return rune(b), p.at + 1
		}
	}
	for i := p.at; ; {
		if i >= len(p.text) {
			p.starved = p.starved || !p.whole
			return eof, i
		}
		c, n, ok := p.decode(i)
		if !ok {
			p.starved = p.starved || !p.whole
			if !p.whole {
				return eof, i
			}
		}
		if c = canonicalRune(c); c != ignorable {
			return c, i + n
		}
		i += n
	}
}

func (p *parser) next() { _, p.at = p.peek() }

// accept reads the character c if it comes next.
func (p *parser) accept(c rune) bool {
	got, next := p.peek()
	if got == c {
		p.at = next
	}
	return got == c
}

// blanks reads at most limit blanks.
func (p *parser) blanks(limit int) {
	for n := 0; n < limit && p.accept(' '); n++ {
	}
}

// blankless reports whether no blank was read since from.
func (p *parser) blankless(from int) bool {
	q := parser{text: p.text[:p.at], at: from, whole: true}
	for q.at < p.at {
		c, next := q.peek()
		if c == ' ' {
			return false
		}
		q.at = next
	}
	return true
}

// decoration reads marks of emphasis.
func (p *parser) decoration() {
	for range 6 {
		c, next := p.peek()
		if c != '*' && c != '_' && c != '`' && c != '~' {
			return
		}
		p.at = next
	}
}

// possessive reads what may follow a name: ’s, ’
func (p *parser) possessive() {
	saved := p.at
	c, next := p.peek()
	if c != '\'' && c != '’' {
		return
	}
	p.at = next
	if c, next = p.peek(); c == 's' || c == 'S' {
		p.at = next
	}
	if c, _ = p.peek(); isASCIILetter(c) {
		p.at = saved
	}
}

// conjunctions of lists in the languages that are masked.
const conjunctions = " and or und oder et ou y e o u en of sowie "

// separator reads what stands between the items of a list: at least one blank, mark or conjunction.
func (p *parser) separator() bool {
	start := p.at
	p.blanks(3)
	if c, next := p.peek(); c != eof && strings.ContainsRune(",;/&+|", c) {
		p.at = next
	}
	p.blanks(3)
	saved, word := p.at, make([]byte, 0, 8)
	for len(word) < 6 {
		c, next := p.peek()
		if !isASCIILetter(c) {
			break
		}
		word = append(word, byte(c|0x20))
		p.at = next
	}
	if c, _ := p.peek(); c == ' ' && len(word) > 0 && strings.Contains(conjunctions, " "+string(word)+" ") {
		p.blanks(3)
	} else {
		p.at = saved
	}
	return p.at > start
}

// decode decodes the character at p.text[i], with its escape. ok is false if more text may change it.
func (p *parser) decode(i int) (c rune, n int, ok bool) {
	rest := p.text[i:]
	switch {
	case rest[0] == '\\':
		return decodeEscape(rest)
	case rest[0] == '&':
		return decodeEntity(rest)
	case rest[0] < utf8.RuneSelf:
		return rune(rest[0]), 1, true
	}
	return decodeRune(rest)
}

func decodeRune(s string) (c rune, n int, ok bool) {
	c, n = utf8.DecodeRuneInString(s)
	return c, n, c != utf8.RuneError || utf8.FullRuneInString(s)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// decodeEscape decodes \[ of Markdown and \u005b of JSON.
func decodeEscape(s string) (c rune, n int, ok bool) {
	if len(s) == 1 {
		return '\\', 1, false
	}
	if s[1] == 'u' {
		n = 2
		for n < 6 && n < len(s) && isHex(s[n]) {
			n++
		}
		if n == 6 {
			v, _ := strconv.ParseUint(s[2:6], 16, 32)
			return rune(v), 6, true
		}
		return '\\', 1, n < len(s)
	}
	if s[1] > ' ' && s[1] < 0x7f && byteRoles[s[1]] != letterByte && byteRoles[s[1]] != digitByte {
		return rune(s[1]), 2, true
	}
	return '\\', 1, true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || lower(c) >= 'a' && lower(c) <= 'f' }

// htmlEntities are the named entities that occur in placeholders.
var htmlEntities = map[string]rune{
	"lt": '<', "gt": '>', "lbrack": '[', "lsqb": '[', "rbrack": ']', "rsqb": ']', "lbrace": '{', "lcub": '{', "rbrace": '}', "rcub": '}',
	"lowbar": '_', "nbsp": ' ', "ensp": ' ', "thinsp": ' ', "ast": '*', "amp": '&', "comma": ',', "apos": '\'', "rsquo": '’', "shy": 0xad,
	"zwj": 0x200d, "zwnj": 0x200c, "hyphen": '-', "dash": '-', "num": '#', "Tab": ' ', "NewLine": ' ',
}

// decodeEntity decodes &#91; &#x5B; and &lbrack;.
func decodeEntity(s string) (c rune, n int, ok bool) {
	n = 1
	for n < len(s) && n < 10 && (byteRoles[s[n]] == letterByte || byteRoles[s[n]] == digitByte || n == 1 && s[n] == '#') {
		n++
	}
	switch {
	case n == len(s) && n < 10:
		return '&', 1, false
	case n == len(s) || s[n] != ';':
		return '&', 1, true
	}
	name := s[1:n]
	if name != "" && name[0] == '#' {
		digits, base := name[1:], 10
		if digits != "" && lower(digits[0]) == 'x' {
			digits, base = digits[1:], 16
		}
		if v, err := strconv.ParseUint(digits, base, 20); err == nil {
			return rune(v), n + 1, true
		}
	}
	if c, found := htmlEntities[name]; found {
		return c, n + 1, true
	}
	return '&', 1, true
}

// canonicalRune returns the ASCII character that r stands for, ' ' for every blank, ignorable for what has no
// width, or r.
func canonicalRune(r rune) rune {
	switch {
	case r < 0x80:
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xfee0
	case r == 0xad, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f,
		r >= 0x300 && r < 0x370:
		return ignorable
	case r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return '-'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// closings are the brackets that are part of a placeholder. Parentheses are not: they belong to the
// sentence.
var closings = map[rune]rune{
	'[': ']', '<': '>', '{': '}', '【': '】', '〔': '〕', '〖': '〗', '「': '」', '『': '』', '《': '》', '〈': '〉', '⟨': '⟩', '⟦': '⟧', '⟪': '⟫',
}

func closingOf(c rune) rune {
	if c >= 0x80 || c == '[' || c == '<' || c == '{' {
		return closings[c]
	}
	return 0
}

func isOpening(r rune) bool { return r >= 0x2000 && closings[r] != 0 }

// closingByte returns a closing bracket as it stands unescaped.
func closingByte(c rune) byte {
	if c < 0x80 {
		return byte(c)
	}
	return 0
}

func isASCIILetter(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 }

// isWordCharacter reports whether r is a letter or digit, in any script.
func isWordCharacter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordAfter returns whether a word goes on after r, which is not ASCII.
func wordAfter(inWord bool, r rune) bool {
	return isWordCharacter(r) || inWord && canonicalRune(r) == ignorable
}
