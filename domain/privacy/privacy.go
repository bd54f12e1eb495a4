// Package privacy answers data-subject requests: a copy of everything the service holds about a
// person (GDPR Article 15), and erasure (Article 17).
//
// The copy contains the account; consultations, drafts with all versions and documents outside of
// cases; sent mails; signature requests; what they were asked to sign at an address that is
// verified as theirs; webhooks; notifications; their templates and playbooks; their API keys, without the secrets; what they watch in registers outside of cases; for each case they
// are a member of now, what they have in it; their time entries and the invoices they drafted; the payments for which they opened a checkout; and the sums of their use of the AI. What others wrote
// about them in cases belongs to the cases.
//
// Erasure removes the name and the address from the account, ends its sessions, deletes drafts,
// documents and consultations outside of cases, sent mails, webhooks, notifications, API keys, watches outside of cases and jobs, and
// ends memberships. Their use of the AI stays in the sums as nobody's. The wish to receive no mail is stored without the address. Their work in cases
// stays there without a name, and so do playbooks and template versions that are published or that
// documents were rendered from. Signature requests outside of cases are withdrawn and deleted two days later, when
// the signers have been notified. Where somebody signed, and in cases, the evidence stays whole,
// since signers and cases rely on it. What they worked, invoices and the ledger are kept as the law demands, with the names
// that it demands (see package billing).
//
// Their test account loses everything too, by a job.
//
// A legal hold on any of their cases refuses an erasure. It is one transaction. Work that was in
// progress then, such as a question that waited for its answer, is deleted an hour later.
package privacy

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/compliance"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/notifications"
	"counsel/domain/payments"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

// Eraser deletes what one service holds about a user, in the caller's transaction.
type Eraser interface {
	EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error
}

// TestEraser deletes what one service holds of a test account, in the caller's transaction, even what
// EraseUser leaves because others rely on it.
type TestEraser interface {
	EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error
}

// Renderings is what documents were rendered from.
type Renderings interface {
	Eraser
	TestEraser
}

// Config holds the services that hold personal data.
type Config struct {
	Runtime       domain.Runtime
	DB            *sql.DB
	Accounts      *account.Service
	APIKeys       *apikeys.Service
	AI            *ai.Service
	Drafts        *drafts.Service
	Files         *files.Service
	Cases         *cases.Service
	Webhooks      *webhooks.Service
	Notifications *notifications.Service
	Email         *email.Service
	Jobs          *jobs.Service
	Esign         *esign.Service
	Templates     *templates.Service
	Rendering     Renderings
	Idempotency   TestEraser
	Billing       *billing.Service
	Payments      *payments.Service
	Compliance    *compliance.Service
}

// Service answers data-subject requests. It is safe for concurrent use.
type Service struct {
	clock         domain.Clock
	db            *sql.DB
	accounts      *account.Service
	apiKeys       *apikeys.Service
	ai            *ai.Service
	drafts        *drafts.Service
	files         *files.Service
	cases         *cases.Service
	webhooks      *webhooks.Service
	notifications *notifications.Service
	email         *email.Service
	jobs          *jobs.Service
	esign         *esign.Service
	templates     *templates.Service
	billing       *billing.Service
	payments      *payments.Service
	compliance    *compliance.Service
	erasers       []Eraser     // in the order in which they erase
	testErasers   []TestEraser // likewise
}

// New returns the service and registers its jobs.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Accounts == nil || c.APIKeys == nil || c.AI == nil || c.Drafts == nil || c.Files == nil || c.Cases == nil || c.Webhooks == nil ||
		c.Notifications == nil || c.Email == nil || c.Jobs == nil || c.Esign == nil || c.Templates == nil || c.Rendering == nil || c.Idempotency == nil ||
		c.Billing == nil || c.Payments == nil || c.Compliance == nil {
		return nil, errors.New("privacy: Config needs DB and every service")
	}
	s := &Service{
		clock: c.Runtime.Clock, db: c.DB, accounts: c.Accounts, apiKeys: c.APIKeys, ai: c.AI, drafts: c.Drafts, files: c.Files, cases: c.Cases, webhooks: c.Webhooks,
		notifications: c.Notifications, email: c.Email, jobs: c.Jobs, esign: c.Esign, templates: c.Templates, billing: c.Billing, payments: c.Payments, compliance: c.Compliance,
		// Signature requests go before the documents they refer to.
		erasers:     []Eraser{c.AI, c.Esign, c.Rendering, c.Files, c.Webhooks, c.Notifications, c.Drafts, c.Templates, c.APIKeys, c.Payments, c.Compliance, c.Jobs},
		testErasers: []TestEraser{c.Esign, c.AI, c.Rendering, c.Files, c.Webhooks, c.Drafts, c.Idempotency, c.Payments, c.Billing, c.Compliance},
	}
	s.registerJobs()
	return s, nil
}

// account returns the user if the caller may act for them.
func (s *Service) account(ctx context.Context, caller domain.Principal, user domain.ID) (account.User, error) {
	if caller.UserID != user && !caller.Admin() {
		return account.User{}, domain.Errorf(domain.Forbidden, "Only an admin may do this for another user.")
	}
	if user.IsTest() { // its data is its owner's to delete
		return account.User{}, domain.NoSuch("account")
	}
	found, err := s.accounts.ByID(ctx, []domain.ID{user})
	if err != nil {
		return account.User{}, err
	}
	u, ok := found[user]
	if !ok {
		return account.User{}, domain.NoSuch("account")
	}
	return u, nil
}
