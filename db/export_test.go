package db

import (
	"context"
	"database/sql"
	"slices"
)

// Internals exported for the tests of db_test.
var (
	Parse           = parse
	Migrations      = migrations
	LockMigrations  = lockMigrations
	SplitStatements = splitStatements
	ReadMigrations  = readMigrations
)

const TxAttempts = txAttempts

// MigrateSome applies the migrations whose versions some accepts.
func MigrateSome(ctx context.Context, pool *sql.DB, some func(version int64) bool) error {
	all, err := allMigrations()
	if err != nil {
		return err
	}
	return migrate(ctx, pool, slices.DeleteFunc(slices.Clone(all), func(m migration) bool { return !some(m.version) }), nil)
}

// Statements returns the statements of each migration, in order.
func Statements() (versions []int64, statements map[int64][]string, err error) {
	all, err := allMigrations()
	statements = map[int64][]string{}
	for _, m := range all {
		versions = append(versions, m.version)
		statements[m.version] = m.statements
	}
	return versions, statements, err
}

// MySQLConn is the driver connection that tests wrap.
type MySQLConn = mysqlConn
