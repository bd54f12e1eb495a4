package documents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"counsel/domain"
)

// Checksum is the SHA-256 of a file's bytes.
type Checksum [sha256.Size]byte

// String is sha256:<64 hexadecimal digits>, as it is told to callers.
func (c Checksum) String() string { return "sha256:" + hex.EncodeToString(c[:]) }

// Files keeps the bytes of documents under keys that hold no names. What it holds under a key
// is whole or absent, never half.
//
// Every method returns Unavailable with the reason ReasonStorage when the store cannot be
// reached, refuses us or is full, after it tried again as often as makes sense; and ctx's own
// error when the caller cancelled it.
type Files interface {
	// Put stores a file, replacing what was there. The store itself checks the bytes against
	// f.SHA256: it holds those or nothing.
	Put(ctx context.Context, key string, f NewFile) error
	// Get reads length bytes from offset on; a length of -1 means to the end. The caller closes
	// it. NotFound: there is no such file. A read that breaks off or stalls fails; it never
	// ends early without an error.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Stat tells a file's size and, when the store knows it, its checksum. NotFound: there is none.
	Stat(ctx context.Context, key string) (FileInfo, error)
	// Delete removes a file. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Link makes a URL that reads the file without further credentials until it expires. It
	// does not look whether there is such a file.
	Link(ctx context.Context, key string, l FileLink) (string, error)
	// List names up to limit files whose key begins with prefix, in the order of their keys,
	// from the one after the key after.
	List(ctx context.Context, prefix, after string, limit int) ([]FileInfo, error)
}

// NewFile is a file to be stored. Body is read from its beginning, again for each try.
type NewFile struct {
	Body        io.ReadSeeker
	Size        int64
	SHA256      Checksum
	ContentType string
}

// FileInfo is what a store knows of a file.
type FileInfo struct {
	Key      string
	Size     int64
	SHA256   *Checksum // nil: not known
	Modified time.Time
}

// FileLink says what a URL is good for.
type FileLink struct {
	Name        string // the file name a browser saves it under; may hold any characters
	ContentType string
	For         time.Duration // a second to seven days
}

// ReasonStorage is the code a caller is told when files cannot be stored or read.
const ReasonStorage = "storage_unavailable"

// StorageUnavailable is the failure of a store that is down, full or refuses us. cause goes to
// the log only.
func StorageUnavailable(retryAfter time.Duration, cause error) *domain.Error {
	return &domain.Error{Code: domain.Unavailable, Reason: ReasonStorage, RetryAfter: retryAfter, Err: cause,
		Message: "Files cannot be stored or read right now, please try again."}
}

// NoFiles stands for a store where there is none: everything else works, and what needs a file
// is Unavailable.
type NoFiles struct{}

var errNoStore = errors.New("documents: no store is configured")

// Put fails.
func (NoFiles) Put(context.Context, string, NewFile) error {
	return StorageUnavailable(0, errNoStore)
}

// Get fails.
func (NoFiles) Get(context.Context, string, int64, int64) (io.ReadCloser, error) {
	return nil, StorageUnavailable(0, errNoStore)
}

// Stat fails.
func (NoFiles) Stat(context.Context, string) (FileInfo, error) {
	return FileInfo{}, StorageUnavailable(0, errNoStore)
}

// Delete fails.
func (NoFiles) Delete(context.Context, string) error { return StorageUnavailable(0, errNoStore) }

// Link fails.
func (NoFiles) Link(context.Context, string, FileLink) (string, error) {
	return "", StorageUnavailable(0, errNoStore)
}

// List fails.
func (NoFiles) List(context.Context, string, string, int) ([]FileInfo, error) {
	return nil, StorageUnavailable(0, errNoStore)
}

// ErrCorrupt says that stored bytes are not those that were recorded.
var ErrCorrupt = errors.New("the stored bytes are not those recorded")

// checked reads r, and fails at its end unless it held exactly size bytes with this checksum:
// the last read then returns ErrCorrupt instead of io.EOF.
func checked(r io.Reader, size int64, sum Checksum) io.Reader {
	return &checkedReader{r: r, left: size, want: sum, hash: sha256.New()}
}

type checkedReader struct {
	r    io.Reader
	left int64
	want Checksum
	hash hash.Hash
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.left -= int64(n)
	c.hash.Write(p[:n]) // never fails
	switch {
	case c.left < 0:
		return n, fmt.Errorf("%w: there are more", ErrCorrupt)
	case !errors.Is(err, io.EOF):
		return n, err
	case c.left > 0:
		return n, fmt.Errorf("%w: %d are missing", ErrCorrupt, c.left)
	case Checksum(c.hash.Sum(nil)) != c.want:
		return n, fmt.Errorf("%w: their checksum differs", ErrCorrupt)
	}
	return n, io.EOF
}
