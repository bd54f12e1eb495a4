package envelopes

import (
	"context"
	"database/sql"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/esign"
)

// Polling intervals. An envelope whose state does not change is checked less and less often.
const (
	CreateTimeout = 5 * time.Minute // after it, Create has failed
	firstCheck    = time.Minute
	lastCheck     = time.Hour
)

// Record is the stored state of an envelope.
type Record struct {
	RequestID  domain.ID
	EnvelopeID string // the provider's; "" until it is known
	Phase      Phase
	AuditID    *domain.ID // the document that is the provider's record; chosen before it is downloaded
	checks     int        // in a row without a change
}

// Conn is a transaction, or a database to run single statements on: db.Tx and *sql.DB implement it.
type Conn = query.DBTX

// CheckAfter returns when to check an envelope after so many checks without a change.
func CheckAfter(now time.Time, checks int) time.Time {
	return now.Add(min(firstCheck<<min(checks, 10), lastCheck))
}

// Insert stores the envelope of a request, in phase Creating.
func Insert(ctx context.Context, tx db.Tx, request domain.ID, now time.Time) error {
	return query.New(tx).CreateEnvelope(ctx, query.CreateEnvelopeParams{RequestID: request, State: string(Creating), NextAt: sql.NullTime{Time: now.Add(CreateTimeout), Valid: true}})
}

// Get reads the envelope of a request. NotFound: it has none.
func Get(ctx context.Context, c Conn, request domain.ID) (Record, error) {
	row, err := query.New(c).GetEnvelope(ctx, request)
	if err != nil {
		return Record{}, db.Error(err)
	}
	return fromRow(row), nil
}

// Find returns the request of an envelope. NotFound: the provider has no such envelope from here.
func Find(ctx context.Context, c Conn, provider, envelopeID string) (request domain.ID, err error) {
	request, err = query.New(c).GetEnvelopeRequest(ctx, query.GetEnvelopeRequestParams{EnvelopeID: envelopeID, Provider: provider})
	return request, db.Error(err)
}

// Move stores the record, with another phase or the same, and when to check it next; zero: never.
// Conflict: the transition is not allowed.
func (r *Record) Move(ctx context.Context, c Conn, to Phase, next time.Time) error {
	if to != r.Phase {
		if err := Lifecycle.Check(r.Phase, to); err != nil {
			return err
		}
	}
	r.Phase, r.checks = to, 0
	return db.Error(query.New(c).UpdateEnvelope(ctx, query.UpdateEnvelopeParams{EnvelopeID: r.EnvelopeID, State: string(r.Phase), AuditID: r.AuditID,
		NextAt: sql.NullTime{Time: next, Valid: !next.IsZero()}, RequestID: r.RequestID}))
}

// Due lists up to limit envelopes that are to be checked now.
func Due(ctx context.Context, c Conn, now time.Time, limit int) ([]Record, error) {
	rows, err := query.New(c).ListDueEnvelopes(ctx, query.ListDueEnvelopesParams{Now: sql.NullTime{Time: now, Valid: true}, Limit: int32(limit)})
	if err != nil {
		return nil, db.Error(err)
	}
	out := make([]Record, len(rows))
	for i, row := range rows {
		out[i] = fromRow(row)
	}
	return out, nil
}

// Postpone sets the next check of a due envelope. ok is false when another server has done that.
func (r *Record) Postpone(ctx context.Context, tx db.Tx, now time.Time) (ok bool, err error) {
	n, err := query.New(tx).UpdateEnvelopeNextSync(ctx, query.UpdateEnvelopeNextSyncParams{Later: sql.NullTime{Time: CheckAfter(now, r.checks+1), Valid: true},
		RequestID: r.RequestID, Now: sql.NullTime{Time: now, Valid: true}})
	return n > 0, err
}

func fromRow(row query.SignatureEnvelope) Record {
	return Record{RequestID: row.RequestID, EnvelopeID: row.EnvelopeID, Phase: Phase(row.State), AuditID: row.AuditID, checks: int(row.Tries)}
}
