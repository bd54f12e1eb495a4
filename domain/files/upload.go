package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files/filetype"
)

// MaxUpload is the upload limit: the size of the largest file a person may upload, in bytes.
const MaxUpload = 25 << 20

// UploadRequest is a file that a person sends.
type UploadRequest struct {
	ID   domain.ID // optional; the same for each retry of a request, so that a pending upload is resumed
	Name string    // the sender's name for the file; it is made safe
	Body io.Reader
	// CaseID returns the case of the file, or nil for none. It is called before Body is read and again
	// after its end, because a form may name the case after the file. nil: no case.
	CaseID func() *domain.ID
}

func (u *UploadRequest) caseID() *domain.ID {
	if u.CaseID == nil {
		return nil
	}
	return u.CaseID()
}

// Upload stores a file that the caller sends. Its type is detected from the content, not the name.
// TooLarge: more than MaxUpload. Invalid: of no accepted type, broken or harmful. NotFound: the case
// is not accessible to the caller. A *domain.Error of the body is returned as it is.
func (s *Service) Upload(ctx context.Context, caller domain.Principal, u UploadRequest) (File, error) {
	caseID := u.caseID()
	if caseID != nil {
		if err := s.guard.Authorize(ctx, caller, *caseID, cases.VerbCreate); err != nil {
			return File{}, err
		}
	}
	file, err := tempFile()
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	sum, body := sha256.New(), &bodyReader{r: u.Body}
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, MaxUpload+1))
	switch {
	case body.err != nil:
		if _, ok := errors.AsType[*domain.Error](body.err); ok {
			return File{}, body.err
		}
		return File{}, &domain.Error{Code: domain.Malformed, Message: "The file could not be read to its end.", Err: body.err}
	case err != nil: // this server's disk is full
		return File{}, StorageUnavailable(time.Minute, fmt.Errorf("files: write the temporary file: %w", err))
	case size > MaxUpload:
		return File{}, domain.Errorf(domain.TooLarge, "A file may be at most %d bytes.", MaxUpload)
	}
	contentType, err := s.detectType(ctx, file, size)
	if err != nil {
		return File{}, err
	}
	if caseID == nil {
		caseID = u.caseID()
	}
	return s.Create(ctx, NewFile{
		ID: u.ID, Resume: !u.ID.IsZero(), UserID: caller.UserID, CaseID: caseID, By: caller,
		Name: filetype.SafeName(u.Name, contentType), ContentType: contentType, Kind: Uploaded,
		Body: file, Size: size, SHA256: Checksum(sum.Sum(nil)),
	})
}

func (s *Service) detectType(ctx context.Context, file io.ReaderAt, size int64) (string, error) {
	if s.children == nil {
		return filetype.Detect(file, size)
	}
	return filetype.DetectIsolated(ctx, s.children, file, size)
}

// bodyReader remembers the error of a request body, to distinguish it from a disk error.
type bodyReader struct {
	r   io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// tempFile creates a file that nobody else can open and that is deleted when it is closed, however the
// process ends.
func tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "counsel-")
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("files: %w", err), f.Close())
	}
	return f, nil
}
