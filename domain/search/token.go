package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain/text/latin"

	"golang.org/x/text/unicode/norm"
)

const (
	maxStemmedRunes = 64  // longer words are not stemmed or split
	maxTokenRunes   = 256 // longer words are ignored
	maxJoinedParts  = 8   // joined words with more parts are not indexed as a whole
)

// token is an indexable unit of a text.
type token struct {
	text           string // lower case, NFKC, not folded
	start, end     int    // byte offsets in the text
	group          int    // number of the group of tokens written without a space
	kind           tokenKind
	capitalized    bool  // starts with a capital letter
	startsSentence bool  // first token after the end of a sentence or line
	offsets        []int // of n-grams: start of each character, and the end of the last
}

type tokenKind int

const (
	tokenWord     tokenKind = iota
	tokenJoined             // words connected by a hyphen, dot or the like, as one: e-mail as email
	tokenCitation           // section or article with its number: §622, art6
	tokenNgrams             // run of characters of a script without spaces
)

// normalizedText is text in NFKC and lower case, without invisible characters. offsets has the origin of
// each rune in the text, and the length of the text.
type normalizedText struct {
	runes   []rune
	offsets []int
}

func normalize(s string) normalizedText {
	n := normalizedText{runes: make([]rune, 0, len(s)), offsets: make([]int, 0, len(s)+1)}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && c != pdfiumHyphen && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			n.runes, n.offsets = append(n.runes, rune(c)), append(n.offsets, i)
			i++
			continue
		}
		if w := hyphenLength(s[i:]); w > 0 {
			i += w
			continue
		}
		size := norm.NFKC.NextBoundaryInString(s[i:], true)
		if size <= 0 {
			size = len(s) - i
		}
		for _, r := range norm.NFKC.String(s[i : i+size]) {
			if !unicode.Is(unicode.Cf, r) { // soft hyphens, zero-width joiners
				n.runes, n.offsets = append(n.runes, unicode.ToLower(r)), append(n.offsets, i)
			}
		}
		i += size
	}
	n.offsets = append(n.offsets, len(s))
	return n
}

// pdfiumHyphen is the character PDFium returns for a hyphen at the end of a line.
const pdfiumHyphen = 2

