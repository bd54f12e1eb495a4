package documents

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

const (
	quoteBefore, quoteAfter = 100, 200 // bytes of a quote around the word that was found, about
	maxQuoteBytes           = 400
)

// Passage is a place in a document that answers a search.
type Passage struct {
	DocumentID domain.ID
	CaseID     *domain.ID // the document's; nil: none
	Name       string
	Page       int    // from 1
	Quote      string // the very words of the page
	Score      float64
}

// Search finds pages of the documents the caller may read, the best first; within one case when
// matter is given. A page matches when it holds any of the words; words of one or two letters and
// the commonest do not count. The timeline of each case that a page came from says which documents
// were quoted. NotFound: matter is not open to the caller.
func (a *Archive) Search(ctx context.Context, caller domain.Principal, words string, matter *domain.ID, limit int) ([]Passage, error) {
	if matter != nil {
		if err := a.wall().authorize(ctx, caller, *matter, cases.VerbRead); err != nil {
			return nil, err
		}
	}
	everyone := int64(0)
	if caller.Admin() {
		everyone = 1
	}
	rows, err := query.New(a.DB).SearchDocumentPages(ctx, query.SearchDocumentPagesParams{Words: words, UserID: caller.UserID, Everyone: everyone, CaseID: matter,
		Limit: int32(min(cmp.Or(limit, 20), 100))})
	if err != nil {
		return nil, db.Error(err)
	}
	open, err := a.quoted(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	out := make([]Passage, 0, len(rows))
	for _, r := range rows {
		if r.CaseID == nil || open[*r.CaseID] {
			out = append(out, Passage{DocumentID: r.DocumentID, CaseID: r.CaseID, Name: r.Name, Page: int(r.Page), Quote: quote(r.Text, words), Score: r.Score})
		}
	}
	return out, nil
}

// quoted puts down in each case which of its documents are about to be shown in part, and tells
// which cases the caller may still read.
func (a *Archive) quoted(ctx context.Context, caller domain.Principal, rows []query.SearchDocumentPagesRow) (open map[domain.ID]bool, err error) {
	found := map[domain.ID][]domain.ID{}
	for _, r := range rows {
		if r.CaseID != nil && !slices.Contains(found[*r.CaseID], r.DocumentID) {
			found[*r.CaseID] = append(found[*r.CaseID], r.DocumentID)
		}
	}
	if len(found) == 0 || a.Cases == nil {
		return nil, nil
	}
	acts := make(map[domain.ID]cases.Act, len(found))
	for matter, ids := range found {
		act := cases.Act{Verb: cases.VerbRead, Subject: cases.SubjectDocument, Detail: "search"}
		if len(ids) == 1 {
			act.ID = &ids[0]
		} else {
			act.Detail = naming("search:", ids)
		}
		acts[matter] = act
	}
	return a.Cases.ReadEach(ctx, caller, acts)
}

// quote cuts the neighbourhood of the first of the words out of text. It is always a part of
// text as it stands.
func quote(text, words string) string {
	wanted := strings.FieldsFunc(strings.ToLower(words), notInWord)
	slices.SortFunc(wanted, func(a, b string) int { return len(b) - len(a) }) // the longest tells the most
	at := 0
search:
	for _, w := range wanted {
		if utf8.RuneCountInString(w) < 3 {
			continue
		}
		start := -1
		for i, r := range text + " " {
			switch inWord := !notInWord(r); {
			case inWord && start < 0:
				start = i
			case !inWord && start >= 0:
				if strings.EqualFold(text[start:i], w) {
					at = start
					break search
				}
				start = -1
			}
		}
	}
	from, to := max(0, at-quoteBefore), min(len(text), at+quoteAfter)
	if from > 0 { // from the beginning of a word
		if i := strings.IndexFunc(text[from:at], unicode.IsSpace); i >= 0 {
			from += i
		} else {
			from = at
		}
	}
	if to < len(text) {
		if i := strings.LastIndexFunc(text[at:to], unicode.IsSpace); i > 0 {
			to = at + i
		}
		for to > at && !utf8.RuneStart(text[to]) {
			to--
		}
	}
	return strings.TrimSpace(text[from:to])
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }
