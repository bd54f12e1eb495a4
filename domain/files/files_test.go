package files_test

import (
	"crypto/sha256"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/files/filetype"
	"counsel/sandbox/testkit"
)

func TestUploadGetAndDelete(t *testing.T) {
	f := newFixture(t)
	content := pdf("hello")
	d := f.upload(f.ada, "NDA.PDF", content)
	if d.Name != "NDA.pdf" || d.ContentType != filetype.PDF || d.Kind != files.Uploaded || d.Size != int64(len(content)) ||
		d.SHA256 != files.Checksum(sha256.Sum256([]byte(content))) || d.UserID != f.ada.UserID || !d.CreatedAt.Equal(f.now) {
		t.Errorf("stored as %+v", d)
	}
	for _, who := range []domain.Principal{f.ada, f.admin} {
		got, err := f.Get(t.Context(), who, d.ID)
		testkit.Must(t, err)
		if got != d {
			t.Errorf("read as %+v, stored as %+v", got, d)
		}
		r, err := f.Open(t.Context(), got, 0, -1)
		testkit.Must(t, err)
		read, err := io.ReadAll(r)
		testkit.Must(t, err)
		if string(read) != content {
			t.Errorf("read %q", read)
		}
	}
	link, until, err := f.PresignURL(t.Context(), d)
	testkit.Must(t, err)
	if !strings.Contains(link, d.ID.String()) || strings.Contains(link, "NDA") || until.Sub(f.now) > time.Hour {
		t.Errorf("%s until %s", link, until)
	}

	// For other users it does not exist.
	_, err = f.Get(t.Context(), f.bob, d.ID)
	wantCode(t, err, domain.NotFound)
	_, absent := f.Get(t.Context(), f.bob, domain.NewID())
	if err.Error() != absent.Error() {
		t.Errorf("%q reveals more than %q", err, absent)
	}
	_, _, err = f.Verify(t.Context(), f.bob, d.ID)
	wantCode(t, err, domain.NotFound)
	wantCode(t, f.Delete(t.Context(), f.bob, d.ID), domain.NotFound)
	_, _, err = f.List(t.Context(), f.bob, files.Filter{UserID: &f.ada.UserID})
	wantCode(t, err, domain.Forbidden)

	testkit.Must(t, f.Delete(t.Context(), f.ada, d.ID))
	_, err = f.Get(t.Context(), f.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	if f.store.Count() != 0 || f.rows() != 0 {
		t.Errorf("%d objects and %d rows are left", f.store.Count(), f.rows())
	}
	wantCode(t, f.Delete(t.Context(), f.ada, d.ID), domain.NotFound)
}

func TestListPages(t *testing.T) {
	f := newFixture(t)
	var want []domain.ID
	for range 5 {
		want = append(want, f.upload(f.ada, "a.pdf", pdf("")).ID)
	}
	f.upload(f.bob, "b.pdf", pdf(""))
	slices.Reverse(want)
	var got []domain.ID
	filter := files.Filter{Limit: 2}
	for {
		items, next, err := f.List(t.Context(), f.ada, filter)
		testkit.Must(t, err)
		for _, d := range items {
			got = append(got, d.ID)
		}
		if next == nil {
			break
		}
		filter.Cursor = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	all, _, err := f.List(t.Context(), f.admin, files.Filter{Limit: 100})
	testkit.Must(t, err)
	bobs, _, err := f.List(t.Context(), f.admin, files.Filter{UserID: &f.bob.UserID, Kind: files.Uploaded})
	testkit.Must(t, err)
	none, _, err := f.List(t.Context(), f.admin, files.Filter{Kind: files.Rendered})
	testkit.Must(t, err)
	if len(all) != 6 || len(bobs) != 1 || len(none) != 0 {
		t.Errorf("an admin sees %d, of Bob %d, rendered %d", len(all), len(bobs), len(none))
	}
}

func TestVerify(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, "a.pdf", pdf("hello"))
	key := "docs/" + d.ID.String()
	for name, c := range map[string]struct {
		content string
		intact  bool
	}{"intact": {pdf("hello"), true}, "one letter": {pdf("hallo"), false}, "longer": {pdf("hello") + "x", false}, "shorter": {"%PDF", false}} {
		f.store.Objects[key] = filestest.Object{Content: []byte(c.content), Modified: f.now}
		_, v, err := f.Verify(t.Context(), f.ada, d.ID)
		testkit.Must(t, err)
		if v.Intact != c.intact || v.SHA256 == nil || *v.SHA256 != files.Checksum(sha256.Sum256([]byte(c.content))) || v.Size != int64(len(c.content)) || v.CheckedAt != f.now {
			t.Errorf("%s: %+v", name, v)
		}
		r, err := f.Open(t.Context(), d, 0, -1)
		testkit.Must(t, err)
		if _, err := io.ReadAll(r); (err == nil) != c.intact {
			t.Errorf("%s: the read ends in %v", name, err)
		}
	}
	delete(f.store.Objects, key)
	_, v, err := f.Verify(t.Context(), f.ada, d.ID)
	testkit.Must(t, err)
	if v.Intact || v.SHA256 != nil {
		t.Errorf("missing: %+v", v)
	}
	_, err = f.Open(t.Context(), d, 0, -1)
	wantCode(t, err, domain.Internal)
}

// TestRemovedDuringUpload checks that an upload fails and leaves nothing in the case if the user is
// removed from the case meanwhile.
func TestRemovedDuringUpload(t *testing.T) {
	f := newFixture(t)
	f.ada.Role = domain.RoleLawyer
	c, err := f.cases.Create(t.Context(), f.ada, cases.NewCase{Title: "A case"})
	testkit.Must(t, err)
	upload := func() (files.File, error) {
		return f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &c.ID }})
	}
	d, err := upload()
	testkit.Must(t, err)
	f.store.After = func(call, _ string) error {
		if call == "put" {
			_, err := f.db.ExecContext(t.Context(), "DELETE FROM case_members WHERE case_id = ?", c.ID)
			return err
		}
		return nil
	}
	_, err = upload()
	wantCode(t, err, domain.NotFound)
	if f.rows() != 1 || f.store.Count() != 1 {
		t.Errorf("%d rows and %d files are left", f.rows(), f.store.Count())
	}
	_, err = f.Get(t.Context(), f.ada, d.ID)
	wantCode(t, err, domain.NotFound)
}

