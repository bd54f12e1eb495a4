// Package esign collects electronic signatures. A request names a stored PDF and its signers. Each signer
// gets a link by e-mail when it is their turn. The result is the document with a certificate page, sealed
// (package pades), and an evidence bundle that can be verified offline (package evidence).
//
// lifecycle.go lists the states of a request and of a signer, and the transitions between them. The
// document cannot be deleted while a request for it is active (deletion.go).
//
// Every event is appended to the request's log, in which each entry has the hash of the previous one.
// For a document of a case it is also recorded in the case's timeline, in the same transaction. Signers
// have no account: the timeline records their actions under the sender, with the signer's number.
//
// Signatures are collected here, or by an outside provider (package envelopes). The provider is then the
// source of truth, and the request follows the state of its envelope (sync.go). Mails, links, log and
// evidence are the same.
//
// A link contains a secret that is derived from a key and the signer's id whenever a mail is written. The
// database only has its hash. A link works until the signer has signed or declined, on any device.
//
// What a test account sends is collected here whatever the provider, and sealed with another certificate. Its mails are not
// sent; the request shows the links of its signers instead. Certificate and footer say that it is a test.
//
// What can fail: the database and the object store, as Unavailable, and then nothing was done. Mails and
// sealing are jobs and are retried.
package esign

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/email"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/pades"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs"
	query "counsel/gen/query/esign"
)

// Config is what the service depends on.
type Config struct {
	DB         *sql.DB
	Files      *files.Service
	Cases      *cases.Service
	Accounts   Accounts
	Jobs       jobs.Client
	Mailer     email.Sender // nil: no mail server, so requests cannot be sent
	Mailboxes  Mailboxes
	Renderer   doc.Renderer       // of the certificate
	Sealer     *pades.Sealer      // nil: no certificate, so requests cannot be sent
	TestSealer *pades.Sealer      // seals the documents of test accounts; nil: they cannot send any
	Provider   envelopes.Provider // collects the signatures of new requests; nil: the service itself
	Publisher  events.Publisher   // nil: no events are published
	LinkKey    []byte             // the secrets of links are derived from it
	URL        string             // the public address of the service, without a trailing slash
	Runtime    domain.Runtime
}

// Accounts looks up accounts. account.Service implements it.
type Accounts interface {
	// ByID returns the accounts that exist among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Mailboxes limits who can be written to. email.Service implements it.
type Mailboxes interface {
	// ReserveQuota reserves quota for mails to so many recipients. RateLimited: there is not enough.
	ReserveQuota(ctx context.Context, by domain.Principal, recipients int) error
	// WhySuppressed returns why an address is suppressed; "": it is not.
	WhySuppressed(ctx context.Context, address string) (email.SuppressionReason, error)
	// SuppressBounced records that an address does not exist.
	SuppressBounced(ctx context.Context, address string) error
}

// Service collects signatures. It is safe for concurrent use.
type Service struct {
	db         *sql.DB
	queries    *query.Queries
	files      *files.Service
	cases      *cases.Service
	accounts   Accounts
	jobs       jobs.Client
	mailer     email.Sender
	mailboxes  Mailboxes
	renderer   doc.Renderer
	sealer     *pades.Sealer
	testSealer *pades.Sealer
	provider   envelopes.Provider
	publisher  events.Publisher
	linkKey    []byte
	url        string
	clock      domain.Clock
	newID      func() domain.ID
	logger     *slog.Logger

	sendSlots   chan struct{} // a document in memory to be sent
	bundleSlots chan struct{} // an evidence bundle in memory
}

// Documents take memory. Other calls wait for a slot, and fail after slotTimeout.
const (
	maxSends    = 4
	maxBundles  = 2
	slotTimeout = 10 * time.Second
)

// New returns the service and registers its jobs. It fails when a dependency is missing.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Files == nil || c.Cases == nil || c.Accounts == nil || c.Jobs == nil || c.Mailboxes == nil || c.Renderer == nil || len(c.LinkKey) == 0 {
		return nil, errors.New("esign: a dependency is missing")
	}
	runtime := c.Runtime
	s := &Service{
		db: c.DB, queries: query.New(c.DB), files: c.Files, cases: c.Cases, accounts: c.Accounts, jobs: c.Jobs, mailer: c.Mailer, mailboxes: c.Mailboxes,
		renderer: c.Renderer, sealer: c.Sealer, testSealer: c.TestSealer, provider: c.Provider, publisher: cmp.Or[events.Publisher](c.Publisher, events.NopPublisher{}), linkKey: c.LinkKey, url: c.URL,
		clock: runtime.Clock, newID: runtime.NewID, logger: runtime.Log,
		sendSlots: make(chan struct{}, maxSends), bundleSlots: make(chan struct{}, maxBundles),
	}
	s.registerJobs()
	return s, nil
}

// acquire waits for a slot. The caller releases it.
func acquire(ctx context.Context, slots chan struct{}) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, slotTimeout)
	defer cancel()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, &domain.Error{Code: domain.Unavailable, RetryAfter: slotTimeout, Message: "Too many documents are being processed right now, please try again.", Err: ctx.Err()}
	}
}

// token returns the secret of a signer's link.
func (s *Service) token(signer domain.ID) string {
	mac := hmac.New(sha256.New, s.linkKey)
	mac.Write([]byte("counsel.esign.link.1"))
	mac.Write(signer[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// sealerFor returns what seals the documents of an account; nil: there is no certificate.
func (s *Service) sealerFor(user domain.ID) *pades.Sealer {
	if user.IsTest() {
		return s.testSealer
	}
	return s.sealer
}

// TestSigningLink returns the link of a signer of a test account's request, which is mailed to nobody; "" of any other request, and
// once the signer cannot sign.
func (s *Service) TestSigningLink(r Request, signer Signer) string {
	if !r.UserID.IsTest() || r.Status != Open || !signer.canSign() || signer.Status == Waiting {
		return ""
	}
	return s.signingLink(signer.ID)
}

// signingLink returns where a signer signs. Browsers do not send the part after # to a server.
func (s *Service) signingLink(signer domain.ID) string { return s.url + "/sign#" + s.token(signer) }

// SigningURL returns the page where a signer of a request can have their link mailed to them. It contains
// no secret.
func (s *Service) SigningURL(id domain.ID) string { return s.url + "/sign?request=" + id.String() }
