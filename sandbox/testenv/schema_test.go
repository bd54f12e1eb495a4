package testenv

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"testing"

	"counsel/db"
)

func TestSchemaURLIsIsolatedAndEmpty(t *testing.T) {
	const rows = "SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM cases)"
	var first string
	t.Run("use", func(t *testing.T) {
		first = SchemaURL(t)
		if SchemaURL(t) == first {
			t.Fatal("concurrent tests share a database")
		}
		pool := OpenDB(t, first)
		execute(t, pool, "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (REPEAT('u', 16), 'a', 'a', 'client', '', NOW(6), NOW(6))")
		execute(t, pool, "INSERT INTO cases (id, title, description, status, created_by, created_at, updated_at) VALUES (REPEAT('c', 16), 'c', '', 'open', REPEAT('u', 16), NOW(6), NOW(6))")
		if n := count(t, pool, rows); n != 2 {
			t.Fatalf("%d rows", n)
		}
	})
	created := len(state.created)
	for range 2 {
		if n := count(t, DB(t), rows); n != 0 {
			t.Errorf("%d rows of a previous test remain", n)
		}
	}
	if len(state.created) != created {
		t.Error("the database was not reused")
	}
}

// A copy of the template equals what the migrations create.
func TestSchemaMatchesMigrations(t *testing.T) {
	migrated := OpenDB(t, NewDatabaseURL(t))
	if err := db.Migrate(t.Context(), migrated); err != nil {
		t.Fatal(err)
	}
	want, got := dump(t, migrated), dump(t, DB(t))
	if len(want) < 10 || !maps.Equal(want, got) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

// dump returns the statements that create a database's tables, and the rows of the record of migrations.
func dump(t *testing.T, pool *sql.DB) map[string]string {
	t.Helper()
	names, err := tables(t.Context(), pool, "DATABASE()")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, table := range names {
		var name, create string
		if err := pool.QueryRow("SHOW CREATE TABLE `"+table+"`").Scan(&name, &create); err != nil {
			t.Fatal(err)
		}
		all[name] = create
		if slices.Contains(db.MigrationTables, table) {
			all[name+" rows"] = fmt.Sprint(count(t, pool, "SELECT COUNT(*) FROM `"+table+"`"))
		}
	}
	return all
}
