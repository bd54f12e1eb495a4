package ai

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// A consultation is on record before its answer is given. A commit waits for the disk, so the
// rows of requests that come while one commit is running are written together by the next:
// nobody waits for a batch to fill, and many share one commit.
const (
	maxBatchRows  = 128
	maxBatchBytes = 1 << 20 // well below any server's max_allowed_packet
	maxWaiting    = 4 * maxBatchRows
	writeTries    = 3
	writeTimeout  = 10 * time.Second
	readTimeout   = 10 * time.Second
	maxPatience   = 12 * time.Second // while the database hangs
)

// recorder writes consultations. Its run is the only writer; it belongs to the Service.
type recorder struct {
	pool    *sql.DB
	clock   domain.Clock
	metrics Metrics
	log     *slog.Logger
	base    context.Context
	queue   chan *record
}

// record is a row on its way; done gets its fate once.
type record struct {
	row  query.Consultation
	done chan error
}

func newRecorder(base context.Context, d Deps) *recorder {
	return &recorder{
		pool: d.DB, clock: d.Clock, metrics: d.Metrics, log: d.Log, base: base, queue: make(chan *record, maxWaiting),
	}
}

// write returns when the row is committed. Unavailable: the database cannot be reached.
func (r *recorder) write(row query.Consultation) error {
	rec := &record{row: row, done: make(chan error, 1)}
	patience := time.NewTimer(maxPatience)
	defer patience.Stop()
	select {
	case r.queue <- rec:
	case <-patience.C:
		return db.Error(context.DeadlineExceeded)
	case <-r.base.Done():
		return stopped()
	}
	select {
	case err := <-rec.done:
		return err
	case <-patience.C: // it may still be written: an answer on record that nobody was given
		return db.Error(context.DeadlineExceeded)
	case <-r.base.Done():
		return stopped()
	}
}

func stopped() error {
	return &domain.Error{Code: domain.Unavailable, Message: "The service is stopping.", RetryAfter: time.Second}
}

func (r *recorder) run() {
	var batch []*record
	var held *record // did not fit into the batch before
	for {
		batch = batch[:0]
		if held == nil {
			select {
			case held = <-r.queue:
			case <-r.base.Done():
				return
			}
		}
		size := rowSize(held)
		batch, held = append(batch, held), nil
	fill:
		for len(batch) < maxBatchRows {
			select {
			case next := <-r.queue:
				if size += rowSize(next); size > maxBatchBytes {
					held = next
					break fill
				}
				batch = append(batch, next)
			default:
				break fill
			}
		}
		r.commit(batch)
	}
}

func rowSize(rec *record) int {
	return len(rec.row.Question) + len(rec.row.Answer) + len(rec.row.Sources.String) + 500
}

// commit writes a batch and tells each row its fate. A row the database refuses is told so
// alone; the others are written.
func (r *recorder) commit(batch []*record) {
	start := r.clock()
	err := r.insert(batch)
	r.metrics.Recorded(len(batch), r.clock().Sub(start), err)
	if err != nil && len(batch) > 1 && domain.CodeOf(err) != domain.Unavailable {
		for _, rec := range batch {
			rec.done <- r.told(r.insert([]*record{rec}))
		}
		return
	}
	err = r.told(err)
	for _, rec := range batch {
		rec.done <- err
	}
}

func (r *recorder) told(err error) error {
	if err == nil {
		return nil
	}
	code := domain.CodeOf(err)
	r.log.Error("a consultation could not be recorded", "code", string(code))
	if code == domain.Unavailable {
		return err
	}
	// The driver's words may quote the row.
	return &domain.Error{Code: domain.Internal, Message: "The answer could not be recorded.", Err: errors.New("ai: the database refused a consultation")}
}

const (
	insertConsultations = `INSERT INTO consultations (id, user_id, actor_id, kind, excerpt, question, answer, draft_id, locale, model, prompt_version, cached, tokens_used, latency_ms, created_at, sources) VALUES `
	consultationValues  = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// A row that is there already is the same row, written by a try whose answer was lost.
	ifAbsent = ` ON DUPLICATE KEY UPDATE id = id`
)

// insert writes the rows with one statement, all or none. It is put together by hand because
// sqlc cannot generate an INSERT of many rows for MySQL.
func (r *recorder) insert(batch []*record) error {
	args := make([]any, 0, 16*len(batch))
	var b strings.Builder
	b.Grow(len(insertConsultations) + len(batch)*(len(consultationValues)+2) + len(ifAbsent))
	b.WriteString(insertConsultations)
	for i, rec := range batch {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(consultationValues)
		args = appendValues(args, &rec.row)
	}
	b.WriteString(ifAbsent)
	ctx, cancel := context.WithTimeout(r.base, writeTimeout)
	defer cancel()
	var err error
	for range writeTries {
		if _, err = r.pool.ExecContext(ctx, b.String(), args...); err == nil {
			return nil
		}
		if err = db.Error(err); domain.CodeOf(err) != domain.Unavailable || ctx.Err() != nil {
			break
		}
	}
	return err
}

func appendValues(args []any, row *query.Consultation) []any {
	var draft any
	if row.DraftID != nil {
		draft = row.DraftID[:]
	}
	return append(args, row.ID[:], row.UserID[:], row.ActorID[:], row.Kind, row.Excerpt, row.Question, row.Answer, draft,
		row.Locale, row.Model, row.PromptVersion, row.Cached, row.TokensUsed, row.LatencyMs, row.CreatedAt, row.Sources)
}

// existing finds the consultation that a request made under an id which is the same each time it is
// repeated. ok: it is there, and the caller may still read it.
func (s *Service) existing(ctx context.Context, caller domain.Principal, id domain.ID) (c Consultation, ok bool, err error) {
	if id.IsZero() {
		return c, false, nil
	}
	c, err = s.Consultation(ctx, caller, id)
	if domain.CodeOf(err) == domain.NotFound {
		return c, false, nil
	}
	return c, err == nil, err
}

// consultation is the row of an answered request, but for what was asked and answered. id is optional.
func (s *Service) consultation(id domain.ID, a *ask, e entry, cached bool) query.Consultation {
	return query.Consultation{
		ID: cmp.Or(id, s.NewID()), Kind: string(a.kind), Model: e.Model, Cached: cached, TokensUsed: int32(min(e.Tokens, 10_000_000)),
		LatencyMs: int32(max(0, s.Clock().Sub(a.at).Milliseconds())), CreatedAt: a.at,
	}
}
