package files

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/files"
)

const (
	linkLifetime = 15 * time.Minute
	// caseLinkLifetime is how long a former member of a case can still use a link to one of its
	// files.
	caseLinkLifetime = 5 * time.Minute
)

// Filter narrows a list of files.
type Filter struct {
	CaseID *domain.ID // those of this case; nil: those outside of cases
	UserID *domain.ID // nil: the caller's own; for an admin, and in a case: everybody's
	Kind   Kind       // "": all
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older files than this
}

// List lists files, the newest first. next is the cursor of the next page, nil on the last.
// Forbidden: another user's files outside of cases, unless the caller is an admin. NotFound: the case
// is not accessible to the caller.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []File, next *domain.ID, err error) {
	user := f.UserID
	switch {
	case f.CaseID != nil:
	case user != nil && !caller.MayAccess(*user):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's documents.")
	case user == nil && !caller.Admin():
		user = &caller.UserID
	}
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	cursor := domain.CursorOrMax(f.Cursor)
	q := query.New(s.pool)
	var rows []query.Document
	switch {
	case f.CaseID != nil:
		if err := s.guard.AuthorizeList(ctx, caller, *f.CaseID); err != nil {
			return nil, nil, err
		}
		params := query.ListCaseDocumentsParams{CaseID: f.CaseID, Cursor: cursor, Kind: string(f.Kind), Anyone: 1, Limit: int32(limit + 1)}
		if user != nil {
			params.UserID, params.Anyone = *user, 0
		}
		rows, err = q.ListCaseDocuments(ctx, params)
	case user != nil:
		rows, err = q.ListDocuments(ctx, query.ListDocumentsParams{UserID: *user, Cursor: cursor, Kind: string(f.Kind), Limit: int32(limit + 1)})
	default:
		rows, err = q.ListAllDocuments(ctx, query.ListAllDocumentsParams{Cursor: cursor, Kind: string(f.Kind), Limit: int32(limit + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.Document) domain.ID { return r.ID })
	items = make([]File, len(rows))
	for i, r := range rows {
		items[i] = fromRow(r)
	}
	return items, next, nil
}

// Get returns a file. NotFound: it does not exist or is not accessible to the caller.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (File, error) {
	return s.authorizeRead(ctx, caller, id, cases.VerbRead, "")
}

// GetForDownload is Get for a download with Open. A case's timeline records it as a download.
func (s *Service) GetForDownload(ctx context.Context, caller domain.Principal, id domain.ID) (File, error) {
	return s.authorizeRead(ctx, caller, id, cases.VerbDownload, "")
}

// GetSigned returns a signed file for its signers, regardless of its case. NotFound: it was
// deleted.
func (s *Service) GetSigned(ctx context.Context, id domain.ID) (File, error) { return s.Find(ctx, id) }

// Find returns a stored file without an access check, for the service itself. NotFound: it does not
// exist.
func (s *Service) Find(ctx context.Context, id domain.ID) (File, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return File{}, err
	}
	return fromRow(r), nil
}

// AuthorizeCreate checks whether the caller may add a file to a case, before the file is created.
// nil means no case. NotFound: the case is not accessible to the caller.
func (s *Service) AuthorizeCreate(ctx context.Context, caller domain.Principal, caseID *domain.ID) error {
	if caseID == nil {
		return nil
	}
	return s.guard.Authorize(ctx, caller, *caseID, cases.VerbCreate)
}

func (s *Service) authorizeRead(ctx context.Context, caller domain.Principal, id domain.ID, verb cases.Verb, detail string) (File, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return File{}, s.guard.UniformNotFound(ctx, caller, err)
	}
	return fromRow(r), s.guard.AuthorizeRead(ctx, caller, r.UserID, r.CaseID, cases.Action{Verb: verb, ID: &id, Detail: detail}, noSuchFile)
}

// PresignURL returns a URL of the store that downloads the file, and when it expires. No access check
// happens when it is used, so links to files of a case are short-lived.
func (s *Service) PresignURL(ctx context.Context, f File) (url string, expiresAt time.Time, err error) {
	lifetime := linkLifetime
	if f.CaseID != nil {
		lifetime = caseLinkLifetime
	}
	expiresAt = s.clock().Add(lifetime)
	url, err = s.store.PresignURL(ctx, objectKey(f.ID), PresignOptions{Name: f.Name, ContentType: f.ContentType, ExpiresIn: lifetime})
	return url, expiresAt, err
}

// Open reads length bytes of a file from offset; -1 means to the end. A read of the whole file is
// verified: it ends in ErrCorrupt instead of io.EOF if the bytes differ from those recorded. ErrMissing:
// the object is not in the store.
func (s *Service) Open(ctx context.Context, f File, offset, length int64) (io.ReadCloser, error) {
	r, err := s.store.Get(ctx, objectKey(f.ID), offset, length)
	if err != nil {
		return nil, objectMissing(err)
	}
	if offset == 0 && (length == -1 || length == f.Size) {
		return struct {
			io.Reader
			io.Closer
		}{newVerifyingReader(r, f.Size, f.SHA256), r}, nil
	}
	return r, nil
}

// ErrMissing is in the chain of the error of a file whose object is not in the store.
var ErrMissing = errors.New("files: the object is missing")

// objectMissing turns NotFound of the store into an internal error: the row exists, so it is not the
// caller's fault.
func objectMissing(err error) error {
	if domain.CodeOf(err) == domain.NotFound {
		return &domain.Error{Code: domain.Internal, Message: "The document's file is missing.", Err: fmt.Errorf("%w: %w", ErrMissing, err)}
	}
	return err
}

// Verification is the result of verifying a stored file.
type Verification struct {
	Intact    bool      // the stored bytes are those recorded
	SHA256    *Checksum // of the stored bytes; nil: there are none
	Size      int64     // of the stored bytes
	CheckedAt time.Time
}

// Verify reads a file's bytes and compares them with what was recorded. NotFound: as Get.
func (s *Service) Verify(ctx context.Context, caller domain.Principal, id domain.ID) (File, Verification, error) {
	f, err := s.authorizeRead(ctx, caller, id, cases.VerbRead, "verify")
	if err != nil {
		return File{}, Verification{}, err
	}
	v := Verification{CheckedAt: s.clock()}
	defer func() { domain.UsageFrom(ctx).Upstream += s.clock().Sub(v.CheckedAt) }()
	r, err := s.store.Get(ctx, objectKey(id), 0, -1)
	if domain.CodeOf(err) == domain.NotFound {
		s.log.ErrorContext(ctx, "stored file is missing", "document_id", id.String())
		return f, v, nil
	}
	if err != nil {
		return File{}, Verification{}, err
	}
	defer r.Close()
	hash := sha256.New()
	if v.Size, err = io.Copy(hash, r); err != nil {
		return File{}, Verification{}, err
	}
	sum := Checksum(hash.Sum(nil))
	v.SHA256, v.Intact = &sum, sum == f.SHA256
	if !v.Intact {
		s.log.ErrorContext(ctx, "stored file is corrupt", "document_id", id.String())
	}
	return f, v, nil
}
