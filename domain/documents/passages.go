package documents

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/search"
	"counsel/gen/query"
)

// PageText is the text of one page of a document.
type PageText struct {
	DocumentID domain.ID
	Number     int // from 1
	Text       string
}

const firstPages = 3 // of each document, where no page has any of the words

// FindPages finds the pages of some documents that have most to do with text, such as a question,
// the best first, at most limit. Where none has a word of it these are the documents' first pages.
// It does not ask who may read the documents: that is Get's.
func (a *Archive) FindPages(ctx context.Context, of []domain.ID, text string, limit int) ([]PageText, error) {
	if len(of) == 0 {
		return nil, nil
	}
	q := query.New(a.DB)
	waiting, err := q.ListUnindexedDocumentsOf(ctx, query.ListUnindexedDocumentsOfParams{Documents: of, Version: search.Version})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range waiting { // a former version of the program read them, and they cannot wait for their turn
		if err := a.index(ctx, Stored{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID}); err != nil {
			return nil, err
		}
	}
	scopes, err := q.ListScopesOf(ctx, of)
	if err != nil {
		return nil, db.Error(err)
	}
	theirs, err := q.ListSearchEntriesOf(ctx, of)
	if err != nil {
		return nil, db.Error(err)
	}
	slices.Sort(theirs)
	rows, err := a.nearest(ctx, text, search.Options{Scopes: scopes, Limit: limit, Keep: func(entry int64) bool {
		_, found := slices.BinarySearch(theirs, entry)
		return found
	}})
	if err != nil {
		return nil, err
	}
	var out []PageText
	for _, r := range rows {
		out = append(out, PageText{DocumentID: r.Document.ID, Number: int(r.Page), Text: r.Text})
	}
	if len(out) > 0 {
		return out, nil
	}
	first, err := q.ListFirstPages(ctx, query.ListFirstPagesParams{Documents: of, Last: firstPages})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range first[:min(len(first), limit)] {
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
	scope, err := query.New(a.DB).GetSearchScope(ctx, matter)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, err := a.nearest(ctx, text, search.Options{Scopes: []int32{scope}, Limit: limit})
	if err != nil || len(rows) == 0 {
		return nil, nil, err
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
	act := cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceDocument, Detail: "question"}
	if len(ids) == 1 {
		act.ID = &ids[0]
	} else {
		act.Detail = naming("question:", ids)
	}
	return of, pages, a.Cases.AuthorizeRead(ctx, caller, matter, act)
}

// nearest finds the pages that have most to do with text, the best first.
func (a *Archive) nearest(ctx context.Context, text string, o search.Options) ([]query.ListPagesByEntryRow, error) {
	hits, err := search.Find(ctx, a.DB, search.ParseText(text), o)
	if err != nil || len(hits) == 0 {
		return nil, db.Error(err)
	}
	rows, err := query.New(a.DB).ListPagesByEntry(ctx, entries(hits))
	slices.SortFunc(rows, func(x, y query.ListPagesByEntryRow) int { return place(hits, x.Entry) - place(hits, y.Entry) })
	return rows, db.Error(err)
}
