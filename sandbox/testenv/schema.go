package testenv

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/redis/rueidis"

	"counsel/db"
)

// DB returns a database with the schema and no rows, for this test alone.
func DB(t testing.TB) *sql.DB {
	t.Helper()
	return OpenDB(t, SchemaURL(t))
}

// OpenDB opens a connection pool that is closed after the test.
func OpenDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// OpenRedis opens a client that is closed after the test.
func OpenRedis(t testing.TB, url string) rueidis.Client {
	t.Helper()
	client, err := db.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// EmptyRedis flushes the database of RedisURL and returns a client for it.
func EmptyRedis(t testing.TB) rueidis.Client {
	t.Helper()
	client := OpenRedis(t, RedisURL(t))
	if err := client.Do(t.Context(), client.B().Flushdb().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	return client
}

// SchemaURL returns the URL of a database with the schema and no rows, for this test alone.
// Creating the schema takes longer than most tests, so the database is emptied and reused. Tests
// that change the schema use NewDatabaseURL.
func SchemaURL(t testing.TB) string {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	server := joinLocked(t).servers.MySQL
	var name string
	if n := len(state.unused); n > 0 {
		name, state.unused = state.unused[n-1], state.unused[:n-1]
	} else {
		var err error
		if name, err = createDatabase(server); err != nil {
			t.Fatalf("testenv: %v", err)
		}
		state.created = append(state.created, name)
		if err := state.joined.createSchema(t.Context(), name); err != nil {
			t.Fatalf("testenv: %v", err)
		}
	}
	url := databaseURL(server, name)
	t.Cleanup(func() {
		if err := deleteRows(url); err != nil {
			t.Errorf("testenv: the test's database cannot be emptied (a transaction left open?): %v", err)
			return
		}
		state.mu.Lock()
		defer state.mu.Unlock()
		state.unused = append(state.unused, name)
	})
	return url
}

func deleteRows(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sqlTimeout)
	defer cancel()
	pool, err := db.Open(ctx, url, db.Options{MaxConns: 1}) // one connection: foreign_key_checks is set per session
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	names, err := tables(ctx, pool, "DATABASE()")
	if err != nil {
		return err
	}
	statements := []string{"SET foreign_key_checks = 0"}
	for _, table := range names {
		if !slices.Contains(db.MigrationTables, table) {
			statements = append(statements, "DELETE FROM `"+table+"`")
		}
	}
	return execAll(ctx, pool, statements)
}
