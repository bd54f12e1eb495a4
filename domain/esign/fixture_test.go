package esign_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/clients/pdf"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/text"
	"counsel/domain/text/extract"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func wantCode(t testing.TB, err error, code domain.Code, says string) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
		t.Fatalf("got %v, want %s about %q", err, code, says)
	}
}

// bench is the service with a clock of the test's own, and jobs that are done when the test says.
type bench struct {
	*esign.Service
	config  esign.Config
	t       testing.TB
	pool    *sql.DB
	archive *files.Service
	text    *switchableExtractor
	cases   *cases.Service
	files   *store
	people  directory
	post    *post
	desk    *desk
	now     time.Time
	logs    *bytes.Buffer
	told    []domain.Event // to others, whether or not the transaction was committed

	lena domain.Principal // a lawyer
	bob  domain.Principal // another
	root domain.Principal // an admin
}

func newBench(t testing.TB) *bench { return newBenchWith(t, nil) }

// newBenchWith is a bench whose documents are signed by a provider, which has the bench's clock.
func newBenchWith(t testing.TB, provider func(clock func() time.Time) envelopes.Provider) *bench {
	t.Helper()
	b := &bench{t: t, now: domain.SystemClock(), files: &store{files: map[string][]byte{}}, post: &post{blocked: map[string]email.SuppressionReason{}}, desk: &desk{handlers: map[string]handler{}}, logs: &bytes.Buffer{}}
	pool := testenv.DB(t)
	b.pool = pool
	clock := func() time.Time { return b.now }
	people := directory{}
	for name, p := range map[string]*domain.Principal{"lena": &b.lena, "bob": &b.bob, "root": &b.root} {
		*p = domain.Principal{UserID: domain.NewID(), Role: domain.RoleLawyer}
		if name == "root" {
			p.Role = domain.RoleAdmin
		}
		_, err := pool.ExecContext(t.Context(), "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, '', NOW(6), NOW(6))",
			p.UserID, name+"@firm.example", strings.ToUpper(name[:1])+name[1:]+" Lawyer", p.Role)
		testkit.Must(t, err)
		people[p.UserID] = account.User{ID: p.UserID, Email: name + "@firm.example", FullName: strings.ToUpper(name[:1]) + name[1:] + " Lawyer", Role: p.Role}
	}
	b.people = people
	log := slog.New(slog.NewTextHandler(b.logs, nil))
	b.text = &switchableExtractor{}
	var err error
	b.cases, err = cases.New(cases.Config{Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}, DB: pool, Accounts: people, BeforeDelete: esign.CaseDeletable})
	testkit.Must(t, err)
	b.archive, err = files.New(files.Config{DB: pool, Store: b.files, Text: b.text, Cases: b.cases, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}, Deletable: esign.DocumentDeletable})
	testkit.Must(t, err)
	seal := newSeal(t, "Counsel test", b.now)
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	var outside envelopes.Provider
	if provider != nil {
		outside = provider(clock)
	}
	var telling sync.Mutex
	emit := func(_ context.Context, _ db.Tx, e domain.Event) error {
		telling.Lock()
		defer telling.Unlock()
		b.told = append(b.told, e)
		return nil
	}
	b.config = esign.Config{Provider: outside, Publisher: events.PublisherFunc(emit), DB: pool, Files: b.archive, Cases: b.cases, Accounts: people, Jobs: b.desk, Mailer: b.post, Mailboxes: b.post, Renderer: engine, Sealer: seal,
		LinkKey: []byte("a secret of these tests"), URL: "https://counsel.example", Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}}
	b.restart(func(*esign.Config) {})
	return b
}

// restart replaces the service by one with another configuration.
func (b *bench) restart(change func(*esign.Config)) {
	b.t.Helper()
	change(&b.config)
	var err error
	b.Service, err = esign.New(b.config)
	testkit.Must(b.t, err)
}

