package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// divided is what PDFium writes for a hyphen, or a soft one, at the end of a line; the line goes on
// behind it. It does so for every hyphen after a letter, so which of them only divide a word is for us to
// say.
const divided = '\ufffe'

const softHyphen = '\u00ad'

// ligatures are single characters for several letters. Nobody searches for them. Other characters
// that could be taken apart (½, ², ™) mean something as they stand.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st",
	"ﬓ", "մն", "ﬔ", "մե", "ﬕ", "մի", "ﬖ", "վն", "ﬗ", "մխ")

// joinWords puts the words together again that the ends of lines divide. The hyphen goes, unless it is
// the word's own:
//
//   - The document decides where it can: "noncompete" or "non-compete" within a line elsewhere.
//   - A hyphen stays before a capital or a digit (Baden-Württemberg), after one, after a single letter
//     (e-mail), and in what has another hyphen or is an address (mother-in-law, a URL). Words all in capitals are
//     like those in small letters.
//   - It stays between a few English words that compounds are made of (twenty-one, non-compete).
//   - Before "and" or "und" it stands for the rest of a word to come: "pre- and post-contractual".
func joinWords(pages []string) {
	var known map[string]bool
	for i, page := range pages {
		page = ligatures.Replace(strings.ReplaceAll(page, "\r\n", "\n"))
		if strings.ContainsRune(page, divided) || strings.ContainsRune(page, softHyphen) || strings.Contains(page, "-\n") {
			if known == nil {
				known = map[string]bool{}
				for _, p := range pages {
					learn(known, ligatures.Replace(p))
				}
			}
			page = joinPage(page, known)
		}
		pages[i] = page
	}
}

// learn notes the words of a page, and the pairs that a hyphen joins within a line.
func learn(known map[string]bool, page string) {
	for token := range strings.FieldsFuncSeq(strings.ToLower(page), func(r rune) bool { return r != '-' && !inWord(r) }) {
		parts := strings.Split(token, "-")
		for i := range len(parts) - 1 {
			if parts[i] != "" && parts[i+1] != "" {
				known[parts[i]+"-"+parts[i+1]] = true
			}
		}
		if len(parts) == 1 {
			known[token] = true
		}
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

func joinPage(page string, known map[string]bool) string {
	var b strings.Builder
	b.Grow(len(page))
	for {
		at := strings.IndexFunc(page, func(r rune) bool { return r == divided || r == softHyphen || r == '-' })
		if at < 0 {
			b.WriteString(page)
			return b.String()
		}
		r, n := utf8.DecodeRuneInString(page[at:])
		b.WriteString(page[:at])
		before, after := b.String(), page[at+n:]
		if r == '-' && !strings.HasPrefix(after, "\n") { // within a line
			b.WriteByte('-')
			page = after
			continue
		}
		if r != softHyphen || strings.HasPrefix(after, "\n") {
			after = strings.TrimPrefix(after, "\n")
		}
		token := before[strings.LastIndexFunc(before, unicode.IsSpace)+1:]
		first, second := lastWord(token), firstWord(after)
		switch {
		case first == "" || second == "":
			if r == '-' { // no word ends here
				b.WriteString("-\n")
			} else if r == divided {
				b.WriteByte('-')
			}
		default:
			b.WriteString(hyphen(token[:len(token)-len(first)], first, second, known))
		}
		page = after
	}
}

func lastWord(s string) string {
	at := strings.LastIndexFunc(s, func(r rune) bool { return !inWord(r) })
	if at < 0 {
		return s
	}
	_, n := utf8.DecodeRuneInString(s[at:])
	return s[at+n:]
}

func firstWord(s string) string {
	if at := strings.IndexFunc(s, func(r rune) bool { return !inWord(r) }); at >= 0 {
		return s[:at]
	}
	return s
}

var (
	conjunctions = set("and or und oder sowie bzw bis et ou y o e ed of en")
	firstParts   = set("non self quasi well cross third twenty thirty forty fifty sixty seventy eighty ninety")
	secondParts  = set("based related specific known driven owned term party wide compete disclosure solicitation")
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// hyphen is what stands between two parts of what may be one word. lead is what precedes the first
// without a space.
func hyphen(lead, first, second string, known map[string]bool) string {
	a, b := strings.ToLower(first), strings.ToLower(second)
	initial, _ := utf8.DecodeRuneInString(second)
	final, _ := utf8.DecodeLastRuneInString(first)
	capitals := len(first) > 1 && len(second) > 1 && first == strings.ToUpper(first) && second == strings.ToUpper(second)
	switch {
	case known[a+b]:
		return ""
	case known[a+"-"+b]:
		return "-"
	case unicode.IsDigit(initial), unicode.IsDigit(final), unicode.IsUpper(initial) && !capitals,
		utf8.RuneCountInString(first) == 1, strings.ContainsAny(lead, "-@/:\\_.&"):
		return "-"
	case conjunctions[b]:
		return "- "
	case firstParts[a], secondParts[b]:
		return "-"
	}
	return ""
}
