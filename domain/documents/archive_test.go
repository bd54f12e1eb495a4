package documents_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/documents"
	"counsel/domain/isolation"
	"counsel/sandbox/testenv"
)

// lines reads a "file" whose pages are parted by form feeds.
type lines struct{ fail error }

func (l lines) Pages(_ context.Context, _ string, file io.ReaderAt, size int64) (documents.Text, error) {
	b, err := io.ReadAll(io.NewSectionReader(file, 0, size))
	if err != nil || l.fail != nil {
		return documents.Text{}, errors.Join(err, l.fail)
	}
	text := documents.Text{Pages: strings.Split(string(b), "\f")}
	text.Changes.Deletions = strings.Count(string(b), "(deleted)")
	return text, nil
}

type archiveBench struct {
	*documents.Archive
	t     testing.TB
	db    *sql.DB
	files *store
	cases *cases.Service
	now   time.Time
	ada   domain.Principal
	bob   domain.Principal
	admin domain.Principal
}

func newArchive(t testing.TB) *archiveBench {
	t.Helper()
	return newArchiveOn(t, testenv.SchemaURL(t))
}

func newArchiveOn(t testing.TB, url string) *archiveBench {
	t.Helper()
	pool := testenv.OpenDB(t, url)
	b := &archiveBench{t: t, db: pool, now: domain.SystemClock()}
	clock := func() time.Time { return b.now }
	b.files = &store{files: map[string]kept{}, clock: clock}
	b.cases = cases.New(pool, nil, clock, domain.NewID)
	b.Archive = documents.NewArchive(documents.ArchiveDeps{DB: pool, Files: b.files, Text: lines{}, Cases: b.cases, Clock: clock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler)})
	for name, p := range map[string]*domain.Principal{"ada": &b.ada, "bob": &b.bob, "admin": &b.admin} {
		*p = domain.Principal{UserID: domain.NewID(), Role: domain.RoleClient}
		_, err := pool.ExecContext(t.Context(), "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, 'client', '', NOW(6), NOW(6))",
			p.UserID, name+"@example.com", name)
		noErr(t, err)
	}
	b.admin.Role = domain.RoleAdmin
	return b
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pdf is the smallest file that passes for a PDF, with a text for the reader of these tests.
func pdf(text string) string { return "%PDF-1.7\n" + text + "\nstartxref\n0\n%%EOF\n" }

func (b *archiveBench) upload(who domain.Principal, name, content string) documents.Stored {
	b.t.Helper()
	d, err := b.Upload(b.t.Context(), who, documents.NewUpload{Name: name, Body: strings.NewReader(content)})
	noErr(b.t, err)
	return d
}

func (b *archiveBench) rows() (n int) {
	b.t.Helper()
	noErr(b.t, b.db.QueryRowContext(b.t.Context(), "SELECT COUNT(*) FROM documents").Scan(&n))
	return n
}

