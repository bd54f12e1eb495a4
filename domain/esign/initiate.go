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
	"counsel/domain/files/filetype"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// MaxSigners is how many may sign one document.
const MaxSigners = 20

// Limits of a request.
const (
	maxName    = 100  // characters
	maxEmail   = 254  // bytes, as SMTP has it
	maxMessage = 2000 // characters
	minLife    = time.Hour
	maxLife    = 365 * 24 * time.Hour
	usualLife  = 30 * 24 * time.Hour
)

// NewRequest is a document to be signed.
type NewRequest struct {
	ID         domain.ID // optional; a request that is there already is not sent again
	DocumentID domain.ID
	Signers    []NewSigner
	Workflow   Workflow
	Message    string // to the signers; may be empty
	// AcceptRisks names what the document may hold all the same: reasons as the error of ReasonUnfit has
	// them. What of it the document does hold is put on record.
	AcceptRisks []string
	Language    string    // of the mails, as a person or a browser gives it; English when there is no better
	ExpiresAt   time.Time // zero: in thirty days
}

// NewSigner is somebody who is to sign.
type NewSigner struct {
	Name, Email string
	// Order is when they sign in a sequential workflow: 1 first, those of the same order at the same
	// time. 0 for all: as they are listed.
	Order int
}

// Initiate sends a document to be signed. The caller must be one who may send it: the owner of the
// document, or whoever may change its case. NotFound: there is no such document for them. Invalid:
// names each thing that is not right by its pointer; with ReasonUnfit, what the document holds that
// the sender does not accept. Unavailable: no certificate to seal with, or
// the store is down, or too many documents are being sent; Unavailable, Upstream: the provider.
// RateLimited: the caller wrote to too many
// lately. Then nothing was sent.
func (s *Service) Initiate(ctx context.Context, by domain.Principal, n NewRequest) (Request, error) {
	if s.Seal == nil {
		return Request{}, &domain.Error{Code: domain.Unavailable, Message: "Documents cannot be sent to be signed: the service has no certificate to seal them with."}
	}
	if s.Mails == nil {
		return Request{}, &domain.Error{Code: domain.Unavailable, Reason: "email_unavailable", Message: "Documents cannot be sent to be signed: the service has no mail server."}
	}
	if n.ID.IsZero() {
		n.ID = s.NewID()
	} else if r, err := s.Get(ctx, by, n.ID); err == nil || domain.CodeOf(err) != domain.NotFound {
		return r, err
	}
	r := Request{ID: n.ID, UserID: by.UserID, DocumentID: n.DocumentID, Workflow: n.Workflow, Language: email.Language(n.Language), Provider: Builtin, Status: Open, CreatedAt: s.Clock(), head: make([]byte, 32)}
	r.ChangedAt = r.CreatedAt
	if err := r.take(n, s.NewID); err != nil {
		return Request{}, err
	}
	d, err := s.Archive.Get(ctx, by, n.DocumentID)
	if err != nil {
		return Request{}, err
	}
	if d.ContentType != filetype.PDF {
		return Request{}, domain.InvalidField("/docId", "is not a PDF file")
	}
	r.CaseID, r.DocumentName, r.DocumentSize, r.DocumentSum = d.CaseID, d.Name, d.Size, d.SHA256
	if r.CaseID != nil {
		if err := s.Cases.Authorize(ctx, by, *r.CaseID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceSignature}); err != nil {
			return Request{}, err
		}
	}
	sender, err := s.sender(ctx, r)
	if err != nil {
		return Request{}, err
	}
	r.SenderName = sender.FullName
	leave, err := enter(ctx, s.reading)
	if err != nil {
		return Request{}, err
	}
	defer leave()
	file, err := s.bytes(ctx, d)
	if err != nil {
		return Request{}, err
	}
	report, err := s.Seal.Inspect(ctx, file)
	if err != nil {
		if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid {
			named := domain.InvalidField("/docId", "%s", strings.ToLower(e.Message[:1])+e.Message[1:])
			named.Err, named.Fields[0].Reason = e.Err, e.Reason
			return Request{}, named
		}
		return Request{}, err
	}
	if r.accepted, err = s.inspect(ctx, d, file, report, n.AcceptRisks); err != nil {
		return Request{}, err
	}
	if s.Provider == nil {
		if err := s.printable(ctx, &r); err != nil {
			return Request{}, err
		}
	}
	if err := s.Post.ReserveQuota(ctx, by, len(r.Signers)); err != nil {
		return Request{}, err
	}
	if s.Provider != nil {
		return s.handOver(ctx, by, r, file, report.Pages)
	}
	err = s.create(ctx, by, &r, func(tx db.Tx) error { return s.invite(ctx, tx, &r) })
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// create writes a request, with what belongs to it.
func (s *Service) create(ctx context.Context, by domain.Principal, r *Request, with func(db.Tx) error) error {
	do := func(tx db.Tx) error {
		q := query.New(tx)

		r.seq, r.head = 0, make([]byte, 32) // it may be run again
		if err := s.Archive.Lock(ctx, tx, r.DocumentID); err != nil {
			return err
		}
		err := q.CreateSignatureRequest(ctx, query.CreateSignatureRequestParams{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, DocumentID: r.DocumentID, DocumentName: r.DocumentName,
			DocumentSize: r.DocumentSize, DocumentSha256: r.DocumentSum[:], Workflow: string(r.Workflow), Status: string(r.Status), Message: r.Message, SenderName: r.SenderName,
			ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, Seq: 0, Head: r.head, Provider: r.Provider, Language: r.Language})
		if err != nil {
			return err
		}
		for i := range r.Signers {
			g := &r.Signers[i]
			g.Status = Waiting
			err := q.CreateSigner(ctx, query.CreateSignerParams{ID: g.ID, RequestID: r.ID, Number: int32(g.Number), Turn: int32(g.Turn), Name: g.Name, Email: g.Email,
				Status: string(g.Status), TokenHash: hashOf(s.token(g.ID))})
			if err != nil {
				return err
			}
		}
		if err := s.log(ctx, tx, r, Event{Kind: EventCreated, By: by.UserID, Detail: r.DocumentSum.String()}); err != nil {
			return err
		}
		if len(r.accepted) > 0 {
			if err := s.log(ctx, tx, r, Event{Kind: EventRisks, Detail: strings.Join(r.accepted, ",")}); err != nil {
				return err
			}
		}
		if err := with(tx); err != nil {
			return err
		}
		return q.UpdateSignatureRequest(ctx, query.UpdateSignatureRequestParams{ID: r.ID, Status: string(r.Status), ChangedAt: r.ChangedAt, Seq: r.seq, Head: r.head})
	}
	var err error
	if r.CaseID == nil {
		err = s.inTx(ctx, do)
	} else {
		err = s.Cases.AuthorizedTx(ctx, by, *r.CaseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceSignature, ID: &r.ID, Detail: r.DocumentID.String()}, do)
	}
	if err == nil {
		s.Jobs.Wake()
	}
	return err
}

