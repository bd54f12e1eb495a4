package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"

	"counsel/gen/query"
)

// txAttempts is how often a transaction or statement is run that loses to others each time.
const txAttempts = 5

// WithTx runs fn in a transaction and commits when fn returns nil. A deadlock or a lock that
// came too late rolls back and runs fn again, up to five times in all; so fn must have no
// effect outside the transaction. Errors leave as Error gives them. When the connection is
// lost while committing, the outcome is unknown and the error is domain.Unavailable.
func WithTx(ctx context.Context, pool *sql.DB, fn func(*query.Queries) error) error {
	return WithSQLTx(ctx, pool, func(tx *sql.Tx) error { return fn(query.New(tx)) })
}

// WithSQLTx is WithTx for statements that sqlc cannot write, such as one INSERT of many rows.
func WithSQLTx(ctx context.Context, pool *sql.DB, fn func(*sql.Tx) error) error {
	return Error(again(ctx, func() error { return runTx(ctx, pool, fn) }))
}

// again runs do until it loses to no other transaction, a few times in all.
func again(ctx context.Context, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || attempt == txAttempts || !retryable(err) {
			return err
		}
		// The losers come back at different times.
		if !pause(ctx, time.Duration(1+rand.IntN(10<<attempt))*time.Millisecond) {
			return err
		}
	}
}

func runTx(ctx context.Context, pool *sql.DB, fn func(*sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// After Commit this does nothing. It does not hear ctx and is bounded by the pool's
	// timeouts; when the server does not take it, the connection is closed, which rolls back.
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return err
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err() // database/sql rolled back the moment ctx ended
	}
	return err
}

func retryable(err error) bool {
	me, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch me.Number {
	case erDeadlock, erLockWaitTimeout, erRecordChanged, erWriteConflict, erSchemaChanged:
		return true
	}
	return lockTriesOver(me)
}
