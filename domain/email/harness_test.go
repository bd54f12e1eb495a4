package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
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
	"counsel/domain/jobs"
	"counsel/gen/query"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// bundle is a service on an empty database, with a mail server that does as it is told.
type bundle struct {
	*Service
	t     testing.TB
	pool  *sql.DB
	post  *post
	files *store
	log   *bytes.Buffer
	now   time.Time
	ada   domain.Principal // who sends
	admin domain.Principal
}

func newBundle(t testing.TB) *bundle {
	t.Helper()
	pool := testenv.DB(t)
	b := &bundle{t: t, pool: pool, post: &post{}, files: &store{files: map[string][]byte{}}, log: &bytes.Buffer{}, now: domain.SystemClock()}
	clock := func() time.Time { return b.now }
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	archive, err := files.New(files.Config{DB: pool, Store: b.files, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}})
	must(t, err)
	work, err := jobs.New(jobs.Config{DB: pool, Transport: noTransport{}, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}})
	must(t, err)
	outbox := NewOutbox(OutboxConfig{Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}, Jobs: work, Configured: true})
	b.Service = New(Deps{DB: pool, Jobs: work, Outbox: outbox, Sender: b.post, Archive: archive, People: b, Clock: clock, NewID: domain.NewID, Log: log,
		PublicURL: "https://counsel.example", AccountURL: "https://counsel.example/account", Secret: func(id domain.ID) string { return "secret-of-" + id.String() },
		LinkID: func(secret string) (domain.ID, error) {
			return domain.ParseID(strings.TrimPrefix(secret, "secret-of-"))
		}})
	b.ada, b.admin = b.join(domain.RoleLawyer), b.join(domain.RoleAdmin)
	return b
}

// ByID answers as the accounts do.
func (b *bundle) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	rows, err := query.New(b.pool).ListUsersByID(ctx, ids)
	out := map[domain.ID]account.User{}
	for _, r := range rows {
		out[r.ID] = account.User{ID: r.ID, Role: domain.Role(r.Role), Disabled: r.DisabledAt.Valid}
	}
	return out, err
}

func (b *bundle) join(role domain.Role) domain.Principal {
	b.t.Helper()
	id := domain.NewID()
	must(b.t, query.New(b.pool).CreateUser(b.t.Context(), query.CreateUserParams{ID: id, Email: id.String() + "@example.com", FullName: "Ada", Role: string(role), PasswordHash: "-", CreatedAt: b.now, UpdatedAt: b.now}))
	return domain.Principal{UserID: id, Role: role}
}

// upload keeps a document of somebody's.
func (b *bundle) upload(who domain.Principal, contentType, content string) files.File {
	b.t.Helper()
	d, err := b.Archive.Create(b.t.Context(), files.NewFile{UserID: who.UserID, Name: "contract.pdf", ContentType: contentType, Kind: files.Uploaded,
		Body: strings.NewReader(content), Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content))})
	must(b.t, err)
	return d
}

func (b *bundle) send(m Message) Email {
	b.t.Helper()
	e, err := b.Send(b.t.Context(), b.ada, m)
	must(b.t, err)
	return e
}

// try is one try of the job that sends a mail.
func (b *bundle) try(id domain.ID) error {
	b.t.Helper()
	_, err := b.deliver(b.t.Context(), b.run(id))
	return err
}

func (b *bundle) run(id domain.ID) *jobs.Run {
	raw, err := json.Marshal(payload{id})
	must(b.t, err)
	return &jobs.Run{ID: domain.NewID(), Kind: kindSend, Payload: raw, Try: 1}
}

func (b *bundle) get(id domain.ID) Email {
	b.t.Helper()
	e, err := b.Get(b.t.Context(), b.ada, id)
	must(b.t, err)
	return e
}

// stands checks the status of a mail, and of its recipients in turn.
func (b *bundle) stands(id domain.ID, status Status, recipients ...Status) Email {
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that err is of a code, and names a field.
func refused(t testing.TB, err error, code domain.Code, pointer string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != code || pointer != "" && (len(e.Fields) == 0 || e.Fields[0].Pointer != pointer) {
		t.Fatalf("%v %+v, want %s at %s", err, e, code, pointer)
	}
}

// post stands for the mail server.
type post struct {
	mu     sync.Mutex
	sent   []sentMail
	answer func(address string) Outcome // nil: all are accepted
}

type sentMail struct {
	Outgoing
	files map[string]string
}

func (p *post) Send(_ context.Context, m Outgoing) []Outcome {
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

func (p *post) last() sentMail {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sent) == 0 {
		return sentMail{}
	}
	return p.sent[len(p.sent)-1]
}

func away(string) Outcome {
	return Outcome{Result: Deferred, Reason: "The mail server could not be reached, or the connection was lost.", Err: errors.New("mail: connecting: the server cannot be reached")}
}

// noTransport keeps jobs where they are: the tests do them.
type noTransport struct{}

func (noTransport) Push(context.Context, jobs.Task) error  { return nil }
func (noTransport) Start(int, func(jobs.Task) error) error { return nil }
func (noTransport) Pause()                                 {}
func (noTransport) Close(context.Context) error            { return nil }

// store stands for the object store.
type store struct {
	mu    sync.Mutex
	files map[string][]byte
	down  bool
}

func (s *store) do(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return files.StorageUnavailable(time.Second, errors.New("down"))
	}
	return f()
}

func (s *store) Put(_ context.Context, key string, f files.Object) error {
	b, err := io.ReadAll(f.Body)
	if err != nil {
		return err
	}
	return s.do(func() error { s.files[key] = b; return nil })
}

func (s *store) Get(_ context.Context, key string, _, _ int64) (r io.ReadCloser, err error) {
	err = s.do(func() error {
		b, ok := s.files[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		r = io.NopCloser(bytes.NewReader(b))
		return nil
	})
	return r, err
}

func (s *store) Stat(context.Context, string) (files.ObjectInfo, error) {
	return files.ObjectInfo{}, nil
}

func (s *store) Delete(_ context.Context, key string) error {
	return s.do(func() error { delete(s.files, key); return nil })
}

func (s *store) PresignURL(_ context.Context, key string, _ files.PresignOptions) (string, error) {
	return "https://files.example/bucket/" + key + "?X-Amz-Signature=5d41", nil
}

func (s *store) List(context.Context, string, string, int) ([]files.ObjectInfo, error) {
	return nil, nil
}

// inTx runs fn in a transaction.
func (b *bundle) inTx(fn func(db.Tx) error) error { return db.WithTx(b.t.Context(), b.pool, fn) }

// notify is Notify in a transaction of its own.
func (b *bundle) notify(n Notice) (id domain.ID, err error) {
	err = b.inTx(func(tx db.Tx) error {
		id, err = b.Notify(b.t.Context(), tx, n)
		return err
	})
	return id, err
}
