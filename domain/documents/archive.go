package documents

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/isolation"
	"counsel/domain/search"
	"counsel/gen/query"
)

// MaxUpload is the largest file people may upload, in bytes.
const MaxUpload = 25 << 20

const (
	// putTime bounds how long a file may take into the store. It is well below grace, so that no
	// sweep takes a file that is still on its way for one that was left behind.
	putTime = 5 * time.Minute
	// grace is how long what a crash left behind is let be.
	grace = 15 * time.Minute
	// cleanTime bounds the clearing up after a request that failed or whose caller is gone.
	cleanTime = 5 * time.Second

	linkTime = 15 * time.Minute
	// caseLinkTime is how long somebody who leaves a case can still use a link into it.
	caseLinkTime = 5 * time.Minute
)

// Kind says where a stored document comes from.
type Kind string

// The kinds of stored documents.
const (
	Uploaded Kind = "uploaded" // somebody sent it
	Rendered Kind = "rendered" // made here from a template
	Signed   Kind = "signed"   // made here of one that was signed by all
)

// TextState says whether a stored document can be found by its text.
type TextState string

// The states of a document's text.
const (
	TextPending    TextState = "pending" // not read yet
	TextIndexed    TextState = "indexed"
	TextNone       TextState = "none"       // it has none: a scan, a picture, a locked file
	TextUnreadable TextState = "unreadable" // TextError says why
)

// The states of a document's row. A row comes before its file and goes after it, so that each
// file has a row at any time and a crash at any point leaves what a sweep knows to finish.
const (
	statePending = "pending" // the file may not be there yet
	stateStored  = "stored"  // the file is there, whole
	stateDeleted = "deleted" // the file may still be there
)

// Stored is a document whose bytes are kept.
type Stored struct {
	ID          domain.ID
	UserID      domain.ID  // who made it; outside of cases it is theirs
	CaseID      *domain.ID // the case it belongs to, for good; nil: none
	Name        string     // a file name, with the ending of its type
	ContentType string
	Kind        Kind
	Text        TextState
	TextError   TextError // of TextUnreadable; else empty
	Changes     Changes   // known once the text is read
	Size        int64
	SHA256      Checksum
	CreatedAt   time.Time
}

// NewStored is a document to be kept. Its bytes are trusted to be what ContentType says.
type NewStored struct {
	ID          domain.ID // zero: a new one. Saving it again under its id is Conflict, but for Again
	Again       bool      // it may have been begun under its id before: that is gone on with
	UserID      domain.ID
	CaseID      *domain.ID       // nil: it belongs to no case
	By          domain.Principal // who puts it into the case; not needed outside of cases
	Name        string
	ContentType string
	Kind        Kind
	Body        io.ReadSeeker
	Size        int64
	SHA256      Checksum
	source      *query.CreateRenderingParams // what a rendered one was made from; else nil
}

