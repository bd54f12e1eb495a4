package db_test

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"counsel/db"
	"counsel/sandbox/testenv"
)

var update = flag.Bool("update", false, "write schema.sql")

// TestSchemaFile checks that schema.sql equals the schema that the migrations create. `go test ./db
// -run TestSchemaFile -update` writes it.
func TestSchemaFile(t *testing.T) {
	t.Parallel()
	if os.Getenv("TESTENV_MYSQL") != "" {
		t.Skip("schema.sql has the format of the private MariaDB")
	}
	pool := open(t, testenv.NewDatabaseURL(t))
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	schema, err := dumpSchema(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.sql", []byte(schema), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if string(stored) != schema {
		t.Error("schema.sql differs from the migrations: run go test ./db -run TestSchemaFile -update")
	}
}

// tableOptions matches the default collation of columns, which every table repeats, and the options
// at its end.
var tableOptions = regexp.MustCompile(`(?: CHARACTER SET \w+)? COLLATE utf8mb4_unicode_ci|(?m)^\) ENGINE=.*$`)

func dumpSchema(ctx context.Context, pool *sql.DB) (string, error) {
	rows, err := pool.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("-- The schema after all migrations, to read. Written by TestSchemaFile; see CONTRIBUTING.md.\n")
	for _, name := range names {
		var table, statement string
		if err := pool.QueryRowContext(ctx, "SHOW CREATE TABLE `"+name+"`").Scan(&table, &statement); err != nil {
			return "", err
		}
		statement = tableOptions.ReplaceAllStringFunc(statement, func(s string) string {
			if strings.HasPrefix(s, ")") {
				return ");"
			}
			return ""
		})
		b.WriteString("\n" + strings.ReplaceAll(statement, "`", "") + "\n")
	}
	return b.String(), nil
}
