package esign_test

import (
	"bytes"
	"context"
	"database/sql"
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
	"counsel/domain/files/filestest"
	"counsel/domain/jobs/jobstest"
	"counsel/domain/text"
	"counsel/domain/text/extract"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func wantCode(t testing.TB, err error, code domain.Code, part string) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code || !strings.Contains(err.Error(), part) {
		t.Fatalf("got %v, want %s about %q", err, code, part)
	}
}

// fixture is the service with a fake clock. Jobs run when the test calls runJobs.
type fixture struct {
	*esign.Service
	config    esign.Config
	t         testing.TB
	pool      *sql.DB
	archive   *files.Service
	text      *switchableExtractor
	cases     *cases.Service
	files     *filestest.Store
	people    fakeAccounts
	mail      *fakeMailServer
	jobs      *jobstest.Client
	now       time.Time
	logs      *bytes.Buffer
	published []domain.Event // whether or not the transaction was committed

	lena domain.Principal // a lawyer
	bob  domain.Principal // another
	root domain.Principal // an admin
}

func newFixture(t testing.TB) *fixture { return newFixtureWithProvider(t, nil) }

// newFixtureWithProvider returns a fixture with a provider, which uses the fixture's clock.
func newFixtureWithProvider(t testing.TB, provider func(clock func() time.Time) envelopes.Provider) *fixture {
	t.Helper()
	f := &fixture{t: t, now: domain.SystemClock(), files: filestest.NewStore(domain.SystemClock), mail: &fakeMailServer{blocked: map[string]email.SuppressionReason{}}, logs: &bytes.Buffer{}}
	pool := testenv.DB(t)
	f.pool = pool
	clock := func() time.Time { return f.now }
	people := fakeAccounts{}
	for name, p := range map[string]*domain.Principal{"lena": &f.lena, "bob": &f.bob, "root": &f.root} {
		*p = domain.Principal{UserID: domain.NewID(), Role: domain.RoleLawyer}
		if name == "root" {
			p.Role = domain.RoleAdmin
		}
		_, err := pool.ExecContext(t.Context(), "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, '', NOW(6), NOW(6))",
			p.UserID, name+"@firm.example", strings.ToUpper(name[:1])+name[1:]+" Lawyer", p.Role)
		testkit.Must(t, err)
		people[p.UserID] = account.User{ID: p.UserID, Email: name + "@firm.example", FullName: strings.ToUpper(name[:1]) + name[1:] + " Lawyer", Role: p.Role}
	}
	f.people = people
	log := slog.New(slog.NewTextHandler(f.logs, nil))
	f.text = &switchableExtractor{}
	var err error
	f.cases, err = cases.New(cases.Config{Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}, DB: pool, Accounts: people, BeforeDelete: esign.CaseDeletable})
	testkit.Must(t, err)
	f.archive, err = files.New(files.Config{DB: pool, Store: f.files, Text: f.text, Cases: f.cases, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}, Deletable: esign.DocumentDeletable})
	testkit.Must(t, err)
	sealer := newSealer(t, "Counsel test", f.now)
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	var outside envelopes.Provider
	if provider != nil {
		outside = provider(clock)
	}
	var mu sync.Mutex
	publish := func(_ context.Context, _ db.Tx, e domain.Event) error {
		mu.Lock()
		defer mu.Unlock()
		f.published = append(f.published, e)
		return nil
	}
	f.config = esign.Config{Provider: outside, Publisher: events.PublisherFunc(publish), DB: pool, Files: f.archive, Cases: f.cases, Accounts: people, Mailer: f.mail, Mailboxes: f.mail, Renderer: engine, Sealer: sealer,
		LinkKey: []byte("a secret of these tests"), URL: "https://counsel.example", Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: log}}
	f.restart(func(*esign.Config) {})
	return f
}

// restart replaces the service by one with another configuration.
func (f *fixture) restart(change func(*esign.Config)) {
	f.t.Helper()
	client := jobstest.New() // a kind of job can only be registered once
	if f.jobs != nil {
		testkit.Must(f.t, second(client.EnqueueNow(f.t.Context(), f.jobs.Waiting()...)))
	}
	f.jobs, f.config.Jobs = client, client
	change(&f.config)
	var err error
	f.Service, err = esign.New(f.config)
	testkit.Must(f.t, err)
}

// Evidence returns the whole evidence bundle.
func (f *fixture) Evidence(ctx context.Context, by domain.Principal, id domain.ID) ([]byte, error) {
	bundle, size, err := f.Service.Evidence(ctx, by, id)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(bundle)
	if err = errors.Join(err, bundle.Close()); err == nil && int64(len(all)) != size {
		err = errors.New("the evidence does not have the reported size")
	}
	return all, err
}

// newExtractor returns the real extractor.
func newExtractor(t testing.TB) text.Extractor {
	t.Helper()
	r := extract.New("")
	t.Cleanup(func() { testkit.Must(t, r.Close()) })
	return r
}

func newSealer(t testing.TB, name string, now time.Time) *pades.Sealer {
	t.Helper()
	certificate, key, err := pades.SelfSigned(name, now)
	testkit.Must(t, err)
	seal, err := pades.New(certificate, key, nil)
	testkit.Must(t, err)
	return seal
}