// TestDeleteInCaseWithStoreDown checks that a deletion succeeds while the store is down, and that a
// sweep deletes the object.
func TestDeleteInCaseWithStoreDown(t *testing.T) {
	f := newFixture(t)
	f.ada.Role = domain.RoleLawyer
	c, err := f.cases.Create(t.Context(), f.ada, cases.NewCase{Title: "A case"})
	testkit.Must(t, err)
	d, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &c.ID }})
	testkit.Must(t, err)
	f.store.Before = func(string, string) error { return files.StorageUnavailable(0, nil) }
	testkit.Must(t, f.Delete(t.Context(), f.ada, d.ID))
	_, err = f.Get(t.Context(), f.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	f.store.Before = nil
	testkit.Must(t, f.Sweep(t.Context()))
	if f.rows() != 0 || f.store.Count() != 0 {
		t.Errorf("%d rows and %d files are left", f.rows(), f.store.Count())
	}
}

// TestWithoutCases checks that a service without cases knows no case.
func TestWithoutCases(t *testing.T) {
	f := newFixture(t, func(c *files.Config) { c.Cases = nil })
	id := domain.NewID()
	_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: strings.NewReader(pdf("x")), CaseID: func() *domain.ID { return &id }})
	wantCode(t, err, domain.NotFound)
	_, _, err = f.List(t.Context(), f.ada, files.Filter{CaseID: &id})
	wantCode(t, err, domain.NotFound)
	_, err = f.Search(t.Context(), f.ada, "word", &id, 1)
	wantCode(t, err, domain.NotFound)
}
