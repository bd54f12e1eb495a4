package documents

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

const (
	readBatch = 10
	// readTime bounds the reading of one document's text.
	readTime = 2 * time.Minute
	// maxTries is how often a text is begun to be read. A file that brings the whole process
	// down, by the memory it takes, must not do so for ever.
	maxTries = 5

	maxPages     = 2000    // of a document's text; what comes later cannot be found
	maxPageBytes = 200_000 // of a page's text

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

// wake tells Run that a text waits.
func (a *Archive) wake() {
	select {
	case a.unread <- struct{}{}:
	default: // it knows already
	}
}

// Read reads the texts of all documents that wait for it, so that Search finds them.
func (a *Archive) Read(ctx context.Context) error {
	for after := (domain.ID{}); ; {
		rows, err := query.New(a.DB).ListUnreadDocuments(ctx, query.ListUnreadDocumentsParams{After: after, Limit: readBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			after = r.ID
			if err := a.readOne(ctx, stored(r), r.TextTries < maxTries); err != nil {
				return err
			}
		}
		if len(rows) < readBatch {
			return nil
		}
	}
}

// readOne reads a document's text and writes it into the index. The store being down leaves it
// for another time; a file without readable text is not tried again.
func (a *Archive) readOne(ctx context.Context, s Stored, try bool) (err error) {
	var pages []textPage
	if try {
		if pages, err = a.pages(ctx, s); err != nil {
			return err
		}
	} else {
		a.Log.Error("a document's text is given up", "document", s.ID.String())
	}
	return db.WithTx(ctx, a.DB, func(q *query.Queries) error {
		state := TextNone
		if len(pages) > 0 {
			state = TextIndexed
		}
		n, err := q.MarkDocumentRead(ctx, query.MarkDocumentReadParams{TextState: string(state), ID: s.ID})
		if err != nil || n == 0 { // deleted, or read by another server
			return err
		}
		for _, p := range pages {
			if err := q.CreateDocumentPage(ctx, query.CreateDocumentPageParams{DocumentID: s.ID, Page: p.number, Text: p.text}); err != nil {
				return err
			}
		}
		return nil
	})
}

type textPage struct {
	number int32
	text   string
}

func (a *Archive) pages(ctx context.Context, s Stored) ([]textPage, error) {
	body, err := a.Open(ctx, s, 0, -1)
	if domain.CodeOf(err) == domain.Internal && err != nil {
		a.Log.Error("a document's file is missing", "document", s.ID.String())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := spool()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := io.Copy(file, body); err != nil {
		if domain.CodeOf(err) == domain.Unavailable {
			return nil, err
		}
		a.Log.Error("a document's file is not what was recorded", "document", s.ID.String(), "cause", err.Error())
		return nil, nil
	}
	if err := query.New(a.DB).CountDocumentTry(ctx, s.ID); err != nil {
		return nil, db.Error(err)
	}
	bounded, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	texts, err := a.Text.Pages(bounded, s.ContentType, file, s.Size)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		a.Log.Warn("a document's text cannot be read", "document", s.ID.String(), "cause", err.Error())
	}
	var out []textPage
	for i, t := range texts[:min(len(texts), maxPages)] {
		t = strings.ToValidUTF8(strings.ReplaceAll(t, "\x00", ""), "\uFFFD")
		if len(t) > maxPageBytes {
			t = strings.ToValidUTF8(t[:maxPageBytes], "")
		}
		if strings.TrimSpace(t) != "" {
			out = append(out, textPage{int32(i + 1), t})
		}
	}
	return out, nil
}
