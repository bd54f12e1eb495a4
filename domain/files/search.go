package files

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/search"
	query "counsel/gen/query/files"
)

const (
	reindexBatch = 20  // files whose text is reindexed at a time
	maxHits      = 400 // pages considered for one search: some may lack the phrase, or be deleted by now
)

// SearchResult is a page that matches a search.
type SearchResult struct {
	DocumentID domain.ID
	CaseID     *domain.ID // the file's; nil: none
	Name       string
	Page       int      // from 1
	Snippet    string   // an excerpt of the page, verbatim
	Highlights []string // the matching words of the snippet, in the forms they have there
}

// Search finds pages of the files that the caller may read, ranked by relevance; within one case when
// caseID is given. A page matches when it contains any of the words in any of their forms, and all of the
// phrases in quotation marks; see search.Parse. It reads only the part of the index that the caller may
// read. The timeline of each case that a page came from records which files were quoted. NotFound: the
// case is not accessible to the caller.
func (s *Service) Search(ctx context.Context, caller domain.Principal, words string, caseID *domain.ID, limit int) ([]SearchResult, error) {
	if caseID != nil {
		if err := s.guard.Authorize(ctx, caller, *caseID, cases.VerbRead); err != nil {
			return nil, err
		}
	}
	q := search.Parse(words)
	if q.Empty() {
		return nil, nil
	}
	options, err := s.searchScope(ctx, caller, caseID)
	if err != nil {
		return nil, err
	}
	limit = min(cmp.Or(limit, 20), 100)
	options.Limit, options.PreferMoreWords = maxHits, true
	hits, err := search.Find(ctx, s.pool, q, options)
	if err != nil {
		return nil, db.Error(err)
	}
	everyone := int64(0)
	if caller.Admin() {
		everyone = 1
	}
	var found []query.ListFoundPagesRow
	finder := search.NewHighlighter(q)
	matches := map[int64][]search.Match{}
	for len(hits) > 0 && len(found) < limit {
		batch := hits[:min(limit, len(hits))]
		hits = hits[len(batch):]
		// The index only says where to look. The query checks for each page that the caller may read it.
		rows, err := query.New(s.pool).ListFoundPages(ctx, query.ListFoundPagesParams{Entries: entries(batch), UserID: caller.UserID, Everyone: everyone, CaseID: caseID})
		if err != nil {
			return nil, db.Error(err)
		}
		slices.SortFunc(rows, func(x, y query.ListFoundPagesRow) int {
			i, j := rank(batch, x.Entry), rank(batch, y.Entry)
			if batch[i].MatchedWords == batch[j].MatchedWords && batch[i].Score == batch[j].Score {
				return cmp.Or(bytes.Compare(y.DocumentID[:], x.DocumentID[:]), cmp.Compare(x.Page, y.Page))
			}
			return i - j
		})
		for _, r := range rows {
			if m := finder.Matches(r.Text); len(m) > 0 && len(found) < limit {
				matches[r.Entry] = m
				found = append(found, r)
			}
		}
	}
	readable, err := s.recordQuotes(ctx, caller, found)
	if err != nil {
		return nil, err
	}
	results := make([]SearchResult, 0, len(found))
	for _, r := range found {
		if r.CaseID == nil || readable[*r.CaseID] {
			result := SearchResult{DocumentID: r.DocumentID, CaseID: r.CaseID, Name: r.Name, Page: int(r.Page)}
			result.Snippet, result.Highlights = search.Snippet(r.Text, matches[r.Entry])
			results = append(results, result)
		}
	}
	return results, nil
}

// searchScope is the part of the index that the caller may read, within one case when caseID is given.
func (s *Service) searchScope(ctx context.Context, caller domain.Principal, caseID *domain.ID) (search.Options, error) {
	q := query.New(s.pool)
	switch {
	case caseID != nil:
		scope, ok, err := search.ScopeOf(ctx, s.pool, *caseID)
		if err != nil || !ok {
			return search.Options{}, err
		}
		return search.Options{Scopes: []int32{scope}}, nil
	case caller.Admin():
		deleted, err := q.ListDeletedCaseScopes(ctx)
		return search.Options{AllScopes: true, ExceptScopes: deleted}, db.Error(err)
	}
	scopes, err := q.ListReadableScopes(ctx, query.ListReadableScopesParams{UserID: caller.UserID})
	return search.Options{Scopes: scopes}, db.Error(err)
}

