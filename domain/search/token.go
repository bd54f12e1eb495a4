package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxWord  = 64  // runes of a word that is taken apart; a longer one only matches itself
	maxToken = 256 // runes of a word at all
	maxParts = 8   // of a word with hyphens and the like that is also taken as a whole
)

// token is a word of a text, or something that is searched for like one.
type token struct {
	text       string // lower case, NFKC, with its accents
	start, end int    // bytes of the text
	group      int    // of what is written without a space: words and what they make together
	kind       kind
	capital    bool  // it begins with a capital letter
	breaks     bool  // a sentence or a line ends before it
	at         []int // of grams: where in the text each character begins, and the last one ends
}

type kind int

const (
	word   kind = iota
	joined      // several words with nothing but a hyphen, a dot or the like between them, as one: email
	cite        // a section or an article with its number: §622, art6
	grams       // a run of characters of a script without spaces
)

// normal is a text in NFKC and lower case, without characters that nobody sees. at says where in the
// text each rune comes from, and has one element more.
type normal struct {
	runes []rune
	at    []int
}

func normalise(s string) normal {
	n := normal{runes: make([]rune, 0, len(s)), at: make([]int, 0, len(s)+1)}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && c != division && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			n.runes, n.at = append(n.runes, rune(c)), append(n.at, i)
			i++
			continue
		}
		if w := wrapped(s[i:]); w > 0 {
			i += w
			continue
		}
		size := norm.NFKC.NextBoundaryInString(s[i:], true)
		if size <= 0 {
			size = len(s) - i
		}
		for _, r := range norm.NFKC.String(s[i : i+size]) {
			if !unicode.Is(unicode.Cf, r) { // soft hyphens, zero-width joiners
				n.runes, n.at = append(n.runes, unicode.ToLower(r)), append(n.at, i)
			}
		}
		i += size
	}
	n.at = append(n.at, len(s))
	return n
}

// division is what PDFium writes where a line divides a word.
const division = 2

