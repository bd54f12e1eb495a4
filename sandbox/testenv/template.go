package testenv

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"counsel/db"
)

// Migrating a database takes seconds, so the first process that needs the schema migrates a template
// database, and all others are copies of it. The template belongs to the shared servers and goes with
// them. There is one for each version of the migrations, because checkouts share the servers.

// createSchema creates the schema in the database called name.
func (m *membership) createSchema(ctx context.Context, name string) error {
	target, err := openSingle(ctx, databaseURL(m.servers.MySQL, name))
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	if os.Getenv(mysqlEnv) != "" { // a server that outlives the tests: nothing would drop the template
		return db.Migrate(ctx, target)
	}
	template, err := m.templateDatabase(ctx)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return copySchema(ctx, target, template)
}

// templateDatabase returns the name of the template, which it migrates if no process has.
func (m *membership) templateDatabase(ctx context.Context) (string, error) {
	version, err := migrationsHash()
	if err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(m.base, "template"))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	ready := filepath.Join(m.base, "template-"+version)
	if name, err := os.ReadFile(ready); err == nil && m.hasTables(ctx, string(name)) { // the servers may have been replaced
		return string(name), nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	name, err := createDatabase(m.servers.MySQL)
	if err != nil {
		return "", err
	}
	pool, err := db.Open(ctx, databaseURL(m.servers.MySQL, name), db.Options{})
	if err != nil {
		return "", err
	}
	defer func() { _ = pool.Close() }()
	if err := db.Migrate(ctx, pool); err != nil {
		return "", err
	}
	return name, os.WriteFile(ready, []byte(name), 0o600)
}

func (m *membership) hasTables(ctx context.Context, database string) bool {
	pool, err := openSingle(ctx, m.servers.MySQL)
	if err != nil {
		return false
	}
	defer func() { _ = pool.Close() }()
	names, err := tables(ctx, pool, "?", database)
	return err == nil && len(names) > 0
}

// migrationsHash identifies the migrations of this program.
func migrationsHash() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(db.MigrationFiles(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(db.MigrationFiles(), path)
		fmt.Fprintf(hash, "%s %d %s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)[:8]), err
}

// openSingle opens a pool of one connection, so that session settings apply to all statements.
func openSingle(ctx context.Context, url string) (*sql.DB, error) {
	return db.Open(ctx, url, db.Options{MaxConns: 1})
}

// copySchema creates the tables of another database, without their rows except the record of the
// migrations.
func copySchema(ctx context.Context, target *sql.DB, template string) error {
	names, err := tables(ctx, target, "?", template)
	if err != nil {
		return err
	}
	statements := []string{"SET foreign_key_checks = 0"} // tables refer to later ones
	for _, table := range names {
		var name, create string
		if err := target.QueryRowContext(ctx, "SHOW CREATE TABLE `"+template+"`.`"+table+"`").Scan(&name, &create); err != nil {
			return err
		}
		statements = append(statements, create)
		if slices.Contains(db.MigrationTables, table) {
			statements = append(statements, "INSERT INTO `"+table+"` SELECT * FROM `"+template+"`.`"+table+"`")
		}
	}
	return execAll(ctx, target, statements)
}

// tables returns the names of a database's tables. schema is an expression with the args.
func tables(ctx context.Context, pool *sql.DB, schema string, args ...any) (names []string, err error) {
	//nolint:gosec // schema is written by this package
	rows, err := pool.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = "+schema+" ORDER BY table_name", args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func execAll(ctx context.Context, pool *sql.DB, statements []string) error {
	for _, s := range statements {
		if _, err := pool.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
