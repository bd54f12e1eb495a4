package ai

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The model quotes a passage and puts its number in brackets behind. A number counts only when
// the words before it stand in that very passage; what a reader is shown is then the page's own.
const (
	maxReferences = 40
	maxQuote      = 2000 // characters of a reference's
	maxGap        = 160  // bytes between a quotation and its number
	quoteReach    = 4000 // bytes that a quotation may be long
	quoteTries    = 8    // marks at which a quotation may begin
	minQuote      = 4    // letters and digits: less can be found anywhere
)

var (
	markers    = regexp.MustCompile(`\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]`)
	numbers    = regexp.MustCompile(`\d+`)
	quoteMarks = regexp.MustCompile(`["“”„«»‹›]`)
	openings   = map[string]string{`"`: `"“„`, "”": "“„”", "“": "„“", "»": "«", "«": "»", "›": "‹", "‹": "›"} // by the mark that closes
)

// cite reads the quotations of a masked answer: those that stand in the passages they name are
// references, and for the others there is a warning.
func cite(answer string, passages []passage) (references []Reference, warnings []string) {
	if len(passages) == 0 {
		return nil, nil
	}
	folds := make([]*folding, len(passages))
	from := 0 // after the marker before, or the first of those that stand together
	end := 0  // of the marker before
	for _, m := range markers.FindAllStringSubmatchIndex(answer, -1) {
		if strings.TrimSpace(answer[end:m[0]]) != "" {
			from = end
		}
		end = m[1]
		candidates := quotations(answer[from:m[0]])
		if len(candidates) == 0 {
			continue
		}
		for _, n := range numbers.FindAllString(answer[m[2]:m[3]], -1) {
			number, _ := strconv.Atoi(n)
			found := false
			if number >= 1 && number <= len(passages) {
				p := &passages[number-1]
				if folds[number-1] == nil {
					folds[number-1] = foldQuotes(p.text())
				}
				var quote string
				if quote, found = p.own(folds[number-1], candidates); found {
					r := Reference{Kind: ReferenceDocument, Marker: number, DocumentID: p.document.ID, Name: p.document.Name, Page: p.page.Number, Quote: cut(quote, maxQuote)}
					if len(references) < maxReferences && !slices.Contains(references, r) {
						references = append(references, r)
					}
				}
			}
			if w := fmt.Sprintf("The words quoted before [%d] are not word for word in the document. Do not rely on them.", number); !found && len(warnings) < maxReferences/2 && !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	return references, warnings
}

// quotations is what the words before a marker may quote, the longest first: which of several
// marks opens a quotation that holds marks itself, only the document can tell.
func quotations(before string) (out []string) {
	if len(before) > quoteReach {
		before = strings.ToValidUTF8(before[len(before)-quoteReach:], "")
	}
	marks := quoteMarks.FindAllStringIndex(before, -1)
	if len(marks) < 2 || len(before)-marks[len(marks)-1][1] > maxGap {
		return nil
	}
	last := marks[len(marks)-1]
	opens := openings[before[last[0]:last[1]]]
	marks = slices.DeleteFunc(marks[:len(marks)-1], func(m []int) bool { return !strings.Contains(opens, before[m[0]:m[1]]) })
	for _, m := range marks[max(0, len(marks)-quoteTries):] {
		if q := strings.TrimSpace(before[m[1]:last[0]]); q != "" {
			out = append(out, q)
		}
	}
	return out
}

// own finds the first of the candidates that stands in the passage, and returns the page's own
// words for it.
func (p *passage) own(f *folding, candidates []string) (string, bool) {
	for _, c := range candidates {
		for _, q := range []string{c, strings.TrimRight(c, ".,;:")} {
			q = foldQuotes(q).text
			if count(q) < minQuote {
				continue
			}
			at := strings.Index(f.text, q)
			if at < 0 {
				continue
			}
			start, end, ok := p.masked.Original(p.start+f.origin[at], p.start+f.origin[at+len(q)])
			if ok && start < end {
				return p.page.Text[start:end], true
			}
		}
	}
	return "", false
}

func count(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// folding is a text as it is compared: blanks and line breaks are one blank, and marks of
// quotation are straight, since a model writes them as its own language does.
type folding struct {
	text   string
	origin []int // for each byte of text, and its end, where it came from
}

func foldQuotes(s string) *folding {
	f := &folding{origin: make([]int, 0, len(s)+1)}
	var b strings.Builder
	b.Grow(len(s))
	blank := true // none at the beginning
	last := 0     // end of the last character that was no blank
	for i, r := range s {
		size := utf8.RuneLen(r)
		switch {
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
				f.origin = append(f.origin, i)
			}
			blank = true
			continue
		case r == '\u00ad' || r == '\u200b': // a soft hyphen, a place to break a word
			continue
		case strings.ContainsRune("‘’‚‛", r):
			r = '\''
		case strings.ContainsRune("“”„«»‹›", r):
			r = '"'
		}
		blank = false
		last = i + size
		for range utf8.RuneLen(r) {
			f.origin = append(f.origin, i)
		}
		b.WriteRune(r)
	}
	f.text = b.String()
	if blank && f.text != "" {
		f.text = f.text[:len(f.text)-1]
		f.origin = f.origin[:len(f.origin)-1]
	}
	f.origin = append(f.origin, last)
	return f
}