// hyphenLength returns the length of the soft hyphen and line end that text starts with, or 0.
func hyphenLength(text string) int {
	r, n := utf8.DecodeRuneInString(text)
	if r != pdfiumHyphen && r != '\u00ad' {
		return 0
	}
	if rest := strings.TrimLeft(text[n:], "\r\n"); rest != "" && unicode.IsLower(firstRune(rest)) {
		return len(text) - len(rest)
	}
	return n
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// endOffset returns the offset in s at which rune i-1 ends.
func (n *normalizedText) endOffset(s string, i int) int {
	end := n.offsets[i]
	for j := i; end == n.offsets[i-1] && j < len(n.offsets); j++ { // one character of the text was normalized to several
		end = n.offsets[j]
	}
	// Exclude invisible characters after the word.
	for end > n.offsets[i-1] {
		r, size := utf8.DecodeLastRuneInString(s[:end])
		if !unicode.Is(unicode.Cf, r) && r != pdfiumHyphen && r != '\r' && r != '\n' {
			break
		}
		end -= size
	}
	return end
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// spacelessScripts are scripts without spaces between words, and Korean, whose particles are suffixed.
var spacelessScripts = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan}

func isSpaceless(r rune) bool {
	return r >= 0x0E00 && (r == 'ー' || isWordRune(r) && unicode.In(r, spacelessScripts...))
}

// isJoiner reports whether r may connect parts of a word: e-mail, O'Brien, 1.234,56, a@b.example.
func isJoiner(r rune, digits bool) bool {
	switch r {
	case '-', '‐', '‑', '\'', '’', '.', '@', '&', '·', '‧':
		return true
	case ',', ':', '/':
		return digits
	}
	return false
}

// citationWords map words that precede a section or article number to their normal form.
var citationWords = map[string]string{"art": "art", "article": "art", "articles": "art", "artikel": "art", "artikels": "art", "articolo": "art", "articoli": "art", "artículo": "art", "artigo": "art",
	"section": "§", "sections": "§", "sec": "§", "paragraph": "§", "paragraf": "§"}

// tokenize returns the tokens of a text in order. Joined words and citations follow their parts.
func tokenize(s string) []token {
	n := normalize(s)
	var out []token
	group, breaks := 0, true
	add := func(k tokenKind, text []rune, from, to int) *token {
		first, _ := utf8.DecodeRuneInString(s[n.offsets[from]:])
		out = append(out, token{text: string(text), start: n.offsets[from], end: n.endOffset(s, to), group: group, kind: k, capitalized: unicode.IsUpper(first), startsSentence: breaks})
		breaks = false
		return &out[len(out)-1]
	}
	for i := 0; i < len(n.runes); {
		r := n.runes[i]
		switch {
		case isSpaceless(r):
			run, from := []rune(nil), i
			var at []int
			end := i
			for i < len(n.runes) {
				if isSpaceless(n.runes[i]) {
					run, at = append(run, n.runes[i]), append(at, n.offsets[i])
					i++
					end = i
				} else if next := continueNextLine(n.runes, i); next > i {
					i = next
				} else {
					break
				}
			}
			t := add(tokenNgrams, run, from, end)
			t.offsets = append(at, t.end)
			group++
			i = end
		case r == '§':
			from := i
			for i < len(n.runes) && (n.runes[i] == '§' || unicode.IsSpace(n.runes[i])) {
				i++
			}
			if to := numberEnd(n.runes, i); to > i {
				add(tokenCitation, append([]rune("§"), n.runes[i:to]...), from, to)
				group++
			}
		case isWordRune(r):
			from := i
			var parts [][2]int
			digits := true
			for {
				start := i
				for i < len(n.runes) && isWordRune(n.runes[i]) && !isSpaceless(n.runes[i]) {
					digits = digits && unicode.IsDigit(n.runes[i])
					i++
				}
				parts = append(parts, [2]int{start, i})
				if i+1 >= len(n.runes) || !isJoiner(n.runes[i], digits && unicode.IsDigit(n.runes[i+1])) || !isWordRune(n.runes[i+1]) || isSpaceless(n.runes[i+1]) {
					break
				}
				i++
			}
			for _, p := range parts {
				if p[1]-p[0] <= maxTokenRunes {
					add(tokenWord, n.runes[p[0]:p[1]], p[0], p[1])
				}
			}
			if len(parts) > 1 && len(parts) <= maxJoinedParts && i-from <= maxStemmedRunes {
				var all []rune
				for _, p := range parts {
					all = append(all, n.runes[p[0]:p[1]]...)
				}
				add(tokenJoined, all, from, i)
			}
			if to, of := citationEnd(n.runes, parts, i); to > 0 {
				start := parts[len(parts)-1][1]
				for start < to && !unicode.IsDigit(n.runes[start]) {
					start++
				}
				add(tokenCitation, append([]rune(of), n.runes[start:to]...), from, to)
			}
			group++
		default:
			if r == '\n' || r == '.' || r == '!' || r == '?' || r == '。' {
				breaks = true
			}
			i++
		}
	}
	return out
}

// continueNextLine returns where a run of Chinese or Japanese characters continues after a line end, or
// i.
func continueNextLine(runes []rune, i int) int {
	line := false
	j := i
	for j < len(runes) && unicode.IsSpace(runes[j]) {
		line = line || runes[j] == '\n'
		j++
	}
	if line && j < len(runes) && isSpaceless(runes[j]) && unicode.In(runes[j], unicode.Han, unicode.Hiragana, unicode.Katakana) && unicode.In(runes[i-1], unicode.Han, unicode.Hiragana, unicode.Katakana) {
		return j
	}
	return i
}

// numberEnd returns the end of a number at i, with a letter suffix as in 433a, or i.
func numberEnd(runes []rune, i int) int {
	j := i
	for j < len(runes) && unicode.IsDigit(runes[j]) {
		j++
	}
	if j > i && j < len(runes) && runes[j] >= 'a' && runes[j] <= 'z' && (j+1 == len(runes) || !isWordRune(runes[j+1])) {
		j++
	}
	return j
}

// citationEnd returns the end and normal form of a citation whose word ends at i, or 0.
func citationEnd(runes []rune, parts [][2]int, i int) (to int, of string) {
	if len(parts) != 1 || parts[0][1]-parts[0][0] > 10 {
		return 0, ""
	}
	of, ok := citationWords[string(runes[parts[0][0]:parts[0][1]])]
	if !ok {
		return 0, ""
	}
	if i < len(runes) && runes[i] == '.' {
		i++
	}
	for n := 0; i < len(runes) && unicode.IsSpace(runes[i]) && n < 3; n++ {
		i++
	}
	if to = numberEnd(runes, i); to > i {
		return to, of
	}
	return 0, ""
}

// letterForms replaces forms of a letter that depend on its place, and removes the Arabic tatweel.
var letterForms = strings.NewReplacer("ς", "σ", "’", "'", "ـ", "")

// fold removes accents from a lower-case word.
func fold(w string) string {
	plain := true
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return w
	}
	w = latin.Fold(letterForms.Replace(w))
	var b strings.Builder
	for _, r := range w {
		if r < utf8.RuneSelf || isSpaceless(r) || !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Inherited) {
			if d, ok := asciiDigit(r); ok {
				r = d
			}
			b.WriteRune(r)
			continue
		}
		for _, d := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, d) {
				b.WriteRune(d)
			}
		}
	}
	return b.String()
}

// asciiDigit converts a decimal digit of any script.
func asciiDigit(r rune) (rune, bool) {
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return r, false
	}
	// The digits of a script are contiguous, starting at 0.
	for zero := r; ; zero-- {
		if !unicode.Is(unicode.Nd, zero-1) || r-zero == 9 {
			return '0' + (r-zero)%10, true
		}
	}
}

// umlautDigraphs replace ä by ae and so on.
var umlautDigraphs = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// contractDigraphs replaces ae by ä and so on, but not ue after a vowel or q: quelle, neue.
func contractDigraphs(w string) string {
	if !strings.Contains(w, "ae") && !strings.Contains(w, "oe") && !strings.Contains(w, "ue") {
		return w
	}
	var b strings.Builder
	for i := 0; i < len(w); i++ {
		if i+1 < len(w) && w[i+1] == 'e' && (i == 0 || !strings.ContainsRune("aeiouq", rune(w[i-1]))) {
			switch w[i] {
			case 'a':
				b.WriteString("ä")
				i++
				continue
			case 'o':
				b.WriteString("ö")
				i++
				continue
			case 'u':
				b.WriteString("ü")
				i++
				continue
			}
		}
		b.WriteByte(w[i])
	}
	return b.String()
}