func wantCode(t *testing.T, err error, code domain.Code) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func TestArchive(t *testing.T) {
	b := newArchive(t)
	content := pdf("hello")
	d := b.upload(b.ada, "NDA.PDF", content)
	if d.Name != "NDA.pdf" || d.ContentType != documents.PDF || d.Kind != documents.Uploaded || d.Size != int64(len(content)) ||
		d.SHA256 != documents.Checksum(sha256.Sum256([]byte(content))) || d.UserID != b.ada.UserID || !d.CreatedAt.Equal(b.now) {
		t.Errorf("kept as %+v", d)
	}
	for _, who := range []domain.Principal{b.ada, b.admin} {
		got, err := b.Get(t.Context(), who, d.ID)
		noErr(t, err)
		if got != d {
			t.Errorf("read as %+v, kept as %+v", got, d)
		}
		r, err := b.Open(t.Context(), got, 0, -1)
		noErr(t, err)
		read, err := io.ReadAll(r)
		noErr(t, err)
		if string(read) != content {
			t.Errorf("reads %q", read)
		}
	}
	link, until, err := b.Link(t.Context(), d)
	noErr(t, err)
	if !strings.Contains(link, d.ID.String()) || strings.Contains(link, "NDA") || until.Sub(b.now) > time.Hour {
		t.Errorf("%s until %s", link, until)
	}

	// To others it does not exist.
	_, err = b.Get(t.Context(), b.bob, d.ID)
	wantCode(t, err, domain.NotFound)
	_, absent := b.Get(t.Context(), b.bob, domain.NewID())
	if err.Error() != absent.Error() {
		t.Errorf("%q tells more than %q", err, absent)
	}
	_, _, err = b.Verify(t.Context(), b.bob, d.ID)
	wantCode(t, err, domain.NotFound)
	wantCode(t, b.Delete(t.Context(), b.bob, d.ID), domain.NotFound)
	_, _, err = b.List(t.Context(), b.bob, documents.StoredFilter{UserID: &b.ada.UserID})
	wantCode(t, err, domain.Forbidden)

	noErr(t, b.Delete(t.Context(), b.ada, d.ID))
	_, err = b.Get(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	if b.files.count() != 0 || b.rows() != 0 {
		t.Errorf("%d files and %d rows stay", b.files.count(), b.rows())
	}
	wantCode(t, b.Delete(t.Context(), b.ada, d.ID), domain.NotFound)
}

func TestListPages(t *testing.T) {
	b := newArchive(t)
	var want []domain.ID
	for range 5 {
		want = append(want, b.upload(b.ada, "a.pdf", pdf("")).ID)
	}
	b.upload(b.bob, "b.pdf", pdf(""))
	slices.Reverse(want)
	var got []domain.ID
	f := documents.StoredFilter{Limit: 2}
	for {
		items, next, err := b.List(t.Context(), b.ada, f)
		noErr(t, err)
		for _, d := range items {
			got = append(got, d.ID)
		}
		if next == nil {
			break
		}
		f.Before = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	all, _, err := b.List(t.Context(), b.admin, documents.StoredFilter{Limit: 100})
	noErr(t, err)
	bobs, _, err := b.List(t.Context(), b.admin, documents.StoredFilter{UserID: &b.bob.UserID, Kind: documents.Uploaded})
	noErr(t, err)
	none, _, err := b.List(t.Context(), b.admin, documents.StoredFilter{Kind: documents.Rendered})
	noErr(t, err)
	if len(all) != 6 || len(bobs) != 1 || len(none) != 0 {
		t.Errorf("an admin sees %d, of Bob %d, rendered %d", len(all), len(bobs), len(none))
	}
}

// TestCrashes ends the process, as it were, at each step, and lets the sweep come.
func TestCrashes(t *testing.T) {
	crash := errors.New("the process is gone")
	dead := func(call string) func(string, string) error { // from that call on nothing works
		gone := false
		return func(c, _ string) error {
			if gone = gone || c == call; gone {
				return crash
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		set  func(*store)
		act  func(b *archiveBench) error
		left int // files before the sweep
	}{
		"before the file": {func(s *store) { s.fail = dead("put") }, func(b *archiveBench) error {
			_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 0},
		"after the file": {func(s *store) {
			s.after, s.fail = dead("put"), func(c, _ string) error {
				if c == "delete" {
					return crash
				}
				return nil
			}
		}, func(b *archiveBench) error {
			_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
			return err
		}, 1},
		"deleting, before the file": {func(s *store) { s.fail = dead("delete") }, func(b *archiveBench) error {
			b.files.fail = nil
			d := b.upload(b.ada, "a.pdf", pdf(""))
			b.files.fail = dead("delete")
			return b.Delete(t.Context(), b.ada, d.ID)
		}, 1},
		"deleting, after the file": {func(*store) {}, func(b *archiveBench) error {
			d := b.upload(b.ada, "a.pdf", pdf(""))
			b.files.after = dead("delete")
			return b.Delete(t.Context(), b.ada, d.ID)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newArchive(t)
			other := b.upload(b.ada, "other.pdf", pdf("other"))
			c.set(b.files)
			if err := c.act(b); err == nil {
				t.Fatal("it went well")
			}
			if n := b.files.count() - 1; n != c.left {
				t.Fatalf("%d files are left", n)
			}
			b.files.fail, b.files.after = nil, nil
			items, _, err := b.List(t.Context(), b.ada, documents.StoredFilter{})
			noErr(t, err)
			if len(items) != 1 || items[0].ID != other.ID {
				t.Fatalf("what was half done is seen: %+v", items)
			}
			b.now = b.now.Add(time.Hour)
			for range 2 { // again, as another server would
				noErr(t, b.Sweep(t.Context()))
				noErr(t, b.SweepFiles(t.Context()))
			}
			if b.files.count() != 1 || b.rows() != 1 {
				t.Errorf("after the sweep there are %d files and %d rows", b.files.count(), b.rows())
			}
			_, v, err := b.Verify(t.Context(), b.ada, other.ID)
			noErr(t, err)
			if !v.Intact {
				t.Error("the sweep took another document's file")
			}
		})
	}
}

// TestSweepLetsBeWhatIsUnderWay runs the sweep in the middle of an upload.
func TestSweepLetsBeWhatIsUnderWay(t *testing.T) {
	b := newArchive(t)
	b.files.after = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		b.files.mu.Unlock()
		defer b.files.mu.Lock()
		b.now = b.now.Add(5 * time.Minute)
		return errors.Join(b.Sweep(t.Context()), b.SweepFiles(t.Context()))
	}
	start := time.Now()
	d := b.upload(b.ada, "a.pdf", pdf(""))
	if _, err := b.Get(t.Context(), b.ada, d.ID); err != nil {
		t.Errorf("the sweep took it: %v", err)
	}
	if limit := b.files.putEnd.Sub(start); limit <= 0 || limit > 6*time.Minute {
		t.Errorf("an upload may take %s, longer than a sweep waits", limit)
	}
}

// TestUploadTakenByASweep is told, not lost: whoever was given up is not acknowledged.
func TestUploadTakenByASweep(t *testing.T) {
	b := newArchive(t)
	b.files.after = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		b.files.mu.Unlock()
		defer b.files.mu.Lock()
		b.now = b.now.Add(time.Hour)
		return b.Sweep(t.Context())
	}
	_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	b.files.after = nil
	noErr(t, b.Sweep(t.Context()))
	noErr(t, b.SweepFiles(t.Context()))
	if b.rows() != 0 || b.files.count() != 0 {
		t.Errorf("%d rows and %d files stay", b.rows(), b.files.count())
	}
}

func TestOrphans(t *testing.T) {
	b := newArchive(t)
	d := b.upload(b.ada, "a.pdf", pdf(""))
	b.now = b.now.Add(time.Hour)
	old, young := "docs/"+domain.NewID().String(), "docs/"+domain.NewID().String()
	for key, age := range map[string]time.Duration{old: time.Hour, young: time.Minute, "docs/readme": time.Hour, "elsewhere/" + domain.NewID().String(): time.Hour} {
		b.files.files[key] = kept{[]byte("x"), b.now.Add(-age)}
	}
	for range 1100 { // more than a page
		b.files.files["docs/"+domain.NewID().String()] = kept{nil, b.now.Add(-time.Hour)}
	}
	noErr(t, b.SweepFiles(t.Context()))
	if b.files.count() != 4 {
		t.Errorf("%d files stay", b.files.count())
	}
	if _, there := b.files.files[old]; there {
		t.Error("the old one stays")
	}
	if _, v, err := b.Verify(t.Context(), b.ada, d.ID); err != nil || !v.Intact {
		t.Errorf("a document's file went: %v", err)
	}
}

func TestStoreDown(t *testing.T) {
	b := newArchive(t)
	d := b.upload(b.ada, "a.pdf", pdf(""))
	down := documents.StorageUnavailable(time.Second, errors.New("down"))
	b.files.fail = func(string, string) error { return down }
	_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "b.pdf", Body: strings.NewReader(pdf(""))})
	wantCode(t, err, domain.Unavailable)
	_, _, err = b.Verify(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.Unavailable)
	_, err = b.Open(t.Context(), d, 0, -1)
	wantCode(t, err, domain.Unavailable)
	if _, err := b.Get(t.Context(), b.ada, d.ID); err != nil { // needs the database only
		t.Error(err)
	}
	// What is deleted is out of sight at once, and gone when the store is back.
	noErr(t, b.Delete(t.Context(), b.ada, d.ID))
	_, err = b.Get(t.Context(), b.ada, d.ID)
	wantCode(t, err, domain.NotFound)
	if err := b.Sweep(t.Context()); err == nil {
		t.Error("the sweep says nothing of what it could not do")
	}
	b.files.fail = nil
	noErr(t, b.Sweep(t.Context()))
	if b.files.count() != 0 || b.rows() != 0 {
		t.Errorf("%d files and %d rows stay", b.files.count(), b.rows())
	}
}

func TestVerify(t *testing.T) {
	b := newArchive(t)
	d := b.upload(b.ada, "a.pdf", pdf("hello"))
	key := "docs/" + d.ID.String()
	for name, c := range map[string]struct {
		content string
		intact  bool
	}{"whole": {pdf("hello"), true}, "one letter": {pdf("hallo"), false}, "longer": {pdf("hello") + "x", false}, "shorter": {"%PDF", false}} {
		b.files.files[key] = kept{[]byte(c.content), b.now}
		_, v, err := b.Verify(t.Context(), b.ada, d.ID)
		noErr(t, err)
		if v.Intact != c.intact || v.SHA256 == nil || *v.SHA256 != documents.Checksum(sha256.Sum256([]byte(c.content))) || v.Size != int64(len(c.content)) || v.Checked != b.now {
			t.Errorf("%s: %+v", name, v)
		}
		r, err := b.Open(t.Context(), d, 0, -1)
		noErr(t, err)
		if _, err := io.ReadAll(r); (err == nil) != c.intact {
			t.Errorf("%s: reading ends in %v", name, err)
		}
	}
	delete(b.files.files, key)
	_, v, err := b.Verify(t.Context(), b.ada, d.ID)
	noErr(t, err)
	if v.Intact || v.SHA256 != nil {
		t.Errorf("missing: %+v", v)
	}
	_, err = b.Open(t.Context(), d, 0, -1)
	wantCode(t, err, domain.Internal)
}

func TestSearch(t *testing.T) {
	b := newArchive(t)
	nda := b.upload(b.ada, "nda.pdf", pdf("This agreement is confidential.\fEither party may end it by giving thirty days' written termination notice to the other."))
	b.upload(b.ada, "picture.png", pictureOf(t, "png", 3, 3))
	bobs := b.upload(b.bob, "lease.pdf", pdf("The tenant gives termination notice in spring."))
	if d, _ := b.Get(t.Context(), b.ada, nda.ID); d.Text != documents.TextPending {
		t.Errorf("before it is read: %s", d.Text)
	}
	noErr(t, b.Read(t.Context()))
	noErr(t, b.Read(t.Context()))
	if d, _ := b.Get(t.Context(), b.ada, nda.ID); d.Text != documents.TextIndexed {
		t.Errorf("after it was read: %s", d.Text)
	}

	found, err := b.Search(t.Context(), b.ada, "TERMINATION notice?", nil, 0)
	noErr(t, err)
	if len(found) != 1 || found[0].DocumentID != nda.ID || found[0].Page != 2 || found[0].Name != "nda.pdf" || !strings.Contains(found[0].Quote, "termination notice") {
		t.Fatalf("found %+v", found)
	}
	found, err = b.Search(t.Context(), b.admin, "termination", nil, 10)
	noErr(t, err)
	if len(found) != 2 {
		t.Errorf("an admin finds %+v", found)
	}
	for _, words := range []string{"unicorn", `"`, `+-*()~<>@"`, "' OR 1=1 --", "a", "%", "\\"} {
		if found, err := b.Search(t.Context(), b.ada, words, nil, 10); err != nil || len(found) != 0 {
			t.Errorf("%q finds %+v, %v", words, found, err)
		}
	}
	noErr(t, b.Delete(t.Context(), b.bob, bobs.ID))
	if found, err := b.Search(t.Context(), b.admin, "tenant", nil, 10); err != nil || len(found) != 0 {
		t.Errorf("a deleted document is found: %+v, %v", found, err)
	}
}

func TestTextThatCannotBeRead(t *testing.T) {
	b := newArchive(t)
	d := b.upload(b.ada, "a.pdf", pdf("some words"))
	b.files.fail = func(string, string) error { return documents.StorageUnavailable(time.Second, errors.New("down")) }
	wantCode(t, b.Read(t.Context()), domain.Unavailable)
	state := func() documents.TextState {
		got, err := b.Get(t.Context(), b.ada, d.ID)
		noErr(t, err)
		return got.Text
	}
	if state() != documents.TextPending {
		t.Errorf("with the store down, it is given up: %s", state())
	}
	b.files.fail = nil
	b.Text = lines{fail: errors.New("cannot")}
	for range 10 {
		noErr(t, b.Read(t.Context()))
	}
	if got, err := b.Get(t.Context(), b.ada, d.ID); err != nil || got.Text != documents.TextUnreadable || got.TextError != documents.TextFailed {
		t.Errorf("what cannot be read is %s: %s, %v", got.Text, got.TextError, err)
	}
	for fault, want := range map[error]documents.TextError{isolation.ErrMemory: documents.TextTooMuchMemory, isolation.ErrTimeout: documents.TextTooSlow} {
		d = b.upload(b.ada, "b.pdf", pdf("some words"))
		b.Text = lines{fail: fault}
		noErr(t, b.Read(t.Context()))
		if got, err := b.Get(t.Context(), b.ada, d.ID); err != nil || got.Text != documents.TextUnreadable || got.TextError != want {
			t.Errorf("after %v it is %s: %s, %v", fault, got.Text, got.TextError, err)
		}
	}
}

// stuck reads nothing of a file that says so until its context ends.
type stuck struct{ lines }

func (s stuck) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (documents.Text, error) {
	text, err := s.lines.Pages(ctx, contentType, file, size)
	if err == nil && strings.Contains(text.Pages[0], "stuck") {
		<-ctx.Done()
		return documents.Text{}, ctx.Err()
	}
	return text, err
}

// TestSlowText holds up no other document, that came before or comes after.
func TestSlowText(t *testing.T) {
	b := newArchive(t)
	b.Text = stuck{}
	b.Archive = documents.NewArchive(func() documents.ArchiveDeps { d := b.ArchiveDeps; d.Readers = 2; return d }())
	slow := b.upload(b.ada, "slow.pdf", pdf("stuck"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	deadline := time.Now().Add(time.Minute)
	for i := range 30 {
		d := b.upload(b.ada, "a.pdf", pdf("some words"))
		for {
			got, err := b.Get(t.Context(), b.ada, d.ID)
			noErr(t, err)
			if got.Text == documents.TextIndexed {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("document %d waits for the slow one", i)
			}
		}
	}
	if got, err := b.Get(t.Context(), b.ada, slow.ID); err != nil || got.Text != documents.TextPending {
		t.Errorf("the slow one is %s, %v", got.Text, err)
	}
	cancel()
	<-ended
}

// TestTextThatEndsTheProcess is begun a few times only.
func TestTextThatEndsTheProcess(t *testing.T) {
	b := newArchive(t)
	d := b.upload(b.ada, "a.pdf", pdf("some words"))
	tries := 0
	for range 20 {
		ctx, die := context.WithCancel(t.Context())
		b.Text = deadly{func() { tries++; die() }}
		if err := b.Read(ctx); err == nil {
			break
		}
	}
	if got, err := b.Get(t.Context(), b.ada, d.ID); err != nil || got.Text != documents.TextUnreadable || tries < 2 || tries > 10 {
		t.Errorf("after %d tries it is %s, %v", tries, got.Text, err)
	}
}

type deadly struct{ die func() }

func (d deadly) Pages(ctx context.Context, _ string, _ io.ReaderAt, _ int64) (documents.Text, error) {
	d.die()
	return documents.Text{}, ctx.Err()
}

// TestRun reads what is uploaded without being asked, and ends with its context.
func TestRun(t *testing.T) {
	b := newArchive(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	d := b.upload(b.ada, "a.pdf", pdf("some words"))
	deadline := time.Now().Add(20 * time.Second)
	for {
		got, err := b.Get(t.Context(), b.ada, d.ID)
		noErr(t, err)
		if got.Text == documents.TextIndexed {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody reads it")
		}
	}
	cancel()
	<-ended
}

func TestUploadSize(t *testing.T) {
	b := newArchive(t)
	body := io.MultiReader(strings.NewReader("%PDF-"), io.LimitReader(zeros{}, documents.MaxUpload))
	_, err := b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: body})
	wantCode(t, err, domain.TooLarge)
	_, err = b.Upload(t.Context(), b.ada, documents.NewUpload{Name: "a.pdf", Body: io.MultiReader(strings.NewReader("%PDF-"), broken{})})
	wantCode(t, err, domain.Malformed)
	if b.rows() != 0 {
		t.Error("a row was written for what was refused")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("reset by peer") }
