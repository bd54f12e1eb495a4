// Package s3disk stores the objects of the sandbox's S3 server on disk. It is a backend of
// gofakes3, which speaks the protocol and checks signatures and checksums.
//
// A bucket is a folder, an object one file in it: the content, then its attributes. An object is
// written to a temporary file, synced and renamed, and the folder is synced, before the request is
// answered. So an object that was acknowledged survives a crash whole, and one that was not leaves
// nothing behind. One process at a time may use a folder.
//
// Versioning is not supported. Multipart uploads under way are held in memory, by gofakes3.
package s3disk

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // the protocol wants it: an object's ETag
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rclone/gofakes3"
)

// Backend implements gofakes3.Backend.
type Backend struct {
	buckets string                    // the folder of buckets
	temp    string                    // the folder of objects being written, on the same file system
	fsync   func(file *os.File) error // makes a file or folder durable
}

var _ gofakes3.Backend = (*Backend)(nil)

// Open opens the folder, which it creates if necessary, and imports what the S3 server of earlier
// versions stored there.
func Open(dir string) (*Backend, error) {
	b := &Backend{buckets: filepath.Join(dir, "buckets"), temp: filepath.Join(dir, "uploads"), fsync: (*os.File).Sync}
	if err := os.RemoveAll(b.temp); err != nil { // uploads that a crash interrupted
		return nil, fmt.Errorf("s3disk: %w", err)
	}
	for _, folder := range []string{b.buckets, b.temp} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("s3disk: %w", err)
		}
	}
	if err := b.importVersityGW(dir); err != nil {
		return nil, fmt.Errorf("s3disk: import: %w", err)
	}
	return b, nil
}

// folder returns the folder of a bucket that exists.
func (b *Backend) folder(bucket string) (string, error) {
	folder := filepath.Join(b.buckets, bucket)
	if gofakes3.ValidateBucketName(bucket) != nil { // it could lead out of the folder
		return "", gofakes3.BucketNotFound(bucket)
	}
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return "", gofakes3.BucketNotFound(bucket)
	} else if err != nil {
		return "", err
	}
	return folder, nil
}

func (b *Backend) syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(b.fsync(folder), folder.Close())
}

// ListBuckets implements gofakes3.Backend.
func (b *Backend) ListBuckets(context.Context) ([]gofakes3.BucketInfo, error) {
	entries, err := os.ReadDir(b.buckets)
	if err != nil {
		return nil, err
	}
	buckets := make([]gofakes3.BucketInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		buckets = append(buckets, gofakes3.BucketInfo{Name: e.Name(), CreationDate: gofakes3.NewContentTime(info.ModTime())})
	}
	return buckets, nil
}

// BucketExists implements gofakes3.Backend.
func (b *Backend) BucketExists(_ context.Context, bucket string) (bool, error) {
	_, err := b.folder(bucket)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket) {
		return false, nil
	}
	return err == nil, err
}

// CreateBucket implements gofakes3.Backend.
func (b *Backend) CreateBucket(_ context.Context, bucket string) error {
	if err := gofakes3.ValidateBucketName(bucket); err != nil {
		return err
	}
	err := os.Mkdir(filepath.Join(b.buckets, bucket), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, bucket)
	}
	return errors.Join(err, b.syncFolder(b.buckets))
}

// DeleteBucket implements gofakes3.Backend.
func (b *Backend) DeleteBucket(_ context.Context, bucket string) error {
	folder, err := b.folder(bucket)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(folder); err != nil {
		return err
	} else if len(entries) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, bucket)
	}
	return errors.Join(os.Remove(folder), b.syncFolder(b.buckets))
}

// ListBucket implements gofakes3.Backend.
func (b *Backend) ListBucket(_ context.Context, bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	folder, err := b.folder(bucket)
	if err != nil {
		return nil, err
	}
	var wanted gofakes3.Prefix
	if prefix != nil {
		wanted = *prefix
	}
	if wanted.Delimiter == "" { // gofakes3 takes an empty one for a delimiter
		wanted.HasDelimiter = false
	}
	objects, err := readAttributes(folder)
	if err != nil {
		return nil, err
	}
	list := gofakes3.NewObjectList()
	var match gofakes3.PrefixMatch
	last := "" // common prefix
	found := int64(0)
	for _, o := range objects {
		if (page.Marker != "" && o.Key <= page.Marker) || !wanted.Match(o.Key, &match) {
			continue
		}
		if match.CommonPrefix && match.MatchedPart == last {
			list.NextMarker = o.Key // the next page begins after all that share the prefix
			continue
		}
		if page.MaxKeys > 0 && found == page.MaxKeys {
			list.IsTruncated = true
			return list, nil
		}
		found++
		list.NextMarker = o.Key
		if match.CommonPrefix {
			last = match.MatchedPart
			list.AddPrefix(last)
			continue
		}
		list.Add(&gofakes3.Content{Key: o.Key, Size: o.size, ETag: etag(o.MD5), LastModified: gofakes3.NewContentTime(o.modified())})
	}
	list.NextMarker = ""
	return list, nil
}

