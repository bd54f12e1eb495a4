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
	b := &fixture{t: t, pool: pool, sender: &fakeSender{}, store: filestest.NewStore(domain.SystemClock), log: &bytes.Buffer{}, now: domain.SystemClock()}
	clock := func() time.Time { return b.now }
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	runtime := domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}
	archive, err := files.New(files.Config{DB: pool, Store: b.store, Runtime: runtime})
	testkit.Must(t, err)
	client, err := jobs.New(jobs.Config{DB: pool, Transport: noTransport{}, Runtime: runtime})
	testkit.Must(t, err)
	outbox := NewOutbox(OutboxConfig{Runtime: runtime, Jobs: client, Configured: true})
	b.Service, err = New(Config{
		DB: pool, Runtime: runtime, Jobs: client, Outbox: outbox, Sender: b.sender, Files: archive, Accounts: b,
		PublicURL: "https://counsel.example", AccountURL: "https://counsel.example/account", LinkSecret: func(id domain.ID) string { return "secret-of-" + id.String() },
		LinkID: func(secret string) (domain.ID, error) {
			return domain.ParseID(strings.TrimPrefix(secret, "secret-of-"))
		},
	})
	testkit.Must(t, err)
	b.ada, b.admin = b.newUser(domain.RoleLawyer), b.newUser(domain.RoleAdmin)
	return b
}

// ByID implements Accounts.
func (b *fixture) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	rows, err := accountquery.New(b.pool).ListUsersByID(ctx, ids)
	out := map[domain.ID]account.User{}
	for _, r := range rows {
		out[r.ID] = account.User{ID: r.ID, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid}
	}
	return out, err
}

func (b *fixture) newUser(role domain.Role) domain.Principal {
	b.t.Helper()
	id := domain.NewID()
	testkit.Must(b.t, accountquery.New(b.pool).CreateUser(b.t.Context(), accountquery.CreateUserParams{ID: id, Email: id.String() + "@example.com", FullName: "Ada", Role: string(role), PasswordHash: "-", CreatedAt: b.now, UpdatedAt: b.now}))
	return domain.Principal{UserID: id, Role: role}
}

// upload keeps a document of somebody's.
func (b *fixture) upload(who domain.Principal, contentType, content string) files.File {
	b.t.Helper()
	d, err := b.files.Create(b.t.Context(), files.NewFile{UserID: who.UserID, Name: "contract.pdf", ContentType: contentType, Kind: files.Uploaded,
		Body: strings.NewReader(content), Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content))})
	testkit.Must(b.t, err)
	return d
}

func (b *fixture) send(m Message) Email {
	b.t.Helper()
	e, err := b.Send(b.t.Context(), b.ada, m)
	testkit.Must(b.t, err)
	return e
}

// attempt is one try of the job that sends a mail.
func (b *fixture) attempt(id domain.ID) error {
	b.t.Helper()
	_, err := b.Service.send(b.t.Context(), &jobs.Job[sendArgs]{ID: domain.NewID(), Args: sendArgs{id}, Attempt: 1})
	return err
}

func (b *fixture) get(id domain.ID) Email {
	b.t.Helper()
	e, err := b.Get(b.t.Context(), b.ada, id)
	testkit.Must(b.t, err)
	return e
}

// checkStatus checks the status of a mail, and of its recipients in turn.
func (b *fixture) checkStatus(id domain.ID, status Status, recipients ...Status) Email {
	b.t.Helper()
	e := b.get(id)
	var have []Status
	for _, r := range e.Recipients {
		have = append(have, r.Status)
	}
	if e.Status != status || len(recipients) > 0 && !equal(have, recipients) {
		b.t.Fatalf("%s %v (%s), want %s %v", e.Status, have, e.Reason, status, recipients)
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

// fakeSender stands for the mail server.
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
	one := sentMail{Outgoing: m, files: map[string]string{}}
	for _, f := range m.Files {
		raw, err := io.ReadAll(f.Body)
		if err != nil {
			panic(err)
		}
		one.files[f.Name] = string(raw)
	}
	p.sent = append(p.sent, one)
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

// noTransport keeps jobs where they are: the tests do them.
type noTransport struct{}

func (noTransport) Push(context.Context, jobs.Task) error  { return nil }
func (noTransport) Start(int, func(jobs.Task) error) error { return nil }
func (noTransport) Pause()                                 {}
func (noTransport) Close(context.Context) error            { return nil }

// inTx runs fn in a transaction.
func (b *fixture) inTx(fn func(db.Tx) error) error { return db.WithTx(b.t.Context(), b.pool, fn) }

// notify is Notify in a transaction of its own.
func (b *fixture) notify(n SystemMail) (id domain.ID, err error) {
	err = b.inTx(func(tx db.Tx) error {
		id, err = b.outbox.EnqueueSystemMail(b.t.Context(), tx, n)
		return err
	})
	return id, err
}
