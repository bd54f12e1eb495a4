package esign

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
	query "counsel/gen/query/esign"
)

// Builtin is the Request.Provider of a request whose signatures are collected by this service.
const Builtin = "builtin"

// Workflow is the order in which signers sign.
type Workflow string

// The workflows.
const (
	Sequential Workflow = "sequential" // in turn
	Parallel   Workflow = "parallel"   // all at once
)

// Request is a document that was sent for signature.
type Request struct {
	ID           domain.ID
	UserID       domain.ID  // the sender
	CaseID       *domain.ID // of the document
	DocumentID   domain.ID
	DocumentName string
	DocumentSize int64 // bytes
	DocumentSum  files.Checksum
	Workflow     Workflow
	Provider     string // Builtin, or the name of a provider
	Status       Status
	Message      string
	Language     string // of the mails
	SenderName   string
	ExpiresAt    time.Time
	CreatedAt    time.Time
	ChangedAt    time.Time
	SignedID     *domain.ID // the signed document, while Sealing and once Completed
	Signers      []Signer   // by number

	acceptedRisks []string // of a new request

	lastSeq  uint64 // of the last event in the log
	lastHash []byte
}

// Signer is a signer of a request.
type Signer struct {
	ID         domain.ID
	Number     int // 1, 2, 3 …
	Turn       int // signers with the same turn sign at the same time
	Name       string
	Email      string
	Status     SignerStatus
	Reason     string // why they declined
	InvitedAt  *time.Time
	SignedAt   *time.Time
	Disclosure string              // the version they consented to; "": none yet
	Signature  *evidence.Signature // nil until they signed here
	Reminders  int
	RemindedAt *time.Time
}

// record returns what evidence states about the request.
func (r Request) record(log []evidence.Event) evidence.Record {
	out := evidence.Record{RequestID: r.ID, Status: string(r.Status), Workflow: string(r.Workflow), Sender: r.SenderName, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
		Document: evidence.Document{ID: r.DocumentID, Name: r.DocumentName, Size: r.DocumentSize, SHA256: r.DocumentSum}, Signers: r.evidenceSigners(), Log: log}
	out.Test = r.UserID.IsTest()
	if r.Provider != Builtin {
		out.Provider = r.Provider
	}
	return out
}

func (r Request) evidenceSigners() []evidence.Signer {
	out := make([]evidence.Signer, len(r.Signers))
	for i, s := range r.Signers {
		out[i] = evidence.Signer{Number: s.Number, Name: s.Name, Email: s.Email, Status: string(s.Status), Disclosure: s.Disclosure, SignedAt: s.SignedAt, Reason: s.Reason, Signature: s.Signature}
	}
	return out
}

func noRequest() error { return domain.NoSuch("signature request") }

// get reads a request with its signers.
func (s *Service) get(ctx context.Context, id domain.ID) (Request, error) {
	row, err := s.queries.GetSignatureRequest(ctx, id)
	if err != nil {
		return Request{}, requestError(err)
	}
	return withSigners(ctx, s.queries, row)
}

// requestError converts an error of reading a request.
func requestError(err error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return noRequest()
	}
	return err
}

func withSigners(ctx context.Context, q *query.Queries, row query.SignatureRequest) (Request, error) {
	r := requestFromRow(row)
	rows, err := q.ListSigners(ctx, r.ID)
	if err != nil {
		return Request{}, db.Error(err)
	}
	for _, row := range rows {
		signer, err := signerFromRow(row)
		if err != nil {
			return Request{}, err
		}
		r.Signers = append(r.Signers, signer)
	}
	return r, nil
}

func requestFromRow(r query.SignatureRequest) Request {
	out := Request{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, DocumentID: r.DocumentID, DocumentName: r.DocumentName, DocumentSize: r.DocumentSize,
		Workflow: Workflow(r.Workflow), Provider: r.Provider, Status: Status(r.Status), Message: r.Message, Language: r.Language, SenderName: r.SenderName,
		ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, SignedID: r.SignedID, lastSeq: r.Seq, lastHash: r.Head}
	copy(out.DocumentSum[:], r.DocumentSha256)
	return out
}