// StoredFilter narrows a list of stored documents.
type StoredFilter struct {
	CaseID *domain.ID // those of this case; nil: those outside of cases
	UserID *domain.ID // nil: the caller's own, an admin's and in a case: everyone's
	Kind   Kind       // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// ArchiveDeps are what an Archive works with.
type ArchiveDeps struct {
	DB    *sql.DB
	Files Files
	Text  TextReader
	Pool  *isolation.Pool // looks into uploads; nil: this process does
	// Readers is how many texts are read at a time; 0: one.
	Readers int
	Cases   *cases.Service // nil: there are none
	Clock   domain.Clock
	NewID   func() domain.ID
	Log     *slog.Logger
	Events  events.Publisher // nil: nothing is published
	// Deletable decides, in the transaction that deletes a document and holds its row, whether it may
	// go. nil: each may.
	Deletable func(ctx context.Context, tx db.Tx, document domain.ID) error
}

// Archive keeps documents: a row of the database says what a document is, a file in the store
// under docs/<id> is its bytes. It is safe for concurrent use. Run must be running for texts to
// be read and for what crashes leave behind to go.
//
// A document of a case is open to the case's members, as its policy says; every use of it goes
// into the case's timeline, and legal hold keeps it from being deleted. Any other is its owner's and
// the admins'. To anyone else it looks like one that does not exist. Besides the errors they name,
// methods can fail with Unavailable: the database or the store is down; with Forbidden: the
// caller's part in the case does not allow it; and those that change something with Conflict: the
// case is closed (reason case_closed) or under legal hold (legal_hold).
type Archive struct {
	ArchiveDeps
	unread  chan struct{} // something waits to be read
	reading reading
}

// NewArchive makes an archive.
func NewArchive(d ArchiveDeps) *Archive {
	if d.Events == nil {
		d.Events = events.NopPublisher{}
	}
	d.Readers = max(d.Readers, 1)
	return &Archive{ArchiveDeps: d, unread: make(chan struct{}, d.Readers)}
}

func (a *Archive) wall() wall { return wall{a.Cases, cases.ResourceDocument} }

// NewUpload is a file that somebody sends.
type NewUpload struct {
	ID   domain.ID // optional: a repeated request has the same, and goes on with what it began before
	Name string    // what it is to be called; need not fit
	Body io.Reader
	// CaseID tells the case it is to belong to, or nil for none. It is asked before Body is read
	// and again after its end, since a form may say so behind the file. nil: there is none.
	CaseID func() *domain.ID
}

func (u *NewUpload) matter() *domain.ID {
	if u.CaseID == nil {
		return nil
	}
	return u.CaseID()
}

// Upload keeps a file that the caller sends. What it is is told from its bytes. TooLarge: more
// than MaxUpload. Invalid: not a file of a type that is kept, or one that is broken or dangerous.
// NotFound: a case that is not open to the caller. An error of the body that is a *domain.Error is
// returned as it is.
func (a *Archive) Upload(ctx context.Context, caller domain.Principal, u NewUpload) (Stored, error) {
	matter := u.matter()
	if matter != nil {
		if err := a.wall().authorize(ctx, caller, *matter, cases.VerbCreate); err != nil {
			return Stored{}, err
		}
	}
	file, err := spool()
	if err != nil {
		return Stored{}, err
	}
	defer file.Close()
	sum, from := sha256.New(), &sender{r: u.Body}
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(from, MaxUpload+1))
	switch {
	case from.err != nil:
		if _, said := errors.AsType[*domain.Error](from.err); said {
			return Stored{}, from.err
		}
		return Stored{}, &domain.Error{Code: domain.Malformed, Message: "The file could not be read to its end.", Err: from.err}
	case err != nil: // no room on this server's disk
		return Stored{}, StorageUnavailable(time.Minute, fmt.Errorf("documents: a file cannot be spooled: %w", err))
	case size > MaxUpload:
		return Stored{}, domain.Errorf(domain.TooLarge, "A file may be at most %d bytes.", MaxUpload)
	}
	contentType, err := a.typeOf(ctx, file, size)
	if err != nil {
		return Stored{}, err
	}
	if matter == nil {
		matter = u.matter()
	}
	return a.Save(ctx, NewStored{
		ID: u.ID, Again: !u.ID.IsZero(), UserID: caller.UserID, CaseID: matter, By: caller, Name: fileName(u.Name, contentType), ContentType: contentType, Kind: Uploaded,
		Body: file, Size: size, SHA256: Checksum(sum.Sum(nil)),
	})
}

// sender tells a sender that fails from a disk that does.
type sender struct {
	r   io.Reader
	err error
}

func (s *sender) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// spool makes a file that nobody else can open and that is gone when it is closed, however the
// process ends.
func spool() (*os.File, error) {
	f, err := os.CreateTemp("", "counsel-")
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("documents: %w", err), f.Close())
	}
	return f, nil
}

