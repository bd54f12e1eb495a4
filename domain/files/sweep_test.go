package files_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/sandbox/testkit"
)

// TestSweepAfterCrash simulates a crash at each step and then sweeps.
func TestSweepAfterCrash(t *testing.T) {
	crash := errors.New("the process crashed")
	crashAt := func(call string) func(string, string) error { // from that call on every call fails
		crashed := false
		return func(c, _ string) error {
			if crashed = crashed || c == call; crashed {
				return crash
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		set  func(*filestest.Store)
		run  func(b *fixture) error
		left int // objects before the sweep
	}{
		"before the object is stored": {func(s *filestest.Store) { s.Before = crashAt("put") }, func(b *fixture) error {
			_, err := b.Upload(t.Context(), b.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 0},
		"after the object is stored": {func(s *filestest.Store) {
			s.After, s.Before = crashAt("put"), func(c, _ string) error {
				if c == "delete" {
					return crash
				}
				return nil
			}
		}, func(b *fixture) error {
			_, err := b.Upload(t.Context(), b.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 1},
		"before the object is deleted": {func(s *filestest.Store) { s.Before = crashAt("delete") }, func(b *fixture) error {
			b.store.Before = nil
			d := b.upload(b.ada, "a.pdf", pdf(""))
			b.store.Before = crashAt("delete")
			return b.Delete(t.Context(), b.ada, d.ID)
		}, 1},
		"after the object is deleted": {func(*filestest.Store) {}, func(b *fixture) error {
			d := b.upload(b.ada, "a.pdf", pdf(""))
			b.store.After = crashAt("delete")
			return b.Delete(t.Context(), b.ada, d.ID)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			other := b.upload(b.ada, "other.pdf", pdf("other"))
			c.set(b.store)
			if err := c.run(b); err == nil {
				t.Fatal("it succeeded")
			}
			if n := b.store.Count() - 1; n != c.left {
				t.Fatalf("%d objects are left", n)
			}
			b.store.Before, b.store.After = nil, nil
			items, _, err := b.List(t.Context(), b.ada, files.Filter{})
			testkit.Must(t, err)
			if len(items) != 1 || items[0].ID != other.ID {
				t.Fatalf("an incomplete file is visible: %+v", items)
			}
			b.now = b.now.Add(time.Hour)
			for range 2 { // twice, as two servers would
				testkit.Must(t, b.Sweep(t.Context()))
				testkit.Must(t, b.SweepObjects(t.Context()))
			}
			if b.store.Count() != 1 || b.rows() != 1 {
				t.Errorf("after the sweep there are %d objects and %d rows", b.store.Count(), b.rows())
			}
			_, v, err := b.Verify(t.Context(), b.ada, other.ID)
			testkit.Must(t, err)
			if !v.Intact {
				t.Error("the sweep removed another file's object")
			}
		})
	}
}

// TestSweepDuringUpload: a sweep leaves an upload in progress alone.
func TestSweepDuringUpload(t *testing.T) {
	b := newFixture(t)
	b.store.After = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		b.store.Mu.Unlock()
		defer b.store.Mu.Lock()
		b.now = b.now.Add(5 * time.Minute)
		return errors.Join(b.Sweep(t.Context()), b.SweepObjects(t.Context()))
	}
	start := time.Now()
	d := b.upload(b.ada, "a.pdf", pdf(""))
	if _, err := b.Get(t.Context(), b.ada, d.ID); err != nil {
		t.Errorf("the sweep removed it: %v", err)
	}
	if limit := b.store.PutDeadline.Sub(start); limit <= 0 || limit > 6*time.Minute {
		t.Errorf("an upload may take %s, longer than the grace period", limit)
	}
}

// TestUploadRemovedBySweep: an upload that a sweep has removed is not acknowledged.
func TestUploadRemovedBySweep(t *testing.T) {
	b := newFixture(t)
	b.store.After = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		b.store.Mu.Unlock()
		defer b.store.Mu.Lock()
		b.now = b.now.Add(time.Hour)
		return b.Sweep(t.Context())
	}
	_, err := b.Upload(t.Context(), b.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	b.store.After = nil
	testkit.Must(t, b.Sweep(t.Context()))
	testkit.Must(t, b.SweepObjects(t.Context()))
	if b.rows() != 0 || b.store.Count() != 0 {
		t.Errorf("%d rows and %d files stay", b.rows(), b.store.Count())
	}
}

func TestSweepOrphanedObjects(t *testing.T) {
	b := newFixture(t)
	d := b.upload(b.ada, "a.pdf", pdf(""))
	b.now = b.now.Add(time.Hour)
	old, young := "docs/"+domain.NewID().String(), "docs/"+domain.NewID().String()
	for key, age := range map[string]time.Duration{old: time.Hour, young: time.Minute, "docs/readme": time.Hour, "elsewhere/" + domain.NewID().String(): time.Hour} {
		b.store.Objects[key] = filestest.Object{Content: []byte("x"), Modified: b.now.Add(-age)}
	}
	for range 1100 { // more than one page
		b.store.Objects["docs/"+domain.NewID().String()] = filestest.Object{Modified: b.now.Add(-time.Hour)}
	}
	testkit.Must(t, b.SweepObjects(t.Context()))
	if b.store.Count() != 4 {
		t.Errorf("%d objects are left", b.store.Count())
	}
	if _, ok := b.store.Objects[old]; ok {
		t.Error("the old orphan is left")
	}
	if _, v, err := b.Verify(t.Context(), b.ada, d.ID); err != nil || !v.Intact {
		t.Errorf("the object of a file was removed: %v", err)
	}
}

func TestStoreDown(t *testing.T) {
	b := newFixture(t)
	d := b.upload(b.ada, "a.pdf", pdf(""))
	down := files.StorageUnavailable(time.Second, errors.New("down"))
	b.store.Before = func(string, string) error { return down }
	_, err := b.Upload(t.Context(), b.ada, files.UploadRequest{Name: "b.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	_, _, err = b.Verify(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.Unavailable)
	_, err = b.Open(t.Context(), d, 0, -1)
	wantCode(t, err, domain.Unavailable)
	if _, err := b.Get(t.Context(), b.ada, d.ID); err != nil { // needs the database only
		t.Error(err)
	}
	// A deleted file is invisible at once; its object is removed when the store is back.
	testkit.Must(t, b.Delete(t.Context(), b.ada, d.ID))
	_, err = b.Get(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	if err := b.Sweep(t.Context()); err == nil {
		t.Error("the sweep reports no error")
	}
	b.store.Before = nil
	testkit.Must(t, b.Sweep(t.Context()))
	if b.store.Count() != 0 || b.rows() != 0 {
		t.Errorf("%d objects and %d rows are left", b.store.Count(), b.rows())
	}
}
