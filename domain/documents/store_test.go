package documents_test

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
	"counsel/domain/documents"
)

// store stands for the object store: it keeps files in memory and fails when told to.
type store struct {
	mu     sync.Mutex
	files  map[string]kept
	fail   func(call, key string) error // nil: nothing fails; asked before anything is done
	after  func(call, key string) error // asked when it is done
	clock  func() time.Time
	putEnd time.Time // the deadline of the last Put
}

type kept struct {
	content  []byte
	modified time.Time
}

func (s *store) do(call, key string, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(call, key); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	if s.after != nil {
		return s.after(call, key)
	}
	return nil
}

func (s *store) Put(ctx context.Context, key string, f documents.NewFile) error {
	if _, err := f.Body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b, err := io.ReadAll(f.Body)
	if err != nil {
		return err
	}
	if int64(len(b)) != f.Size || sha256.Sum256(b) != f.SHA256 {
		return errors.New("not the bytes that were announced")
	}
	return s.do("put", key, func() error {
		s.putEnd, _ = ctx.Deadline()
		s.files[key] = kept{b, s.clock()}
		return ctx.Err()
	})
}

func (s *store) Get(_ context.Context, key string, offset, length int64) (r io.ReadCloser, err error) {
	err = s.do("get", key, func() error {
		f, ok := s.files[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		b := f.content[offset:]
		if length >= 0 {
			b = b[:length]
		}
		r = io.NopCloser(bytes.NewReader(b))
		return nil
	})
	return r, err
}

func (s *store) Stat(_ context.Context, key string) (info documents.FileInfo, err error) {
	err = s.do("stat", key, func() error {
		f, ok := s.files[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		info = documents.FileInfo{Key: key, Size: int64(len(f.content)), Modified: f.modified}
		return nil
	})
	return info, err
}

func (s *store) Delete(ctx context.Context, key string) error {
	return s.do("delete", key, func() error { delete(s.files, key); return ctx.Err() })
}

func (s *store) Link(_ context.Context, key string, l documents.FileLink) (string, error) {
	return "https://files.example/" + key + "?for=" + l.For.String(), nil
}

func (s *store) List(_ context.Context, prefix, after string, limit int) (out []documents.FileInfo, err error) {
	err = s.do("list", prefix, func() error {
		for key, f := range s.files {
			if strings.HasPrefix(key, prefix) && key > after {
				out = append(out, documents.FileInfo{Key: key, Size: int64(len(f.content)), Modified: f.modified})
			}
		}
		slices.SortFunc(out, func(a, b documents.FileInfo) int { return strings.Compare(a.Key, b.Key) })
		out = out[:min(len(out), limit)]
		return nil
	})
	return out, err
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files)
}
