package sources

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"counsel/domain"
)

// Citation is a quotation in an answer that was found in the passage it names.
type Citation struct {
	Marker     int // the number in brackets after the quotation
	DocumentID domain.ID
	Name       string // of the document
	Page       int    // from 1
	Quote      string // the page's own words
}

const (
	maxCitations = 40
	maxQuote     = 2000 // characters of a citation's quote
	maxGap       = 160  // bytes between a quotation and its marker
	maxQuotation = 4000 // bytes of a quotation in the answer
	maxOpenings  = 8    // quotation marks that are tried as the start of a quotation
	minQuote     = 4    // letters and digits; shorter quotes occur anywhere
)

var (
	markers    = regexp.MustCompile(`\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]`)
	numbers    = regexp.MustCompile(`\d+`)
	quoteMarks = regexp.MustCompile(`["“”„«»‹›]`)
	openings   = map[string]string{`"`: `"“„`, "”": "“„”", "“": "„“", "»": "«", "«": "»", "›": "‹", "‹": "›"} // by closing mark
)

// ResolveCitations finds the quotations in a masked answer, which have the number of a passage in brackets
// after them. Those that occur in that passage are citations; for the others there is a warning.
func ResolveCitations(answer string, passages []Passage) (citations []Citation, warnings []string) {
	if len(passages) == 0 {
		return nil, nil
	}
	folded := make([]*foldedText, len(passages))
	from := 0 // end of the previous group of adjacent markers
	end := 0  // end of the previous marker
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
				if folded[number-1] == nil {
					folded[number-1] = foldText(p.text())
				}
				var quote string
				if quote, found = p.findQuote(folded[number-1], candidates); found {
					c := Citation{Marker: number, DocumentID: p.document.ID, Name: p.document.Name, Page: p.page.Number, Quote: domain.Truncate(quote, maxQuote)}
					if len(citations) < maxCitations && !slices.Contains(citations, c) {
						citations = append(citations, c)
					}
				}
			}
			if w := fmt.Sprintf("The words quoted before [%d] do not occur verbatim in the document. Do not rely on them.", number); !found && len(warnings) < maxCitations/2 && !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	return citations, warnings
}

// quotations returns what the text before a marker may quote, longest first: if a quotation contains
// quotation marks itself, only the document can tell where it starts.
func quotations(before string) (out []string) {
	if len(before) > maxQuotation {
		before = strings.ToValidUTF8(before[len(before)-maxQuotation:], "")
	}
	marks := quoteMarks.FindAllStringIndex(before, -1)
	if len(marks) < 2 || len(before)-marks[len(marks)-1][1] > maxGap {
		return nil
	}
	closing := marks[len(marks)-1]
	opens := openings[before[closing[0]:closing[1]]]
	marks = slices.DeleteFunc(marks[:len(marks)-1], func(m []int) bool { return !strings.Contains(opens, before[m[0]:m[1]]) })
	for _, m := range marks[max(0, len(marks)-maxOpenings):] {
		if q := strings.TrimSpace(before[m[1]:closing[0]]); q != "" {
			out = append(out, q)
		}
	}
	return out
}