// take checks what somebody asks for and makes it the request's.
func (r *Request) take(n NewRequest, newID func() domain.ID) error {
	faults := checkRisks(n.AcceptRisks)
	fault := func(pointer, format string, args ...any) {
		faults = append(faults, domain.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if n.Workflow != Sequential && n.Workflow != Parallel {
		fault("/workflow", "must be sequential or parallel")
	}
	r.ExpiresAt = n.ExpiresAt.UTC().Truncate(time.Microsecond)
	if n.ExpiresAt.IsZero() {
		r.ExpiresAt = r.CreatedAt.Add(usualLife)
	}
	if life := r.ExpiresAt.Sub(r.CreatedAt); life < minLife || life > maxLife {
		fault("/expiresAt", "must be an hour to a year from now")
	}
	r.Message = strings.TrimSpace(strings.ReplaceAll(n.Message, "\r\n", "\n"))
	if utf8.RuneCountInString(r.Message) > maxMessage {
		fault("/message", "must have at most %d characters", maxMessage)
	} else if strings.ContainsFunc(r.Message, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
		fault("/message", "must not hold control characters")
	}
	if len(n.Signers) < 1 || len(n.Signers) > MaxSigners {
		fault("/signers", "must be 1 to %d", MaxSigners)
		return refused(faults)
	}
	ordered := slices.ContainsFunc(n.Signers, func(g NewSigner) bool { return g.Order != 0 })
	seen := map[string]int{}
	for i, g := range n.Signers {
		at := "/signers/" + strconv.Itoa(i)
		name := strings.Join(strings.Fields(g.Name), " ")
		if name == "" || utf8.RuneCountInString(name) > maxName {
			fault(at+"/name", "must have 1 to %d characters", maxName)
		} else if strings.ContainsFunc(name, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }) {
			fault(at+"/name", "must not hold control characters")
		}
		address, err := domain.ParseEmail(g.Email)
		key := address.Key()
		if err != nil {
			fault(at+"/email", "%s", err.Error())
		} else if first, twice := seen[key]; twice {
			fault(at+"/email", "is that of signer %d, too", first+1)
		} else {
			seen[key] = i
		}
		turn := 1
		if n.Workflow == Sequential {
			if turn = i + 1; ordered {
				turn = g.Order
				if g.Order < 1 || g.Order > 1000 {
					fault(at+"/order", "must be 1 to 1000, for each signer or for none")
				}
			}
		}
		r.Signers = append(r.Signers, Signer{ID: newID(), Number: i + 1, Turn: turn, Name: name, Email: address.ASCII()})
	}
	if len(faults) > 0 {
		return refused(faults)
	}
	slices.SortStableFunc(r.Signers, func(a, b Signer) int { return cmp.Compare(a.Turn, b.Turn) })
	for i := range r.Signers {
		r.Signers[i].Number = i + 1
	}
	return nil
}

func refused(faults []domain.Field) error {
	return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: faults}
}

