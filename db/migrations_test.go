package db_test

import (
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

// TestMigrationCreatesFirstVersions checks that drafts from before versions existed get a first
// version with their text.
func TestMigrationCreatesFirstVersions(t *testing.T) {
	t.Parallel()
	pool := open(t, testenv.NewDatabaseURL(t))
	if err := db.MigrateSome(t.Context(), pool, func(v int64) bool { return v <= 3 }); err != nil {
		t.Fatal(err)
	}
	user, draft, consultation, now := domain.NewID(), domain.NewID(), domain.NewID(), domain.SystemClock()
	for _, insert := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, 'a@example.com', 'A', 'client', '-', ?, ?)", []any{user, now, now}},
		{"INSERT INTO drafts (id, user_id, type, template_version, title, locale, tone, status, body, sections, warnings, quality_score, created_at) VALUES (?, ?, 'nda', '1', 'Old title', 'en', 'formal', 'drafted', 'Old text', '[]', '[]', 0.5, ?)", []any{draft, user, now}},
		{"INSERT INTO consultations (id, user_id, actor_id, kind, excerpt, question, answer, draft_id, locale, model, prompt_version, cached, tokens_used, latency_ms, created_at) VALUES (?, ?, ?, 'document', '', '', '', ?, 'en', 'm', '1', FALSE, 0, 0, ?)", []any{consultation, user, user, draft, now}},
	} {
		if _, err := pool.ExecContext(t.Context(), insert.sql, insert.args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	var title, body, origin string
	var n int
	if err := pool.QueryRowContext(t.Context(), `SELECT v.title, v.body, d.origin FROM drafts d JOIN draft_versions v ON v.draft_id = d.id AND v.version = d.version
		WHERE d.id = ? AND d.updated_at = d.created_at AND v.author_id = d.user_id`, draft).Scan(&title, &body, &origin); err != nil || title != "Old title" || body != "Old text" || origin != "generated" {
		t.Errorf("%q, %q, %q, %v", title, body, origin, err)
	}
	if _, err := pool.ExecContext(t.Context(), "DELETE FROM drafts WHERE id = ?", draft); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM consultations WHERE id = ? AND draft_id IS NULL", consultation).Scan(&n); err != nil || n != 1 {
		t.Errorf("the consultation was deleted with its draft: %d, %v", n, err)
	}
}

// TestMigrateOutOfOrder checks that a database with later migrations also gets the earlier ones it
// lacks.
func TestMigrateOutOfOrder(t *testing.T) {
	t.Parallel()
	pool := open(t, testenv.NewDatabaseURL(t))
	if err := db.CheckMigrated(t.Context(), pool); err == nil {
		t.Error("an empty database passes the check")
	}
	if err := db.MigrateSome(t.Context(), pool, func(v int64) bool { return v <= 3 || v == 20 }); err != nil {
		t.Fatal(err)
	}
	if db.CheckMigrated(t.Context(), pool) == nil {
		t.Error("a database without all migrations passes the check")
	}
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckMigrated(t.Context(), pool); err != nil {
		t.Error(err)
	}
}
