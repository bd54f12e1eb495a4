// Package esign has documents signed: a request names a stored PDF and its signers, each gets a
// link by e-mail when it is their turn, and what comes out is the document with a certificate page,
// sealed (package pades), with evidence that anyone can check offline.
//
// A request is open until the last signer has signed, then sealing until the sealed file is kept,
// then completed. It ends declined when one signer declines, cancelled when the sender withdraws
// it, expired when its time is over; then nothing more is signed. It ends failed when it cannot be
// sealed, because the document is lost or damaged. A signer is waiting until it is
// their turn, then sent, opened, viewed, consented, and in the end signed or declined.
// Until the request has ended the document cannot be deleted (deletion.go).
//
// What happens is put down in a log (events.go) that only grows, each entry with the hash of the
// one before; and, for a document of a case, in the case's timeline, in the same transaction. A
// signer has no account: their entries there are under the sender's name, with the signer's number.
//
// Signing itself is done here, or by an outside Provider (provider.go): then its envelope is the
// truth, and what is here follows it (envelopes.go). Mails, links, log and evidence are the same.
// Such a request is creating until the provider has the document, or failed when it never got it.
//
// A link holds a secret that only the mail holds: the database has its hash, and it is made of a
// key and the signer's id whenever a mail is written. It works until it was used, on any device.
//
// What can fail: the database and the store, as Unavailable, when nothing was done. Mails and the
// sealing are jobs and are tried again.
package esign

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/email"
	"counsel/domain/esign/pades"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// Disclosure is the version of the words that signers consent to now.
const Disclosure = "2026-1"

// disclosures are all there ever were: evidence names the one that was shown.
//
//go:embed disclosure
var disclosures embed.FS

// DisclosureText is the words of a version; ok is false when there never was one.
func DisclosureText(version string) (words string, ok bool) {
	b, err := disclosures.ReadFile("disclosure/" + version + ".txt")
	return string(b), err == nil
}

// Workflow says who signs when.
type Workflow string

// The workflows.
const (
	Sequential Workflow = "sequential" // by order, each after the one before
	Parallel   Workflow = "parallel"   // all at once
)

// Status is where a request stands.
type Status string

// The statuses of a request.
const (
	Creating  Status = "creating" // it is being handed to the provider
	Failed    Status = "failed"   // and could not be, so that nobody was asked to sign; or it could not be sealed
	Open      Status = "open"
	Sealing   Status = "sealing" // all have signed; the file is being made
	Completed Status = "completed"
	Declined  Status = "declined"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
)

// SignerStatus is where a signer stands.
type SignerStatus string

// The statuses of a signer.
const (
	Waiting       SignerStatus = "waiting" // for those before
	Sent          SignerStatus = "sent"    // the link is on its way, or there
	Opened        SignerStatus = "opened"  // the link was used
	Viewed        SignerStatus = "viewed"  // the whole document was fetched with it
	Consented     SignerStatus = "consented"
	Signed        SignerStatus = "signed"
	SignerDecline SignerStatus = "declined"
)

// Request is a document that is to be signed.
type Request struct {
	ID           domain.ID
	UserID       domain.ID  // the sender
	CaseID       *domain.ID // the document's
	DocumentID   domain.ID
	DocumentName string
	DocumentSize int64
	DocumentSum  files.Checksum
	Workflow     Workflow
	Provider     string // who has it signed: Builtin, or the name of a Provider
	Status       Status
	Message      string
	Language     string // of the mails
	SenderName   string
	ExpiresAt    time.Time
	CreatedAt    time.Time
	ChangedAt    time.Time
	SignedID     *domain.ID // the document that came of it, once completed
	Signers      []Signer   // by their number

	accepted []string // the risks, of one that is being made

	seq  uint64 // of the last event
	head []byte // its hash
}

// Signer is somebody who is to sign.
type Signer struct {
	ID         domain.ID
	Number     int // 1, 2, 3 …
	Turn       int // those of a turn sign at the same time
	Name       string
	Email      string
	Status     SignerStatus
	Reason     string // why they declined
	InvitedAt  *time.Time
	SignedAt   *time.Time
	Disclosure string // the version they consented to; "": none yet
	Mark       *Mark  // nil until they signed
	Reminders  int
	RemindedAt *time.Time
}

