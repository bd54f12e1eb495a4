package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to date. Servers that start together take turns: the first
// does the work, the others wait for it until ctx is done and find nothing left to do.
func Migrate(ctx context.Context, pool *sql.DB) error {
	p, err := provider(pool)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	return nil
}

// CheckMigrated fails when the schema lacks a migration this program needs.
func CheckMigrated(ctx context.Context, pool *sql.DB) error {
	p, err := provider(pool)
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	if pending {
		return errors.New("the database lacks migrations: run `counsel migrate` first")
	}
	return nil
}

func provider(pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectMySQL, pool, files,
		goose.WithSessionLocker(namedLock{}),
		goose.WithAllowOutofOrder(true)) // changes land in another order than they were numbered
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// namedLock is a lock that the server keeps for a session; it goes with the session, so a
// server that dies half-way leaves none behind. It is one for each database.
type namedLock struct{}

var _ lock.SessionLocker = namedLock{}

const lockName = "CONCAT('counsel.migrate.', MD5(DATABASE()))"

// SessionLock asks in short turns, since one long wait would outlast the read timeout.
func (namedLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lockName+", 1)").Scan(&got); err != nil {
			return fmt.Errorf("waiting for another migration: %w", err)
		}
		if !got.Valid {
			return errors.New("the server gave no lock")
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

// SessionUnlock never takes long: ctx cannot be cancelled when it is called.
func (namedLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var released sql.NullInt64
	return conn.QueryRowContext(ctx, "SELECT RELEASE_LOCK("+lockName+")").Scan(&released)
}
