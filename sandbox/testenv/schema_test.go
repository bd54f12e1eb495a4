package testenv

import "testing"

func TestSchemaURLIsAloneAndEmpty(t *testing.T) {
	const rows = "SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM cases)"
	var first string
	t.Run("use", func(t *testing.T) {
		first = SchemaURL(t)
		if SchemaURL(t) == first {
			t.Fatal("two at a time have one database")
		}
		pool := OpenDB(t, first)
		exec1(t, pool, "INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (REPEAT('u', 16), 'a', 'a', 'client', '', NOW(6), NOW(6))")
		exec1(t, pool, "INSERT INTO cases (id, title, description, status, created_by, created_at, updated_at) VALUES (REPEAT('c', 16), 'c', '', 'open', REPEAT('u', 16), NOW(6), NOW(6))")
		if n := count(t, pool, rows); n != 2 {
			t.Fatalf("%d rows", n)
		}
	})
	made := len(own.made)
	for range 2 {
		if n := count(t, DB(t), rows); n != 0 {
			t.Errorf("%d rows of an earlier test", n)
		}
	}
	if len(own.made) != made {
		t.Error("databases are not used again")
	}
}