// Mark is a signature as somebody made it: typed, or drawn.
type Mark struct {
	Typed   string        `json:"typed,omitempty"`
	Strokes [][]doc.Point `json:"strokes,omitempty"`
	Width   float64       `json:"width,omitempty"` // of the field it was drawn in
	Height  float64       `json:"height,omitempty"`
}

// Visitor is who uses a link, as the network shows them.
type Visitor struct {
	Address string
	Agent   string // User-Agent
}

// People knows the accounts. account.Service fulfils it.
type People interface {
	// ByID returns the accounts there are among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Jobs does work later. jobs.Service fulfils it.
type Jobs interface {
	Add(ctx context.Context, tx db.Tx, js ...jobs.LegacyInsert) ([]domain.ID, error)
	Wake()
	Handle(kind string, o jobs.Options, do func(context.Context, *jobs.Run) (any, error))
	Every(name string, period time.Duration, do func(context.Context) error)
}

// Post knows whom may be written to, and to how many. email.Service fulfils it.
type Post interface {
	// ReserveQuota counts recipients that somebody writes to; RateLimited when they are too many.
	ReserveQuota(ctx context.Context, by domain.Principal, recipients int) error
	// WhySuppressed tells why an address is not written to; "" when it is.
	WhySuppressed(ctx context.Context, address string) (email.SuppressionReason, error)
	// SuppressBounced puts down that a mail server knows no such address.
	SuppressBounced(ctx context.Context, address string) error
}

// Deps are what the service works with.
type Deps struct {
	DB        *sql.DB
	Archive   *files.Service
	Cases     *cases.Service
	People    People
	Jobs      Jobs
	Mails     email.Sender
	Post      Post
	Renderer  doc.Renderer     // of the certificate
	Seal      *pades.Sealer    // nil: nothing can be sent to be signed
	Provider  Provider         // who has new requests signed; nil: they are signed here
	Publisher events.Publisher // nil: nothing is published
	Secret    []byte           // the links are made of it
	URL       string           // where people reach the service, without a slash at the end
	Clock     domain.Clock
	NewID     func() domain.ID
	Log       *slog.Logger
}

// Service has documents signed. It is safe for concurrent use.
type Service struct {
	Deps
	rows *query.Queries

	reading  chan struct{} // documents in memory that are to be sent
	bundling chan struct{} // evidence that is being made
}

// How much is in memory at a time: others wait a little, and are refused then.
const (
	mostReading  = 4
	mostBundling = 2
	patience     = 10 * time.Second
)

// enter waits for a place in a room. leave gives it back.
func enter(ctx context.Context, room chan struct{}) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-ctx.Done():
		return nil, &domain.Error{Code: domain.Unavailable, RetryAfter: patience, Message: "Too many documents are being worked on right now, please try again.", Err: ctx.Err()}
	}
}

// New makes the service and registers its jobs.
func New(d Deps) *Service {
	if d.Publisher == nil {
		d.Publisher = events.NopPublisher{}
	}
	s := &Service{Deps: d, rows: query.New(d.DB), reading: make(chan struct{}, mostReading), bundling: make(chan struct{}, mostBundling)}
	s.register()
	return s
}

