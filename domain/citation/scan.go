package citation

import (
	"strings"
	"unicode/utf8"
)

// finder collects the citations of one text.
type finder struct {
	text     string
	captions bool // find captions without a citation, too
	found    []Citation
	byForm   []Citation // captions
	// short names that are recognized by their form alone
	shorthands []Citation
}

func (f *finder) add(i, j int, k Kind) {
	if j > i {
		f.found = append(f.found, Citation{i, j, k})
	}
}

// scan reads the text once. Only a word that begins something in the index is looked at more closely.
func (f *finder) scan() {
	text := f.text
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c < utf8.RuneSelf && byteClass[c] == 0:
			if c == '[' {
				f.neutral(i)
			}
			i++
			continue
		case c == 0xC2 || c == 0xE2 || c&0xC0 == 0x80: // U+0080 to U+00BF and U+2000 to U+2FFF are no letters
			if strings.HasPrefix(text[i:], "§") {
				f.section(i)
				for strings.HasPrefix(text[i:], "§") {
					i += len("§")
				}
				continue
			}
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		j, h := i, uint32(2166136261)
		for j < len(text) {
			c := text[j]
			if c < utf8.RuneSelf {
				if byteClass[c] == 0 {
					break
				}
				h = (h ^ uint32(lowerASCII[c])) * 16777619
				j++
				continue
			}
			if c == 0xC2 || c == 0xE2 {
				break
			}
			h = (h ^ uint32(c)) * 16777619
			j++
			if c == 0xC3 && j < len(text) {
				d := text[j]
				if 0x80 <= d && d <= 0x9E && d != 0x97 {
					d += 0x20 // the lower-case letter of Latin-1
				}
				h = (h ^ uint32(d)) * 16777619
				j++
			}
		}
		f.word(i, j, h)
		i = j
	}
}

// word handles the word text[i:j] with hash h.
func (f *finder) word(i, j int, h uint32) {
	c := f.text[i]
	if byteClass[c] == digit && c < utf8.RuneSelf {
		f.number(i, j)
	} else if 'A' <= c && c <= 'Z' && j-i >= 7 && lawSuffix(f.text[i:j]) {
		f.act(i, j)
	} else if 'A' <= c && c <= 'Z' && j-i >= 4 && courtSuffix(f.text[i:j]) {
		f.court(i, j)
	}
	if words.filter[h>>6&1023]>>(h&63)&1 == 0 {
		return
	}
	if end, kind := words.phraseAt(f.text, i, j, false); end > 0 {
		switch kind {
		case Act:
			f.act(i, end)
		case Court:
			f.court(i, end)
		default:
			f.add(i, end, kind)
		}
	}
	var buf [maxWord]byte
	for _, form := range words.forms[string(foldWord(f.text[i:j], &buf))] {
		form(f, i, j)
	}
}

// maxWord is the length of the longest word that begins something, in bytes.
const maxWord = 40

// foldWord lowers a word into a buffer, or returns nil for a longer one.
func foldWord(word string, buf *[maxWord]byte) []byte {
	if len(word) > len(buf) {
		return nil
	}
	for i := range len(word) {
		c := lowerASCII[word[i]]
		if i > 0 && word[i-1] == 0xC3 && 0x80 <= c && c <= 0x9E && c != 0x97 {
			c += 0x20
		}
		buf[i] = c
	}
	return buf[:len(word)]
}

const (
	letter = 1
	digit  = 2
)

var byteClass, lowerASCII = classes()

func classes() (class, lower [256]uint8) {
	for c := range 256 {
		lower[c] = uint8(c)
		switch {
		case 'a' <= c && c <= 'z', c >= utf8.RuneSelf:
			class[c] = letter
		case 'A' <= c && c <= 'Z':
			class[c] = letter
			lower[c] = uint8(c + 'a' - 'A')
		case '0' <= c && c <= '9':
			class[c] = digit
		}
	}
	return class, lower
}

// isWordByte reports whether a letter or digit stands at text[i].
func isWordByte(text string, i int) bool {
	if i < 0 || i >= len(text) || byteClass[text[i]] == 0 {
		return false
	}
	for i > 0 && text[i]&0xC0 == 0x80 { // back to the first byte of the character
		i--
	}
	return text[i] != 0xC2 && text[i] != 0xE2
}

// wordEnd returns the end of the word at text[i:]; i if there is none.
func wordEnd(text string, i int) int {
	for i < len(text) && byteClass[text[i]] != 0 && text[i] != 0xC2 && text[i] != 0xE2 {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return i
}

// wordStart returns the start of the word that ends at text[:j]; j if there is none.
func wordStart(text string, j int) int {
	for j > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:j])
		if r < utf8.RuneSelf && byteClass[r] == 0 || text[j-size] == 0xC2 || text[j-size] == 0xE2 {
			break
		}
		j -= size
	}
	return j
}

// skipSpace returns the index after white space, which may contain one line break but no blank line.
func skipSpace(text string, i int) int {
	for breaks := 0; i < len(text); {
		switch {
		case text[i] == ' ' || text[i] == '\t' || text[i] == '\r':
			i++
		case text[i] == '\n' && breaks == 0:
			breaks++
			i++
		case strings.HasPrefix(text[i:], "\u00a0"), strings.HasPrefix(text[i:], "\u00ad"):
			i += 2
		case strings.HasPrefix(text[i:], "\u202f"), strings.HasPrefix(text[i:], "\u2009"):
			i += 3
		default:
			return i
		}
	}
	return i
}

// skipSpaceBack returns the index before white space that ends at text[:j].
func skipSpaceBack(text string, j int) int {
	for breaks := 0; j > 0; {
		switch {
		case text[j-1] == ' ' || text[j-1] == '\t' || text[j-1] == '\r':
			j--
		case text[j-1] == '\n' && breaks == 0:
			breaks++
			j--
		case strings.HasSuffix(text[:j], "\u00a0"):
			j -= 2
		case strings.HasSuffix(text[:j], "\u202f"):
			j -= 3
		default:
			return j
		}
	}
	return j
}

// isCapital reports whether the word at text[i:] begins with a capital letter.
func isCapital(text string, i int) bool {
	if i >= len(text) {
		return false
	}
	if c := text[i]; c < utf8.RuneSelf {
		return 'A' <= c && c <= 'Z'
	}
	return text[i] == 0xC3 && i+1 < len(text) && text[i+1] <= 0x9E
}

// window returns the text from i that forms look at.
func (f *finder) window(i int) string { return f.text[i:min(len(f.text), i+200)] }
