package documents

import (
	"bytes"
	"cmp"
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

const (
	indexBatch = 20  // documents whose text is indexed anew at a time
	maxHits    = 400 // pages that are looked at for one search: for a phrase, and for those that are no longer there
)

// Passage is a place in a document that answers a search.
type Passage struct {
	DocumentID domain.ID
	CaseID     *domain.ID // the document's; nil: none
	Name       string
	Page       int      // from 1
	Quote      string   // the very words of the page
	Matches    []string // those of the quote that were looked for, in the forms they have there
}

// Search finds pages of the documents the caller may read, the best first; within one case when
// matter is given. A page matches when it holds any of the words in any of their forms, and all of the
// phrases in quotation marks; see search.Parse. It reads no more of the index than what the caller may
// read. The timeline of each case that a page came from says which documents were quoted. NotFound:
// matter is not open to the caller.
func (a *Archive) Search(ctx context.Context, caller domain.Principal, words string, matter *domain.ID, limit int) ([]Passage, error) {
	if matter != nil {
		if err := a.wall().authorize(ctx, caller, *matter, cases.VerbRead); err != nil {
			return nil, err
		}
	}
	q := search.Parse(words)
	if q.Empty() {
		return nil, nil
	}
	reach, err := a.reach(ctx, caller, matter)
	if err != nil {
		return nil, err
	}
	limit = min(cmp.Or(limit, 20), 100)
	reach.Limit, reach.MostWords = maxHits, true
	hits, err := search.Find(ctx, a.DB, q, reach)
	if err != nil {
		return nil, db.Error(err)
	}
	everyone := int64(0)
	if caller.Admin() {
		everyone = 1
	}
	var found []query.ListFoundPagesRow
	finder := search.NewFinder(q)
	matches := map[int64][]search.Match{}
	for len(hits) > 0 && len(found) < limit {
		some := hits[:min(limit, len(hits))]
		hits = hits[len(some):]
		// What the index says is only where to look. That the caller may read it is asked of each page.
		rows, err := query.New(a.DB).ListFoundPages(ctx, query.ListFoundPagesParams{Entries: entries(some), UserID: caller.UserID, Everyone: everyone, CaseID: matter})
		if err != nil {
			return nil, db.Error(err)
		}
		slices.SortFunc(rows, func(x, y query.ListFoundPagesRow) int {
			i, j := place(some, x.Entry), place(some, y.Entry)
			if some[i].Words == some[j].Words && some[i].Score == some[j].Score {
				return cmp.Or(bytes.Compare(y.DocumentID[:], x.DocumentID[:]), cmp.Compare(x.Page, y.Page))
			}
			return i - j
		})
		for _, r := range rows {
			if m := finder.Find(r.Text); len(m) > 0 && len(found) < limit {
				matches[r.Entry] = m
				found = append(found, r)
			}
		}
	}
	open, err := a.quoted(ctx, caller, found)
	if err != nil {
		return nil, err
	}
	out := make([]Passage, 0, len(found))
	for _, r := range found {
		if r.CaseID == nil || open[*r.CaseID] {
			p := Passage{DocumentID: r.DocumentID, CaseID: r.CaseID, Name: r.Name, Page: int(r.Page)}
			p.Quote, p.Matches = search.Quote(r.Text, matches[r.Entry])
			out = append(out, p)
		}
	}
	return out, nil
}

// reach is the part of the index that the caller may read, within one case when matter is given.
func (a *Archive) reach(ctx context.Context, caller domain.Principal, matter *domain.ID) (search.Options, error) {
	q := query.New(a.DB)
	switch {
	case matter != nil:
		scope, err := q.GetSearchScope(ctx, *matter)
		if errors.Is(err, sql.ErrNoRows) {
			return search.Options{}, nil
		}
		return search.Options{Scopes: []int32{scope}}, db.Error(err)
	case caller.Admin():
		gone, err := q.ListDeletedCaseScopes(ctx)
		return search.Options{All: true, Except: gone}, db.Error(err)
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

func place(hits []search.Hit, entry int64) int {
	return slices.IndexFunc(hits, func(h search.Hit) bool { return h.Entry == entry })
}

// quoted puts down in each case which of its documents are about to be shown in part, and tells
// which cases the caller may still read.
func (a *Archive) quoted(ctx context.Context, caller domain.Principal, rows []query.ListFoundPagesRow) (open map[domain.ID]bool, err error) {
	found := map[domain.ID][]domain.ID{}
	for _, r := range rows {
		if r.CaseID != nil && !slices.Contains(found[*r.CaseID], r.DocumentID) {
			found[*r.CaseID] = append(found[*r.CaseID], r.DocumentID)
		}
	}
	if len(found) == 0 || a.Cases == nil {
		return nil, nil
	}
	acts := make(map[domain.ID]cases.Action, len(found))
	for matter, ids := range found {
		act := cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceDocument, Detail: "search"}
		if len(ids) == 1 {
			act.ID = &ids[0]
		} else {
			act.Detail = naming("search:", ids)
		}
		acts[matter] = act
	}
	return a.Cases.AuthorizeReads(ctx, caller, acts)
}

// Index indexes some of the texts anew that were read by another version of this program. more: there may be
// others.
func (a *Archive) Index(ctx context.Context) (more bool, err error) {
	rows, err := query.New(a.DB).ListUnindexedDocuments(ctx, query.ListUnindexedDocumentsParams{Version: search.Version, Limit: indexBatch})
	if err != nil {
		return false, db.Error(err)
	}
	var errs []error
	for _, r := range rows { // one that resists does not hold up the others
		if err := a.index(ctx, Stored{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID}); err != nil {
			errs = append(errs, err)
		}
	}
	return len(rows) == indexBatch && len(errs) < indexBatch/2, errors.Join(errs...)
}

func (a *Archive) index(ctx context.Context, s Stored) error {
	rows, err := query.New(a.DB).ListDocumentPages(ctx, s.ID)
	if err != nil {
		return db.Error(err)
	}
	pages := make([]search.Text, len(rows))
	for i, r := range rows {
		pages[i] = search.Text{Number: int(r.Page), Text: r.Text}
	}
	terms := search.Analyse(pages)
	return db.WithTx(ctx, a.DB, func(tx db.Tx) error {
		scope, err := search.Lock(ctx, tx, s.owner())
		if err != nil {
			return err
		}
		n, err := query.New(tx).MarkDocumentIndexed(ctx, query.MarkDocumentIndexedParams{Version: search.Version, ID: s.ID})
		if err != nil || n == 0 { // deleted, or indexed by another server
			return err
		}
		if err := search.Remove(ctx, tx, s.ID); err != nil {
			return err
		}
		return search.Add(ctx, tx, scope, s.ID, terms)
	})
}

// owner is what the document is searched with: its case, or whose it is.
func (s *Stored) owner() domain.ID {
	if s.CaseID != nil {
		return *s.CaseID
	}
	return s.UserID
}
