package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"counsel/domain/retry"

	"github.com/go-sql-driver/mysql"
)

//go:embed migrations/*.sql
var migrations embed.FS

// MigrationFiles returns the SQL files of the migrations.
func MigrationFiles() fs.FS { return migrations }

// allMigrations returns the migrations of this program, in order. Splitting them takes longer than finding
// that none is to be applied.
var allMigrations = sync.OnceValues(func() ([]migration, error) { return readMigrations(migrations) })

// Migrate brings the schema up to date. Servers that start together take turns: the first migrates,
// the others wait until ctx is done and then find nothing to do. A run that is interrupted
// anywhere, even by kill -9, is resumed by the next.
//
// goose and similar tools count whole files, but MySQL commits each DDL statement by itself: an
// interrupted file could never run again. So statements are counted here. A statement that changes
// rows is recorded in its own transaction. A DDL statement is recorded before it starts: if the
// next run starts it again and finds its change, it had taken effect. A statement takes effect
// entirely or not at all on MySQL 8, MariaDB and TiDB.
func Migrate(ctx context.Context, pool *sql.DB) error { return MigrateWithProgress(ctx, pool, nil) }

// MigrateWithProgress is Migrate. It calls progress, if not nil, after each migration it applies.
func MigrateWithProgress(ctx context.Context, pool *sql.DB, progress func(done, total int)) error {
	all, err := allMigrations()
	if err != nil {
		return err
	}
	if err := checkComplete(ctx, pool); err != nil {
		return err
	}
	return migrate(ctx, pool, all, progress)
}

func migrate(ctx context.Context, pool *sql.DB, all []migration, progress func(done, total int)) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	// Closing the session releases the lock and resets the shorter timeout.
	defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }()
	// Everything runs on the connection that holds the lock: a statement that still runs on the server
	// after its client is gone makes the next run wait.
	if err := lockMigrations(ctx, conn); err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	m := migrator{conn, progress}
	if err := m.up(ctx, all); err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	return nil
}

// CheckMigrated fails if the schema lacks a migration that this program needs.
func CheckMigrated(ctx context.Context, pool *sql.DB) error {
	all, err := allMigrations()
	if err != nil {
		return err
	}
	if err := checkComplete(ctx, pool); err != nil {
		return err
	}
	lacking := errors.New("the database lacks migrations: run `counsel migrate` first")
	done, err := applied(ctx, pool)
	if me, ok := errors.AsType[*mysql.MySQLError](err); ok && me.Number == erNoSuchTable {
		return lacking
	}
	if err != nil {
		return Error(fmt.Errorf("migrations: %w", err))
	}
	for _, mig := range all {
		if !done[mig.version] {
			return lacking
		}
	}
	return nil
}

// migration is one file: its number, and its statements in order.
type migration struct {
	version    int64
	name       string
	statements []string
}

// readMigrations reads files such as 00007_what.sql, whose first line is "-- +goose Up", which sqlc
// expects too.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version < 1 {
			return nil, fmt.Errorf("migrations: %s begins with no number", name)
		}
		up, ok := strings.CutPrefix(string(text), "-- +goose Up\n")
		if !ok || strings.Contains(up, "+goose") {
			return nil, fmt.Errorf(`migrations: %s must begin with "-- +goose Up" and have no other such line`, name)
		}
		all = append(all, migration{version, name, splitStatements(up)})
	}
	slices.SortFunc(all, func(a, b migration) int { return int(a.version - b.version) })
	for i := 1; i < len(all); i++ {
		if all[i].version == all[i-1].version {
			return nil, fmt.Errorf("migrations: %s and %s have the same number", all[i-1].name, all[i].name)
		}
	}
	return all, nil
}

