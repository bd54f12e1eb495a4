package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/backup"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// odd are texts that a dump could spoil.
var odd = []string{"", "NULL", "'", `\`, `\'; DROP TABLE users; --`, "a\nb\r\nc", "\x00\x1a\x08", "naïve 😀 \u202e", `{"a":"\u0041"}`, "0x41", strings.Repeat("long ", 10_000)}

type fixture struct {
	t     *testing.T
	pool  *sql.DB
	store *filestest.Store
	user  domain.ID
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.DB(t), store: filestest.NewStore(domain.SystemClock), user: domain.NewID()}
	f.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, 'a@example.com', 'Ada ''O''Neil', 'lawyer', '', '2026-01-02 03:04:05.678901', NOW(6))", f.user)
	caseID := domain.NewID()
	f.exec("INSERT INTO cases (id, title, description, status, created_by, created_at, updated_at) VALUES (?, 'T', '', 'open', ?, NOW(6), NOW(6))", caseID, f.user)
	for _, text := range odd {
		f.exec("INSERT INTO case_notes (id, case_id, author_id, body, created_at) VALUES (?, ?, ?, ?, NOW(6))", domain.NewID(), caseID, f.user, text)
	}
	return f
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	_, err := f.pool.ExecContext(f.t.Context(), statement, args...)
	testkit.Must(f.t, err)
}

// addDocument stores a document and returns its key.
func (f *fixture) addDocument(content string) (domain.ID, string) {
	f.t.Helper()
	id, sum := domain.NewID(), sha256.Sum256([]byte(content))
	f.exec("INSERT INTO documents (id, user_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at) VALUES (?, ?, 'n', 'text/plain', 'upload', 'stored', 'none', ?, ?, NOW(6), NOW(6))",
		id, f.user, len(content), sum[:])
	key := "docs/" + id.String()
	testkit.Must(f.t, f.store.Put(f.t.Context(), key, files.Object{Body: strings.NewReader(content), Size: int64(len(content)), SHA256: sum}))
	return id, key
}

func newService(t *testing.T, pool *sql.DB, store files.Store, secret string) *backup.Service {
	t.Helper()
	s, err := backup.New(backup.Config{Pool: pool, Store: store, Keys: []backup.Key{{Name: "SECRET_KEY", Secret: secret}}, Clock: domain.SystemClock, Log: slog.New(slog.DiscardHandler)})
	testkit.Must(t, err)
	return s
}

func (f *fixture) service() *backup.Service { return newService(f.t, f.pool, f.store, "secret") }

func emptyDatabase(t *testing.T) *sql.DB { return testenv.OpenDB(t, testenv.NewDatabaseURL(t)) }

// checksums returns the checksum of each table with data.
func checksums(t *testing.T, pool *sql.DB, m backup.Manifest) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for _, table := range m.Tables {
		var name string
		var sum int64
		testkit.Must(t, pool.QueryRowContext(t.Context(), "CHECKSUM TABLE `"+table.Name+"`").Scan(&name, &sum))
		all[table.Name] = sum
	}
	return all
}

// expectRestored fails unless the target has the rows and files of the source.
func (f *fixture) expectRestored(m backup.Manifest, pool *sql.DB, store *filestest.Store) {
	f.t.Helper()
	if want, got := checksums(f.t, f.pool, m), checksums(f.t, pool, m); !maps.Equal(want, got) {
		f.t.Errorf("the rows differ: %v, %v", want, got)
	}
	if !maps.EqualFunc(f.store.Objects, store.Objects, func(a, b filestest.Object) bool { return bytes.Equal(a.Content, b.Content) }) {
		f.t.Error("the files differ")
	}
	testkit.Must(f.t, db.CheckMigrated(f.t.Context(), pool))
}

func TestBackup(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 20 {
		f.addDocument(fmt.Sprint("document ", i))
	}
	dir := filepath.Join(t.TempDir(), "backup")
	m, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	if m.Objects.Count != 20 || len(m.Tables) < 40 {
		t.Errorf("contains %+v", m)
	}
	pool, store := emptyDatabase(t), filestest.NewStore(domain.SystemClock)
	_, err = newService(t, pool, store, "secret").Restore(t.Context(), dir)
	testkit.Must(t, err)
	f.expectRestored(m, pool, store)

	info, err := os.Stat(dir)
	testkit.Must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("others can read it: %v", info.Mode())
	}
	_, err = newService(t, pool, store, "secret").Restore(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), "the database is not empty") {
		t.Errorf("restored over data: %v", err)
	}
}

// TestIncremental checks that the next backup in the same folder copies only what is new, and removes what was deleted.
func TestIncremental(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addDocument("stays")
	id, key := f.addDocument("goes")
	dir := t.TempDir()
	_, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	f.exec("UPDATE documents SET state = 'deleted' WHERE id = ?", id)
	testkit.Must(t, f.store.Delete(t.Context(), key))
	_, added := f.addDocument("new")
	var read []string
	f.store.Before = func(call, key string) error {
		if call == "get" {
			read = append(read, key)
		}
		return nil
	}
	m, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	if !slices.Equal(read, []string{added}) {
		t.Errorf("copied %v", read)
	}
	if _, err := os.Stat(filepath.Join(dir, "objects", key)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the deleted file: %v", err)
	}
	if rows, _ := filepath.Glob(filepath.Join(dir, "rows-*")); len(rows) != 1 || filepath.Base(rows[0]) != m.Rows {
		t.Errorf("rows: %v", rows)
	}
}

