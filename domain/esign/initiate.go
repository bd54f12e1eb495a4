package esign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/email"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/schema"
)

// MaxSigners is how many people can sign one document.
const MaxSigners = 20

// Limits of a request.
const (
	maxName     = 100  // characters
	maxMessage  = 2000 // characters
	maxOrder    = 1000
	minLifetime = time.Hour
	maxLifetime = 365 * 24 * time.Hour
	lifetime    = 30 * 24 * time.Hour // by default
)

// NewRequest is a document to be sent for signature.
type NewRequest struct {
	ID         domain.ID // optional; if the request exists, it is returned and not sent again
	DocumentID domain.ID
	Signers    []NewSigner
	Workflow   Workflow
	Message    string // to the signers; may be empty
	// AcceptRisks are reasons of ReasonUnfit that the sender accepts. Those that apply to the document
	// are logged.
	AcceptRisks []string
	Language    string    // of the mails: a language tag or an Accept-Language header; English if none fits
	ExpiresAt   time.Time // zero: in thirty days
}

// NewSigner is a signer of a NewRequest.
type NewSigner struct {
	Name, Email string
	// Order is the signer's turn in a sequential workflow, from 1. Signers with the same order sign at
	// the same time. 0 for all: in the order of the list.
	Order int
}

// Initiate sends a document for signature. The caller must own the document or be allowed to change its
// case. Errors, after which nothing was sent:
//   - NotFound: the caller has no such document
//   - Invalid: names each invalid field; with ReasonUnfit, what the sender must accept first
//   - Unavailable: there is no certificate to seal with, no mail server, the object store is down, or too
//     many documents are being sent
//   - Unavailable, Upstream: the provider failed
//   - RateLimited: the caller has written to too many people
func (s *Service) Initiate(ctx context.Context, caller domain.Principal, n NewRequest) (Request, error) {
	sealer, provider := s.sealerFor(caller.UserID), s.provider
	if caller.TestMode() {
		provider = nil
	}
	if sealer == nil {
		return Request{}, &domain.Error{Code: domain.Unavailable, Message: "Documents cannot be sent for signature: the service has no certificate to seal them with."}
	}
	if s.mailer == nil && !caller.TestMode() {
		return Request{}, &domain.Error{Code: domain.Unavailable, Reason: "email_unavailable", Message: "Documents cannot be sent for signature: the service has no mail server."}
	}
	if n.ID.IsZero() {
		n.ID = s.newID()
	} else if r, err := s.Get(ctx, caller, n.ID); err == nil || domain.CodeOf(err) != domain.NotFound {
		return r, err
	}
	r, err := s.newRequest(caller, n)
	if err != nil {
		return Request{}, err
	}
	d, err := s.documentToSign(ctx, caller, &r)
	if err != nil {
		return Request{}, err
	}
	sender, err := s.sender(ctx, r)
	if err != nil {
		return Request{}, err
	}
	r.SenderName = sender.FullName
	release, err := acquire(ctx, s.sendSlots)
	if err != nil {
		return Request{}, err
	}
	defer release()
	file, err := s.readAll(ctx, d)
	if err != nil {
		return Request{}, err
	}
	report, err := sealer.Inspect(ctx, file)
	if err != nil {
		if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid {
			named := domain.InvalidField("/docId", "%s", strings.ToLower(e.Message[:1])+e.Message[1:])
			named.Err, named.Fields[0].Reason = e.Err, e.Reason
			return Request{}, named
		}
		return Request{}, err
	}
	if r.acceptedRisks, err = s.checkFit(ctx, d, file, report, n.AcceptRisks); err != nil {
		return Request{}, err
	}
	if provider == nil {
		if err := s.checkPrintable(ctx, &r); err != nil {
			return Request{}, err
		}
	}
	if err := s.mailboxes.ReserveQuota(ctx, caller, len(r.Signers)); err != nil {
		return Request{}, err
	}
	if provider != nil {
		return s.submit(ctx, caller, r, file, report.Pages)
	}
	if err := s.create(ctx, caller, &r, func(tx db.Tx) error { return s.invite(ctx, tx, &r) }); err != nil {
		return Request{}, err
	}
	return r, nil
}

