package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSentence is the maximum length of a sentence in bytes. Longer ones are split at a semicolon or blank.
const maxSentence = 1500

type span struct{ start, end int } // bytes

// sentences splits a contract into sentences. Wrapped lines are joined. A blank line, a heading in
// capitals and a numbered or bulleted line start a new sentence. "1.2", "Inc.", "e.g." and initials do
// not end one. The spans do not overlap and are trimmed.
func sentences(text string) []span {
	var out []span
	start := 0
	cut := func(end int) {
		out = appendTrimmed(out, text, start, end)
		start = end
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			if lineEndsSentence(text, start, i) {
				cut(i + 1)
			}
			i++
		case c == '.' || c == '!' || c == '?':
			end := i + 1
			for end < len(text) && strings.IndexByte(`.!?"')]`, text[end]) >= 0 {
				end++
			}
			for _, q := range []string{"”", "’", "»"} {
				if strings.HasPrefix(text[end:], q) {
					end += len(q)
				}
			}
			if endsSentence(text, start, i, end) {
				cut(end)
			}
			i = end
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(text[i:])
			i += n
			if r == '。' || r == '！' || r == '？' || r == '\u2029' {
				cut(i)
			}
		default:
			i++
		}
		if i-start > maxSentence {
			cut(splitLong(text, start, i))
		}
	}
	cut(len(text))
	return out
}

func appendTrimmed(out []span, text string, start, end int) []span {
	s := text[start:end]
	left := strings.TrimLeftFunc(s, unicode.IsSpace)
	start += len(s) - len(left)
	end = start + len(strings.TrimRightFunc(left, unicode.IsSpace))
	if strings.IndexFunc(text[start:end], func(r rune) bool { return unicode.IsLetter(r) }) < 0 {
		return out // only numbers and punctuation
	}
	return append(out, span{start, end})
}

// splitLong returns where to split a sentence that is longer than maxSentence.
func splitLong(text string, start, i int) int {
	half := text[start+maxSentence/2 : i]
	if k := strings.LastIndexByte(half, ';'); k >= 0 {
		return start + maxSentence/2 + k + 1
	}
	if k := strings.LastIndexAny(half, " \n\t"); k >= 0 {
		return start + maxSentence/2 + k + 1
	}
	return i // i is a rune boundary
}

// lineEndsSentence reports whether the line break at i ends the sentence that starts at start.
func lineEndsSentence(text string, start, i int) bool {
	rest := text[i+1 : min(len(text), i+64)]
	next := strings.TrimLeft(rest, " \t\r\u00a0")
	if next == "" || next[0] == '\n' {
		return true
	}
	line := text[start:i]
	if k := strings.LastIndexByte(line, '\n'); k >= 0 {
		line = line[k+1:]
	}
	return isHeading(line) || startsListItem(next)
}

// isHeading reports whether a line is a heading: short and without lower-case letters, or Markdown.
func isHeading(line string) bool {
	line = strings.TrimSpace(line)
	if len(line) > 100 || len(line) < 4 {
		return false
	}
	if line[0] == '#' {
		return true
	}
	letters := false
	for _, r := range line {
		if unicode.IsLower(r) {
			return false
		}
		letters = letters || unicode.IsUpper(r)
	}
	return letters
}

// startsListItem reports whether a line starts a list item: a bullet, "(a)", "a)", "iv.", "12.", "1.2 ", "#",
// "§".
func startsListItem(line string) bool {
	if r, n := utf8.DecodeRuneInString(line); strings.ContainsRune("-*•–#§", r) {
		return r == '#' || r == '§' || strings.HasPrefix(line[n:], " ")
	}
	s := strings.TrimPrefix(line, "(")
	n := 0
	for n < len(s) && n < 8 && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
		n++
	}
	if n > 0 {
		dotted := strings.Contains(s[:n], ".")
		return n < len(s) && (s[n] == ')' || dotted && (s[n] == ' ' || s[n] == '\t'))
	}
	for n < len(s) && n < 5 && s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' {
		n++
	}
	if n == 0 || n >= len(s) {
		return false
	}
	roman := strings.Trim(strings.ToLower(s[:n]), "ivx") == ""
	return (n == 1 || roman) && (s[n] == ')' || s[n] == '.' && strings.HasPrefix(s[n+1:], " "))
}

// Abbreviations that never end a sentence, and abbreviations that may.
var (
	neverEndsSentence = set("e.g i.e eg ie no nos art arts sec secs cl para paras vs v mr mrs ms dr prof rev hon st mt cf approx fig ref dept viz sched ex exh gem abs nr ziff z.b d.h ggf bzw vgl inkl lit bspw mme mlle sr sra av jan feb mar apr jun jul aug sep sept oct nov dec")
	mayEndSentence    = set("inc ltd co corp llc l.l.c plc lp llp p.a n.a s.a b.v n.v gmbh bros assn intl u.s u.s.a u.k e.u etc al p.m a.m esq jr usw o.ä p.c s.p.a s.r.l")
	// What a German ordinal number, such as "1.", commonly stands before.
	germanOrdinals = set("januar februar märz april mai juni juli august september oktober november dezember obergeschoss stock stockwerk etage quartal werktag kalendertag tag monat")
	// Words that commonly start a sentence of a contract, so that "Acme Inc." before them ends one.
	sentenceOpeners = set("the this that these those each either neither any all if in no upon such it its notwithstanding except where unless for both every subject without a an when should as at by on to after before during other nothing failure they we you he she customer client company supplier contractor provider employee employer licensor licensee seller buyer recipient")
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// endsSentence reports whether the '.', '!' or '?' at i ends a sentence. Closing quotes and brackets after
// it end at end.
func endsSentence(text string, start, i, end int) bool {
	if end == len(text) {
		return true
	}
	after, n := utf8.DecodeRuneInString(text[end:])
	if !unicode.IsSpace(after) {
		return false
	}
	rest := strings.TrimLeft(text[end+n:min(len(text), end+n+40)], " \t\r\n\u00a0\"'“‘«([*")
	next, _ := utf8.DecodeRuneInString(rest)
	if unicode.IsLower(next) {
		return false
	}
	if text[i] != '.' {
		return true
	}
	from := i
	for from > start && i-from < 12 && !isBlank(text[from-1]) {
		from--
	}
	word := strings.ToLower(strings.TrimLeft(text[from:i], `("'[`))
	lead := strings.TrimSpace(text[start:from]) == ""
	switch {
	case neverEndsSentence[word]:
		return false
	case lead && isEnumerator(word):
		return false
	case strings.Trim(word, "0123456789") == "" && len(word) <= 2 && germanOrdinals[firstWord(rest)]:
		return false // "1. Januar"
	case len(word) == 1 && word[0] >= 'a' && word[0] <= 'z' && unicode.IsUpper(rune(text[i-1])):
		return false // an initial
	case mayEndSentence[word]:
		return sentenceOpeners[firstWord(rest)]
	}
	return true
}

// firstWord returns the letters that s starts with, in lower case.
func firstWord(s string) string {
	if k := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }); k >= 0 {
		s = s[:k]
	}
	return strings.ToLower(s)
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isEnumerator reports whether a word numbers a clause: "1", "12.3", "a", "iv".
func isEnumerator(word string) bool {
	if strings.Trim(word, "0123456789.)") == "" || len(word) == 1 {
		return true
	}
	return strings.Trim(word, "ivx") == ""
}
