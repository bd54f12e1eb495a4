// Package filestest has a fake object store for tests.
package filestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/files"
)

// Store is a fake object store in memory. Its hooks fail calls or interfere with them.
type Store struct {
	OnGet       func()     // called before each Get, without the lock; nil: none
	Mu          sync.Mutex // locked during each call
	Objects     map[string]Object
	Before      func(call, key string) error // called before each call; its error is returned. nil: none
	After       func(call, key string) error // called after each call; its error is returned. nil: none
	PutDeadline time.Time                    // deadline of the context of the last Put

	clock func() time.Time
	down  bool
}

// RetryAfter is the RetryAfter of errors while the store is down.
const RetryAfter = 7 * time.Second

// Object is a stored object.
type Object struct {
	Content  []byte
	Modified time.Time
}

// NewStore returns an empty store.
func NewStore(clock func() time.Time) *Store {
	return &Store{Objects: map[string]Object{}, clock: clock}
}

func (s *Store) do(call, key string, f func() error) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.down {
		return files.StorageUnavailable(RetryAfter, errors.New("down"))
	}
	if s.Before != nil {
		if err := s.Before(call, key); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	if s.After != nil {
		return s.After(call, key)
	}
	return nil
}

// Put stores an object.
func (s *Store) Put(ctx context.Context, key string, o files.Object) error {
	if _, err := o.Body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b, err := io.ReadAll(o.Body)
	if err != nil {
		return err
	}
	if int64(len(b)) != o.Size || sha256.Sum256(b) != o.SHA256 {
		return errors.New("filestest: the checksum differs")
	}
	return s.do("put", key, func() error {
		s.PutDeadline, _ = ctx.Deadline()
		s.Objects[key] = Object{b, s.clock()}
		return ctx.Err()
	})
}

// Get reads an object.
func (s *Store) Get(_ context.Context, key string, offset, length int64) (r io.ReadCloser, err error) {
	if s.OnGet != nil {
		s.OnGet()
	}
	err = s.do("get", key, func() error {
		o, ok := s.Objects[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		b := o.Content[offset:]
		if length >= 0 {
			b = b[:min(length, int64(len(b)))]
		}
		r = io.NopCloser(bytes.NewReader(b))
		return nil
	})
	return r, err
}

// Stat describes an object.
func (s *Store) Stat(_ context.Context, key string) (info files.ObjectInfo, err error) {
	err = s.do("stat", key, func() error {
		o, ok := s.Objects[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		info = files.ObjectInfo{Key: key, Size: int64(len(o.Content)), Modified: o.Modified}
		return nil
	})
	return info, err
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.do("delete", key, func() error { delete(s.Objects, key); return ctx.Err() })
}

// PresignURL returns a URL with the key and the lifetime.
func (s *Store) PresignURL(_ context.Context, key string, l files.PresignOptions) (string, error) {
	return "https://files.example/bucket/" + key + "?for=" + l.ExpiresIn.String(), nil
}

// List lists objects by key.
func (s *Store) List(_ context.Context, prefix, after string, limit int) (out []files.ObjectInfo, err error) {
	err = s.do("list", prefix, func() error {
		for key, o := range s.Objects {
			if strings.HasPrefix(key, prefix) && key > after {
				out = append(out, files.ObjectInfo{Key: key, Size: int64(len(o.Content)), Modified: o.Modified})
			}
		}
		slices.SortFunc(out, func(a, b files.ObjectInfo) int { return strings.Compare(a.Key, b.Key) })
		out = out[:min(len(out), limit)]
		return nil
	})
	return out, err
}

// SetDown makes all calls fail until it is called with false.
func (s *Store) SetDown(down bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.down = down
}

// SetContent replaces an object's content.
func (s *Store) SetContent(key string, content []byte) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Objects[key] = Object{content, s.clock()}
}

// Content returns an object's content, nil if there is none.
func (s *Store) Content(key string) []byte {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.Objects[key].Content
}

// Remove removes an object.
func (s *Store) Remove(key string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	delete(s.Objects, key)
}

// Count is the number of objects.
func (s *Store) Count() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return len(s.Objects)
}