// newRequest returns a request that is not stored yet, with validated input.
func (s *Service) newRequest(caller domain.Principal, n NewRequest) (Request, error) {
	now := s.clock()
	r := Request{ID: n.ID, UserID: caller.UserID, DocumentID: n.DocumentID, Workflow: n.Workflow, Language: email.Language(n.Language), Provider: Builtin, Status: Open, CreatedAt: now, ChangedAt: now}
	return r, r.fill(n, s.newID)
}

// documentToSign returns the document that the caller wants to send, and sets the request's fields for it.
func (s *Service) documentToSign(ctx context.Context, caller domain.Principal, r *Request) (files.File, error) {
	d, err := s.files.Get(ctx, caller, r.DocumentID)
	if err != nil {
		return d, err
	}
	if d.ContentType != filetype.PDF {
		return d, domain.InvalidField("/docId", "is not a PDF file")
	}
	r.CaseID, r.DocumentName, r.DocumentSize, r.DocumentSum = d.CaseID, d.Name, d.Size, d.SHA256
	if r.CaseID == nil {
		return d, nil
	}
	return d, s.cases.Authorize(ctx, caller, *r.CaseID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceSignature})
}

// create stores a new request in one transaction with more. It locks the document, so that it cannot be
// deleted meanwhile.
func (s *Service) create(ctx context.Context, caller domain.Principal, r *Request, more func(db.Tx) error) error {
	run := func(tx db.Tx) error {
		r.lastSeq, r.lastHash = 0, make([]byte, 32) // the transaction may be retried
		if err := s.files.Lock(ctx, tx, r.DocumentID); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, evidence.Event{Kind: evidence.EventCreated, Actor: caller.UserID, Agent: keyAgent(caller), Detail: r.DocumentSum.String()}); err != nil {
			return err
		}
		if len(r.acceptedRisks) > 0 {
			if err := s.log(ctx, tx, r, evidence.Event{Kind: evidence.EventRisks, Detail: strings.Join(r.acceptedRisks, ",")}); err != nil {
				return err
			}
		}
		if err := more(tx); err != nil {
			return err
		}
		return r.save(ctx, tx)
	}
	var err error
	if r.CaseID == nil {
		err = db.WithTx(ctx, s.db, run)
	} else {
		err = s.cases.AuthorizedTx(ctx, caller, *r.CaseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceSignature, ID: &r.ID, Detail: r.DocumentID.String()}, run)
	}
	if err == nil {
		s.jobs.Wake()
	}
	return err
}

// keyAgent names the API key that acts for the caller, in the log of a request; "": none does.
func keyAgent(caller domain.Principal) string {
	if caller.KeyID.IsZero() {
		return ""
	}
	return "API key " + caller.KeyID.String()
}