// token is the secret of a signer's link.
func (s *Service) token(signer domain.ID) string {
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write([]byte("counsel.esign.link.1"))
	mac.Write(signer[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// link is where a signer signs. What follows # never leaves their browser as part of an address.
func (s *Service) link(signer domain.ID) string { return s.URL + "/sign#" + s.token(signer) }

// SigningURL is where a signer of a request has their link mailed to them. It holds no secret.
func (s *Service) SigningURL(id domain.ID) string { return s.URL + "/sign?request=" + id.String() }

func noRequest() error { return domain.NoSuch("signature request") }

// load reads a request with its signers.
func load(ctx context.Context, q *query.Queries, id domain.ID) (Request, error) {
	row, err := q.GetSignatureRequest(ctx, id)
	if err != nil {
		return Request{}, absent(err)
	}
	return withSigners(ctx, q, row)
}

func absent(err error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return noRequest()
	}
	return err
}

func withSigners(ctx context.Context, q *query.Queries, row query.SignatureRequest) (Request, error) {
	r := requestOf(row)
	rows, err := q.ListSigners(ctx, r.ID)
	if err != nil {
		return Request{}, db.Error(err)
	}
	for _, row := range rows {
		one, err := signerOf(row)
		if err != nil {
			return Request{}, err
		}
		r.Signers = append(r.Signers, one)
	}
	return r, nil
}

func requestOf(r query.SignatureRequest) Request {
	out := Request{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, DocumentID: r.DocumentID, DocumentName: r.DocumentName, DocumentSize: r.DocumentSize,
		Workflow: Workflow(r.Workflow), Provider: r.Provider, Status: Status(r.Status), Message: r.Message, Language: r.Language, SenderName: r.SenderName,
		ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, SignedID: r.SignedID, seq: r.Seq, head: r.Head}
	copy(out.DocumentSum[:], r.DocumentSha256)
	return out
}

func signerOf(r query.SignatureSigner) (Signer, error) {
	out := Signer{ID: r.ID, Number: int(r.Number), Turn: int(r.Turn), Name: r.Name, Email: r.Email, Status: SignerStatus(r.Status), Reason: r.Reason,
		InvitedAt: when(r.InvitedAt), SignedAt: when(r.SignedAt), Disclosure: r.Disclosure, Reminders: int(r.Reminders), RemindedAt: when(r.RemindedAt)}
	if r.Mark != "" {
		out.Mark = &Mark{}
		if err := json.Unmarshal([]byte(r.Mark), out.Mark); err != nil {
			return out, err
		}
	}
	return out, nil
}

func when(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

func nullable(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *t, Valid: true}
}

// keep writes what changed of a signer.
func keep(ctx context.Context, tx db.Tx, g *Signer) error {
	mark := ""
	if g.Mark != nil {
		b, err := json.Marshal(g.Mark)
		if err != nil {
			return err
		}
		mark = string(b)
	}
	return query.New(tx).UpdateSigner(ctx, query.UpdateSignerParams{Status: string(g.Status), InvitedAt: nullable(g.InvitedAt), Reminders: int32(g.Reminders),
		RemindedAt: nullable(g.RemindedAt), Disclosure: g.Disclosure, Mark: mark, SignedAt: nullable(g.SignedAt), Reason: g.Reason, ID: g.ID})
}

// errSame says that there is nothing to change; the transaction is rolled back.
var errSame = errors.New("esign: nothing to change")

// change does something to a request, whose row it holds meanwhile, in one transaction, and puts
// it into the timeline of its case. fn may return errSame.
func (s *Service) change(ctx context.Context, by domain.Principal, id domain.ID, act cases.Action, fn func(tx db.Tx, r *Request) error) error {
	at, err := s.rows.GetSignatureRequest(ctx, id)
	if err != nil {
		return absent(err)
	}
	do := func(tx db.Tx) error {
		q := query.New(tx)

		row, err := q.LockSignatureRequest(ctx, id)
		if err != nil {
			return absent(err)
		}
		r, err := withSigners(ctx, q, row)
		if err != nil {
			return err
		}
		if err := fn(tx, &r); err != nil {
			return err
		}
		if r.Status != Status(row.Status) {
			r.ChangedAt = s.Clock()
		}
		return q.UpdateSignatureRequest(ctx, query.UpdateSignatureRequestParams{ID: id, Status: string(r.Status), ChangedAt: r.ChangedAt, SignedID: r.SignedID, Seq: r.seq, Head: r.head})
	}
	if at.CaseID == nil {
		err = db.WithTx(ctx, s.DB, do)
	} else {
		act.Resource, act.ID = cases.ResourceSignature, &id
		err = s.Cases.AuthorizedTx(ctx, by, *at.CaseID, &act, do)
	}
	switch {
	case errors.Is(err, errSame):
		return nil
	case err != nil:
		return err
	}
	s.Jobs.Wake()
	return nil
}

// itself is how the service acts on a request: for its sender, who was let in when it was made.
func itself(r Request) domain.Principal {
	return domain.System(r.UserID)
}

// clean makes a line of text that may be printed of what a stranger's browser sent.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), most)]
}