// sqlToken matches text in which a semicolon does not end a statement, or a semicolon that does.
// Comments between /* and */ stay: some address one kind of server.
var sqlToken = regexp.MustCompile(`(?s)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `|/\*.*?\*/|(?:--[ \t]|#)[^\n]*|--\n|;`)

func splitStatements(text string) (statements []string) {
	var statement strings.Builder
	end := func() {
		if s := strings.TrimSpace(statement.String()); s != "" {
			statements = append(statements, s)
		}
		statement.Reset()
	}
	from := 0
	for _, at := range sqlToken.FindAllStringIndex(text, -1) {
		statement.WriteString(text[from:at[0]])
		switch token := text[at[0]:at[1]]; {
		case token == ";":
			end()
		case token[0] == '#', strings.HasPrefix(token, "--"):
			statement.WriteByte('\n')
		default:
			statement.WriteString(token)
		}
		from = at[1]
	}
	statement.WriteString(text[from:])
	end()
	return statements
}

// changesRows reports whether a transaction can roll the statement back.
func changesRows(statement string) bool {
	verb, _, _ := strings.Cut(statement, " ")
	switch strings.ToUpper(strings.TrimSpace(verb)) {
	case "INSERT", "UPDATE", "DELETE", "REPLACE":
		return true
	}
	return false
}

type migrator struct {
	conn     *sql.Conn
	progress func(done, total int) // may be nil
}

// The tables that record progress. The first is goose's, so that databases of earlier programs are
// understood. The second has a row for each migration in progress, and one for version 0, which
// states that statements are counted.
const (
	versionTable = `CREATE TABLE IF NOT EXISTS goose_db_version (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  version_id BIGINT NOT NULL,
  is_applied BOOLEAN NOT NULL,
  tstamp     TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP
)`
	progressTable = `CREATE TABLE IF NOT EXISTS migration_progress (
  version   BIGINT  NOT NULL PRIMARY KEY,
  statement INT     NOT NULL, -- the last that was begun, from 1
  done      BOOLEAN NOT NULL, -- it took effect; FALSE: nobody knows
  uncounted BOOLEAN NOT NULL  -- any of them may have taken effect before they were counted
)`
)

// MigrationTables contain no data of the service.
var MigrationTables = []string{"goose_db_version", "migration_progress"}

type progress struct {
	statement int
	done      bool
	uncounted bool
}

func (m migrator) up(ctx context.Context, all []migration) error {
	for _, table := range []string{versionTable, progressTable} {
		if _, err := m.conn.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	done, err := applied(ctx, m.conn)
	if err != nil {
		return err
	}
	pending := slices.DeleteFunc(slices.Clone(all), func(mig migration) bool { return done[mig.version] })
	if err := m.begin(ctx, done[0], pending); err != nil {
		return err
	}
	for i, mig := range pending {
		if err := m.apply(ctx, mig); err != nil {
			return fmt.Errorf("%s: %w", mig.name, err)
		}
		if m.progress != nil {
			m.progress(i+1, len(pending))
		}
	}
	return nil
}

// begin writes version 0 of both tables. goose expects its own. A database that has only that one
// comes from a program that did not count statements: any part of the pending migrations may have
// run there.
func (m migrator) begin(ctx context.Context, known bool, pending []migration) error {
	return m.inTx(ctx, func(tx *sql.Tx) error {
		var counted int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM migration_progress WHERE version = 0").Scan(&counted); err != nil || counted > 0 {
			return err
		}
		if known {
			for _, mig := range pending {
				if _, err := tx.ExecContext(ctx, "INSERT INTO migration_progress (version, statement, done, uncounted) VALUES (?, 0, TRUE, TRUE)", mig.version); err != nil {
					return err
				}
			}
		} else if _, err := tx.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, TRUE)"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO migration_progress (version, statement, done, uncounted) VALUES (0, 0, TRUE, FALSE)")
		return err
	})
}

// apply runs the rest of a migration.
func (m migrator) apply(ctx context.Context, mig migration) error {
	var p progress
	err := m.conn.QueryRowContext(ctx, "SELECT statement, done, uncounted FROM migration_progress WHERE version = ?", mig.version).
		Scan(&p.statement, &p.done, &p.uncounted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for i, statement := range mig.statements {
		n := i + 1
		if n < p.statement || n == p.statement && p.done {
			continue
		}
		if err := m.run(ctx, mig.version, n, statement, p.uncounted || n == p.statement); err != nil {
			return fmt.Errorf("statement %d: %w", n, err)
		}
	}
	return m.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, TRUE)", mig.version)
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM migration_progress WHERE version = ?", mig.version)
		}
		return err
	})
}

// run records and runs one statement; started: it may have run before.
func (m migrator) run(ctx context.Context, version int64, n int, statement string, started bool) error {
	record := func(on executor, n int, done bool) error {
		_, err := on.ExecContext(ctx, `INSERT INTO migration_progress (version, statement, done, uncounted) VALUES (?, ?, ?, FALSE)
			ON DUPLICATE KEY UPDATE statement = VALUES(statement), done = VALUES(done)`, version, n, done)
		return err
	}
	if changesRows(statement) {
		return m.inTx(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, statement); err != nil && !(started && alreadyApplied(err)) {
				return err
			}
			return record(tx, n, true)
		})
	}
	if err := record(m.conn, n, false); err != nil {
		return err
	}
	_, err := m.conn.ExecContext(ctx, statement)
	switch {
	case !alreadyApplied(err):
		return err
	case started:
		return nil
	}
	// The obstacle is not this migration's own work: the next run must not assume so.
	return errors.Join(err, record(m.conn, n-1, true))
}

type executor interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

func (m migrator) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	return retryDeadlocks(ctx, func() error {
		tx, err := m.conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := do(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// applied lists the completed versions.
func applied(ctx context.Context, on interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}) (map[int64]bool, error) {
	rows, err := on.QueryContext(ctx, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	done := map[int64]bool{}
	for rows.Next() {
		var version int64
		var is bool
		if err := rows.Scan(&version, &is); err != nil {
			return nil, err
		}
		done[version] = is
	}
	return done, rows.Err()
}

// alreadyApplied recognizes the errors of a statement that ran before: what it creates exists, or
// what it changes or reads is gone.
func alreadyApplied(err error) bool {
	me, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch me.Number {
	case 1050, // table exists
		1051, 1146, // no such table
		1054,       // no such column
		1060,       // column exists
		1061,       // index exists
		1062,       // row exists
		1068,       // primary key exists
		1091,       // nothing to drop
		1176,       // no such index
		1826, 1828, // foreign key exists; column is part of one
		3821, 3822: // no such check; check exists
		return true
	case 1005: // MariaDB: a foreign key exists
		return strings.Contains(me.Message, "errno: 121")
	}
	return false
}

// The lock that the server holds for a session. It ends with the session, so a server that dies
// leaves none behind. There is one for each database, and goose's runs of earlier programs take the
// same.
const lockName = "CONCAT('counsel.migrate.', MD5(DATABASE()))"

// lockMigrations waits in short intervals, since one long wait would exceed the read timeout.
func lockMigrations(ctx context.Context, conn *sql.Conn) error {
	// The session of a disconnected machine ends after two minutes, not hours.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 120"); err != nil {
		return err
	}
	for {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lockName+", 1)").Scan(&got)
		if err != nil && retryable(err) && retry.Wait(ctx, 50*time.Millisecond) {
			continue // TiDB does not always wait
		}
		if err != nil {
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
