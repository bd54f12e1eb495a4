// Package blanks finds unfinished places in the text of a document that is about to be signed: blank
// lines, unfilled placeholders and template fields, and words that mark it as a draft. It supports
// English, German, French and Spanish.
//
// The rules are heuristics. They ignore lines that are filled in when signing, such as "Signature: ______",
// or "Name: ______" below "Signed for", and brackets that contain a citation, a note or a reference.
package blanks

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The reasons. They are stable.
const (
	Blank = "blank" // not filled in
	Draft = "draft" // marked as a draft
)

// Finding is an unfinished place.
type Finding struct {
	Reason string
	Page   int    // from 1
	Quote  string // the text around it
}

// maxFindings is how many findings of one reason are reported.
const maxFindings = 20

// Find returns the findings in the text of each page.
func Find(pages []string) []Finding {
	var findings []Finding
	counts := map[string]int{}
	add := func(f Finding) {
		if counts[f.Reason]++; counts[f.Reason] <= maxFindings {
			findings = append(findings, f)
		}
	}
	for i, page := range pages {
		t := newPageText(page)
		for _, q := range t.findDraft() {
			add(Finding{Draft, i + 1, q})
		}
		for _, q := range t.findBlanks() {
			add(Finding{Blank, i + 1, q})
		}
	}
	return findings
}

// pageText is the text of a page without empty lines.
type pageText struct {
	lines   []string
	joined  string // the lines, separated by newlines
	signing []bool // by line: it only occurs in a signature block
}

func newPageText(page string) *pageText {
	t := &pageText{}
	page = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u2007", " ", "\u202f", " ", "\t", " ").Replace(page)
	for line := range strings.Lines(page) {
		if line = strings.TrimSpace(line); line != "" {
			t.lines = append(t.lines, line)
		}
	}
	t.joined = strings.Join(t.lines, "\n")
	t.signing = make([]bool, len(t.lines))
	for i, line := range t.lines {
		t.signing[i] = isSigningLine(line)
	}
	return t
}

// quote returns s[start:end] with some of the text around it.
func quote(s string, start, end int) string {
	const around = 60
	from, to := start, end
	for n := 0; n < around && from > 0; n++ {
		_, size := utf8.DecodeLastRuneInString(s[:from])
		from -= size
	}
	for n := 0; n < around && to < len(s); n++ {
		_, size := utf8.DecodeRuneInString(s[to:])
		to += size
	}
	out := strings.Join(strings.Fields(s[from:to]), " ")
	if from > 0 {
		out = "…" + out
	}
	if to < len(s) {
		out += "…"
	}
	return out
}

// normalize folds case and white space.
func normalize(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// fillInLine matches a blank to write on: underscores or dots, possibly with spaces between them.
var fillInLine = regexp.MustCompile(`_{1,2} ?[./-] ?_{1,2} ?[./-] ?(?:_{2,4}|(?:19|20)[0-9_]{2})|_(?: ?_){2,}|(?:19|20)_{2}|\.{5,}|…(?: ?…)+|\.(?: \.){4,}|·{5,}|‥{3,}`)

// leader matches a line with dot leaders: an entry of a table of contents, or an amount.
var leader = regexp.MustCompile(`\p{L}.*?(?:\.{4,}|…{2,}|\.(?: \.){3,}|·{4,})[. ]*(?:(?:(?:€|\$|£|[A-Z]{3}) ?)?[0-9][0-9.,’' ]*(?: ?(?:€|\$|£|%|[A-Z]{3}))?|[ivxlc]{1,7})$`)

func (t *pageText) findBlanks() (quotes []string) {
	for i, line := range t.lines {
		matches := fillInLine.FindAllStringIndex(line, -1)
		matches = slices.DeleteFunc(matches, func(m []int) bool { return joinsLetters(line, m) })
		if len(matches) == 0 || leader.MatchString(line) || t.inSignatureBlock(i, matches) {
			continue
		}
		for _, m := range matches {
			quotes = append(quotes, quote(line, m[0], m[1]))
		}
	}
	for _, find := range []func(string) [][]int{findBracketed, findTemplateFields, findPending} {
		for _, m := range find(t.joined) {
			quotes = append(quotes, quote(t.joined, m[0], m[1]))
		}
	}
	return quotes
}

// joinsLetters reports whether a match stands between letters, as in a file name.
func joinsLetters(line string, m []int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:m[0]])
	after, _ := utf8.DecodeRuneInString(line[m[1]:])
	return unicode.IsLetter(before) && unicode.IsLetter(after)
}
