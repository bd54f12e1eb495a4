package documents

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/isolation"
	"counsel/domain/search"
	"counsel/gen/query"
)

const (
	readBatch = 10
	// maxTries is how often a text is begun to be read that cannot be for a reason that may pass.
	maxTries = 5

	maxPages     = 2000    // of a document's text; what comes later cannot be found
	maxPageBytes = 200_000 // of a page's text
)

// Text is the text of a file.
type Text struct {
	Pages   []string // in order; none when it holds none that can be read
	Changes Changes
}

// Changes count what a Word file holds besides the text that is read, which is that with all tracked
// changes accepted.
type Changes struct {
	Insertions int `json:"insertions"`
	Deletions  int `json:"deletions"`
	Moves      int `json:"moves"`
	Comments   int `json:"comments"` // they are read with the text
}

// TextReader reads the text of files, page by page. It is safe for concurrent use.
type TextReader interface {
	// Pages returns the text of each page of a file, in order; none when it holds none that can
	// be read. It fails with isolation.ErrMemory and isolation.ErrTime when the file takes more than it
	// may. After any other error it is asked again later. ctx ends it.
	Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (Text, error)
}

// TextError says why a document's text is TextUnreadable.
type TextError string

// The reasons why a text is unreadable.
const (
	TextTooMuchMemory TextError = "memory" // reading it takes more memory than a file may
	TextTooSlow       TextError = "time"   // reading it takes longer than a file may
	TextFailed        TextError = "failed" // reading it failed, several times
)

// reading is which documents are being read by this process.
type reading struct {
	mu  sync.Mutex
	ids map[domain.ID]bool
}

func (r *reading) begin(id domain.ID) (mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		r.ids = map[domain.ID]bool{}
	}
	mine = !r.ids[id]
	r.ids[id] = true
	return mine
}

func (r *reading) end(id domain.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, id)
}

// wake tells Run that a text waits.
func (a *Archive) wake() {
	select {
	case a.unread <- struct{}{}:
	default: // as many wait as can be read at a time
	}
}

// Read reads the texts of all documents that wait for it, one after another, so that Search finds
// them. It passes over those that are being read by another call.
func (a *Archive) Read(ctx context.Context) error {
	for after := (domain.ID{}); ; {
		rows, err := query.New(a.DB).ListUnreadDocuments(ctx, query.ListUnreadDocumentsParams{After: after, Limit: readBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			after = r.ID
			if err := a.readOnce(ctx, r.ID); err != nil {
				return err
			}
		}
		if len(rows) < readBatch {
			return nil
		}
	}
}

// readOnce reads a text unless another call does, or has done so since the documents were listed.
func (a *Archive) readOnce(ctx context.Context, id domain.ID) error {
	if !a.reading.begin(id) {
		return nil
	}
	defer a.reading.end(id)
	r, err := a.row(ctx, id)
	if err != nil || r.TextState != string(TextPending) {
		if domain.CodeOf(err) == domain.NotFound { // deleted
			return nil
		}
		return err
	}
	return a.readOne(ctx, stored(r), int(r.TextTries))
}

// readOne reads a document's text and writes it into the index. The store being down leaves it
// for another time.
func (a *Archive) readOne(ctx context.Context, s Stored, tries int) error {
	state, fault := TextNone, TextError("")
	var pages []search.Text
	var changes Changes
	var err error
	if tries < maxTries {
		pages, changes, err = a.pages(ctx, s)
	}
	switch {
	case tries >= maxTries: // this process ended each time, if not over this text
		state, fault = TextUnreadable, TextFailed
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, isolation.ErrMemory):
		state, fault = TextUnreadable, TextTooMuchMemory
	case errors.Is(err, isolation.ErrTimeout):
		state, fault = TextUnreadable, TextTooSlow
	case errors.Is(err, errUnread):
		if tries+1 < maxTries {
			a.Log.WarnContext(ctx, "a document's text cannot be read, and is tried again", "document", s.ID.String(), "cause", err.Error())
			return nil
		}
		state, fault = TextUnreadable, TextFailed
	case err != nil:
		return err
	case len(pages) > 0:
		state = TextIndexed
	}
	if err != nil {
		a.Log.WarnContext(ctx, "a document's text is unreadable", "document", s.ID.String(), "cause", err.Error())
	}
	var found *json.RawMessage
	if changes != (Changes{}) {
		raw, err := json.Marshal(changes)
		if err != nil {
			return err
		}
		found = (*json.RawMessage)(&raw)
	}
	terms := search.Analyse(pages)
	return db.WithTx(ctx, a.DB, func(tx db.Tx) error {
		scope, err := search.Lock(ctx, tx, s.owner())
		if err != nil {
			return err
		}
		q := query.New(tx)
		n, err := q.MarkDocumentRead(ctx, query.MarkDocumentReadParams{TextState: string(state), TextError: string(fault), TextChanges: found, SearchVersion: search.Version, ID: s.ID})
		if err != nil || n == 0 { // deleted, or read by another server
			return err
		}
		for _, p := range pages {
			if err := q.CreateDocumentPage(ctx, query.CreateDocumentPageParams{DocumentID: s.ID, Page: int32(p.Number), Text: p.Text}); err != nil {
				return err
			}
		}
		return search.Add(ctx, tx, scope, s.ID, terms)
	})
}

// errUnread is a text that could not be read, for a reason that may pass.
var errUnread = errors.New("documents: the text could not be read")

func (a *Archive) pages(ctx context.Context, s Stored) ([]search.Text, Changes, error) {
	body, err := a.Open(ctx, s, 0, -1)
	if domain.CodeOf(err) == domain.Internal && err != nil {
		a.Log.ErrorContext(ctx, "a document's file is missing", "document", s.ID.String())
		return nil, Changes{}, nil
	}
	if err != nil {
		return nil, Changes{}, err
	}
	defer body.Close()
	file, err := spool()
	if err != nil {
		return nil, Changes{}, err
	}
	defer file.Close()
	if _, err := io.Copy(file, body); err != nil {
		if domain.CodeOf(err) == domain.Unavailable {
			return nil, Changes{}, err
		}
		a.Log.ErrorContext(ctx, "a document's file is not what was recorded", "document", s.ID.String(), "cause", err.Error())
		return nil, Changes{}, nil
	}
	if err := query.New(a.DB).CountDocumentTry(ctx, s.ID); err != nil {
		return nil, Changes{}, db.Error(err)
	}
	text, err := a.Text.Pages(ctx, s.ContentType, file, s.Size)
	if err != nil {
		return nil, Changes{}, errors.Join(errUnread, err)
	}
	var out []search.Text
	for i, t := range text.Pages[:min(len(text.Pages), maxPages)] {
		t = strings.ToValidUTF8(strings.ReplaceAll(t, "\x00", ""), "\uFFFD")
		if len(t) > maxPageBytes {
			t = strings.ToValidUTF8(t[:maxPageBytes], "")
		}
		if strings.TrimSpace(t) != "" {
			out = append(out, search.Text{Number: i + 1, Text: t})
		}
	}
	return out, text.Changes, nil
}

// Whole reports whether stored pages are all of a document's text: very long ones are cut off.
func Whole(pages []string) bool {
	return len(pages) < maxPages && !slices.ContainsFunc(pages, func(text string) bool { return len(text) > maxPageBytes-utf8.UTFMax })
}