// Evidence reads the evidence whole.
func (b *bench) Evidence(ctx context.Context, by domain.Principal, id domain.ID) ([]byte, error) {
	f, size, err := b.Service.Evidence(ctx, by, id)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err == nil && int64(len(all)) != size {
		err = errors.New("the evidence does not have the reported size")
	}
	return all, err
}

// switchableExtractor extracts by an extractor that a test sets; nil finds no text.
type switchableExtractor struct{ text.Extractor }

func (s *switchableExtractor) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (text.Text, error) {
	if s.Extractor == nil {
		return text.Text{}, nil
	}
	return s.Extractor.Pages(ctx, contentType, file, size)
}

// texts reads the text of PDF files.
func texts(t testing.TB) text.Extractor {
	t.Helper()
	r := extract.New("")
	t.Cleanup(func() { testkit.Must(t, r.Close()) })
	return r
}

func newSeal(t testing.TB, name string, now time.Time) *pades.Sealer {
	t.Helper()
	certificate, key, err := pades.SelfSigned(name, now)
	testkit.Must(t, err)
	seal, err := pades.New(certificate, key, nil)
	testkit.Must(t, err)
	return seal
}

// directory is the accounts.
type directory map[domain.ID]account.User

func (d directory) ByID(_ context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	return d, nil
}

func (d directory) ByEmail(_ context.Context, address string) (account.User, error) {
	for _, u := range d {
		if u.Email == address {
			return u, nil
		}
	}
	return account.User{}, domain.Errorf(domain.NotFound, "nobody")
}

// desk keeps jobs until they are to be done.
type desk struct {
	mu       sync.Mutex
	handlers map[string]handler
	waiting  []*jobs.Run
	sweep    func(context.Context) error
	poll     func(context.Context) error
}

type handler func(context.Context, *jobs.Run) (any, error)

func (d *desk) Add(_ context.Context, _ db.Tx, js ...jobs.LegacyInsert) ([]domain.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []domain.ID
	for _, j := range js {
		raw, err := json.Marshal(j.Payload)
		if err != nil {
			return nil, err
		}
		run := &jobs.Run{ID: domain.NewID(), Kind: j.Kind, Payload: raw, Try: 1}
		d.waiting, ids = append(d.waiting, run), append(ids, run.ID)
	}
	return ids, nil
}

func (d *desk) Wake() {}

func (d *desk) Handle(kind string, _ jobs.Options, do func(context.Context, *jobs.Run) (any, error)) {
	d.handlers[kind] = do
}

func (d *desk) Every(name string, _ time.Duration, do func(context.Context) error) {
	if name == "esign.poll" {
		d.poll = do
	} else {
		d.sweep = do
	}
}

// work does the jobs, and those they lead to. What fails waits for the next time.
func (b *bench) work() (failed []error) {
	b.t.Helper()
	var again []*jobs.Run
	for {
		b.desk.mu.Lock()
		todo := b.desk.waiting
		b.desk.waiting = nil
		b.desk.mu.Unlock()
		if len(todo) == 0 {
			b.desk.waiting = again
			return failed
		}
		for _, run := range todo {
			if _, err := b.desk.handlers[run.Kind](b.t.Context(), run); err != nil {
				run.Try++
				failed, again = append(failed, err), append(again, run)
			}
		}
	}
}

// done does the jobs; none may fail.
func (b *bench) done() {
	b.t.Helper()
	for _, err := range b.work() {
		b.t.Fatal(err)
	}
}

// post is a mail server.
type post struct {
	mu    sync.Mutex
	mails []letter
	fate  func(address string) email.Result // nil: all are accepted
	bad   bool                              // what is refused is no address

	blocked map[string]email.SuppressionReason
	charged int
	most    int // that may be charged; 0: any number
}

func (p *post) ReserveQuota(_ context.Context, _ domain.Principal, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.most > 0 && p.charged+n > p.most {
		return &domain.Error{Code: domain.RateLimited, Message: "too many", RetryAfter: time.Hour}
	}
	p.charged += n
	return nil
}

