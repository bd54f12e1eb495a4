package testenv

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/redis/rueidis"

	"counsel/db"
)

// DB is a database with the schema and no rows, for this test alone.
func DB(t testing.TB) *sql.DB {
	t.Helper()
	return OpenDB(t, SchemaURL(t))
}

// OpenDB is a pool of connections that is closed after the test.
func OpenDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// OpenRedis is a client that is closed after the test.
func OpenRedis(t testing.TB, url string) rueidis.Client {
	t.Helper()
	client, err := db.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// EmptyRedis is a client for RedisURL, which is emptied.
func EmptyRedis(t testing.TB) rueidis.Client {
	t.Helper()
	client := OpenRedis(t, RedisURL(t))
	if err := client.Do(t.Context(), client.B().Flushdb().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	return client
}

// SchemaURL is a database with the schema and no rows, for this test alone. Making the schema
// takes longer than most tests, so the database is emptied afterwards and given to the next:
// a test that changes the schema takes NewDatabaseURL.
func SchemaURL(t testing.TB) string {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	server := joinLocked(t).servers.MySQL
	var name string
	if n := len(state.empty); n > 0 {
		name, state.empty = state.empty[n-1], state.empty[:n-1]
	} else {
		var err error
		if name, err = createDatabase(server); err != nil {
			t.Fatalf("testenv: %v", err)
		}
		state.made = append(state.made, name)
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
		state.empty = append(state.empty, name)
	})
	return url
}

func deleteRows(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sqlTimeout)
	defer cancel()
	pool, err := db.Open(ctx, url, db.Options{MaxConns: 1}) // one: foreign_key_checks is the session's
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