func signerFromRow(r query.SignatureSigner) (Signer, error) {
	out := Signer{ID: r.ID, Number: int(r.Number), Turn: int(r.Turn), Name: r.Name, Email: r.Email, Status: SignerStatus(r.Status), Reason: r.Reason,
		InvitedAt: timePtr(r.InvitedAt), SignedAt: timePtr(r.SignedAt), Disclosure: r.Disclosure, Reminders: int(r.Reminders), RemindedAt: timePtr(r.RemindedAt)}
	if r.Signature != "" {
		out.Signature = &evidence.Signature{}
		if err := json.Unmarshal([]byte(r.Signature), out.Signature); err != nil {
			return out, err
		}
	}
	return out, nil
}

func timePtr(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

func nullTime(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *t, Valid: true}
}

// insert stores a new request and its signers.
func (s *Service) insert(ctx context.Context, tx db.Tx, r *Request) error {
	q := query.New(tx)
	err := q.CreateSignatureRequest(ctx, query.CreateSignatureRequestParams{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, DocumentID: r.DocumentID, DocumentName: r.DocumentName,
		DocumentSize: r.DocumentSize, DocumentSha256: r.DocumentSum[:], Workflow: string(r.Workflow), Status: string(r.Status), Message: r.Message, SenderName: r.SenderName,
		ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, Seq: r.lastSeq, Head: r.lastHash, Provider: r.Provider, Language: r.Language})
	if err != nil {
		return err
	}
	for i := range r.Signers {
		signer := &r.Signers[i]
		signer.Status = SignerLifecycle.Initial[0]
		err := q.CreateSigner(ctx, query.CreateSignerParams{ID: signer.ID, RequestID: r.ID, Number: int32(signer.Number), Turn: int32(signer.Turn), Name: signer.Name, Email: signer.Email,
			Status: string(signer.Status), TokenHash: tokenHash(s.token(signer.ID))})
		if err != nil {
			return err
		}
	}
	return nil
}

// save stores what may have changed of the request, without its signers.
func (r *Request) save(ctx context.Context, tx db.Tx) error {
	return query.New(tx).UpdateSignatureRequest(ctx, query.UpdateSignatureRequestParams{ID: r.ID, Status: string(r.Status), ChangedAt: r.ChangedAt, SignedID: r.SignedID, Seq: r.lastSeq, Head: r.lastHash})
}

// save stores what may have changed of the signer.
func (s *Signer) save(ctx context.Context, tx db.Tx) error {
	signature := ""
	if s.Signature != nil {
		b, err := json.Marshal(s.Signature)
		if err != nil {
			return err
		}
		signature = string(b)
	}
	return query.New(tx).UpdateSigner(ctx, query.UpdateSignerParams{Status: string(s.Status), InvitedAt: nullTime(s.InvitedAt), Reminders: int32(s.Reminders),
		RemindedAt: nullTime(s.RemindedAt), Disclosure: s.Disclosure, Signature: signature, SignedAt: nullTime(s.SignedAt), Reason: s.Reason, ID: s.ID})
}

// errNoChange rolls a transaction back because there is nothing to change.
var errNoChange = errors.New("esign: nothing to change")

// withRequest locks a request and changes it in one transaction, which is recorded in the timeline of its
// case with detail. change may return errNoChange. Conflict: the case is closed.
func (s *Service) withRequest(ctx context.Context, caller domain.Principal, id domain.ID, detail string, change func(tx db.Tx, r *Request) error) error {
	current, err := s.queries.GetSignatureRequest(ctx, id)
	if err != nil {
		return requestError(err)
	}
	run := func(tx db.Tx) error {
		q := query.New(tx)
		row, err := q.LockSignatureRequest(ctx, id)
		if err != nil {
			return requestError(err)
		}
		r, err := withSigners(ctx, q, row)
		if err != nil {
			return err
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		if r.Status != Status(row.Status) {
			r.ChangedAt = s.clock()
		}
		return r.save(ctx, tx)
	}
	if current.CaseID == nil {
		err = db.WithTx(ctx, s.db, run)
	} else {
		err = s.cases.AuthorizedTx(ctx, caller, *current.CaseID, &cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceSignature, ID: &id, Detail: detail}, run)
	}
	switch {
	case errors.Is(err, errNoChange):
		return nil
	case err != nil:
		return err
	}
	s.jobs.Wake()
	return nil
}

// asSystem is withRequest by the service itself, on behalf of the sender.
func (s *Service) asSystem(ctx context.Context, r Request, detail string, change func(tx db.Tx, r *Request) error) error {
	return s.withRequest(ctx, domain.System(r.UserID), r.ID, detail, change)
}

// withNumber appends a signer's number to a detail of the timeline.
func withNumber(detail string, signer int) string { return detail + " " + strconv.Itoa(signer) }