// Save keeps a document. When it fails nothing is kept, but for what a sweep takes away. NotFound:
// the case is not open to whoever puts it there.
func (a *Archive) Save(ctx context.Context, n NewStored) (Stored, error) {
	s := Stored{ID: n.ID, UserID: n.UserID, CaseID: n.CaseID, Name: n.Name, ContentType: n.ContentType, Kind: n.Kind, Text: TextPending, Size: n.Size, SHA256: n.SHA256, CreatedAt: a.Clock()}
	if s.ID.IsZero() {
		s.ID = a.NewID()
	}
	if !readable(n.ContentType) {
		s.Text = TextNone
	}
	if n.CaseID != nil {
		if err := a.wall().authorize(ctx, n.By, *n.CaseID, cases.VerbCreate); err != nil {
			return Stored{}, err
		}
	}
	if n.Again {
		if ready, err := a.resume(ctx, &s, n.source); ready || err != nil {
			return s, err
		}
	} else if err := a.begin(ctx, s, n.source); err != nil {
		return Stored{}, err
	}
	if err := a.put(ctx, n.By, s, n.Body); err != nil {
		if n.Again { // its row may be another try's by now
			return Stored{}, err
		}
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
		defer cancel()
		if cerr := a.remove(clean, s.ID, statePending); cerr != nil {
			a.Log.WarnContext(ctx, "a document that failed is left to the sweep", "document", s.ID.String(), "cause", cerr.Error())
		}
		return Stored{}, err
	}
	if s.Text == TextPending {
		a.wake()
	}
	return s, nil
}

// put stores the file and says so in the row, and in the timeline of its case.
func (a *Archive) put(ctx context.Context, by domain.Principal, s Stored, body io.ReadSeeker) error {
	bounded, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	start := a.Clock()
	err := a.Files.Put(bounded, fileKey(s.ID), NewFile{Body: body, Size: s.Size, SHA256: s.SHA256, ContentType: s.ContentType})
	domain.UsageFrom(ctx).Upstream += a.Clock().Sub(start)
	if err != nil {
		return err
	}
	mark := func(tx db.Tx) error {
		n, err := query.New(tx).MarkDocumentStored(ctx, query.MarkDocumentStoredParams{Now: a.Clock(), ID: s.ID})
		switch {
		case err != nil:
			return db.Error(err)
		case n == 0:
			return StorageUnavailable(time.Second, errors.New("documents: a sweep took the row away"))
		}
		happened := domain.EventDocumentUploaded
		if s.Kind != Uploaded {
			happened = domain.EventDocumentRendered
		}
		return a.Events.Publish(ctx, tx, documentEvent(happened, by.UserID, s.UserID, s.CaseID, s.ID))
	}
	if s.CaseID == nil {
		return db.WithTx(ctx, a.DB, mark)
	}
	return a.wall().change(ctx, by, *s.CaseID, &cases.Action{Verb: cases.VerbCreate, ID: &s.ID, Detail: string(s.Kind)}, mark)
}

func documentEvent(t domain.EventType, actor, owner domain.ID, matter *domain.ID, id domain.ID) domain.Event {
	return domain.Event{Type: t, Actor: actor, UserID: owner, CaseID: matter, Data: map[string]domain.ID{"documentId": id}}
}

// remove takes a document away that is in state from: out of everyone's sight, then its file,
// then its row. It can be repeated at any point.
func (a *Archive) remove(ctx context.Context, id domain.ID, from string) error {
	if from != stateDeleted {
		if err := a.hide(ctx, query.New(a.DB), id, from); err != nil {
			return err
		}
	}
	if err := a.Files.Delete(ctx, fileKey(id)); err != nil {
		return err
	}
	return db.WithTx(ctx, a.DB, func(tx db.Tx) error {
		if err := search.Remove(ctx, tx, id); err != nil {
			return err
		}
		return query.New(tx).RemoveDocument(ctx, id)
	})
}

// hide puts a document that is in state from out of everyone's sight.
func (a *Archive) hide(ctx context.Context, q *query.Queries, id domain.ID, from string) error {
	n, err := q.MarkDocumentDeleted(ctx, query.MarkDocumentDeletedParams{Now: a.Clock(), ID: id, FromState: from})
	if err == nil && n == 0 {
		return noDocument()
	}
	return db.Error(err)
}

