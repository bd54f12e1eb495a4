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
		run  func(f *fixture) error
		left int // objects before the sweep
	}{
		"before the object is stored": {func(s *filestest.Store) { s.Before = crashAt("put") }, func(f *fixture) error {
			_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 0},
		"after the object is stored": {func(s *filestest.Store) {
			s.After, s.Before = crashAt("put"), func(c, _ string) error {
				if c == "delete" {
					return crash
				}
				return nil
			}
		}, func(f *fixture) error {
			_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 1},
		"before the object is deleted": {func(s *filestest.Store) { s.Before = crashAt("delete") }, func(f *fixture) error {
			f.store.Before = nil
			d := f.upload(f.ada, "a.pdf", pdf(""))
			f.store.Before = crashAt("delete")
			return f.Delete(t.Context(), f.ada, d.ID)
		}, 1},
		"after the object is deleted": {func(*filestest.Store) {}, func(f *fixture) error {
			d := f.upload(f.ada, "a.pdf", pdf(""))
			f.store.After = crashAt("delete")
			return f.Delete(t.Context(), f.ada, d.ID)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			other := f.upload(f.ada, "other.pdf", pdf("other"))
			c.set(f.store)
			if err := c.run(f); err == nil {
				t.Fatal("it succeeded")
			}
			if n := f.store.Count() - 1; n != c.left {
				t.Fatalf("%d objects are left", n)
			}
			f.store.Before, f.store.After = nil, nil
			items, _, err := f.List(t.Context(), f.ada, files.Filter{})
			testkit.Must(t, err)
			if len(items) != 1 || items[0].ID != other.ID {
				t.Fatalf("an incomplete file is visible: %+v", items)
			}
			f.now = f.now.Add(time.Hour)
			for range 2 { // twice, like two servers
				testkit.Must(t, f.Sweep(t.Context()))
				testkit.Must(t, f.SweepObjects(t.Context()))
			}
			if f.store.Count() != 1 || f.rows() != 1 {
				t.Errorf("after the sweep there are %d objects and %d rows", f.store.Count(), f.rows())
			}
			_, v, err := f.Verify(t.Context(), f.ada, other.ID)
			testkit.Must(t, err)
			if !v.Intact {
				t.Error("the sweep removed another file's object")
			}
		})
	}
}

// TestSweepDuringUpload checks that a sweep does not touch an upload in progress.
func TestSweepDuringUpload(t *testing.T) {
	f := newFixture(t)
	f.store.After = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		f.store.Mu.Unlock()
		defer f.store.Mu.Lock()
		f.now = f.now.Add(5 * time.Minute)
		return errors.Join(f.Sweep(t.Context()), f.SweepObjects(t.Context()))
	}
	start := time.Now()
	d := f.upload(f.ada, "a.pdf", pdf(""))
	if _, err := f.Get(t.Context(), f.ada, d.ID); err != nil {
		t.Errorf("the sweep removed it: %v", err)
	}
	if limit := f.store.PutDeadline.Sub(start); limit <= 0 || limit > 6*time.Minute {
		t.Errorf("an upload may take %s, longer than the grace period", limit)
	}
}

// TestUploadRemovedBySweep checks that an upload fails if a sweep has removed it.
func TestUploadRemovedBySweep(t *testing.T) {
	f := newFixture(t)
	f.store.After = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		f.store.Mu.Unlock()
		defer f.store.Mu.Lock()
		f.now = f.now.Add(time.Hour)
		return f.Sweep(t.Context())
	}
	_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	f.store.After = nil
	testkit.Must(t, f.Sweep(t.Context()))
	testkit.Must(t, f.SweepObjects(t.Context()))
	if f.rows() != 0 || f.store.Count() != 0 {
		t.Errorf("%d rows and %d files remain", f.rows(), f.store.Count())
	}
}

func TestSweepOrphanedObjects(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, "a.pdf", pdf(""))
	f.now = f.now.Add(time.Hour)
	old, recent := "docs/"+domain.NewID().String(), "docs/"+domain.NewID().String()
	for key, age := range map[string]time.Duration{old: time.Hour, recent: time.Minute, "docs/readme": time.Hour, "elsewhere/" + domain.NewID().String(): time.Hour} {
		f.store.Objects[key] = filestest.Object{Content: []byte("x"), Modified: f.now.Add(-age)}
	}
	for range 1100 { // more than one page
		f.store.Objects["docs/"+domain.NewID().String()] = filestest.Object{Modified: f.now.Add(-time.Hour)}
	}
	testkit.Must(t, f.SweepObjects(t.Context()))
	if f.store.Count() != 4 {
		t.Errorf("%d objects are left", f.store.Count())
	}
	if _, ok := f.store.Objects[old]; ok {
		t.Error("the old orphan remains")
	}
	if _, v, err := f.Verify(t.Context(), f.ada, d.ID); err != nil || !v.Intact {
		t.Errorf("the object of a file was removed: %v", err)
	}
}

func TestStoreDown(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, "a.pdf", pdf(""))
	down := files.StorageUnavailable(time.Second, errors.New("down"))
	f.store.Before = func(string, string) error { return down }
	_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "b.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	_, _, err = f.Verify(t.Context(), f.ada, d.ID)
	wantCode(t, err, domain.Unavailable)
	_, err = f.Open(t.Context(), d, 0, -1)
	wantCode(t, err, domain.Unavailable)
	if _, err := f.Get(t.Context(), f.ada, d.ID); err != nil { // needs the database only
		t.Error(err)
	}
	// A deleted file is invisible at once; its object is removed when the store is back.
	testkit.Must(t, f.Delete(t.Context(), f.ada, d.ID))
	_, err = f.Get(t.Context(), f.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	if err := f.Sweep(t.Context()); err == nil {
		t.Error("the sweep reports no error")
	}
	f.store.Before = nil
	testkit.Must(t, f.Sweep(t.Context()))
	if f.store.Count() != 0 || f.rows() != 0 {
		t.Errorf("%d objects and %d rows are left", f.store.Count(), f.rows())
	}
}