// TestDeletedMeanwhile checks that a document that is deleted after its row was copied is not in the backup.
func TestDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, key := f.addDocument("goes")
	f.addDocument("stays")
	deleted := false
	f.store.OnGet = func() {
		if !deleted {
			deleted = true
			f.exec("UPDATE documents SET state = 'deleted' WHERE id = ?", id)
			testkit.Must(t, f.store.Delete(t.Context(), key))
		}
	}
	dir := t.TempDir()
	m, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	pool, store := emptyDatabase(t), filestest.NewStore(domain.SystemClock)
	_, err = newService(t, pool, store, "secret").Restore(t.Context(), dir)
	testkit.Must(t, err)
	f.expectRestored(m, pool, store)
}

func TestBackupFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, key := f.addDocument("as uploaded")
	f.addDocument("another")
	dir := t.TempDir()
	broken := errors.New("the store is away")
	f.store.Before = func(call, _ string) error {
		if call == "get" {
			return broken
		}
		return nil
	}
	if _, err := f.service().Create(t.Context(), dir); !errors.Is(err, broken) {
		t.Errorf("a store that is away: %v", err)
	}
	f.store.Before = nil
	if _, err := newService(t, emptyDatabase(t), f.store, "secret").Restore(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "no complete backup") {
		t.Errorf("an incomplete backup: %v", err)
	}
	f.store.Objects[key] = filestest.Object{Content: []byte("as changed!")}
	if _, err := f.service().Create(t.Context(), dir); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("a changed file: %v", err)
	}
	delete(f.store.Objects, key)
	if _, err := f.service().Create(t.Context(), dir); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a lost file: %v", err)
	}
}

// TestRestoreResumes interrupts a Restore at several points. Until it is complete the service does not start.
func TestRestoreResumes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 10 {
		f.addDocument(fmt.Sprint("document ", i))
	}
	dir := t.TempDir()
	m, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	pool, store := emptyDatabase(t), filestest.NewStore(domain.SystemClock)
	puts := 0
	store.Before = func(call, _ string) error {
		if call == "put" {
			if puts++; puts == 5 {
				return errors.New("killed")
			}
		}
		return nil
	}
	s := newService(t, pool, store, "secret")
	if _, err := s.Restore(t.Context(), dir); err == nil {
		t.Fatal("it was not interrupted")
	}
	if len(store.Objects) == 0 || len(store.Objects) == 10 {
		t.Fatalf("%d files are stored", len(store.Objects))
	}
	for _, err := range []error{db.CheckMigrated(t.Context(), pool), db.Migrate(t.Context(), pool)} {
		if err == nil || !strings.Contains(err.Error(), "restore") {
			t.Errorf("the service starts on it: %v", err)
		}
	}
	store.Before = nil
	ctx, cancel := context.WithCancel(t.Context())
	store.After = func(string, string) error { cancel(); return nil } // while the rest is stored
	if _, err := s.Restore(ctx, dir); err == nil {
		t.Fatal("it was not interrupted")
	}
	store.After = nil
	_, err = s.Restore(t.Context(), dir)
	testkit.Must(t, err)
	f.expectRestored(m, pool, store)
}

func TestRestoreRejects(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.addDocument("document")
	dir := t.TempDir()
	m, err := f.service().Create(t.Context(), dir)
	testkit.Must(t, err)
	for name, c := range map[string]struct {
		secret, message string
		change          func(*filestest.Store)
	}{
		"other keys":         {"another", "SECRET_KEY: not the value", nil},
		"a bucket with data": {"secret", "restore into an empty one", func(s *filestest.Store) { s.Objects["docs/other"] = filestest.Object{} }},
	} {
		store := filestest.NewStore(domain.SystemClock)
		if c.change != nil {
			c.change(store)
		}
		if _, err := newService(t, emptyDatabase(t), store, c.secret).Restore(t.Context(), dir); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{filepath.Join(m.Rows, "users.sql.gz"), filepath.Join(m.Rows, "objects.jsonl.gz"), filepath.Join("objects", "docs")} {
		path = filepath.Join(dir, path)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			entries, err := os.ReadDir(path)
			testkit.Must(t, err)
			path = filepath.Join(path, entries[0].Name())
		}
		before, err := os.ReadFile(path)
		testkit.Must(t, err)
		changed := bytes.Clone(before)
		changed[len(changed)/2] ^= 1
		testkit.Must(t, os.WriteFile(path, changed, 0o600))
		if _, err := newService(t, emptyDatabase(t), filestest.NewStore(domain.SystemClock), "secret").Restore(t.Context(), dir); err == nil {
			t.Errorf("%s was changed and restored", path)
		}
		testkit.Must(t, os.WriteFile(path, before, 0o600))
	}
}
