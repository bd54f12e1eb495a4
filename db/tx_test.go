package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestWithTx(t *testing.T) {
	t.Parallel()
	pool := testenv.DB(t)
	q := accountquery.New(pool)
	ctx := t.Context()
	exists := func(id domain.ID) bool {
		_, err := q.GetUser(ctx, id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		return err == nil
	}
	committed, dropped, panicked, cancelled := newUser("kept@x.io"), newUser("dropped@x.io"), newUser("panicked@x.io"), newUser("cancelled@x.io")
	if err := db.WithTx(ctx, pool, func(tx db.Tx) error { return accountquery.New(tx).CreateUser(ctx, committed) }); err != nil || !exists(committed.ID) {
		t.Fatalf("commit: %v", err)
	}
	failure := errors.New("no")
	if err := db.WithTx(ctx, pool, func(tx db.Tx) error {
		return errors.Join(accountquery.New(tx).CreateUser(ctx, dropped), failure)
	}); !errors.Is(err, failure) || exists(dropped.ID) {
		t.Fatalf("roll back: %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.WithTx(ctx, pool, func(tx db.Tx) error {
			if err := accountquery.New(tx).CreateUser(ctx, panicked); err != nil {
				t.Error(err)
			}
			panic("boom")
		})
	}()
	if exists(panicked.ID) {
		t.Fatal("a panic committed")
	}
	cut, cancel := context.WithCancel(ctx)
	err := db.WithTx(cut, pool, func(tx db.Tx) error {
		defer cancel()
		return accountquery.New(tx).CreateUser(cut, cancelled)
	})
	if domain.CodeOf(err) != domain.Unavailable || !errors.Is(err, context.Canceled) || exists(cancelled.ID) {
		t.Fatalf("cancelled: %v", err)
	}
	// None of them leaves a lock: the row can be locked at once.
	if err := db.WithTx(ctx, pool, func(tx db.Tx) error { _, err := accountquery.New(tx).LockUser(ctx, committed.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if n := pool.Stats().InUse; n != 0 {
		t.Fatalf("%d connections in use", n)
	}
}

func TestWithTxRetriesDeadlock(t *testing.T) {
	t.Parallel()
	pool := testenv.DB(t)
	ctx := t.Context()
	a, b := newUser("a@x.io"), newUser("b@x.io")
	q := accountquery.New(pool)
	if err := errors.Join(q.CreateUser(ctx, a), q.CreateUser(ctx, b)); err != nil {
		t.Fatal(err)
	}
	var runs atomic.Int32
	bothLocked := make(chan struct{}) // closed when both transactions hold their first lock
	var locked atomic.Int32
	cross := func(first, second domain.ID) error {
		return db.WithTx(ctx, pool, func(tx db.Tx) error {
			q := accountquery.New(tx)

			runs.Add(1)
			if _, err := q.LockUser(ctx, first); err != nil {
				return err
			}
			if locked.Add(1) == 2 {
				close(bothLocked)
			}
			select {
			case <-bothLocked:
			case <-time.After(10 * time.Second):
				return errors.New("timeout: the other transaction has no lock")
			}
			_, err := q.LockUser(ctx, second)
			return err
		})
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { errs[0] = cross(a.ID, b.ID) })
	wg.Go(func() { errs[1] = cross(b.ID, a.ID) })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := runs.Load(); n < 3 {
		t.Fatalf("%d runs: no deadlock occurred", n)
	}
}

// TestStatementsRetryDeadlock: a sweep waits for a row locked by a transaction, which then inserts
// a row before it, where the sweep holds a lock.
func TestStatementsRetryDeadlock(t *testing.T) {
	t.Parallel()
	pool := testenv.DB(t)
	ctx := t.Context()
	insert := func(on interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, n int,
	) {
		t.Helper()
		_, err := on.ExecContext(ctx, "INSERT INTO idempotency_keys (key_hash, fingerprint, held_until, status, content_type, answer, created_at) VALUES (?, '', ?, 0, '', '', ?)",
			fmt.Sprintf("%032d", n), time.Unix(1, 0), time.Unix(int64(n), 0))
		if err != nil {
			t.Fatal(err)
		}
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	insert(tx, 5)
	sweeper, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sweeper.Close() }()
	var session int64
	if err := sweeper.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&session); err != nil {
		t.Fatal(err)
	}
	swept := make(chan error, 1)
	go func() {
		// The index that the optimizer chooses for a large table.
		r, err := sweeper.ExecContext(ctx, "DELETE FROM idempotency_keys WHERE created_at < '2000-01-01' ORDER BY created_at LIMIT 1000")
		if err == nil {
			var n int64
			if n, err = r.RowsAffected(); n != 2 {
				err = errors.Join(err, fmt.Errorf("%d rows were swept", n))
			}
		}
		swept <- err
	}()
	testkit.Eventually(t, "the sweep waits", func() bool {
		var n int
		if err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ? AND info LIKE 'DELETE%' AND time_ms > 100", session).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 1
	})
	insert(tx, 4)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-swept; err != nil {
		t.Fatal(err)
	}
}

func TestWithTxLockTimeout(t *testing.T) {
	t.Parallel()
	url := testenv.NewDatabaseURL(t)
	if err := db.Migrate(t.Context(), open(t, url)); err != nil {
		t.Fatal(err)
	}
	pool := open(t, url+"&innodb_lock_wait_timeout=1")
	ctx := t.Context()
	u := newUser("held@x.io")
	if err := accountquery.New(pool).CreateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	holder, err := pool.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	if _, err := accountquery.New(holder).LockUser(ctx, u.ID); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	runs := 0
	err = db.WithTx(short, pool, func(tx db.Tx) error {
		runs++
		_, err := accountquery.New(tx).LockUser(short, u.ID)
		return err
	})
	if domain.CodeOf(err) != domain.Unavailable || runs < 2 || runs > db.TxAttempts {
		t.Fatalf("after %d runs: %v", runs, err)
	}
}