// wrapped is the length of what stands where a word is divided, with the end of the line behind it; 0
// when text does not begin so.
func wrapped(text string) int {
	r, n := utf8.DecodeRuneInString(text)
	if r != division && r != '\u00ad' {
		return 0
	}
	if rest := strings.TrimLeft(text[n:], "\r\n"); rest != "" && unicode.IsLower(first(rest)) {
		return len(text) - len(rest)
	}
	return n
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// end is where in the text the rune before the i-th ends.
func (n *normal) end(s string, i int) int {
	end := n.at[i]
	for j := i; end == n.at[i-1] && j < len(n.at); j++ { // one character of the text became several
		end = n.at[j]
	}
	// What was left out behind a word is not part of it.
	for end > n.at[i-1] {
		r, size := utf8.DecodeLastRuneInString(s[:end])
		if !unicode.Is(unicode.Cf, r) && r != division && r != '\r' && r != '\n' {
			break
		}
		end -= size
	}
	return end
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// spaceless are the scripts whose words stand next to one another, and Korean, whose words carry
// their particles.
var spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan}

func isGram(r rune) bool {
	return r >= 0x0E00 && (r == 'ー' || isWord(r) && unicode.In(r, spaceless...))
}

// isJoiner reports whether r stands inside of words: e-mail, O'Brien, 1.234,56, a@b.example.
func isJoiner(r rune, digits bool) bool {
	switch r {
	case '-', '‐', '‑', '\'', '’', '.', '@', '&', '·', '‧':
		return true
	case ',', ':', '/':
		return digits
	}
	return false
}

// citations are words that stand before a number, and the word each stands for.
var citations = map[string]string{"art": "art", "article": "art", "articles": "art", "artikel": "art", "artikels": "art", "articolo": "art", "articoli": "art", "artículo": "art", "artigo": "art",
	"section": "§", "sections": "§", "sec": "§", "paragraph": "§", "paragraf": "§"}

// tokens are the words of a text in their order; what is made of several comes after its first.
func tokens(s string) []token {
	n := normalise(s)
	var out []token
	group, breaks := 0, true
	add := func(k kind, text []rune, from, to int) *token {
		first, _ := utf8.DecodeRuneInString(s[n.at[from]:])
		out = append(out, token{text: string(text), start: n.at[from], end: n.end(s, to), group: group, kind: k, capital: unicode.IsUpper(first), breaks: breaks})
		breaks = false
		return &out[len(out)-1]
	}
	for i := 0; i < len(n.runes); {
		r := n.runes[i]
		switch {
		case isGram(r):
			run, from := []rune(nil), i
			var at []int
			end := i
			for i < len(n.runes) {
				if isGram(n.runes[i]) {
					run, at = append(run, n.runes[i]), append(at, n.at[i])
					i++
					end = i
				} else if next := afterLine(n.runes, i); next > i {
					i = next
				} else {
					break
				}
			}
			t := add(grams, run, from, end)
			t.at = append(at, t.end)
			group++
			i = end
		case r == '§':
			from := i
			for i < len(n.runes) && (n.runes[i] == '§' || unicode.IsSpace(n.runes[i])) {
				i++
			}
			if to := number(n.runes, i); to > i {
				add(cite, append([]rune("§"), n.runes[i:to]...), from, to)
				group++
			}
		case isWord(r):
			from := i
			var parts [][2]int
			digits := true
			for {
				start := i
				for i < len(n.runes) && isWord(n.runes[i]) && !isGram(n.runes[i]) {
					digits = digits && unicode.IsDigit(n.runes[i])
					i++
				}
				parts = append(parts, [2]int{start, i})
				if i+1 >= len(n.runes) || !isJoiner(n.runes[i], digits && unicode.IsDigit(n.runes[i+1])) || !isWord(n.runes[i+1]) || isGram(n.runes[i+1]) {
					break
				}
				i++
			}
			for _, p := range parts {
				if p[1]-p[0] <= maxToken {
					add(word, n.runes[p[0]:p[1]], p[0], p[1])
				}
			}
			if len(parts) > 1 && len(parts) <= maxParts && i-from <= maxWord {
				var all []rune
				for _, p := range parts {
					all = append(all, n.runes[p[0]:p[1]]...)
				}
				add(joined, all, from, i)
			}
			if to, of := cited(n.runes, parts, i); to > 0 {
				start := parts[len(parts)-1][1]
				for start < to && !unicode.IsDigit(n.runes[start]) {
					start++
				}
				add(cite, append([]rune(of), n.runes[start:to]...), from, to)
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

// afterLine is where a run of characters without spaces goes on behind the end of a line, or i.
func afterLine(runes []rune, i int) int {
	line := false
	j := i
	for j < len(runes) && unicode.IsSpace(runes[j]) {
		line = line || runes[j] == '\n'
		j++
	}
	if line && j < len(runes) && isGram(runes[j]) && unicode.In(runes[j], unicode.Han, unicode.Hiragana, unicode.Katakana) && unicode.In(runes[i-1], unicode.Han, unicode.Hiragana, unicode.Katakana) {
		return j
	}
	return i
}

// number is where a number with a letter behind it, such as 433a, ends; i when there is none.
func number(runes []rune, i int) int {
	j := i
	for j < len(runes) && unicode.IsDigit(runes[j]) {
		j++
	}
	if j > i && j < len(runes) && runes[j] >= 'a' && runes[j] <= 'z' && (j+1 == len(runes) || !isWord(runes[j+1])) {
		j++
	}
	return j
}

// cited is the end of a citation whose last word before the number ends at i, and its word.
func cited(runes []rune, parts [][2]int, i int) (to int, of string) {
	if len(parts) != 1 || parts[0][1]-parts[0][0] > 10 {
		return 0, ""
	}
	of, ok := citations[string(runes[parts[0][0]:parts[0][1]])]
	if !ok {
		return 0, ""
	}
	if i < len(runes) && runes[i] == '.' {
		i++
	}
	for n := 0; i < len(runes) && unicode.IsSpace(runes[i]) && n < 3; n++ {
		i++
	}
	if to = number(runes, i); to > i {
		return to, of
	}
	return 0, ""
}

// letters are those whose accent is no mark of its own.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ς", "σ", "’", "'", "ـ", "")

// fold takes a word in lower case its accents.
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
	w = letters.Replace(w)
	var b strings.Builder
	for _, r := range w {
		if r < utf8.RuneSelf || isGram(r) || !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Inherited) {
			if d, ok := digit(r); ok {
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

// digit is a decimal digit of any script as the one of ours.
func digit(r rune) (rune, bool) {
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return r, false
	}
	// The digits of a script stand in a row, the first of which is 0.
	for zero := r; ; zero-- {
		if !unicode.Is(unicode.Nd, zero-1) || r-zero == 9 {
			return '0' + (r-zero)%10, true
		}
	}
}

// umlauts write ä as ae, as one does where there is no ä.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// contracted writes ae as ä, and so on; not the ue of quelle and neue.
func contracted(w string) string {
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
