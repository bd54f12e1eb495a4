package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/jobs"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on an empty database with a fake mail server and object store.
type fixture struct {
	*Service
	t      testing.TB
	pool   *sql.DB
	sender *fakeSender
	store  *filestest.Store
	log    *bytes.Buffer
	now    time.Time
	ada    domain.Principal // the sender
	admin  domain.Principal
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	pool := testenv.DB(t)
	f := &fixture{t: t, pool: pool, sender: &fakeSender{}, store: filestest.NewStore(domain.SystemClock), log: &bytes.Buffer{}, now: domain.SystemClock()}
	clock := func() time.Time { return f.now }
	log := slog.New(slog.NewJSONHandler(f.log, nil))
	runtime := domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}
	archive, err := files.New(files.Config{DB: pool, Store: f.store, Runtime: runtime})
	testkit.Must(t, err)
	client, err := jobs.New(jobs.Config{DB: pool, Transport: noTransport{}, Runtime: runtime})
	testkit.Must(t, err)
	outbox := NewOutbox(OutboxConfig{Runtime: runtime, Jobs: client, Configured: true})
	f.Service, err = New(Config{
		DB: pool, Runtime: runtime, Jobs: client, Outbox: outbox, Sender: f.sender, Files: archive, Accounts: f,
		PublicURL: "https://counsel.example", AccountURL: "https://counsel.example/account", LinkSecret: func(id domain.ID) string { return "secret-of-" + id.String() },
		LinkID: func(secret string) (domain.ID, error) {
			return domain.ParseID(strings.TrimPrefix(secret, "secret-of-"))
		},
	})
	testkit.Must(t, err)
	f.ada, f.admin = f.newUser(domain.RoleLawyer), f.newUser(domain.RoleAdmin)
	return f
}

// ByID implements Accounts.
func (f *fixture) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	rows, err := accountquery.New(f.pool).ListUsersByID(ctx, ids)
	out := map[domain.ID]account.User{}
	for _, r := range rows {
		out[r.ID] = account.User{ID: r.ID, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid}
	}
	return out, err
}

func (f *fixture) newUser(role domain.Role) domain.Principal {
	f.t.Helper()
	id := domain.NewID()
	testkit.Must(f.t, accountquery.New(f.pool).CreateUser(f.t.Context(), accountquery.CreateUserParams{ID: id, Email: id.String() + "@example.com", FullName: "Ada", Role: string(role), PasswordHash: "-", CreatedAt: f.now, UpdatedAt: f.now}))
	return domain.Principal{UserID: id, Role: role}
}

// upload stores a document of a user.
func (f *fixture) upload(who domain.Principal, contentType, content string) files.File {
	f.t.Helper()
	d, err := f.files.Create(f.t.Context(), files.NewFile{UserID: who.UserID, Name: "contract.pdf", ContentType: contentType, Kind: files.Uploaded,
		Body: strings.NewReader(content), Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content))})
	testkit.Must(f.t, err)
	return d
}

func (f *fixture) send(m Message) Email {
	f.t.Helper()
	e, err := f.Send(f.t.Context(), f.ada, m)
	testkit.Must(f.t, err)
	return e
}

// attempt runs the job that sends a mail once.
func (f *fixture) attempt(id domain.ID) error {
	f.t.Helper()
	_, err := f.Service.send(f.t.Context(), &jobs.Job[sendArgs]{ID: domain.NewID(), Args: sendArgs{id}, Attempt: 1})
	return err
}

func (f *fixture) get(id domain.ID) Email {
	f.t.Helper()
	e, err := f.Get(f.t.Context(), f.ada, id)
	testkit.Must(f.t, err)
	return e
}

// checkStatus checks the status of a mail, and of its recipients in turn.
func (f *fixture) checkStatus(id domain.ID, status Status, recipients ...Status) Email {
	f.t.Helper()
	e := f.get(id)
	var have []Status
	for _, r := range e.Recipients {
		have = append(have, r.Status)
	}
	if e.Status != status || len(recipients) > 0 && !equal(have, recipients) {
		f.t.Fatalf("%s %v (%s), want %s %v", e.Status, have, e.Reason, status, recipients)
	}
	return e
}

func equal(a, b []Status) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// checkError checks that err is of a code, and names a field.
func checkError(t testing.TB, err error, code domain.Code, pointer string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != code || pointer != "" && (len(e.Fields) == 0 || e.Fields[0].Pointer != pointer) {
		t.Fatalf("%v %+v, want %s at %s", err, e, code, pointer)
	}
}

// fakeSender is a fake mail server.
type fakeSender struct {
	mu     sync.Mutex
	sent   []sentMail
	answer func(address string) Outcome // nil: all are accepted
}

type sentMail struct {
	Outgoing
	files map[string]string
}

func (p *fakeSender) Send(_ context.Context, m Outgoing) []Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	mail := sentMail{Outgoing: m, files: map[string]string{}}
	for _, f := range m.Files {
		raw, err := io.ReadAll(f.Body)
		if err != nil {
			panic(err)
		}
		mail.files[f.Name] = string(raw)
	}
	p.sent = append(p.sent, mail)
	out := make([]Outcome, len(m.Recipients))
	for i, to := range m.Recipients {
		out[i] = Outcome{Result: Accepted}
		if p.answer != nil {
			out[i] = p.answer(to)
		}
	}
	return out
}

func (p *fakeSender) last() sentMail {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sent) == 0 {
		return sentMail{}
	}
	return p.sent[len(p.sent)-1]
}

func serverDown(string) Outcome {
	return Outcome{Result: Deferred, Reason: "The mail server could not be reached, or the connection was lost.", Err: errors.New("mail: connecting: the server cannot be reached")}
}

// noTransport dispatches no jobs: the tests run them.
type noTransport struct{}

func (noTransport) Push(context.Context, jobs.Task) error  { return nil }
func (noTransport) Start(int, func(jobs.Task) error) error { return nil }
func (noTransport) Pause()                                 {}
func (noTransport) Close(context.Context) error            { return nil }

// inTx runs fn in a transaction.
func (f *fixture) inTx(fn func(db.Tx) error) error { return db.WithTx(f.t.Context(), f.pool, fn) }

// notify is Notify in its own transaction.
func (f *fixture) notify(n SystemMail) (id domain.ID, err error) {
	err = f.inTx(func(tx db.Tx) error {
		id, err = f.outbox.EnqueueSystemMail(f.t.Context(), tx, n)
		return err
	})
	return id, err
}