func (p *post) WhySuppressed(_ context.Context, address string) (email.SuppressionReason, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked[address], nil
}

func (p *post) SuppressBounced(_ context.Context, address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked[address] = email.SuppressedBounce
	return nil
}

type letter struct {
	id                              domain.ID
	to, subject, text, html, answer string
	files                           map[string][]byte
}

func (p *post) Send(_ context.Context, m email.Outgoing) []email.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(m.Recipients) != 1 || m.To[0] != m.Recipients[0] { // a name would be taken for a part of the address
		return []email.Outcome{{Result: email.Refused, Err: errors.New("no such header")}}
	}
	if p.fate != nil {
		if r := p.fate(m.To[0]); r != email.Accepted {
			return []email.Outcome{{Result: r, BadAddress: p.bad, Err: errors.New("the test says so")}}
		}
	}
	l := letter{id: m.ID, to: m.To[0], subject: m.Subject, text: m.Text, html: m.HTML, answer: m.ReplyTo, files: map[string][]byte{}}
	for _, f := range m.Files {
		body, err := io.ReadAll(f.Body)
		if err != nil {
			return []email.Outcome{{Err: err}}
		}
		l.files[f.Name] = body
	}
	p.mails = append(p.mails, l)
	return []email.Outcome{{Result: email.Accepted}}
}

// last is the latest mail to somebody.
func (b *bench) last(to string) letter {
	b.t.Helper()
	for i := len(b.post.mails) - 1; i >= 0; i-- {
		if b.post.mails[i].to == to {
			return b.post.mails[i]
		}
	}
	b.t.Fatalf("no mail went to %s", to)
	return letter{}
}

var linkPattern = regexp.MustCompile(`https://counsel\.example/sign#([A-Za-z0-9_-]{43})\n`)

// token is the secret of the link that was mailed to somebody.
func (b *bench) token(to string) string {
	b.t.Helper()
	m := linkPattern.FindStringSubmatch(b.last(to).text)
	if m == nil {
		b.t.Fatalf("no link in %s", b.last(to).text)
	}
	return m[1]
}

// store stands for the object store.
type store struct {
	mu    sync.Mutex
	files map[string][]byte
	down  bool
	came  chan struct{} // who reads says so, and waits for a word; nil: nobody waits
	goOn  chan struct{}
}

func (s *store) Put(_ context.Context, key string, f files.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return files.StorageUnavailable(time.Second, errors.New("down"))
	}
	if _, err := f.Body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b, err := io.ReadAll(f.Body)
	if err != nil || sha256.Sum256(b) != f.SHA256 {
		return errors.Join(errors.New("not the bytes that were announced"), err)
	}
	s.files[key] = b
	return nil
}

func (s *store) Get(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if s.came != nil {
		s.came <- struct{}{}
		<-s.goOn
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, files.StorageUnavailable(time.Second, errors.New("down"))
	}
	b, ok := s.files[key]
	if !ok {
		return nil, domain.Errorf(domain.NotFound, "no such file")
	}
	return io.NopCloser(bytes.NewReader(b[offset:])), nil
}

func (s *store) Stat(context.Context, string) (files.ObjectInfo, error) {
	return files.ObjectInfo{}, errors.New("not asked")
}

func (s *store) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, key)
	return nil
}

func (s *store) PresignURL(context.Context, string, files.PresignOptions) (string, error) {
	return "https://store.example", nil
}

func (s *store) List(context.Context, string, string, int) ([]files.ObjectInfo, error) {
	return nil, nil
}

// contract is a PDF with so many pages.
func contract(t testing.TB, pages int) []byte {
	t.Helper()
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	var blocks []doc.Block
	for i := range pages {
		if i > 0 {
			blocks = append(blocks, doc.PageBreak{})
		}
		blocks = append(blocks, doc.Paragraph{Text: []doc.Span{{Text: "The tenant pays the rent on the first of the month."}}})
	}
	var b bytes.Buffer
	testkit.Must(t, engine.Render(context.Background(), doc.Document{Blocks: blocks}, &b))
	return b.Bytes()
}

