package documents_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
	"counsel/domain/doc"
	"counsel/domain/documents"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
)

// printer stands for the engine: what it makes names the item, which its verify address does.
type printer struct {
	mu    sync.Mutex
	times map[string]int
	hook  func(ctx context.Context, item string) error
}

func (p *printer) Render(ctx context.Context, d doc.Document, w io.Writer) error {
	item := strings.TrimPrefix(d.VerifyURL, "https://example.com/")
	p.mu.Lock()
	p.times[item]++
	hook := p.hook
	p.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, item); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, pdf(item))
	return err
}

func (p *printer) counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.times)
}

type crowd struct{ db *sql.DB }

func (c crowd) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	return map[domain.ID]account.User{ids[0]: {ID: ids[0], Role: domain.RoleClient}}, db.Error(c.db.PingContext(ctx))
}

type deafJobs struct{}

func (deafJobs) Started(string, jobs.Queue, time.Duration)    {}
func (deafJobs) Waiting(jobs.Queue, int)                      {}
func (deafJobs) Finished(string, jobs.Outcome, time.Duration) {}

// batchWorks is one process that makes batches. Its connections can be cut, as when it is killed.
type batchWorks struct {
	*documents.Batches
	jobs    *jobs.Service
	printer *printer
	pool    *sql.DB
}

func (b *archiveBench) works(url string) *batchWorks {
	b.t.Helper()
	pool, err := db.Open(b.t.Context(), url, db.Options{})
	noErr(b.t, err)
	b.t.Cleanup(func() { pool.Close() })
	tasks := queue.New(testenv.OpenRedis(b.t, testenv.RedisURL(b.t)), slog.New(slog.DiscardHandler))
	w := &batchWorks{printer: &printer{times: map[string]int{}}, pool: pool}
	w.jobs = jobs.NewService(jobs.Deps{DB: pool, Transport: tasks, Clock: domain.SystemClock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler), Metrics: deafJobs{},
		Timing: jobs.Timing{Lease: 600 * time.Millisecond, QueuedLease: 600 * time.Millisecond, Poll: 50 * time.Millisecond}})
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second) // who was killed cannot end well
		defer cancel()
		noErr(b.t, w.jobs.Close(ctx))
	})
	templates, err := documents.NewTemplates(pool, domain.SystemClock, domain.NewID, w.printer)
	noErr(b.t, err)
	archive := documents.NewArchive(documents.ArchiveDeps{DB: pool, Files: b.files, Text: lines{}, Cases: b.cases, Clock: domain.SystemClock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler)})
	w.Batches = documents.NewBatches(documents.NewPress(templates, nil, archive, w.printer), w.jobs, crowd{pool})
	return w
}

func (w *batchWorks) start(t *testing.T) {
	t.Helper()
	noErr(t, w.jobs.Start(t.Context(), true))
}

// letters are n requests, told apart by their verify address.
func letters(t *testing.T, n int) []documents.RenderRequest {
	t.Helper()
	templates, err := documents.NewTemplates(nil, domain.SystemClock, domain.NewID, nil)
	noErr(t, err)
	v, err := templates.Version(t.Context(), domain.Principal{Role: domain.RoleClient}, "nda", "1")
	noErr(t, err)
	out := make([]documents.RenderRequest, n)
	for i := range out {
		var data map[string]any
		noErr(t, json.Unmarshal(v.Sample, &data))
		out[i] = documents.RenderRequest{TemplateID: "nda", Version: "1", Data: data, Options: documents.RenderOptions{VerifyURL: fmt.Sprintf("https://example.com/%d", i)}}
	}
	return out
}

type batchOutcome struct {
	Items []struct {
		DocID    domain.ID
		Checksum string
		Size     int64
		Error    *struct{ Code, Detail string }
	}
}

// ended waits for a job to end.
func (b *archiveBench) ended(w *batchWorks, id domain.ID) (jobs.Info, batchOutcome) {
	b.t.Helper()
	var j jobs.Info
	var err error
	b.until("the job has ended", func() bool {
		j, err = w.jobs.Get(b.t.Context(), b.ada, id)
		return err == nil && j.State.Ended()
	})
	var out batchOutcome
	if len(j.Result) > 0 {
		noErr(b.t, json.Unmarshal(j.Result, &out))
	}
	return j, out
}