// printable makes sure that the certificate can be printed: a name that the fonts cannot show is
// refused now, not when everybody has signed.
func (s *Service) printable(ctx context.Context, r *Request) error {
	for range 3 {
		err := s.Renderer.Render(ctx, s.certificate(*r, nil), io.Discard)
		e, ok := errors.AsType[*domain.Error](err)
		if err == nil || !ok || e.Code != domain.Invalid {
			return err
		}
		var faults []domain.Field
		again := false
		for _, f := range e.Fields {
			switch f.Pointer {
			case sourceDocument: // it goes by its id then, as it does everywhere
				r.DocumentName, again = r.DocumentID.String()+".pdf", true
			case sourceSender:
				r.SenderName, again = "user "+r.UserID.String(), true
			default:
				faults = append(faults, f)
			}
		}
		if !again || len(faults) > 0 {
			return refused(faults)
		}
	}
	return errors.New("esign: the certificate cannot be printed")
}

// invite lets those sign whose turn it is: their mails are queued.
func (s *Service) invite(ctx context.Context, tx db.Tx, r *Request) error {
	turn := 0
	for _, g := range r.Signers { // by their turn
		if g.Status != Signed {
			turn = g.Turn
			break
		}
	}
	for i := range r.Signers {
		g := &r.Signers[i]
		if g.Turn != turn || g.Status != Waiting {
			continue
		}
		now := s.Clock()
		g.Status, g.InvitedAt = Sent, &now
		if err := keep(ctx, tx, g); err != nil {
			return err
		}
		if _, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: jobInvite, Queue: jobs.Interactive, Payload: inviteJob{Request: r.ID, Signer: g.ID}}); err != nil {
			return err
		}
	}
	return nil
}
