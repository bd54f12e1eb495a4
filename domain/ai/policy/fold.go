package policy

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text without its disguises: a-z, 0-9, single blanks, commas, and a full stop for
// every break between sentences. at[i] is the offset in the original of what became byte i.
type folded struct {
	text     string
	at       []int32
	original string
}

// origin turns a range of the folded text into one of the original.
func (f *folded) origin(start, end int) (int, int) {
	last := int(f.at[end-1])
	_, n := utf8.DecodeRuneInString(f.original[last:])
	if f.original[last] == '&' {
		if _, m := entity(f.original[last:]); m > 0 {
			n = m
		}
	}
	return int(f.at[start]), last + n
}

func foldText(text string) *folded {
	b := folder{out: make([]byte, 0, len(text)), at: make([]int32, 0, len(text))}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			n := 1
			switch {
			case c == '&':
				if s, m := entity(text[i:]); m > 0 {
					for _, r := range s {
						b.rune(r, i, text[i+m:])
					}
					n = m
				} else {
					b.byte(' ', i)
				}
			case c == '\n' && blankLine(text[i+1:]):
				b.byte('.', i)
			default:
				b.rune(rune(c), i, text[i+1:])
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		b.rune(r, i, text[i+n:])
		i += n
	}
	return &folded{text: string(b.out), at: b.at, original: text}
}

type folder struct {
	out []byte
	at  []int32
}

// byte appends c, of blanks and breaks only one.
func (b *folder) byte(c byte, from int) {
	if n := len(b.out); !isWordByte(c) && n > 0 {
		switch last := b.out[n-1]; {
		case c == ' ' && (last == ' ' || last == '.'):
			return
		case c != ' ' && last == ' ':
			b.out, b.at = b.out[:n-1], b.at[:n-1]
			b.byte(c, from)
			return
		case c == last, c == ',' && last == '.':
			return
		}
	} else if !isWordByte(c) {
		return // nothing at the beginning
	}
	b.out, b.at = append(b.out, c), append(b.at, int32(from))
}

func (b *folder) rune(r rune, from int, rest string) {
	switch {
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		b.out, b.at = append(b.out, byte(r)), append(b.at, int32(from))
	case 'A' <= r && r <= 'Z':
		b.out, b.at = append(b.out, byte(r)+'a'-'A'), append(b.at, int32(from))
	case r == '.' || r == '!' || r == '?' || r == ';' || r == ':':
		if next, _ := utf8.DecodeRuneInString(rest); rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			b.byte('.', from)
		} else {
			b.byte(' ', from)
		}
	case r == ',':
		b.byte(',', from)
	case r == '\'' || r == '’' || r == '`' || r == '´':
		if len(rest) == 0 || rest[0]|0x20 != 't' { // don't is one word, qu'il is two
			b.byte(' ', from)
		}
	case r < utf8.RuneSelf:
		b.byte(' ', from)
	case 0xE0020 <= r && r < 0xE007F: // tag characters: invisible ASCII
		b.rune(r-0xE0000, from, "")
	case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Variation_Selector) || r == 'ㅤ':
	default:
		b.other(r, from)
	}
}

// other writes a letter of another alphabet, accent, width or style as the ASCII it looks like.
func (b *folder) other(r rune, from int) {
	if s, ok := lookalikes[unicode.ToLower(r)]; ok {
		for i := range len(s) {
			b.byte(s[i], from)
		}
		return
	}
	var buf [utf8.UTFMax]byte
	wrote := false
	for _, d := range string(norm.NFKD.Append(nil, buf[:utf8.EncodeRune(buf[:], r)]...)) {
		d = unicode.ToLower(d)
		s, ok := lookalikes[d]
		switch {
		case 'a' <= d && d <= 'z' || '0' <= d && d <= '9':
			b.byte(byte(d), from)
			wrote = true
		case ok:
			for i := range len(s) {
				b.byte(s[i], from)
			}
			wrote = true
		}
	}
	if !wrote {
		if r == '。' || r == '！' || r == '？' || r == '\u2029' {
			b.byte('.', from)
		} else {
			b.byte(' ', from)
		}
	}
}

// lookalikes are lower-case letters that decomposition leaves alone.
var lookalikes = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th"}
	for ascii, others := range map[string]string{
		"a": "аαɑᴀ", "b": "ʙƅ", "c": "сϲᴄ", "d": "ԁɗᴅ", "e": "еєεҽᴇ", "f": "ғ", "g": "ɡցɢ", "h": "һհнʜ",
		"i": "іιıɩɪ", "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏⅼʟ", "m": "мᴍ", "n": "ոηпɴ", "o": "оοօσᴏ",
		"p": "рρᴘ", "q": "ԛ", "r": "гʀ", "s": "ѕꜱ", "t": "тτᴛ", "u": "υսᴜ", "v": "νѵᴠ", "w": "ԝωᴡ",
		"x": "хχ", "y": "уүγʏ", "z": "ᴢ",
	} {
		for _, r := range others {
			m[r] = ascii
		}
	}
	return m
}()

// entity reads an HTML entity at the beginning of s: what it stands for, and its length.
func entity(s string) (string, int) {
	k := strings.IndexByte(s[:min(len(s), 12)], ';')
	if k < 2 {
		return "", 0
	}
	if t := html.UnescapeString(s[:k+1]); t != s[:k+1] {
		return t, k + 1
	}
	return "", 0
}

func blankLine(s string) bool {
	s = strings.TrimLeft(s[:min(len(s), 40)], " \t\r")
	return s == "" || s[0] == '\n'
}

// disguised tells whether a passage hides letters from a human reader or from a plain search.
func disguised(s string) bool {
	latin, other := false, false
	for _, r := range s {
		switch {
		case r == '\u00ad' || r == '\ufeff':
		case unicode.Is(unicode.Cf, r):
			return true
		case r < utf8.RuneSelf:
			latin = latin || unicode.IsLetter(r)
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian):
			other = true
		case 0xFF21 <= r && r <= 0xFF5A || 0x1D400 <= r && r <= 0x1D7FF:
			return true
		}
	}
	return latin && other || strings.Contains(s, "&#")
}

// unleet writes letters for the digits and signs that stand in for them, byte for byte, in words
// that an order is made of: "1gn0re" and "rul3s", but neither "4th" nor "B2B".
func unleet(text string) string {
	var out []byte
	for i := 0; i < len(text); {
		start, letters, signs := i, 0, 0
		for i < len(text) && (isASCIILetter(text[i]) || leet(text[i], 'i') != 0) {
			if isASCIILetter(text[i]) {
				letters++
			} else {
				signs++
			}
			i++
		}
		if i == start {
			i++
			continue
		}
		if letters == 0 || signs == 0 || i-start > maxLeet {
			continue
		}
		for _, one := range []byte{'i', 'l'} { // "1gnore", "fo1low"
			var word [maxLeet]byte
			for k := start; k < i; k++ {
				if word[k-start] = text[k] | 0x20; !isASCIILetter(text[k]) {
					word[k-start] = leet(text[k], one)
				}
			}
			if orderWords[string(word[:i-start])] {
				if out == nil {
					out = []byte(text)
				}
				copy(out[start:i], word[:i-start])
				break
			}
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}

// maxLeet is longer than any word of orderWords.
const maxLeet = 24

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// leet is the letter that c stands in for, 0 when for none; a 1 may be an i or an l.
func leet(c, one byte) byte {
	switch c {
	case '0':
		return 'o'
	case '1', '|':
		return one
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	}
	return 0
}