func (b *archiveBench) until(what string, so func() bool) {
	b.t.Helper()
	deadline, tick := time.NewTimer(60*time.Second), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.C:
			b.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// whole fails unless each of n items is one stored document with its file, and there is nothing else.
func (b *archiveBench) whole(out batchOutcome, n int) {
	b.t.Helper()
	if len(out.Items) != n || b.rows() != n || b.files.count() != n {
		b.t.Fatalf("%d items, %d rows, %d files; want %d of each", len(out.Items), b.rows(), b.files.count(), n)
	}
	var before domain.ID
	for i, item := range out.Items {
		d, err := b.Get(b.t.Context(), b.ada, item.DocID)
		noErr(b.t, err)
		_, v, err := b.Verify(b.t.Context(), b.ada, d.ID)
		noErr(b.t, err)
		if !v.Intact || d.SHA256.String() != item.Checksum || d.Size != item.Size || d.Kind != documents.Rendered {
			b.t.Errorf("item %d is %+v, its document %+v, %+v", i, item, d, v)
		}
		if before.String() >= item.DocID.String() {
			b.t.Error("the documents are not in the order of their items")
		}
		before = item.DocID
	}
}

func newBatchBench(t *testing.T) (*archiveBench, func() *batchWorks) {
	url := testenv.SchemaURL(t)
	b := newArchiveOn(t, url)
	return b, func() *batchWorks { return b.works(url) }
}

func TestBatch(t *testing.T) {
	b, process := newBatchBench(t)
	w := process()
	w.printer.hook = func(_ context.Context, item string) error {
		if item == "1" {
			return domain.InvalidField("/data/purpose", "U+1F600 cannot be shown")
		}
		return nil
	}
	id, err := w.Start(t.Context(), b.ada, letters(t, 4), "")
	noErr(t, err)
	if len(w.printer.counts()) > 0 {
		t.Error("the request made something itself")
	}
	w.start(t)
	j, out := b.ended(w, id)
	if j.State != jobs.Succeeded || j.Done != 4 || j.Total != 4 || len(out.Items) != 4 {
		t.Fatalf("%+v", j)
	}
	if e := out.Items[1].Error; e == nil || e.Code != "invalid" || !strings.Contains(string(j.Result), "/data/purpose") {
		t.Errorf("what cannot be shown is %s", j.Result)
	}
	out.Items = append(out.Items[:1], out.Items[2:]...)
	b.whole(out, 3)
	if again, err := w.Start(t.Context(), b.ada, letters(t, 4), ""); err != nil || again == id {
		t.Errorf("without a key the same batch is %s, %v", again, err)
	}
}

// TestBatchKey: one key and body is one job, however often and wherever it is asked for.
func TestBatchKey(t *testing.T) {
	b, process := newBatchBench(t)
	servers := []*batchWorks{process(), process()}
	items := letters(t, 3)
	var wg sync.WaitGroup
	ids := make([]domain.ID, 12)
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = servers[i%2].Start(t.Context(), b.ada, items, "k"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatal("one key made several jobs")
		}
	}
	for name, other := range map[string]func() (domain.ID, error){
		"another key":    func() (domain.ID, error) { return servers[0].Start(t.Context(), b.ada, items, "l") },
		"another caller": func() (domain.ID, error) { return servers[0].Start(t.Context(), b.bob, items, "k") },
		"other items":    func() (domain.ID, error) { return servers[0].Start(t.Context(), b.ada, items[:2], "k") },
	} {
		if id, err := other(); err != nil || id == ids[0] {
			t.Errorf("%s: %s, %v", name, id, err)
		}
	}
}

// TestBatchKilled: a process that dies at the worst moments leaves nothing twice and nothing behind.
func TestBatchKilled(t *testing.T) {
	for name, arm := range map[string]func(b *archiveBench, w *batchWorks) (again string){
		"while it makes a file": func(_ *archiveBench, w *batchWorks) string {
			w.printer.hook = func(_ context.Context, item string) error {
				if item == "2" {
					return w.pool.Close()
				}
				return nil
			}
			return "2"
		},
		"between the file and its row": func(b *archiveBench, w *batchWorks) string {
			n := 0
			b.files.after = func(call, _ string) error {
				if call != "put" {
					return nil
				}
				if n++; n == 3 {
					return w.pool.Close()
				}
				return nil
			}
			return "2"
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, process := newBatchBench(t)
			first, second := process(), process()
			again := arm(b, first)
			id, err := first.Start(t.Context(), b.ada, letters(t, 6), "")
			noErr(t, err)
			first.start(t)
			b.until("the first one died", func() bool { return first.pool.PingContext(t.Context()) != nil })
			second.start(t)
			j, out := b.ended(second, id)
			if j.State != jobs.Succeeded {
				t.Fatalf("%+v", j)
			}
			b.whole(out, 6)
			was, now := first.printer.counts(), second.printer.counts()
			for i := range 6 {
				item := fmt.Sprint(i)
				if n := was[item] + now[item]; n != 1 && item != again {
					t.Errorf("item %d was made %d times", i, n)
				}
			}
		})
	}
}

