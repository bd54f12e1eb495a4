// Package sources answers questions from documents (retrieval-augmented generation): it selects the
// passages to send to the model and resolves the citations in its answer.
//
// Whole pages are masked together with the question, since half a name at the edge of a passage would not
// be recognized. A citation counts only if the quoted words occur in the passage it names; the reader then
// sees the page's own words.
package sources

import (
	"context"
	"slices"
	"strconv"

	"counsel/domain"
	"counsel/domain/ai/cache"
	"counsel/domain/files"
	"counsel/domain/text"
)

// Sources are the documents of a question and the pages that the search found in them.
type Sources struct {
	documents []files.File
	pages     []files.Page
}

// Library gives access to documents. All methods can fail with Unavailable.
type Library interface {
	// Get returns the metadata of a document. NotFound: it does not exist or the caller may not read it.
	Get(ctx context.Context, caller domain.Principal, id domain.ID) (files.File, error)

	// FindPages returns the pages of some documents that are most relevant to text, best first, at most
	// limit. It does not check access.
	FindPages(ctx context.Context, of []domain.ID, text string, limit int) ([]files.Page, error)

	// FindCasePages is FindPages for all documents of a case. It logs which documents were read. NotFound:
	// the caller may not read the case.
	FindCasePages(ctx context.Context, caller domain.Principal, caseID domain.ID, text string, limit int) ([]files.File, []files.Page, error)

	// AllPages returns all pages of a document that have text, in order. It does not check access.
	AllPages(ctx context.Context, id domain.ID) ([]files.Page, error)

	// Locate returns for each quote where on its page it is drawn, nil where that is not known. It does not
	// check access.
	Locate(ctx context.Context, f files.File, quotes []text.Quote) ([]*text.Box, error)
}

// ReasonTextPending means that the text of a document has not been extracted yet.
const ReasonTextPending = "text_pending"

// Limits of one question.
const (
	MaxDocuments   = 20
	maxPages       = 24      // found by the search
	maxPageBytes   = 1 << 20 // of all pages; the first counts whatever its length
	MaxPassages    = 12      // sent to the model
	MaxPassage     = 1200    // bytes of a passage, before adjacent ones are joined
	maxFileName    = 120     // characters of a file name
	documentsField = "/context/documentIds"
)

// Query is a question about documents.
type Query struct {
	UserID      domain.ID // whose question it is; the caller may be an admin
	Message     string
	CaseID      *domain.ID
	DocumentIDs []domain.ID // none: search the documents of the case
}

// Load reads the documents that a question names or, if it names none, those of its case that are relevant.
// It returns nil if there are none. Both the caller and the user of the question must have access. Errors:
// NotFound or Invalid (/context/documentIds/0), Conflict with ReasonTextPending.
func Load(ctx context.Context, library Library, caller domain.Principal, q Query) (*Sources, error) {
	if len(q.DocumentIDs) == 0 && (q.CaseID == nil || library == nil) {
		return nil, nil
	}
	if len(q.DocumentIDs) > MaxDocuments {
		return nil, domain.InvalidField(documentsField, "has more than %d documents", MaxDocuments)
	}
	var s Sources
	var err error
	if len(q.DocumentIDs) == 0 {
		s.documents, s.pages, err = library.FindCasePages(ctx, caller, *q.CaseID, q.Message, maxPages)
		if err != nil || len(s.pages) == 0 {
			return nil, err
		}
		s.limitPages()
		return &s, nil
	}
	var ids []domain.ID
	for i, id := range q.DocumentIDs {
		if slices.Contains(ids, id) {
			continue
		}
		d, err := document(ctx, library, caller, q, id, documentsField+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		ids, s.documents = append(ids, id), append(s.documents, d)
	}
	if s.pages, err = library.FindPages(ctx, ids, q.Message, maxPages); err != nil {
		return nil, err
	}
	s.limitPages()
	return &s, nil
}

// limitPages drops the pages beyond maxPageBytes.
func (s *Sources) limitPages() {
	size := 0
	for i, p := range s.pages {
		if size += len(p.Text); size > maxPageBytes && i > 0 {
			s.pages = s.pages[:i]
			return
		}
	}
}

// document reads one document and checks that the question may use it.
func document(ctx context.Context, library Library, caller domain.Principal, q Query, id domain.ID, pointer string) (files.File, error) {
	notFound := &domain.Error{Code: domain.NotFound, Message: "There is no such document.", Fields: []domain.Field{{Pointer: pointer, Detail: "is not a document that you can read"}}}
	if library == nil {
		return files.File{}, notFound
	}
	d, err := library.Get(ctx, caller, id)
	if domain.CodeOf(err) == domain.NotFound && err != nil {
		return d, notFound
	}
	if err != nil {
		return d, err
	}
	if d.CaseID != nil {
		if q.CaseID == nil || *q.CaseID != *d.CaseID {
			return d, domain.InvalidField(pointer, "belongs to a case: ask about it with that caseId")
		}
	} else if d.UserID != q.UserID && (caller.UserID != q.UserID || q.CaseID != nil) {
		return d, notFound // an admin must not disclose it to another user
	}
	return d, CheckText(d, pointer)
}

// CheckText checks that the text of a document can be read. Errors: Conflict with ReasonTextPending, Invalid.
func CheckText(d files.File, pointer string) error {
	switch d.Text {
	case files.TextPending:
		return &domain.Error{
			Code: domain.Conflict, Reason: ReasonTextPending, Message: "The document's text is still being extracted. Please try again in a moment.",
			Fields: []domain.Field{{Pointer: pointer, Detail: "is still being processed"}},
		}
	case files.TextNone, files.TextUnreadable:
		return domain.InvalidField(pointer, "has no text that can be read")
	}
	return nil
}

// Digest hashes everything about the sources that an answer depends on. It is "" for nil.
func (s *Sources) Digest(passages []Passage) string {
	if s == nil {
		return ""
	}
	var fields []string
	for _, d := range s.documents {
		fields = append(fields, string(d.ID[:]), string(d.SHA256[:]))
	}
	fields = append(fields, "")
	for i := range passages {
		p := &passages[i]
		fields = append(fields, string(p.document.ID[:]), strconv.Itoa(p.page.Number), p.title, p.text())
	}
	return cache.Digest(fields...)
}
