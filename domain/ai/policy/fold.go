package policy

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a deobfuscated text: confusables (homoglyphs), accents, invisible characters and entities
// are resolved. It consists of a-z, 0-9, single blanks, commas, and a period for each sentence break.
// at[i] is the offset in the original that byte i comes from.
type folded struct {
	text     string
	offsets  []int32
	original string
}

// originalRange converts a range of the folded text to one of the original.
func (f *folded) originalRange(start, end int) (int, int) {
	last := int(f.offsets[end-1])
	_, n := utf8.DecodeRuneInString(f.original[last:])
	if f.original[last] == '&' {
		if _, m := decodeEntity(f.original[last:]); m > 0 {
			n = m
		}
	}
	return int(f.offsets[start]), last + n
}

// foldText deobfuscates a text.
func foldText(text string) *folded {
	b := foldBuilder{out: make([]byte, 0, len(text)), offsets: make([]int32, 0, len(text))}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			n := 1
			switch {
			case c == '&':
				if s, m := decodeEntity(text[i:]); m > 0 {
					for _, r := range s {
						b.writeRune(r, i, text[i+m:])
					}
					n = m
				} else {
					b.writeByte(' ', i)
				}
			case c == '\n' && startsBlankLine(text[i+1:]):
				b.writeByte('.', i)
			default:
				b.writeRune(rune(c), i, text[i+1:])
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		b.writeRune(r, i, text[i+n:])
		i += n
	}
	return &folded{text: string(b.out), offsets: b.offsets, original: text}
}

// foldBuilder builds a folded text.
type foldBuilder struct {
	out     []byte
	offsets []int32
}

// writeByte appends c, but collapses repeated blanks and breaks.
func (b *foldBuilder) writeByte(c byte, from int) {
	if n := len(b.out); !isWordByte(c) && n > 0 {
		switch last := b.out[n-1]; {
		case c == ' ' && (last == ' ' || last == '.'):
			return
		case c != ' ' && last == ' ':
			b.out, b.offsets = b.out[:n-1], b.offsets[:n-1]
			b.writeByte(c, from)
			return
		case c == last, c == ',' && last == '.':
			return
		}
	} else if !isWordByte(c) {
		return // no separator at the start
	}
	b.out, b.offsets = append(b.out, c), append(b.offsets, int32(from))
}

// writeRune appends r; rest is the text after it.
func (b *foldBuilder) writeRune(r rune, from int, rest string) {
	switch {
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		b.out, b.offsets = append(b.out, byte(r)), append(b.offsets, int32(from))
	case 'A' <= r && r <= 'Z':
		b.out, b.offsets = append(b.out, byte(r)+'a'-'A'), append(b.offsets, int32(from))
	case r == '.' || r == '!' || r == '?' || r == ';' || r == ':':
		if next, _ := utf8.DecodeRuneInString(rest); rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			b.writeByte('.', from)
		} else {
			b.writeByte(' ', from)
		}
	case r == ',':
		b.writeByte(',', from)
	case r == '\'' || r == '’' || r == '`' || r == '´':
		if len(rest) == 0 || rest[0]|0x20 != 't' { // "don't" is one word, "qu'il" two
			b.writeByte(' ', from)
		}
	case r < utf8.RuneSelf:
		b.writeByte(' ', from)
	case 0xE0020 <= r && r < 0xE007F: // tag characters: invisible ASCII
		b.writeRune(r-0xE0000, from, "")
	case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Variation_Selector) || r == 'ㅤ':
	default:
		b.writeConfusable(r, from)
	}
}

// writeConfusable appends a letter of another alphabet, accent, width or style as the ASCII it resembles.
func (b *foldBuilder) writeConfusable(r rune, from int) {
	if s, ok := confusables[unicode.ToLower(r)]; ok {
		for i := range len(s) {
			b.writeByte(s[i], from)
		}
		return
	}
	var buf [utf8.UTFMax]byte
	wrote := false
	for _, d := range string(norm.NFKD.Append(nil, buf[:utf8.EncodeRune(buf[:], r)]...)) {
		d = unicode.ToLower(d)
		s, ok := confusables[d]
		switch {
		case 'a' <= d && d <= 'z' || '0' <= d && d <= '9':
			b.writeByte(byte(d), from)
			wrote = true
		case ok:
			for i := range len(s) {
				b.writeByte(s[i], from)
			}
			wrote = true
		}
	}
	if !wrote {
		if r == '。' || r == '！' || r == '？' || r == '\u2029' {
			b.writeByte('.', from)
		} else {
			b.writeByte(' ', from)
		}
	}
}

// confusables maps confusable lower-case letters to ASCII where Unicode decomposition does not.
var confusables = func() map[rune]string {
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

// decodeEntity decodes an HTML entity at the start of s and returns its text and length.
func decodeEntity(s string) (string, int) {
	k := strings.IndexByte(s[:min(len(s), 12)], ';')
	if k < 2 {
		return "", 0
	}
	if t := html.UnescapeString(s[:k+1]); t != s[:k+1] {
		return t, k + 1
	}
	return "", 0
}

func startsBlankLine(s string) bool {
	s = strings.TrimLeft(s[:min(len(s), 40)], " \t\r")
	return s == "" || s[0] == '\n'
}

// obfuscated reports whether a passage is obfuscated: invisible characters, mixed alphabets or entities.
func obfuscated(s string) bool {
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
