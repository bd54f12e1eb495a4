package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pdfiumHyphen is what PDFium returns for a hyphen or soft hyphen at the end of a line, whose line end
// it drops. It does so for every hyphen after a letter; dehyphenate decides which only divide a word.
const pdfiumHyphen = '\ufffe'

const softHyphen = '\u00ad'

// ligatures are replaced because nobody searches for them. Other compatibility characters (½, ², ™) have a
// meaning of their own.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st",
	"ﬓ", "մն", "ﬔ", "մե", "ﬕ", "մի", "ﬖ", "վն", "ﬗ", "մխ")

// dehyphenate joins words that were divided at the end of a line, in place. The hyphen is removed unless
// it belongs to the word:
//
//   - The document decides if it can: "noncompete" or "non-compete" appears within a line elsewhere.
//   - A hyphen is kept before a capital letter or digit (Baden-Württemberg), after a digit or a single
//     letter (e-mail), and in words with another hyphen and addresses (mother-in-law, a URL). Words in
//     all capitals are treated like lower case.
//   - It is kept next to a few English parts of compounds (twenty-one, non-compete).
//   - Before a conjunction it is a suspended hyphen: "pre- and post-contractual".
func dehyphenate(pages []string) {
	var known map[string]bool
	for i, page := range pages {
		page = ligatures.Replace(strings.ReplaceAll(page, "\r\n", "\n"))
		if strings.ContainsRune(page, pdfiumHyphen) || strings.ContainsRune(page, softHyphen) || strings.Contains(page, "-\n") {
			if known == nil {
				known = map[string]bool{}
				for _, p := range pages {
					collectWords(known, ligatures.Replace(p))
				}
			}
			page = dehyphenatePage(page, known)
		}
		pages[i] = page
	}
}

// collectWords adds the words of a page, and pairs hyphenated within a line, to known.
func collectWords(known map[string]bool, page string) {
	for token := range strings.FieldsFuncSeq(strings.ToLower(page), func(r rune) bool { return r != '-' && !isWordRune(r) }) {
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

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

func dehyphenatePage(page string, known map[string]bool) string {
	var b strings.Builder
	b.Grow(len(page))
	for {
		next := strings.IndexFunc(page, func(r rune) bool { return r == pdfiumHyphen || r == softHyphen || r == '-' })
		if next < 0 {
			b.WriteString(page)
			return b.String()
		}
		r, n := utf8.DecodeRuneInString(page[next:])
		b.WriteString(page[:next])
		before, after := b.String(), page[next+n:]
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
			if r == '-' { // not after a word
				b.WriteString("-\n")
			} else if r == pdfiumHyphen {
				b.WriteByte('-')
			}
		default:
			b.WriteString(joiner(token[:len(token)-len(first)], first, second, known))
		}
		page = after
	}
}

func lastWord(s string) string {
	at := strings.LastIndexFunc(s, func(r rune) bool { return !isWordRune(r) })
	if at < 0 {
		return s
	}
	_, n := utf8.DecodeRuneInString(s[at:])
	return s[at+n:]
}

func firstWord(s string) string {
	if at := strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) }); at >= 0 {
		return s[:at]
	}
	return s
}

var (
	conjunctions       = wordSet("and or und oder sowie bzw bis et ou y o e ed of en")
	hyphenatedPrefixes = wordSet("non self quasi well cross third twenty thirty forty fifty sixty seventy eighty ninety")
	hyphenatedSuffixes = wordSet("based related specific known driven owned term party wide compete disclosure solicitation")
)

func wordSet(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// joiner returns what to put between two parts of a possible word: nothing, a hyphen, or a hyphen and a
// space. prefix is what precedes the first part without a space.
func joiner(prefix, first, second string, known map[string]bool) string {
	a, b := strings.ToLower(first), strings.ToLower(second)
	initial, _ := utf8.DecodeRuneInString(second)
	final, _ := utf8.DecodeLastRuneInString(first)
	allCaps := len(first) > 1 && len(second) > 1 && first == strings.ToUpper(first) && second == strings.ToUpper(second)
	switch {
	case known[a+b]:
		return ""
	case known[a+"-"+b]:
		return "-"
	case unicode.IsDigit(initial), unicode.IsDigit(final), unicode.IsUpper(initial) && !allCaps,
		utf8.RuneCountInString(first) == 1, strings.ContainsAny(prefix, "-@/:\\_.&"):
		return "-"
	case conjunctions[b]:
		return "- "
	case hyphenatedPrefixes[a], hyphenatedSuffixes[b]:
		return "-"
	}
	return ""
}
