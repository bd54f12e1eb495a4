package files

import (
	"bytes"
	"context"
	"io"
	"slices"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files/filetype"
	"counsel/domain/search"
	"counsel/domain/text"
	query "counsel/gen/query/files"
)

// Page is the text of one page of a file.
type Page struct {
	DocumentID domain.ID
	Number     int // from 1
	Text       string
}

const firstPages = 3 // of each file, when no page matches

// FindPages returns the pages of some files that are most relevant to a text, such as a question, ranked
// by relevance, at most limit. When no page has a word of it, these are the first pages of the files. It
// does not check who may read the files: Get does.
func (s *Service) FindPages(ctx context.Context, of []domain.ID, text string, limit int) ([]Page, error) {
	if len(of) == 0 {
		return nil, nil
	}
	q := query.New(s.pool)
	unindexed, err := q.ListUnindexedDocumentsOf(ctx, query.ListUnindexedDocumentsOfParams{Documents: of, Version: search.AnalyzerVersion})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range unindexed { // an earlier version indexed them, and Reindex has not reached them yet
		if err := s.index(ctx, File{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID}); err != nil {
			return nil, err
		}
	}
	scopes, err := q.ListScopesOf(ctx, of)
	if err != nil {
		return nil, db.Error(err)
	}
	allowed, err := search.DocumentEntries(ctx, s.pool, of)
	if err != nil {
		return nil, err
	}
	slices.Sort(allowed)
	rows, err := s.relevantPages(ctx, text, search.Options{Scopes: scopes, Limit: limit, Filter: func(entry int64) bool {
		_, found := slices.BinarySearch(allowed, entry)
		return found
	}})
	if err != nil {
		return nil, err
	}
	var pages []Page
	for _, r := range rows {
		pages = append(pages, Page{DocumentID: r.Document.ID, Number: int(r.Page), Text: r.Text})
	}
	if len(pages) > 0 {
		return pages, nil
	}
	first, err := q.ListFirstPages(ctx, query.ListFirstPagesParams{Documents: of, Last: firstPages})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range first[:min(len(first), limit)] {
		pages = append(pages, Page{DocumentID: r.DocumentID, Number: int(r.Page), Text: r.Text})
	}
	return pages, nil
}

// FindCasePages is FindPages for all files of a case, but returns none when no page has a word of text.
// The case's timeline records which files are about to be quoted. NotFound: the case is not accessible
// to the caller.
func (s *Service) FindCasePages(ctx context.Context, caller domain.Principal, caseID domain.ID, text string, limit int) ([]File, []Page, error) {
	if err := s.guard.Authorize(ctx, caller, caseID, cases.VerbRead); err != nil {
		return nil, nil, err
	}
	scope, ok, err := search.ScopeOf(ctx, s.pool, caseID)
	if err != nil || !ok {
		return nil, nil, err
	}
	rows, err := s.relevantPages(ctx, text, search.Options{Scopes: []int32{scope}, Limit: limit})
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	var of []File
	var ids []domain.ID
	pages := make([]Page, len(rows))
	for i, r := range rows {
		pages[i] = Page{DocumentID: r.Document.ID, Number: int(r.Page), Text: r.Text}
		if !slices.Contains(ids, r.Document.ID) {
			ids, of = append(ids, r.Document.ID), append(of, fromRow(r.Document))
		}
	}
	slices.SortFunc(of, func(a, b File) int { return bytes.Compare(a.ID[:], b.ID[:]) }) // a stable order: scores change with every new file
	return of, pages, s.cases.AuthorizeRead(ctx, caller, caseID, quoteAction("question", ids))
}

// relevantPages returns the pages that are most relevant to a text, ranked.
func (s *Service) relevantPages(ctx context.Context, text string, o search.Options) ([]query.ListPagesByEntryRow, error) {
	hits, err := search.Find(ctx, s.pool, search.ParseText(text), o)
	if err != nil || len(hits) == 0 {
		return nil, db.Error(err)
	}
	rows, err := query.New(s.pool).ListPagesByEntry(ctx, entries(hits))
	slices.SortFunc(rows, func(x, y query.ListPagesByEntryRow) int { return rank(hits, x.Entry) - rank(hits, y.Entry) })
	return rows, db.Error(err)
}

// AllPages returns all pages of a file that have text. It does not check who may read the file: Get does.
func (s *Service) AllPages(ctx context.Context, id domain.ID) ([]Page, error) {
	texts, err := s.PageTexts(ctx, id)
	pages := make([]Page, len(texts))
	for i, p := range texts {
		pages[i] = Page{DocumentID: id, Number: p.Number, Text: p.Text}
	}
	return pages, err
}

// Locate returns for each quote where it is drawn, nil where that is not known. It does not check who may
// read the file.
func (s *Service) Locate(ctx context.Context, f File, quotes []text.Quote) ([]*text.Box, error) {
	locator, ok := s.extractor.(text.Locator)
	if !ok || f.ContentType != filetype.PDF || len(quotes) == 0 {
		return make([]*text.Box, len(quotes)), nil
	}
	body, err := s.Open(ctx, f, 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := tempFile()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := io.Copy(file, body); err != nil {
		return nil, err
	}
	return locator.Locate(ctx, f.ContentType, file, f.Size, quotes)
}
