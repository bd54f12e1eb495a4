package documents

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// PageText is the text of one page of a document.
type PageText struct {
	DocumentID domain.ID
	Number     int // from 1
	Text       string
}

const (
	maxSearched = 50 // words of a search; the longest tell the most
	firstPages  = 3  // of each document, where no page has any of the words
)

// FindPages finds the pages of some documents that have most to do with text, such as a question,
// the best first, at most limit. Where none has a word of it these are the documents' first pages.
// It does not ask who may read the documents: that is Get's.
func (a *Archive) FindPages(ctx context.Context, of []domain.ID, text string, limit int) ([]PageText, error) {
	if len(of) == 0 {
		return nil, nil
	}
	q := query.New(a.DB)
	var out []PageText
	if words := searched(text); words != "" {
		rows, err := q.SearchPagesOf(ctx, query.SearchPagesOfParams{Words: words, Documents: of, Limit: int32(limit)})
		if err != nil {
			return nil, db.Error(err)
		}
		for _, r := range rows {
			out = append(out, PageText{DocumentID: r.DocumentID, Number: int(r.Page), Text: r.Text})
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	rows, err := q.ListFirstPages(ctx, query.ListFirstPagesParams{Documents: of, Last: firstPages})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows[:min(len(rows), limit)] {
		out = append(out, PageText{DocumentID: r.DocumentID, Number: int(r.Page), Text: r.Text})
	}
	return out, nil
}

// searched is the words of a text that a search is worth.
func searched(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), notInWord)
	slices.SortFunc(words, func(a, b string) int {
		if n := utf8.RuneCountInString(b) - utf8.RuneCountInString(a); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	words = slices.Compact(words)
	words = slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	return strings.Join(words[:min(len(words), maxSearched)], " ")
}