func entries(hits []search.Hit) []int64 {
	out := make([]int64, len(hits))
	for i, h := range hits {
		out[i] = h.Entry
	}
	return out
}

// rank is the position of an entry among the hits.
func rank(hits []search.Hit, entry int64) int {
	return slices.IndexFunc(hits, func(h search.Hit) bool { return h.Entry == entry })
}

// recordQuotes records in the timeline of each case which of its files are about to be quoted, and
// returns the cases that the caller may still read.
func (s *Service) recordQuotes(ctx context.Context, caller domain.Principal, rows []query.ListFoundPagesRow) (readable map[domain.ID]bool, err error) {
	found := map[domain.ID][]domain.ID{}
	for _, r := range rows {
		if r.CaseID != nil && !slices.Contains(found[*r.CaseID], r.DocumentID) {
			found[*r.CaseID] = append(found[*r.CaseID], r.DocumentID)
		}
	}
	if len(found) == 0 || s.cases == nil {
		return nil, nil
	}
	actions := make(map[domain.ID]cases.Action, len(found))
	for caseID, ids := range found {
		actions[caseID] = quoteAction("search", ids)
	}
	return s.cases.AuthorizeReads(ctx, caller, actions)
}

// quoteAction is the timeline entry for files that are quoted, such as in the results of a search.
func quoteAction(purpose string, ids []domain.ID) cases.Action {
	action := cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceDocument, Detail: purpose}
	if len(ids) == 1 {
		action.ID = &ids[0]
	} else {
		action.Detail = timelineText(purpose+":", ids)
	}
	return action
}

// maxDetail is the length limit of a timeline entry's Detail, in characters.
const maxDetail = 500

// timelineText returns a Detail that names as many ids as fit.
func timelineText(prefix string, ids []domain.ID) string {
	detail := prefix
	for i, id := range ids {
		if len(detail)+40 > maxDetail {
			return detail + ", …"
		}
		if i > 0 {
			detail += ","
		}
		detail += " " + id.String()
	}
	return detail
}

// Reindex indexes some of the texts that another version of this program indexed. more: there may be
// others.
func (s *Service) Reindex(ctx context.Context) (more bool, err error) {
	rows, err := query.New(s.pool).ListUnindexedDocuments(ctx, query.ListUnindexedDocumentsParams{Version: search.AnalyzerVersion, Limit: reindexBatch})
	if err != nil {
		return false, db.Error(err)
	}
	var errs []error
	for _, r := range rows { // one that fails does not block the others
		if err := s.index(ctx, File{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID}); err != nil {
			errs = append(errs, err)
		}
	}
	return len(rows) == reindexBatch && len(errs) < reindexBatch/2, errors.Join(errs...)
}

// PageTexts returns the extracted text of the pages of a file that have some, in order. It does not check who
// may read the file: Get does.
func (s *Service) PageTexts(ctx context.Context, id domain.ID) ([]search.PageText, error) {
	rows, err := query.New(s.pool).ListDocumentPages(ctx, id)
	if err != nil {
		return nil, db.Error(err)
	}
	pages := make([]search.PageText, len(rows))
	for i, r := range rows {
		pages[i] = search.PageText{Number: int(r.Page), Text: r.Text}
	}
	return pages, nil
}

// index replaces a file's entries in the index by those of its stored pages.
func (s *Service) index(ctx context.Context, f File) error {
	pages, err := s.PageTexts(ctx, f.ID)
	if err != nil {
		return err
	}
	terms := search.Analyze(pages)
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		scope, err := search.LockScope(ctx, tx, f.indexOwner())
		if err != nil {
			return err
		}
		n, err := query.New(tx).UpdateSearchVersion(ctx, query.UpdateSearchVersionParams{Version: search.AnalyzerVersion, ID: f.ID})
		if err != nil || n == 0 { // deleted, or indexed by another server
			return err
		}
		if err := search.RemoveDocument(ctx, tx, f.ID); err != nil {
			return err
		}
		return search.AddPages(ctx, tx, scope, f.ID, terms)
	})
}
