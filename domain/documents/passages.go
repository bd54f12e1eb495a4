package documents

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
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

// FindCasePages is FindPages for all documents of a case, but finds nothing where no page has a
// word of text. The case's timeline says which documents are about to be shown in part. NotFound: the
// case is not open to the caller.
func (a *Archive) FindCasePages(ctx context.Context, caller domain.Principal, matter domain.ID, text string, limit int) ([]Stored, []PageText, error) {
	if err := a.wall().authorize(ctx, caller, matter, cases.VerbRead); err != nil {
		return nil, nil, err
	}
	words := searched(text)
	if words == "" {
		return nil, nil, nil
	}
	rows, err := query.New(a.DB).SearchPagesOfCase(ctx, query.SearchPagesOfCaseParams{Words: words, CaseID: &matter, Limit: int32(limit)})
	if err != nil || len(rows) == 0 {
		return nil, nil, db.Error(err)
	}
	var of []Stored
	var ids []domain.ID
	pages := make([]PageText, len(rows))
	for i, r := range rows {
		pages[i] = PageText{DocumentID: r.Document.ID, Number: int(r.Page), Text: r.Text}
		if !slices.Contains(ids, r.Document.ID) {
			ids, of = append(ids, r.Document.ID), append(of, stored(r.Document))
		}
	}
	slices.SortFunc(of, func(a, b Stored) int { return bytes.Compare(a.ID[:], b.ID[:]) }) // scores change with every document there is
	act := cases.Act{Verb: cases.VerbRead, Subject: cases.SubjectDocument, Detail: "question"}
	if len(ids) == 1 {
		act.ID = &ids[0]
	} else {
		act.Detail = naming("question:", ids)
	}
	return of, pages, a.Cases.Read(ctx, caller, matter, act)
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
