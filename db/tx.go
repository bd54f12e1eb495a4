package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/domain/retry"

	"github.com/go-sql-driver/mysql"
)

// txAttempts is how many times a transaction or statement runs while it loses deadlocks.
const txAttempts = 5

// Tx is an open transaction. A service passes it to another, which opens its own queries in it
// (query.New(tx)). Only WithTx makes one, commits it or rolls it back.
type Tx struct{ tx *sql.Tx }

// ExecContext runs a statement in the transaction.
func (t Tx) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, statement, args...)
}

// PrepareContext prepares a statement in the transaction.
func (t Tx) PrepareContext(ctx context.Context, statement string) (*sql.Stmt, error) {
	return t.tx.PrepareContext(ctx, statement)
}

// QueryContext runs a query in the transaction.
func (t Tx) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, statement, args...)
}

// QueryRowContext runs a query that returns at most one row.
func (t Tx) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, statement, args...)
}

// WithTx runs fn in a transaction and commits when fn returns nil. After a deadlock or a lock
// timeout it rolls back and runs fn again, up to five times in all, so fn must have no effect
// outside the transaction. Errors are those of Error. When the connection is lost during the
// commit, the outcome is unknown and the error is domain.Unavailable.
func WithTx(ctx context.Context, pool *sql.DB, fn func(Tx) error) error {
	return Error(retryDeadlocks(ctx, func() error { return runTx(ctx, pool, fn) }))
}

// retryDeadlocks runs fn until it loses no deadlock, up to txAttempts times.
func retryDeadlocks(ctx context.Context, fn func() error) error {
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || attempt == txAttempts || !retryable(err) {
			return err
		}
		if !retry.Wait(ctx, retry.Jitter(5*time.Millisecond<<attempt, 1)) {
			return err
		}
	}
}

func runTx(ctx context.Context, pool *sql.DB, fn func(Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// A rollback after Commit does nothing. It ignores ctx and is bounded by the timeouts of the
	// pool; if the server does not accept it, the connection is closed, which rolls back.
	defer func() { _ = tx.Rollback() }()
	if err := fn(Tx{tx}); err != nil {
		return err
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err() // database/sql rolled back when ctx ended
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
	return isLockTimeout(me)
}
