package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
)

// RestoreMark is a table that exists while a backup is being restored. The service does not start on such a database.
const RestoreMark = "restore_in_progress"

var errIncomplete = errors.New("the database is incomplete: a restore was interrupted; run `counsel restore` once more")

// Snapshot runs fn in a transaction that sees all tables as they are at its first query, and changes nothing.
func Snapshot(ctx context.Context, pool *sql.DB, fn func(Tx) error) error {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Error(err)
	}
	defer func() { _ = tx.Rollback() }()
	return Error(fn(Tx{tx}))
}

// AppliedMigrations returns the numbers of the migrations that the database has, in order.
func AppliedMigrations(ctx context.Context, tx Tx) ([]int64, error) {
	done, err := applied(ctx, tx)
	if err != nil {
		return nil, err
	}
	delete(done, 0) // goose's own
	var versions []int64
	for version, ok := range done {
		if ok {
			versions = append(versions, version)
		}
	}
	slices.Sort(versions)
	return versions, nil
}

// BeginRestore marks an empty database as incomplete and applies the migrations that a backup's rows need. It also accepts a
// database that has the mark.
func BeginRestore(ctx context.Context, pool *sql.DB, versions []int64) error {
	all, err := allMigrations()
	if err != nil {
		return err
	}
	needed := slices.DeleteFunc(slices.Clone(all), func(m migration) bool { return !slices.Contains(versions, m.version) })
	if len(needed) != len(versions) {
		return errors.New("the backup is of a newer version: restore it with that version")
	}
	marked, err := isMarked(ctx, pool)
	if err != nil {
		return Error(err)
	}
	if !marked {
		var tables int
		if err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&tables); err != nil {
			return Error(err)
		}
		if tables > 0 {
			return errors.New("the database is not empty")
		}
		if _, err := pool.ExecContext(ctx, "CREATE TABLE "+RestoreMark+" (id INT NOT NULL PRIMARY KEY)"); err != nil {
			return Error(err)
		}
	}
	return migrate(ctx, pool, needed, nil)
}

// EndRestore removes the mark and applies the migrations that are newer than the backup.
func EndRestore(ctx context.Context, pool *sql.DB) error {
	if _, err := pool.ExecContext(ctx, "DROP TABLE "+RestoreMark); err != nil {
		return Error(err)
	}
	return Migrate(ctx, pool)
}

func isMarked(ctx context.Context, pool *sql.DB) (marked bool, err error) {
	err = pool.QueryRowContext(ctx, "SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", RestoreMark).Scan(&marked)
	return marked, err
}

// checkComplete fails while a backup is being restored.
func checkComplete(ctx context.Context, pool *sql.DB) error {
	marked, err := isMarked(ctx, pool)
	if err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	if marked {
		return errIncomplete
	}
	return nil
}

// WithoutForeignKeys runs fn in a transaction that does not check foreign keys, so that tables can be filled in any order.
func WithoutForeignKeys(ctx context.Context, pool *sql.DB, fn func(Tx) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return Error(err)
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range []string{"SET SESSION foreign_key_checks = 0", "SET SESSION unique_checks = 0"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return Error(err)
		}
	}
	defer func() {
		ctx := context.WithoutCancel(ctx)
		_, errKeys := conn.ExecContext(ctx, "SET SESSION foreign_key_checks = 1")
		_, errUnique := conn.ExecContext(ctx, "SET SESSION unique_checks = 1")
		if errKeys != nil || errUnique != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // no other caller gets this session
		}
	}()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return Error(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(Tx{tx}); err != nil {
		return Error(err)
	}
	return Error(tx.Commit())
}