// HeadObject implements gofakes3.Backend.
func (b *Backend) HeadObject(ctx context.Context, bucket, key string) (*gofakes3.Object, error) {
	o, err := b.GetObject(ctx, bucket, key, nil)
	if err != nil {
		return nil, err
	}
	err = o.Contents.Close()
	o.Contents = http.NoBody
	return o, err
}

// GetObject implements gofakes3.Backend.
func (b *Backend) GetObject(_ context.Context, bucket, key string, wanted *gofakes3.ObjectRangeRequest) (_ *gofakes3.Object, err error) {
	folder, err := b.folder(bucket)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(folder, fileName(key)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, gofakes3.KeyNotFound(key)
	} else if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	a, err := decodeAttributes(f)
	if err != nil {
		return nil, fmt.Errorf("s3disk: %s: %w", key, err)
	}
	r, err := wanted.Range(a.size)
	if err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(a.MD5)
	if err != nil {
		return nil, fmt.Errorf("s3disk: %s: %w", key, err)
	}
	offset, length := int64(0), a.size
	if r != nil {
		offset, length = r.Start, r.Length
	}
	return &gofakes3.Object{
		Name: key, Metadata: a.Metadata, Size: a.size, Hash: hash, Range: r,
		Contents: struct {
			io.Reader
			io.Closer
		}{io.NewSectionReader(f, offset, length), f},
	}, nil
}

// PutObject implements gofakes3.Backend. The object is durable when it returns.
func (b *Backend) PutObject(_ context.Context, bucket, key string, metadata map[string]string, content io.Reader, size int64) (gofakes3.PutObjectResult, error) {
	folder, err := b.folder(bucket)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	f, err := os.CreateTemp(b.temp, "") // mode 0600
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	sum, err := b.write(f, key, metadata, content, size)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, fileName(key)))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return gofakes3.PutObjectResult{}, protocolError(err)
	}
	// The ETag of a multipart upload too, so that it is the one of a later GetObject.
	return gofakes3.PutObjectResult{ETag: etag(sum)}, b.syncFolder(folder)
}

// write fills f with an object, makes it durable and returns the content's MD5.
func (b *Backend) write(f *os.File, key string, metadata map[string]string, content io.Reader, size int64) (string, error) {
	hash := md5.New() //nolint:gosec // as above
	n, err := io.Copy(io.MultiWriter(f, hash), content)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	if err != nil || (size >= 0 && n != size) {
		return "", gofakes3.ErrIncompleteBody
	}
	a := attributes{Key: key, MD5: hex.EncodeToString(hash.Sum(nil)), Metadata: metadata}
	if err := a.encode(f); err != nil {
		return "", err
	}
	return a.MD5, b.fsync(f)
}

// CopyObject implements gofakes3.Backend.
func (b *Backend) CopyObject(ctx context.Context, fromBucket, fromKey, bucket, key string, metadata map[string]string) (result gofakes3.CopyObjectResult, err error) {
	from, err := b.GetObject(ctx, fromBucket, fromKey, nil)
	if err != nil {
		return result, err
	}
	defer gofakes3.CheckClose(from.Contents, &err)
	put, err := b.PutObject(ctx, bucket, key, metadata, from.Contents, from.Size)
	return gofakes3.CopyObjectResult{ETag: put.ETag, LastModified: gofakes3.NewContentTime(time.Now())}, err
}

// DeleteObject implements gofakes3.Backend. Deleting what is absent is no error.
func (b *Backend) DeleteObject(_ context.Context, bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	folder, err := b.folder(bucket)
	if err != nil {
		return gofakes3.ObjectDeleteResult{}, err
	}
	if err := os.Remove(filepath.Join(folder, fileName(key))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return gofakes3.ObjectDeleteResult{}, err
	}
	return gofakes3.ObjectDeleteResult{}, b.syncFolder(folder)
}

// DeleteMulti implements gofakes3.Backend.
func (b *Backend) DeleteMulti(ctx context.Context, bucket string, keys ...string) (result gofakes3.MultiDeleteResult, _ error) {
	if _, err := b.folder(bucket); err != nil {
		return result, err
	}
	for _, key := range keys {
		if _, err := b.DeleteObject(ctx, bucket, key); err != nil {
			failed := gofakes3.ErrorResultFromError(err)
			failed.Key = key
			result.Error = append(result.Error, failed)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

func etag(md5 string) string { return `"` + md5 + `"` }

// protocolError unwraps an error of S3's protocol, such as a bad checksum: gofakes3 does not.
func protocolError(err error) error {
	if e, ok := errors.AsType[gofakes3.Error](err); ok {
		return e
	}
	return err
}

// readAttributes returns the objects of a bucket by key.
func readAttributes(folder string) ([]attributes, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	objects := make([]attributes, 0, len(entries))
	for _, e := range entries {
		f, err := os.Open(filepath.Join(folder, e.Name()))
		if errors.Is(err, fs.ErrNotExist) { // deleted meanwhile
			continue
		} else if err != nil {
			return nil, err
		}
		a, err := decodeAttributes(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("s3disk: %s: %w", f.Name(), err)
		}
		objects = append(objects, a)
	}
	slices.SortFunc(objects, func(a, b attributes) int { return cmp.Compare(a.Key, b.Key) })
	return objects, nil
}
