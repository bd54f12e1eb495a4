// Package files stores files: uploaded, rendered and signed ones.
//
// A row in the database describes each file and its state (lifecycle.go). Its bytes are an object
// in the Store, under docs/<id>. Service.Run extracts the text of new files, indexes it for search,
// and finishes what a crash left incomplete.
//
// A file in a case is accessible to the members of the case, according to the case's policy. Each
// access is recorded in the case's timeline, and a legal hold prevents deletion. Any other file is
// accessible to its owner and to admins. For anyone else it does not exist.
//
// Besides the errors that they document, methods fail with Unavailable if the database or the store
// is down; with Forbidden if the caller's role in the case does not allow the operation; and, if
// they change something, with Conflict if the case is closed (reason case_closed) or under legal
// hold (legal_hold).
package files

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/isolation"
	"counsel/domain/text"
	query "counsel/gen/query/files"
)

// Config is what a Service needs.
type Config struct {
	DB      *sql.DB
	Runtime domain.Runtime
	Store   Store
	// Text extracts the text of files. nil: none is extracted; Run must then not be called.
	Text text.Extractor
	// Pool runs the child processes that detect the types of uploads. nil: this process does.
	Pool *isolation.Pool
	// ExtractionWorkers is how many texts are extracted concurrently; 0: one.
	ExtractionWorkers int
	// Cases decides who may access the files of a case. nil: there are no cases.
	Cases *cases.Service
	// Events gets what happens to files. nil: nothing is published.
	Events events.Publisher
	// Deletable decides, in the transaction that deletes a file and locks its row, whether it may be
	// deleted. nil: every file may.
	Deletable func(ctx context.Context, tx db.Tx, file domain.ID) error
}

// Service stores files. It is safe for concurrent use.
type Service struct {
	pool      *sql.DB
	clock     domain.Clock
	newID     func() domain.ID
	log       *slog.Logger
	store     Store
	extractor text.Extractor
	children  *isolation.Pool
	cases     *cases.Service
	guard     cases.Guard
	events    events.Publisher
	deletable func(ctx context.Context, tx db.Tx, file domain.ID) error

	workers    int
	extraction chan struct{} // wakes a worker
	inProgress idSet         // whose text this process is extracting
}

// New returns a service. It fails when the configuration is incomplete.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Store == nil {
		return nil, errors.New("files: Config needs DB and Store")
	}
	runtime := c.Runtime
	s := &Service{
		pool: c.DB, clock: runtime.Clock, newID: runtime.NewID, log: runtime.Log,
		store: c.Store, extractor: c.Text, children: c.Pool,
		cases: c.Cases, guard: cases.NewGuard(c.Cases, cases.ResourceDocument),
		events: c.Events, deletable: c.Deletable,
		workers: max(c.ExtractionWorkers, 1),
	}
	s.extraction = make(chan struct{}, s.workers)
	if s.events == nil {
		s.events = events.NopPublisher{}
	}
	return s, nil
}

// Kind is the origin of a file.
type Kind string

// The kinds of files.
const (
	Uploaded Kind = "uploaded" // by a person
	Rendered Kind = "rendered" // from a template or a draft
	Signed   Kind = "signed"   // from a file that everybody has signed
)

// File is a stored file.
type File struct {
	ID          domain.ID
	UserID      domain.ID  // its creator, who owns it outside of cases
	CaseID      *domain.ID // its case, which never changes; nil: none
	Name        string     // with the extension of its type
	ContentType string
	Kind        Kind
	Text        TextState
	TextError   TextError    // of TextUnreadable; otherwise empty
	Changes     text.Changes // known once the text is extracted
	Size        int64
	SHA256      Checksum
	CreatedAt   time.Time
}

// indexOwner is the owner of the file's postings in the search index: its case, or its creator.
func (f *File) indexOwner() domain.ID {
	if f.CaseID != nil {
		return *f.CaseID
	}
	return f.UserID
}

// fromRow converts a row.
func fromRow(r query.Document) File {
	f := File{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, Name: r.Name, ContentType: r.ContentType, Kind: Kind(r.Kind),
		Text: TextState(r.TextState), TextError: TextError(r.TextError), Size: r.Size, CreatedAt: r.CreatedAt}
	copy(f.SHA256[:], r.Sha256)
	if r.TextChanges != nil {
		_ = json.Unmarshal(*r.TextChanges, &f.Changes) // written by storeText
	}
	return f
}

// find reads a stored file without an access check.
func (s *Service) find(ctx context.Context, id domain.ID) (query.Document, error) {
	r, err := query.New(s.pool).GetStoredDocument(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, noSuchFile()
	}
	return r, db.Error(err)
}

func noSuchFile() error { return domain.NoSuch("document") }

const keyPrefix = "docs/"

// objectKey is the key of a file in the store.
func objectKey(id domain.ID) string { return keyPrefix + id.String() }

func event(t domain.EventType, actor, owner domain.ID, caseID *domain.ID, id domain.ID) domain.Event {
	return domain.Event{Type: t, Actor: actor, UserID: owner, CaseID: caseID, Data: map[string]domain.ID{"documentId": id}}
}