// TestBatchTwiceAtOnce: two processes that both believe the job is theirs make each document once.
func TestBatchTwiceAtOnce(t *testing.T) {
	b, process := newBatchBench(t)
	first, second := process(), process()
	reached, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first.printer.hook = func(_ context.Context, item string) error { // deaf to the end of its run
		if item == "1" {
			once.Do(func() { close(reached) })
			<-goOn
		}
		return nil
	}
	id, err := first.Start(t.Context(), b.ada, letters(t, 4), "")
	noErr(t, err)
	first.start(t)
	<-reached
	_, err = b.db.ExecContext(t.Context(), "UPDATE jobs SET state = 'waiting', owner = '', due_at = NOW(6) WHERE id = ?", id)
	noErr(t, err)
	second.start(t)
	// Either may be given it; the first has its place taken, and waits for that.
	b.until("it has begun again", func() bool {
		var runs int
		err := b.db.QueryRowContext(t.Context(), "SELECT runs FROM jobs WHERE id = ?", id).Scan(&runs)
		return err == nil && runs > 1
	})
	close(goOn)
	_, out := b.ended(second, id)
	b.whole(out, 4)
}

// TestBatchOutage: while the store is down the job waits; what was made is not made again.
func TestBatchOutage(t *testing.T) {
	b, process := newBatchBench(t)
	w := process()
	var mu sync.Mutex
	puts, down := 0, true
	b.files.fail = func(call, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if call != "put" {
			return nil
		}
		if puts++; puts > 2 && down {
			return documents.StorageUnavailable(time.Second, errors.New("down"))
		}
		return nil
	}
	id, err := w.Start(t.Context(), b.ada, letters(t, 8), "")
	noErr(t, err)
	w.start(t)
	b.until("it has failed once", func() bool {
		j, err := w.jobs.Get(t.Context(), b.ada, id)
		return err == nil && j.Tries == 1
	})
	if made := w.printer.counts(); made["7"] != 0 {
		t.Errorf("goes on though nothing can be kept: %v", made)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	j, out := b.ended(w, id)
	if j.State != jobs.Succeeded || j.Tries != 1 {
		t.Errorf("%+v", j)
	}
	b.whole(out, 8)
	if made := w.printer.counts(); made["0"] != 1 || made["1"] != 1 {
		t.Errorf("made again: %v", made)
	}
}

// TestBatchLastTry: what an outage still keeps from being made on the last try is said to be missing.
func TestBatchLastTry(t *testing.T) {
	b, process := newBatchBench(t)
	w := process()
	puts := 0
	b.files.fail = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		if puts++; puts > 2 {
			return documents.StorageUnavailable(time.Second, errors.New("down"))
		}
		return nil
	}
	id, err := w.Start(t.Context(), b.ada, letters(t, 8), "")
	noErr(t, err)
	_, err = b.db.ExecContext(t.Context(), "UPDATE jobs SET tries = 9 WHERE id = ?", id)
	noErr(t, err)
	w.start(t)
	j, out := b.ended(w, id)
	if j.State != jobs.Succeeded || len(out.Items) != 8 {
		t.Fatalf("%+v", j)
	}
	for i, item := range out.Items {
		if (item.Error == nil) != (i < 2) || item.Error != nil && item.Error.Code != "storage_unavailable" && item.Error.Code != "unavailable" {
			t.Errorf("item %d: %+v, %+v", i, item, item.Error)
		}
	}
	if puts > 5 {
		t.Errorf("knocked %d times at a store that is down", puts-2)
	}
	// What was begun goes with the sweep.
	b.now = b.now.Add(time.Hour)
	noErr(t, b.Sweep(t.Context()))
	if b.rows() != 2 || b.files.count() != 2 {
		t.Errorf("%d rows, %d files are left", b.rows(), b.files.count())
	}
}

// TestBatchCancelled: a cancelled batch stops, and says what was done.
func TestBatchCancelled(t *testing.T) {
	b, process := newBatchBench(t)
	w := process()
	reached := make(chan struct{})
	w.printer.hook = func(ctx context.Context, item string) error {
		if item == "2" {
			close(reached)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	id, err := w.Start(t.Context(), b.ada, letters(t, 6), "")
	noErr(t, err)
	w.start(t)
	<-reached
	_, err = w.jobs.Cancel(t.Context(), b.ada, id)
	noErr(t, err)
	j, out := b.ended(w, id)
	if j.State != jobs.Cancelled || j.Done != 2 {
		t.Fatalf("%+v", j)
	}
	b.whole(out, 2)
}
