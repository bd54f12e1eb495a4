package ai

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
)

// ledger adds up what answers use, in the tables ai_usage and ai_spending. It writes in the background, at intervals or when
// somebody waits. While the database is down it keeps what it has and retries. A crash loses what was not written
// yet; calls that count against a budget wait for the write. If the outcome of a commit is unknown because the
// connection broke, it is repeated: rather too much is counted than too little.
type ledger struct {
	db    *sql.DB
	log   *slog.Logger
	base  context.Context
	wake  chan struct{}
	hurry chan struct{} // ends the interval

	mu      sync.Mutex
	pending sums
	writing bool
	written chan struct{} // closed after each write; nil if nobody waits
}

// sums are what is not written yet.
type sums struct {
	usage    map[usageKey]usageSum
	spending map[spendingKey]spendingSum
}

func newSums() sums { return sums{map[usageKey]usageSum{}, map[spendingKey]spendingSum{}} }

func (s sums) empty() bool { return len(s.usage)+len(s.spending) == 0 }

func (s sums) add(o sums) {
	for k, v := range o.usage {
		u := s.usage[k]
		s.usage[k] = usageSum{u.calls + v.calls, u.cached + v.cached, u.prompt + v.prompt, u.completion + v.completion, u.cost + v.cost}
	}
	for k, v := range o.spending {
		u := s.spending[k]
		s.spending[k] = spendingSum{u.tokens + v.tokens, u.cost + v.cost, u.reservedTokens + v.reservedTokens, u.reservedCost + v.reservedCost}
	}
}

type usageKey struct {
	day             time.Time
	user, caseID    domain.ID
	model, currency string
}

type usageSum struct{ calls, cached, prompt, completion, cost int64 }

type spendingKey struct {
	scope  domain.ID
	period Period
	start  time.Time
}

type spendingSum struct{ tokens, cost, reservedTokens, reservedCost int64 }

func newLedger(base context.Context, db *sql.DB, log *slog.Logger) *ledger {
	return &ledger{db: db, log: log, base: base, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), pending: newSums()}
}

// add adds to the sums. It does not wait for the database.
func (l *ledger) add(s sums) {
	l.mu.Lock()
	l.pending.add(s)
	l.mu.Unlock()
	signal(l.wake)
}

// signal sends without waiting to a channel of capacity 1.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flush returns once everything added before is written, or with ctx's error.
func (l *ledger) flush(ctx context.Context) error {
	for {
		l.mu.Lock()
		if l.pending.empty() && !l.writing {
			l.mu.Unlock()
			return nil
		}
		if l.written == nil {
			l.written = make(chan struct{})
		}
		written := l.written
		l.mu.Unlock()
		signal(l.hurry)
		select {
		case <-written:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

const (
	ledgerInterval = 250 * time.Millisecond // between writes for which nobody waits
	ledgerRetry    = time.Second            // after a failed write
)

// run writes until base ends.
func (l *ledger) run() {
	interval := time.NewTimer(0)
	defer interval.Stop()
	hurry := l.hurry // nil after a failure: then nobody shortens the interval
	for {
		select {
		case <-l.wake:
		case <-l.base.Done():
			return
		}
		select {
		case <-interval.C:
		case <-hurry:
		case <-l.base.Done():
			return
		}
		l.mu.Lock()
		batch := l.pending
		l.pending, l.writing = newSums(), true
		l.mu.Unlock()
		err := l.write(batch)
		l.mu.Lock()
		l.writing = false
		if err != nil {
			l.pending.add(batch)
		}
		if l.written != nil {
			close(l.written)
			l.written = nil
		}
		l.mu.Unlock()
		interval.Reset(ledgerInterval)
		hurry = l.hurry
		if err != nil && l.base.Err() == nil {
			l.log.Error("the use of the AI cannot be recorded yet", "code", string(domain.CodeOf(err)))
			interval.Reset(ledgerRetry)
			hurry = nil
			signal(l.wake)
		}
	}
}

const (
	insertSpending = `INSERT INTO ai_spending (scope, period, starts_on, tokens, cost, reserved_tokens, reserved_cost) VALUES `
	spendingValues = `(?, ?, ?, ?, ?, ?, ?)`
	addSpending    = ` ON DUPLICATE KEY UPDATE tokens = tokens + VALUES(tokens), cost = cost + VALUES(cost),
 reserved_tokens = reserved_tokens + VALUES(reserved_tokens), reserved_cost = reserved_cost + VALUES(reserved_cost)`

	insertUsage = `INSERT INTO ai_usage (day, user_id, case_id, model, currency, calls, cached_calls, prompt_tokens, completion_tokens, cost) VALUES `
	usageValues = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	addUsage    = ` ON DUPLICATE KEY UPDATE calls = calls + VALUES(calls), cached_calls = cached_calls + VALUES(cached_calls),
 prompt_tokens = prompt_tokens + VALUES(prompt_tokens), completion_tokens = completion_tokens + VALUES(completion_tokens), cost = cost + VALUES(cost)`
)

// write adds the sums to the tables, all or none. Rows are locked in the order of their keys, as by Service.reserve.
// The statements are built by hand because sqlc cannot generate a multi-row INSERT for MySQL.
func (l *ledger) write(s sums) error {
	if s.empty() {
		return nil
	}
	ctx, cancel := context.WithTimeout(l.base, writeTimeout)
	defer cancel()
	spending := slices.SortedFunc(maps.Keys(s.spending), func(a, b spendingKey) int {
		return cmp.Or(bytes.Compare(a.scope[:], b.scope[:]), cmp.Compare(a.period, b.period), a.start.Compare(b.start))
	})
	usage := slices.SortedFunc(maps.Keys(s.usage), func(a, b usageKey) int {
		return cmp.Or(a.day.Compare(b.day), bytes.Compare(a.user[:], b.user[:]), bytes.Compare(a.caseID[:], b.caseID[:]), cmp.Compare(a.model, b.model), cmp.Compare(a.currency, b.currency))
	})
	return db.WithTx(ctx, l.db, func(tx db.Tx) error {
		err := insertRows(ctx, tx, spending, insertSpending, spendingValues, addSpending, func(k spendingKey) []any {
			v := s.spending[k]
			return []any{k.scope[:], string(k.period), k.start, v.tokens, v.cost, v.reservedTokens, v.reservedCost}
		})
		if err != nil {
			return err
		}
		return insertRows(ctx, tx, usage, insertUsage, usageValues, addUsage, func(k usageKey) []any {
			v := s.usage[k]
			return []any{k.day, k.user[:], k.caseID[:], k.model, k.currency, v.calls, v.cached, v.prompt, v.completion, v.cost}
		})
	})
}

// maxLedgerRows is the maximum number of rows of one statement.
const maxLedgerRows = 200

func insertRows[K any](ctx context.Context, tx db.Tx, keys []K, insert, values, update string, row func(K) []any) error {
	for some := range slices.Chunk(keys, maxLedgerRows) {
		var args []any
		for _, k := range some {
			args = append(args, row(k)...)
		}
		statement := insert + strings.Repeat(values+", ", len(some)-1) + values + update
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}