// List lists documents, the newest first. next is the Before of the next page, nil on the last.
// Forbidden: another user's outside of cases, for anyone but an admin. NotFound: a case that is not
// open to the caller.
func (a *Archive) List(ctx context.Context, caller domain.Principal, f StoredFilter) (items []Stored, next *domain.ID, err error) {
	user := f.UserID
	if f.CaseID == nil && !caller.Admin() {
		if user != nil && *user != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's documents.")
		}
		user = &caller.UserID
	}
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	before := domain.Before(f.Before)
	q := query.New(a.DB)
	var rows []query.Document
	switch {
	case f.CaseID != nil:
		if err := a.wall().list(ctx, caller, *f.CaseID); err != nil {
			return nil, nil, err
		}
		whose, anyone := userOf(user)
		rows, err = q.ListCaseDocuments(ctx, query.ListCaseDocumentsParams{CaseID: f.CaseID, Before: before, Kind: string(f.Kind), UserID: whose, Anyone: anyone, Limit: int32(limit + 1)})
	case user != nil:
		rows, err = q.ListDocuments(ctx, query.ListDocumentsParams{UserID: *user, Before: before, Kind: string(f.Kind), Limit: int32(limit + 1)})
	default:
		rows, err = q.ListAllDocuments(ctx, query.ListAllDocumentsParams{Before: before, Kind: string(f.Kind), Limit: int32(limit + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items = make([]Stored, len(rows))
	for i, r := range rows {
		items[i] = stored(r)
	}
	return items, next, nil
}

// userOf is a filter by user as a query takes it.
func userOf(user *domain.ID) (whose domain.ID, anyone int64) {
	if user == nil {
		return domain.ID{}, 1
	}
	return *user, 0
}

// Get reads what is known of a document. NotFound: there is none, or it is not open to the caller.
func (a *Archive) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Stored, error) {
	return a.show(ctx, caller, id, cases.VerbRead, "")
}

// Download is Get for who is then given the bytes, by Open.
func (a *Archive) Download(ctx context.Context, caller domain.Principal, id domain.ID) (Stored, error) {
	return a.show(ctx, caller, id, cases.VerbDownload, "")
}

func (a *Archive) show(ctx context.Context, caller domain.Principal, id domain.ID, verb cases.Verb, detail string) (Stored, error) {
	r, err := a.row(ctx, id)
	if err != nil {
		return Stored{}, a.wall().missing(ctx, caller, err)
	}
	return stored(r), a.wall().show(ctx, caller, r.UserID, r.CaseID, cases.Action{Verb: verb, ID: &id, Detail: detail}, noDocument)
}

// row reads a document whoever asks.
func (a *Archive) row(ctx context.Context, id domain.ID) (query.Document, error) {
	r, err := query.New(a.DB).GetStoredDocument(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, noDocument()
	}
	return r, db.Error(err)
}

// Link makes a URL of the store that reads the document's bytes, and says until when. Nobody is
// asked when it is used, so those into a case do not last long.
func (a *Archive) Link(ctx context.Context, s Stored) (url string, until time.Time, err error) {
	lasts := linkTime
	if s.CaseID != nil {
		lasts = caseLinkTime
	}
	until = a.Clock().Add(lasts)
	url, err = a.Files.Link(ctx, fileKey(s.ID), FileLink{Name: s.Name, ContentType: s.ContentType, For: lasts})
	return url, until, err
}

// Open reads length bytes of a document from offset on; -1 means to the end. The whole document
// is checked while it is read: other bytes than those recorded end in an error, not in io.EOF.
func (a *Archive) Open(ctx context.Context, s Stored, offset, length int64) (io.ReadCloser, error) {
	r, err := a.Files.Get(ctx, fileKey(s.ID), offset, length)
	if err != nil {
		return nil, a.lost(err)
	}
	if offset == 0 && (length == -1 || length == s.Size) {
		return struct {
			io.Reader
			io.Closer
		}{checked(r, s.Size, s.SHA256), r}, nil
	}
	return r, nil
}

// ErrMissing is in the chain of the error of a document whose file is not in the store.
var ErrMissing = errors.New("documents: a row without a file")

// lost says that the file of a document is not there, which is nothing the caller did.
func (a *Archive) lost(err error) error {
	if domain.CodeOf(err) == domain.NotFound {
		return &domain.Error{Code: domain.Internal, Message: "The document's file is missing.", Err: fmt.Errorf("%w: %w", ErrMissing, err)}
	}
	return err
}

// handingOut is how long a signed document stays at least: until its signers have been mailed it.
const handingOut = 48 * time.Hour

// Issued is a document that was signed, for those who signed it, whatever has become of its case.
// NotFound: it was deleted.
func (a *Archive) Issued(ctx context.Context, id domain.ID) (Stored, error) {
	r, err := a.row(ctx, id)
	return stored(r), err
}

// Delete takes a document away, its file and its text with it. It is gone from sight at once;
// when the store is down, its file goes with a later sweep. NotFound: as Get. Conflict: it was
// signed, and its signers are still being mailed it; or Deletable says so.
func (a *Archive) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	r, err := a.row(ctx, id)
	if err != nil {
		return a.wall().missing(ctx, caller, err)
	}
	mark := func(tx db.Tx) error {
		if Kind(r.Kind) == Signed && a.Clock().Sub(r.CreatedAt) < handingOut {
			return &domain.Error{Code: domain.Conflict, Reason: "signature_mailing", Message: "All have signed this document, and it is being mailed to them. It can be deleted two days after that."}
		}
		if err := a.hide(ctx, query.New(tx), id, stateStored); err != nil {
			return err
		}
		if a.Deletable != nil {
			if err := a.Deletable(ctx, tx, id); err != nil {
				return err
			}
		}
		return a.Events.Publish(ctx, tx, documentEvent(domain.EventDocumentDeleted, caller.UserID, r.UserID, r.CaseID, id))
	}
	switch {
	case r.CaseID != nil:
		err = hidden(a.wall().change(ctx, caller, *r.CaseID, &cases.Action{Verb: cases.VerbDelete, ID: &id}, mark), noDocument)
	case mayRead(caller, r.UserID):
		err = db.WithTx(ctx, a.DB, mark)
	default:
		err = a.wall().missing(ctx, caller, noDocument())
	}
	if err != nil {
		return err
	}
	err = a.remove(ctx, id, stateDeleted)
	if e, ok := errors.AsType[*domain.Error](err); ok {
		a.Log.WarnContext(ctx, "a deleted document's file is left to the sweep", "document", id.String(), "cause", e.Error())
		return nil
	}
	return err
}

// Hold keeps a document from being deleted until the caller's transaction ends. NotFound: it was
// deleted. A case's timeline is locked before it, what refers to the document after it.
func (a *Archive) Hold(ctx context.Context, tx db.Tx, id domain.ID) error {
	if _, err := query.New(tx).LockStoredDocument(ctx, id); errors.Is(err, sql.ErrNoRows) {
		return noDocument()
	} else if err != nil {
		return err
	}
	return nil
}

// HoldAll is Hold for all that Forget takes away.
func (a *Archive) HoldAll(ctx context.Context, tx db.Tx, user domain.ID) error {
	_, err := query.New(tx).LockOwnDocuments(ctx, user)
	return err
}

// Forget takes away all of somebody's documents outside of cases, in the caller's transaction, with
// their names, their text and what they were made from; their files go with the next sweep. What was
// signed stays, and is indexed anew: others rely on it.
func (a *Archive) Forget(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)

	if err := search.Clear(ctx, tx, user); err != nil {
		return err
	}
	if err := q.UnindexDocuments(ctx, user); err != nil {
		return err
	}
	if err := q.ForgetDocumentPages(ctx, user); err != nil {
		return err
	}
	if err := q.ForgetRenderings(ctx, user); err != nil {
		return err
	}
	return q.ForgetDocuments(ctx, query.ForgetDocumentsParams{UserID: user, ChangedAt: a.Clock()})
}

const keyPrefix = "docs/"

func fileKey(id domain.ID) string { return keyPrefix + id.String() }

func stored(r query.Document) Stored {
	s := Stored{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, Name: r.Name, ContentType: r.ContentType, Kind: Kind(r.Kind), Text: TextState(r.TextState), TextError: TextError(r.TextError), Size: r.Size, CreatedAt: r.CreatedAt}
	copy(s.SHA256[:], r.Sha256)
	if r.TextChanges != nil {
		_ = json.Unmarshal(*r.TextChanges, &s.Changes) // written by readOne
	}
	return s
}

func noDocument() error { return domain.NoSuch("document") }
