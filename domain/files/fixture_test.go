package files_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
	"counsel/domain/text"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) {
	isolation.ServeIfChild(filetype.Tasks())
	testenv.Main(m)
}

// fixture is a service on a database and a store of its own.
type fixture struct {
	*files.Service
	t         testing.TB
	db        *sql.DB
	store     *filestest.Store
	extractor *switchableExtractor
	cases     *cases.Service
	now       time.Time
	ada       domain.Principal
	bob       domain.Principal
	admin     domain.Principal
}

func newFixture(t testing.TB, configure ...func(*files.Config)) *fixture {
	t.Helper()
	pool := testenv.DB(t)
	f := &fixture{t: t, db: pool, now: domain.SystemClock(), extractor: &switchableExtractor{fakeExtractor{}}}
	clock := func() time.Time { return f.now }
	f.store = filestest.NewStore(clock)
	var err error
	f.cases, err = cases.New(cases.Config{DB: pool, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}})
	testkit.Must(t, err)
	config := files.Config{DB: pool, Store: f.store, Text: f.extractor, Cases: f.cases, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler)}}
	for _, option := range configure {
		option(&config)
	}
	f.Service, err = files.New(config)
	testkit.Must(t, err)
	for name, p := range map[string]*domain.Principal{"ada": &f.ada, "bob": &f.bob, "admin": &f.admin} {
		*p = domain.Principal{UserID: domain.NewID(), Role: domain.RoleClient}
		_, err := pool.ExecContext(t.Context(), "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, 'client', '', NOW(6), NOW(6))",
			p.UserID, name+"@example.com", name)
		testkit.Must(t, err)
	}
	f.admin.Role = domain.RoleAdmin
	return f
}

// switchableExtractor extracts by an extractor that a test replaces.
type switchableExtractor struct{ text.Extractor }

// fakeExtractor extracts from a "file" whose pages are separated by form feeds.
type fakeExtractor struct{ err error }

func (f fakeExtractor) Pages(_ context.Context, _ string, file io.ReaderAt, size int64) (text.Text, error) {
	b, err := io.ReadAll(io.NewSectionReader(file, 0, size))
	if err != nil || f.err != nil {
		return text.Text{}, errors.Join(err, f.err)
	}
	out := text.Text{Pages: strings.Split(string(b), "\f")}
	out.Changes.Deletions = strings.Count(string(b), "(deleted)")
	return out, nil
}

// pdf returns a minimal PDF whose text fakeExtractor reads.
func pdf(text string) string { return "%PDF-1.7\n" + text + "\nstartxref\n0\n%%EOF\n" }

func (f *fixture) upload(who domain.Principal, name, content string) files.File {
	f.t.Helper()
	d, err := f.Upload(f.t.Context(), who, files.UploadRequest{Name: name, Body: strings.NewReader(content)})
	testkit.Must(f.t, err)
	return d
}

func (f *fixture) rows() (n int) {
	f.t.Helper()
	testkit.Must(f.t, f.db.QueryRowContext(f.t.Context(), "SELECT COUNT(*) FROM documents").Scan(&n))
	return n
}

func wantCode(t *testing.T, err error, code domain.Code) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