// fill validates the input and sets the request's fields.
func (r *Request) fill(n NewRequest, newID func() domain.ID) error {
	faults := checkRisks(n.AcceptRisks)
	fault := func(pointer, format string, args ...any) {
		faults = append(faults, domain.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if n.Workflow != Sequential && n.Workflow != Parallel {
		fault("/workflow", "must be sequential or parallel")
	}
	r.ExpiresAt = n.ExpiresAt.UTC().Truncate(time.Microsecond)
	if n.ExpiresAt.IsZero() {
		r.ExpiresAt = r.CreatedAt.Add(lifetime)
	}
	if d := r.ExpiresAt.Sub(r.CreatedAt); d < minLifetime || d > maxLifetime {
		fault("/expiresAt", "must be an hour to a year from now")
	}
	r.Message = strings.TrimSpace(normalizeLines(n.Message))
	if utf8.RuneCountInString(r.Message) > maxMessage {
		fault("/message", "must have at most %d characters", maxMessage)
	} else if strings.ContainsFunc(r.Message, isForbiddenControl) {
		fault("/message", "must not contain control characters")
	}
	if len(n.Signers) < 1 || len(n.Signers) > MaxSigners {
		fault("/signers", "must be 1 to %d", MaxSigners)
		return invalidRequest(faults)
	}
	ordered := slices.ContainsFunc(n.Signers, func(s NewSigner) bool { return s.Order != 0 })
	byAddress := map[string]int{}
	for i, signer := range n.Signers {
		pointer := "/signers/" + strconv.Itoa(i)
		name := strings.Join(strings.Fields(signer.Name), " ")
		if name == "" || utf8.RuneCountInString(name) > maxName {
			fault(pointer+"/name", "must have 1 to %d characters", maxName)
		} else if !schema.IsLine(name) {
			fault(pointer+"/name", "must not contain control or invisible characters")
		}
		address, err := domain.ParseEmail(signer.Email)
		key := address.Key()
		if err != nil {
			fault(pointer+"/email", "%s", err.Error())
		} else if first, duplicate := byAddress[key]; duplicate {
			fault(pointer+"/email", "is also the address of signer %d", first+1)
		} else {
			byAddress[key] = i
		}
		turn := 1
		if n.Workflow == Sequential {
			if turn = i + 1; ordered {
				turn = signer.Order
				if signer.Order < 1 || signer.Order > maxOrder {
					fault(pointer+"/order", "must be 1 to %d, for every signer or for none", maxOrder)
				}
			}
		}
		r.Signers = append(r.Signers, Signer{ID: newID(), Number: i + 1, Turn: turn, Name: name, Email: address.ASCII()})
	}
	if len(faults) > 0 {
		return invalidRequest(faults)
	}
	slices.SortStableFunc(r.Signers, func(a, b Signer) int { return cmp.Compare(a.Turn, b.Turn) })
	for i := range r.Signers {
		r.Signers[i].Number = i + 1
	}
	return nil
}

// normalizeLines makes all line ends \n.
func normalizeLines(s string) string { return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s) }

// isForbiddenControl reports whether c is a control character other than a newline or tab.
func isForbiddenControl(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }

func invalidRequest(faults []domain.Field) error {
	return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: faults}
}

// checkPrintable renders the certificate, so that a name that the fonts cannot show is rejected now and
// not when everyone has signed. The names of the document and the sender are replaced by ids instead.
func (s *Service) checkPrintable(ctx context.Context, r *Request) error {
	const attempts = 3 // one for each name that can be replaced, and one more
	for range attempts {
		err := s.renderer.Render(ctx, evidence.Certificate(r.record(nil), nil), io.Discard)
		e, ok := errors.AsType[*domain.Error](err)
		if err == nil || !ok || e.Code != domain.Invalid {
			return err
		}
		var faults []domain.Field
		replaced := false
		for _, f := range e.Fields {
			switch f.Pointer {
			case evidence.SourceDocument:
				r.replaceDocumentName()
				replaced = true
			case evidence.SourceSender:
				r.replaceSenderName()
				replaced = true
			default:
				faults = append(faults, f)
			}
		}
		if !replaced || len(faults) > 0 {
			return invalidRequest(faults)
		}
	}
	return errors.New("esign: the certificate cannot be printed")
}

func (r *Request) replaceDocumentName() { r.DocumentName = r.DocumentID.String() + ".pdf" }
func (r *Request) replaceSenderName()   { r.SenderName = "user " + r.UserID.String() }

// invite asks the signers whose turn it is to sign: it queues their mails.
func (s *Service) invite(ctx context.Context, tx db.Tx, r *Request) error {
	turn := 0
	for _, signer := range r.Signers { // sorted by turn
		if signer.Status != Signed {
			turn = signer.Turn
			break
		}
	}
	for i := range r.Signers {
		signer := &r.Signers[i]
		if signer.Turn != turn || signer.Status != Waiting {
			continue
		}
		if err := signer.move(Sent); err != nil {
			return err
		}
		now := s.clock()
		signer.InvitedAt = &now
		if err := signer.save(ctx, tx); err != nil {
			return err
		}
		if err := s.queueInvitation(ctx, tx, r.ID, *signer); err != nil {
			return err
		}
	}
	return nil
}
