package ai

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/ai"
)

// recorder writes consultations in batches (group commit). A consultation is committed before its answer is
// returned. A commit waits for the disk, so the rows that arrive during one commit are written together in
// the next: nobody waits for a batch to fill, and many rows share one commit.
type recorder struct {
	db      *sql.DB
	clock   domain.Clock
	metrics Metrics
	log     *slog.Logger
	base    context.Context
	queue   chan *pendingRow
}

const (
	maxBatchRows  = 128
	maxBatchBytes = 1 << 20 // well below any server's max_allowed_packet
	maxQueue      = 4 * maxBatchRows
	writeAttempts = 3
	writeTimeout  = 10 * time.Second
	readTimeout   = 10 * time.Second
	maxWait       = 12 * time.Second // for a row to be committed
)

// pendingRow is a row in the queue. done gets its result.
type pendingRow struct {
	row  query.Consultation
	done chan error
}

func newRecorder(base context.Context, db *sql.DB, clock domain.Clock, metrics Metrics, log *slog.Logger) *recorder {
	return &recorder{db: db, clock: clock, metrics: metrics, log: log, base: base, queue: make(chan *pendingRow, maxQueue)}
}

// write returns once the row is committed. Unavailable: the database cannot be reached.
func (r *recorder) write(row query.Consultation) error {
	pending := &pendingRow{row: row, done: make(chan error, 1)}
	timeout := time.NewTimer(maxWait)
	defer timeout.Stop()
	select {
	case r.queue <- pending:
	case <-timeout.C:
		return db.Error(context.DeadlineExceeded)
	case <-r.base.Done():
		return errStopping()
	}
	select {
	case err := <-pending.done:
		return err
	case <-timeout.C: // the row may still be written
		return db.Error(context.DeadlineExceeded)
	case <-r.base.Done():
		return errStopping()
	}
}

// run writes batches until base ends. It is the only writer of the queue.
func (r *recorder) run() {
	var batch []*pendingRow
	var next *pendingRow // did not fit into the previous batch
	for {
		batch = batch[:0]
		if next == nil {
			select {
			case next = <-r.queue:
			case <-r.base.Done():
				return
			}
		}
		size := rowSize(next)
		batch, next = append(batch, next), nil
	fill:
		for len(batch) < maxBatchRows {
			select {
			case row := <-r.queue:
				if size += rowSize(row); size > maxBatchBytes {
					next = row
					break fill
				}
				batch = append(batch, row)
			default:
				break fill
			}
		}
		r.commit(batch)
	}
}

// rowSize estimates the size of a row in bytes.
func rowSize(p *pendingRow) int {
	return len(p.row.Question) + len(p.row.Answer) + len(p.row.Sources.String) + len(p.row.MaskedText.String) + 500
}

// commit writes a batch and sends each row its result. If the database rejects the batch, the rows are written
// one by one, so that only the bad ones fail.
func (r *recorder) commit(batch []*pendingRow) {
	start := r.clock()
	err := r.insert(batch)
	r.metrics.Recorded(len(batch), r.clock().Sub(start), err)
	if err != nil && len(batch) > 1 && domain.CodeOf(err) != domain.Unavailable {
		for _, p := range batch {
			p.done <- r.logError(r.insert([]*pendingRow{p}))
		}
		return
	}
	err = r.logError(err)
	for _, p := range batch {
		p.done <- err
	}
}

// logError logs an error of a write and returns the one for the caller.
func (r *recorder) logError(err error) error {
	if err == nil {
		return nil
	}
	code := domain.CodeOf(err)
	r.log.Error("consultation not recorded", "code", string(code))
	if code == domain.Unavailable {
		return err
	}
	// the driver's message may quote the row
	return &domain.Error{Code: domain.Internal, Message: "The answer could not be recorded.", Err: errors.New("ai: the database rejected a consultation")}
}

const (
	insertConsultations = `INSERT INTO consultations (id, user_id, actor_id, kind, excerpt, question, answer, draft_id, locale, model, prompt_version, cached, tokens_used, latency_ms, created_at, sources, masked_text) VALUES `
	consultationValues  = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// an existing row is the same row, written by an attempt whose response was lost
	ifAbsent = ` ON DUPLICATE KEY UPDATE id = id`
)

// insert writes the rows with one statement, all or none. The statement is built by hand because sqlc cannot
// generate a multi-row INSERT for MySQL.
func (r *recorder) insert(batch []*pendingRow) error {
	args := make([]any, 0, 17*len(batch))
	var b strings.Builder
	b.Grow(len(insertConsultations) + len(batch)*(len(consultationValues)+2) + len(ifAbsent))
	b.WriteString(insertConsultations)
	for i, p := range batch {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(consultationValues)
		args = appendValues(args, &p.row)
	}
	b.WriteString(ifAbsent)
	ctx, cancel := context.WithTimeout(r.base, writeTimeout)
	defer cancel()
	var err error
	for range writeAttempts {
		if _, err = r.db.ExecContext(ctx, b.String(), args...); err == nil {
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
		row.Locale, row.Model, row.PromptVersion, row.Cached, row.TokensUsed, row.LatencyMs, row.CreatedAt, row.Sources, row.MaskedText)
}