// upload keeps a contract of lena's, in a case or none.
func (b *bench) upload(file []byte, matter *domain.ID) files.File {
	b.t.Helper()
	d, err := b.archive.Upload(b.t.Context(), b.lena, files.UploadRequest{Name: "lease.pdf", Body: bytes.NewReader(file), CaseID: func() *domain.ID { return matter }})
	testkit.Must(b.t, err)
	return d
}

// send sends a contract to be signed, and does the jobs.
func (b *bench) send(n esign.NewRequest) esign.Request {
	b.t.Helper()
	if n.DocumentID.IsZero() {
		n.DocumentID = b.upload(contract(b.t, 2), nil).ID
	}
	if n.Workflow == "" {
		n.Workflow = esign.Sequential
	}
	r, err := b.Initiate(b.t.Context(), b.lena, n)
	testkit.Must(b.t, err)
	b.done()
	return r
}

func two() []esign.NewSigner {
	return []esign.NewSigner{{Name: "Ada Lovelace", Email: "ada@example.com"}, {Name: "Grace Hopper", Email: "grace@example.com"}}
}

var phone = esign.Visitor{Address: "192.0.2.7", Agent: "Phone/1.0"}

// sign does all that somebody does who signs.
func (b *bench) sign(to string, m evidence.Signature) {
	b.t.Helper()
	token := b.token(to)
	v, err := b.View(b.t.Context(), token, phone)
	testkit.Must(b.t, err)
	if v.State != esign.LinkOpen {
		b.t.Fatalf("the link of %s is %s", to, v.State)
	}
	b.fetch(token, phone)
	_, err = b.Consent(b.t.Context(), token, esign.Disclosure, phone)
	testkit.Must(b.t, err)
	v, err = b.Sign(b.t.Context(), token, m, phone)
	testkit.Must(b.t, err)
	if v.State != esign.LinkSigned {
		b.t.Fatalf("after signing the link of %s is %s", to, v.State)
	}
	b.done()
}

// fetch reads the document of a link to its end.
func (b *bench) fetch(token string, by esign.Visitor) {
	b.t.Helper()
	_, body, err := b.Document(b.t.Context(), token, by)
	testkit.Must(b.t, err)
	_, err = io.Copy(io.Discard, body)
	testkit.Must(b.t, errors.Join(err, body.Close()))
}

var (
	typed = evidence.Signature{Typed: "Ada Lovelace"}
	drawn = evidence.Signature{Width: 300, Height: 100, Strokes: [][]doc.Point{{{X: 10, Y: 80}, {X: 60.5, Y: 20}, {X: 120, Y: 85}}, {{X: 150, Y: 40}, {X: 290, Y: 60}}}}
)

func (b *bench) status(r esign.Request) (esign.Status, []esign.SignerStatus) {
	b.t.Helper()
	now, err := b.Get(b.t.Context(), b.root, r.ID)
	testkit.Must(b.t, err)
	var all []esign.SignerStatus
	for _, g := range now.Signers {
		all = append(all, g.Status)
	}
	return now.Status, all
}

func (b *bench) kinds(r esign.Request) string {
	b.t.Helper()
	log, err := b.Events(b.t.Context(), b.root, r.ID)
	testkit.Must(b.t, err)
	var all []string
	for _, e := range log {
		k := string(e.Kind)
		if e.Signer > 0 {
			k += string(rune('0' + e.Signer))
		}
		all = append(all, k)
	}
	return strings.Join(all, " ")
}

// tool runs a program that reads PDFs over a file.
func tool(t testing.TB, file []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: scripts/setup pdf", name)
	}
	path := filepath.Join(t.TempDir(), "file.pdf")
	testkit.Must(t, os.WriteFile(path, file, 0o600))
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
