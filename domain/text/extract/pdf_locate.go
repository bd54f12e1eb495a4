package extract

import (
	"context"
	"io"
	"math"
	"strings"
	"unicode"

	"counsel/domain/text"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// The extracted text of a page differs from PDFium's in line ends, hyphens, and the text of forms and
// annotations. So a quote is found by its letters and digits alone.

// locateQuote is a text.Quote without what does not count.
type locateQuote struct {
	Page   int    `json:"page"`
	Before int    `json:"before"` // letters and digits of the page before the quote
	Text   string `json:"text"`   // letters and digits, in lower case
}

const maxLocateText = 4000 // letters and digits of a quote that are looked for

func newLocateQuotes(quotes []text.Quote) []locateQuote {
	out := make([]locateQuote, len(quotes))
	for i, q := range quotes {
		s := []rune(alphanumeric(q.Text))
		out[i] = locateQuote{Page: q.Page, Before: len([]rune(alphanumeric(q.Before))), Text: string(s[:min(len(s), maxLocateText)])}
	}
	return out
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// locate returns the box of each quote, nil where it is not found.
func (r *Reader) locate(ctx context.Context, file io.ReaderAt, size int64, quotes []locateQuote) ([]*text.Box, error) {
	boxes := make([]*text.Box, len(quotes))
	byPage := map[int][]int{}
	for i, q := range quotes {
		if q.Page >= 1 && q.Page <= maxPages && q.Text != "" {
			byPage[q.Page] = append(byPage[q.Page], i)
		}
	}
	err := r.withPDF(file, size, func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error {
		for page, of := range byPage {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			locateOnPage(pdf, doc, page, of, quotes, boxes) // skips a broken page
		}
		return nil
	})
	return boxes, err
}

// locateOnPage sets the boxes of the quotes of one page.
func locateOnPage(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT, number int, of []int, quotes []locateQuote, boxes []*text.Box) {
	loaded, err := pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: doc, Index: number - 1})
	if err != nil {
		return
	}
	defer func() { _, _ = pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	page, err := pdf.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: requests.Page{ByReference: &loaded.Page}})
	if err != nil {
		return
	}
	defer func() { _, _ = pdf.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: page.TextPage}) }()
	count, err := pdf.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: page.TextPage})
	if err != nil {
		return
	}
	var letters []rune
	var at []int // index of each letter in PDFium's text
	for i := range count.Count {
		char, err := pdf.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: page.TextPage, Index: i})
		if err != nil {
			return
		}
		for _, l := range alphanumeric(string(rune(char.Unicode))) { //nolint:gosec // an invalid one is no letter
			letters, at = append(letters, l), append(at, i)
		}
	}
	for _, i := range of {
		want := []rune(quotes[i].Text)
		start := nearest(letters, want, quotes[i].Before)
		if start < 0 {
			continue
		}
		boxes[i] = charBox(pdf, page.TextPage, at[start], at[start+len(want)-1])
	}
}

// nearest returns where want occurs in letters, as near as possible to an index; -1 if it does not.
func nearest(letters, want []rune, index int) int {
	best := -1
	for i := 0; i+len(want) <= len(letters); i++ {
		if letters[i] != want[0] || best >= 0 && abs(i-index) >= abs(best-index) {
			continue
		}
		if string(letters[i:i+len(want)]) == string(want) {
			best = i
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// charBox returns the box around a range of characters, nil if none of them is drawn.
func charBox(pdf pdfium.Pdfium, page references.FPDF_TEXTPAGE, from, to int) *text.Box {
	box := text.Box{Left: math.Inf(1), Bottom: math.Inf(1), Right: math.Inf(-1), Top: math.Inf(-1)}
	for i := from; i <= to; i++ {
		b, err := pdf.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: page, Index: i})
		if err != nil || b.Right <= b.Left || b.Top <= b.Bottom {
			continue
		}
		box.Left, box.Bottom, box.Right, box.Top = min(box.Left, b.Left), min(box.Bottom, b.Bottom), max(box.Right, b.Right), max(box.Top, b.Top)
	}
	if math.IsInf(box.Left, 0) || math.IsNaN(box.Left+box.Bottom+box.Right+box.Top) {
		return nil
	}
	hundredths := func(v float64) float64 { return math.Round(v*100) / 100 }
	return &text.Box{Left: hundredths(box.Left), Bottom: hundredths(box.Bottom), Right: hundredths(box.Right), Top: hundredths(box.Top)}
}
