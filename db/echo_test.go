package db_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestEchoOmitsValues(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer // read after the pool is closed
	pool, err := db.Open(t.Context(), testenv.NewDatabaseURL(t), db.Options{Echo: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE people (name VARCHAR(64) PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	insert := func() error {
		_, err := pool.ExecContext(t.Context(), "INSERT INTO people (name)\n VALUES (?)", "Ada Secret")
		return err
	}
	if err := insert(); err != nil {
		t.Fatal(err)
	}
	if err := insert(); domain.CodeOf(db.Error(err)) != domain.Conflict {
		t.Errorf("duplicate: %v, want a conflict", err)
	}
	var name string
	if err := pool.QueryRowContext(t.Context(), "SELECT name FROM people WHERE name = ?", "Ada Secret").Scan(&name); err != nil || name != "Ada Secret" {
		t.Errorf("read %q, %v", name, err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	logged := log.String()
	for _, want := range []string{
		`"statement":"INSERT INTO people (name) VALUES (?)","ms":`, `"outcome":"ok"`, `"outcome":"conflict"`, `"SELECT name FROM people WHERE name = ?"`,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log lacks %s:\n%s", want, logged)
		}
	}
	if strings.Contains(logged, "Secret") {
		t.Errorf("the log contains a value:\n%s", logged)
	}
}
