package rendering_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/clients/queue"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/jobs"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fakeRenderer renders "files" that contain the number of the item, which is in its verification URL.
type fakeRenderer struct {
	mu     sync.Mutex
	counts map[string]int // renderings of each item
	hook   func(ctx context.Context, item string) error
}

func (r *fakeRenderer) Render(ctx context.Context, d doc.Document, w io.Writer) error {
	item := strings.TrimPrefix(d.VerifyURL, "https://example.com/")
	r.mu.Lock()
	r.counts[item]++
	hook := r.hook
	r.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, item); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "%PDF-1.7\n"+item+"\nstartxref\n0\n%%EOF\n")
	return err
}

// renderings returns how often each item was rendered.
func (r *fakeRenderer) renderings() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.counts)
}

// fakeAccounts returns clients while the database is up.
type fakeAccounts struct{ db *sql.DB }

func (a fakeAccounts) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	return map[domain.ID]account.User{ids[0]: {ID: ids[0], Role: domain.RoleClient}}, db.Error(a.db.PingContext(ctx))
}

// fixture is a database, an object store, and the files in them.
type fixture struct {
	*files.Service
	t        testing.TB
	db       *sql.DB
	url      string // of db
	redisURL string
	store    *filestest.Store
	cases    *cases.Service
	now      time.Time
	ada, bob domain.Principal
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	url := testenv.SchemaURL(t)
	f := &fixture{t: t, db: testenv.OpenDB(t, url), url: url, redisURL: testenv.NewRedisURL(t), now: domain.SystemClock()}
	clock := func() time.Time { return f.now }
	f.store = filestest.NewStore(clock)
	var err error
	f.cases, err = cases.New(cases.Config{DB: f.db, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}})
	testkit.Must(t, err)
	f.Service = f.newFiles(f.db, clock)
	for name, p := range map[string]*domain.Principal{"ada": &f.ada, "bob": &f.bob} {
		*p = domain.Principal{UserID: domain.NewID(), Role: domain.RoleClient}
		_, err := f.db.ExecContext(t.Context(), "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, 'client', '', NOW(6), NOW(6))",
			p.UserID, name+"@example.com", name)
		testkit.Must(t, err)
	}
	return f
}

func (f *fixture) newFiles(pool *sql.DB, clock domain.Clock) *files.Service {
	f.t.Helper()
	s, err := files.New(files.Config{DB: pool, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler)}, Store: f.store, Cases: f.cases})
	testkit.Must(f.t, err)
	return s
}

func (f *fixture) rows() (n int) {
	f.t.Helper()
	testkit.Must(f.t, f.db.QueryRowContext(f.t.Context(), "SELECT COUNT(*) FROM documents").Scan(&n))
	return n
}

// process is a process that renders batches. Its connections can be cut, as if it were killed.
type process struct {
	*rendering.Service
	jobs     *jobs.Service
	renderer *fakeRenderer
	pool     *sql.DB
}

func (f *fixture) newProcess() *process {
	f.t.Helper()
	pool, err := db.Open(f.t.Context(), f.url, db.Options{})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() { pool.Close() })
	log := slog.New(slog.DiscardHandler)
	p := &process{renderer: &fakeRenderer{counts: map[string]int{}}, pool: pool}
	p.jobs, err = jobs.New(jobs.Config{DB: pool, Transport: queue.New(testenv.OpenRedis(f.t, f.redisURL), log), Runtime: domain.SystemRuntime(log),
		Timing: jobs.Timing{Lease: 600 * time.Millisecond, QueuedLease: 600 * time.Millisecond, Poll: 50 * time.Millisecond}})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second) // a killed process cannot shut down cleanly
		defer cancel()
		testkit.Must(f.t, p.jobs.Close(ctx))
	})
	templateService, err := templates.New(templates.Config{DB: pool, Runtime: domain.SystemRuntime(log), Renderer: p.renderer})
	testkit.Must(f.t, err)
	p.Service, err = rendering.New(rendering.Config{DB: pool, Runtime: domain.SystemRuntime(log), Templates: templateService, Files: f.newFiles(pool, domain.SystemClock), Renderer: p.renderer, Jobs: p.jobs, Accounts: fakeAccounts{pool}})
	testkit.Must(f.t, err)
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	testkit.Must(t, p.jobs.Start(t.Context(), true))
}

// requests returns n requests that differ in their verification URLs.
func requests(t *testing.T, n int) []rendering.Request {
	t.Helper()
	builtin, err := templates.New(templates.Config{})
	testkit.Must(t, err)
	v, err := builtin.Version(t.Context(), domain.Principal{Role: domain.RoleClient}, "nda", "1")
	testkit.Must(t, err)
	out := make([]rendering.Request, n)
	for i := range out {
		var data map[string]any
		testkit.Must(t, json.Unmarshal(v.Sample, &data))
		out[i] = rendering.Request{TemplateID: "nda", Version: "1", Data: data, Options: rendering.Options{VerifyURL: fmt.Sprintf("https://example.com/%d", i)}}
	}
	return out
}

// batchResult is the JSON of a batch's result.
type batchResult struct {
	Items []struct {
		DocID    domain.ID
		Checksum string
		Size     int64
		Error    *struct{ Code, Detail string }
	}
}

// waitFor waits for a job to finish.
func (f *fixture) waitFor(p *process, id domain.ID) (jobs.Info, batchResult) {
	f.t.Helper()
	var j jobs.Info
	testkit.Eventually(f.t, "the job has ended", func() bool {
		var err error
		j, err = p.jobs.Get(f.t.Context(), f.ada, id)
		return err == nil && j.State.Ended()
	})
	var out batchResult
	if len(j.Result) > 0 {
		testkit.Must(f.t, json.Unmarshal(j.Result, &out))
	}
	return j, out
}

// checkComplete fails unless each of n items is one stored file with its object, and nothing else
// is stored.
func (f *fixture) checkComplete(out batchResult, n int) {
	f.t.Helper()
	if len(out.Items) != n || f.rows() != n || f.store.Count() != n {
		f.t.Fatalf("%d items, %d rows, %d objects; want %d of each", len(out.Items), f.rows(), f.store.Count(), n)
	}
	var previous domain.ID
	for i, item := range out.Items {
		file, err := f.Get(f.t.Context(), f.ada, item.DocID)
		testkit.Must(f.t, err)
		_, v, err := f.Verify(f.t.Context(), f.ada, file.ID)
		testkit.Must(f.t, err)
		if !v.Intact || file.SHA256.String() != item.Checksum || file.Size != item.Size || file.Kind != files.Rendered {
			f.t.Errorf("item %d is %+v, its file %+v, %+v", i, item, file, v)
		}
		if previous.String() >= item.DocID.String() {
			f.t.Error("the files are not in the order of their items")
		}
		previous = item.DocID
	}
}
