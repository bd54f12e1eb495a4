package files

import (
	"bytes"
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

// Store is the object store that holds the bytes of files, under keys without names. An object is
// complete or absent, never partial.
//
// Every method returns Unavailable with the reason ReasonStorage when the store cannot be reached,
// denies access or is full, after as many retries as make sense; and ctx's own error when the caller
// canceled it.
type Store interface {
	// Put stores an object, replacing any other under the key. The store itself verifies o.SHA256: it
	// keeps exactly those bytes or nothing.
	Put(ctx context.Context, key string, o Object) error
	// Get reads length bytes from offset; a length of -1 means to the end. The caller closes the
	// reader. NotFound: there is no such object. A read that is interrupted or stalls fails; it never
	// ends early without an error.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Stat returns the size of an object and, if the store knows it, its checksum. NotFound: there is
	// no such object.
	Stat(ctx context.Context, key string) (ObjectInfo, error)
	// Delete removes an object. It is no error if there is none.
	Delete(ctx context.Context, key string) error
	// PresignURL returns a URL that downloads the object without further credentials until it expires.
	// It does not check that the object exists.
	PresignURL(ctx context.Context, key string, o PresignOptions) (string, error)
	// List returns up to limit objects whose key begins with prefix, ordered by key, starting behind
	// the key after.
	List(ctx context.Context, prefix, after string, limit int) ([]ObjectInfo, error)
}

// Checksum is the SHA-256 of a file.
type Checksum [sha256.Size]byte

// String is sha256: followed by 64 hexadecimal digits, as in the API.
func (c Checksum) String() string { return "sha256:" + hex.EncodeToString(c[:]) }

// MarshalText is String.
func (c Checksum) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText parses what String writes.
func (c *Checksum) UnmarshalText(text []byte) error {
	digits, ok := bytes.CutPrefix(text, []byte("sha256:"))
	if !ok || hex.DecodedLen(len(digits)) != len(c) {
		return errors.New("not a checksum")
	}
	_, err := hex.Decode(c[:], digits)
	return err
}

// Object is an object to be stored. Body is read from its beginning, once for each attempt.
type Object struct {
	Body        io.ReadSeeker
	Size        int64
	SHA256      Checksum
	ContentType string
}

// ObjectInfo is the metadata of a stored object.
type ObjectInfo struct {
	Key      string
	Size     int64
	SHA256   *Checksum // nil: unknown
	Modified time.Time
}

// PresignOptions are the properties of a presigned URL.
type PresignOptions struct {
	Name        string // the file name a browser saves it under; any characters
	ContentType string
	ExpiresIn   time.Duration // one second to seven days
}

// ReasonStorage is the reason of the error when files cannot be stored or read.
const ReasonStorage = "storage_unavailable"

// StorageUnavailable is the error of a store that is down, full or denies access. cause is for the log.
func StorageUnavailable(retryAfter time.Duration, cause error) *domain.Error {
	return &domain.Error{Code: domain.Unavailable, Reason: ReasonStorage, RetryAfter: retryAfter, Err: cause,
		Message: "Files cannot be stored or read right now, please try again."}
}

// NoStore is the Store if none is configured. Every method fails with Unavailable; operations that
// need no file still work.
type NoStore struct{}

var errNoStore = errors.New("files: no store is configured")

// Put fails.
func (NoStore) Put(context.Context, string, Object) error { return StorageUnavailable(0, errNoStore) }

// Get fails.
func (NoStore) Get(context.Context, string, int64, int64) (io.ReadCloser, error) {
	return nil, StorageUnavailable(0, errNoStore)
}

// Stat fails.
func (NoStore) Stat(context.Context, string) (ObjectInfo, error) {
	return ObjectInfo{}, StorageUnavailable(0, errNoStore)
}

// Delete fails.
func (NoStore) Delete(context.Context, string) error { return StorageUnavailable(0, errNoStore) }

// PresignURL fails.
func (NoStore) PresignURL(context.Context, string, PresignOptions) (string, error) {
	return "", StorageUnavailable(0, errNoStore)
}

// List fails.
func (NoStore) List(context.Context, string, string, int) ([]ObjectInfo, error) {
	return nil, StorageUnavailable(0, errNoStore)
}

// ErrCorrupt means that the stored bytes differ from those recorded.
var ErrCorrupt = errors.New("the stored bytes differ from those recorded")

// newVerifyingReader reads r and verifies it: unless it had exactly size bytes with this checksum, the
// last read returns ErrCorrupt instead of io.EOF.
func newVerifyingReader(r io.Reader, size int64, sum Checksum) io.Reader {
	return &verifyingReader{r: r, remaining: size, want: sum, hash: sha256.New()}
}

type verifyingReader struct {
	r         io.Reader
	remaining int64
	want      Checksum
	hash      hash.Hash
}

func (v *verifyingReader) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.remaining -= int64(n)
	v.hash.Write(p[:n]) // never fails
	switch {
	case v.remaining < 0:
		return n, fmt.Errorf("%w: there are too many", ErrCorrupt)
	case !errors.Is(err, io.EOF):
		return n, err
	case v.remaining > 0:
		return n, fmt.Errorf("%w: %d are missing", ErrCorrupt, v.remaining)
	case Checksum(v.hash.Sum(nil)) != v.want:
		return n, fmt.Errorf("%w: the checksum differs", ErrCorrupt)
	}
	return n, io.EOF
}
