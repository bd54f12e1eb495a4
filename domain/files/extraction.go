package files

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
	"counsel/domain/text"
	query "counsel/gen/query/files"
)

const (
	extractionBatch = 10
	// maxExtractionAttempts is how often extraction is attempted while it fails for a reason that may be
	// temporary.
	maxExtractionAttempts = 5

	maxPages     = 2000    // of a file's text; later pages are not indexed
	maxPageBytes = 200_000 // of a page's text
)

// idSet is a set of ids that is safe for concurrent use.
type idSet struct {
	mu  sync.Mutex
	ids map[domain.ID]bool
}

// add adds an id and reports whether it was absent.
func (s *idSet) add(id domain.ID) (added bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[domain.ID]bool{}
	}
	added = !s.ids[id]
	s.ids[id] = true
	return added
}

func (s *idSet) remove(id domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids, id)
}

// wakeExtraction tells Run that a text is pending.
func (s *Service) wakeExtraction() {
	select {
	case s.extraction <- struct{}{}:
	default: // every worker has been woken
	}
}

// ExtractTexts extracts the texts of all files that are pending, one after another, and indexes them
// for Search. It skips files that another call is working on.
func (s *Service) ExtractTexts(ctx context.Context) error {
	for after := (domain.ID{}); ; {
		rows, err := query.New(s.pool).ListTextPendingDocuments(ctx, query.ListTextPendingDocumentsParams{After: after, Limit: extractionBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			after = r.ID
			if err := s.extractOnce(ctx, r.ID); err != nil {
				return err
			}
		}
		if len(rows) < extractionBatch {
			return nil
		}
	}
}

// extractOnce extracts a text unless another call does, or has done so since the files were listed.
func (s *Service) extractOnce(ctx context.Context, id domain.ID) error {
	if !s.inProgress.add(id) {
		return nil
	}
	defer s.inProgress.remove(id)
	r, err := s.find(ctx, id)
	if err != nil || TextState(r.TextState) != TextPending {
		if domain.CodeOf(err) == domain.NotFound { // deleted
			return nil
		}
		return err
	}
	return s.extractText(ctx, fromRow(r), int(r.TextAttempts))
}

// extractText extracts a file's text and indexes it. attempts is how often that was tried before. When
// the store is down, the text stays pending.
func (s *Service) extractText(ctx context.Context, f File, attempts int) error {
	state, reason := TextNone, TextError("")
	var pages []search.PageText
	var changes text.Changes
	var err error
	if attempts < maxExtractionAttempts {
		pages, changes, err = s.readPages(ctx, f)
	}
	switch {
	case attempts >= maxExtractionAttempts: // the process ended each time, possibly because of this text
		state, reason = TextUnreadable, TextFailed
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, isolation.ErrMemory):
		state, reason = TextUnreadable, TextTooMuchMemory
	case errors.Is(err, isolation.ErrTimeout):
		state, reason = TextUnreadable, TextTooSlow
	case errors.Is(err, errExtraction):
		if attempts+1 < maxExtractionAttempts {
			s.log.WarnContext(ctx, "text extraction failed and will be retried", "document_id", f.ID.String(), "error", err.Error())
			return nil
		}
		state, reason = TextUnreadable, TextFailed
	case err != nil:
		return err
	case len(pages) > 0:
		state = TextIndexed
	}
	if err != nil {
		s.log.WarnContext(ctx, "text of the file is unreadable", "document_id", f.ID.String(), "error", err.Error())
	}
	return s.storeText(ctx, f, state, reason, pages, changes)
}

// storeText moves the text from pending to its final state and writes it to the search index.
func (s *Service) storeText(ctx context.Context, f File, state TextState, reason TextError, pages []search.PageText, changes text.Changes) error {
	if err := TextLifecycle.Check(TextPending, state); err != nil {
		return err
	}
	var encoded *json.RawMessage
	if changes != (text.Changes{}) {
		raw, err := json.Marshal(changes)
		if err != nil {
			return err
		}
		encoded = (*json.RawMessage)(&raw)
	}
	terms := search.Analyze(pages)
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		scope, err := search.LockScope(ctx, tx, f.indexOwner())
		if err != nil {
			return err
		}
		q := query.New(tx)
		n, err := q.UpdateDocumentText(ctx, query.UpdateDocumentTextParams{TextState: string(state), TextError: string(reason), TextChanges: encoded, SearchVersion: search.AnalyzerVersion, ID: f.ID})
		if err != nil || n == 0 { // deleted, or extracted by another server
			return err
		}
		for _, p := range pages {
			if err := q.CreateDocumentPage(ctx, query.CreateDocumentPageParams{DocumentID: f.ID, Page: int32(p.Number), Text: p.Text}); err != nil {
				return err
			}
		}
		return search.AddPages(ctx, tx, scope, f.ID, terms)
	})
}

// errExtraction is a failed extraction that may succeed later.
var errExtraction = errors.New("files: text extraction failed")

// readPages extracts the pages of a file. A file that is missing or corrupt has none.
func (s *Service) readPages(ctx context.Context, f File) ([]search.PageText, text.Changes, error) {
	body, err := s.Open(ctx, f, 0, -1)
	if err != nil && domain.CodeOf(err) == domain.Internal { // ErrMissing, or another permanent error
		s.log.ErrorContext(ctx, "stored file cannot be opened", "document_id", f.ID.String(), "error", err.Error())
		return nil, text.Changes{}, nil
	}
	if err != nil {
		return nil, text.Changes{}, err
	}
	defer body.Close()
	file, err := tempFile()
	if err != nil {
		return nil, text.Changes{}, err
	}
	defer file.Close()
	if _, err := io.Copy(file, body); err != nil {
		if domain.CodeOf(err) == domain.Unavailable {
			return nil, text.Changes{}, err
		}
		s.log.ErrorContext(ctx, "stored file is corrupt", "document_id", f.ID.String(), "error", err.Error())
		return nil, text.Changes{}, nil
	}
	if err := query.New(s.pool).UpdateTextAttempts(ctx, f.ID); err != nil {
		return nil, text.Changes{}, db.Error(err)
	}
	extracted, err := s.extractor.Pages(ctx, f.ContentType, file, f.Size)
	if err != nil {
		return nil, text.Changes{}, errors.Join(errExtraction, err)
	}
	var pages []search.PageText
	for i, t := range extracted.Pages[:min(len(extracted.Pages), maxPages)] {
		t = strings.ToValidUTF8(strings.ReplaceAll(t, "\x00", ""), "\uFFFD")
		t = domain.TruncateBytes(t, maxPageBytes)
		if strings.TrimSpace(t) != "" {
			pages = append(pages, search.PageText{Number: i + 1, Text: t})
		}
	}
	return pages, extracted.Changes, nil
}

// Complete reports whether the stored pages are all of a file's text: very long ones are truncated.
func Complete(pages []string) bool {
	return len(pages) < maxPages && !slices.ContainsFunc(pages, func(text string) bool { return len(text) > maxPageBytes-utf8.UTFMax })
}

// ExtractPages extracts the text of a file that need not be stored; none if the service has no extractor.
// Errors are those of text.Extractor.
func (s *Service) ExtractPages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (pages []string, err error) {
	if s.extractor == nil {
		return nil, nil
	}
	extracted, err := s.extractor.Pages(ctx, contentType, file, size)
	return extracted.Pages, err
}