// periodic are the arguments of a periodic job.
type periodic string

func (p periodic) Kind() string { return string(p) }

// sweep runs the periodic job that expires requests and reminds signers.
func (f *fixture) sweep() {
	f.t.Helper()
	_, err := f.jobs.WorkNow(f.t.Context(), periodic("signature_requests.sweep"))
	testkit.Must(f.t, err)
}

// runJobs runs the jobs, and those that they enqueue. A failed job waits for the next call.
func (f *fixture) runJobs() (failed []error) {
	f.t.Helper()
	return f.jobs.Work(f.t.Context())
}

// mustRunJobs is runJobs when none may fail.
func (f *fixture) mustRunJobs() {
	f.t.Helper()
	for _, err := range f.runJobs() {
		f.t.Fatal(err)
	}
}

// lastMail returns the latest mail to an address.
func (f *fixture) lastMail(to string) sentMail {
	f.t.Helper()
	for i := len(f.mail.mails) - 1; i >= 0; i-- {
		if f.mail.mails[i].to == to {
			return f.mail.mails[i]
		}
	}
	f.t.Fatalf("no mail was sent to %s", to)
	return sentMail{}
}

var linkPattern = regexp.MustCompile(`https://counsel\.example/sign#([A-Za-z0-9_-]{43})\n`)

// token returns the secret of the link in the latest mail to an address.
func (f *fixture) token(to string) string {
	f.t.Helper()
	m := linkPattern.FindStringSubmatch(f.lastMail(to).text)
	if m == nil {
		f.t.Fatalf("no link in %s", f.lastMail(to).text)
	}
	return m[1]
}

// contract returns a PDF with a number of pages.
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

// upload stores a file of Lena's, optionally in a case.
func (f *fixture) upload(file []byte, legalCase *domain.ID) files.File {
	f.t.Helper()
	d, err := f.archive.Upload(f.t.Context(), f.lena, files.UploadRequest{Name: "lease.pdf", Body: bytes.NewReader(file), CaseID: func() *domain.ID { return legalCase }})
	testkit.Must(f.t, err)
	return d
}

// send sends a document for signature and runs the jobs.
func (f *fixture) send(n esign.NewRequest) esign.Request {
	f.t.Helper()
	if n.DocumentID.IsZero() {
		n.DocumentID = f.upload(contract(f.t, 2), nil).ID
	}
	if n.Workflow == "" {
		n.Workflow = esign.Sequential
	}
	r, err := f.Initiate(f.t.Context(), f.lena, n)
	testkit.Must(f.t, err)
	f.mustRunJobs()
	return r
}

func twoSigners() []esign.NewSigner {
	return []esign.NewSigner{{Name: "Ada Lovelace", Email: "ada@example.com"}, {Name: "Grace Hopper", Email: "grace@example.com"}}
}

var visitor = esign.Visitor{Address: "192.0.2.7", Agent: "Phone/1.0"}

// sign does every step of a signer.
func (f *fixture) sign(to string, m evidence.Signature) {
	f.t.Helper()
	token := f.token(to)
	v, err := f.View(f.t.Context(), token, visitor)
	testkit.Must(f.t, err)
	if v.State != esign.LinkOpen {
		f.t.Fatalf("the link of %s is %s", to, v.State)
	}
	f.fetch(token, visitor)
	_, err = f.Consent(f.t.Context(), token, esign.Disclosure, visitor)
	testkit.Must(f.t, err)
	v, err = f.Sign(f.t.Context(), token, m, visitor)
	testkit.Must(f.t, err)
	if v.State != esign.LinkSigned {
		f.t.Fatalf("after signing, the link of %s is %s", to, v.State)
	}
	f.mustRunJobs()
}

// fetch downloads the document of a link.
func (f *fixture) fetch(token string, by esign.Visitor) {
	f.t.Helper()
	_, body, err := f.Document(f.t.Context(), token, by)
	testkit.Must(f.t, err)
	_, err = io.Copy(io.Discard, body)
	testkit.Must(f.t, errors.Join(err, body.Close()))
}

var (
	typedSignature = evidence.Signature{Typed: "Ada Lovelace"}
	drawnSignature = evidence.Signature{Width: 300, Height: 100, Strokes: [][]doc.Point{{{X: 10, Y: 80}, {X: 60.5, Y: 20}, {X: 120, Y: 85}}, {{X: 150, Y: 40}, {X: 290, Y: 60}}}}
)

func (f *fixture) status(r esign.Request) (esign.Status, []esign.SignerStatus) {
	f.t.Helper()
	now, err := f.Get(f.t.Context(), f.root, r.ID)
	testkit.Must(f.t, err)
	var all []esign.SignerStatus
	for _, g := range now.Signers {
		all = append(all, g.Status)
	}
	return now.Status, all
}

func (f *fixture) logKinds(r esign.Request) string {
	f.t.Helper()
	log, err := f.Events(f.t.Context(), f.root, r.ID)
	testkit.Must(f.t, err)
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

// runTool runs a PDF program on a file and returns its output.
func runTool(t testing.TB, file []byte, name string, args ...string) string {
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

func second[T any](_ T, err error) error { return err }
