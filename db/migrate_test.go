package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/go-sql-driver/mysql"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

var errCut = errors.New("the process is killed here")

// cuts is a connector whose connections break once, at the first statement where none has broken
// yet: before it is sent, or after the server ran it and before the client gets the result.
type cuts struct {
	driver.Connector

	mu     sync.Mutex
	known  map[string]bool
	armed  bool
	broken bool
}

func (c *cuts) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &cutConn{conn.(db.MySQLConn), c}, nil
}

func (c *cuts) cut(point string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed && !c.broken && !c.known[point] {
		c.known[point], c.broken = true, true
	}
	return c.broken
}

func interrupt[T any](c *cuts, point string, do func() (T, error)) (none T, _ error) {
	if c.cut("before " + point) {
		return none, errCut
	}
	v, err := do()
	if c.cut("after " + point) {
		return none, errCut
	}
	return v, err
}

type cutConn struct {
	db.MySQLConn
	cuts *cuts
}

func (c *cutConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	return interrupt(c.cuts, fmt.Sprint(statement, args), func() (driver.Result, error) { return c.MySQLConn.ExecContext(ctx, statement, args) })
}

func (c *cutConn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	return interrupt(c.cuts, fmt.Sprint(statement, args), func() (driver.Rows, error) { return c.MySQLConn.QueryContext(ctx, statement, args) })
}

func (c *cutConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.MySQLConn.BeginTx(ctx, o)
	return cutTx{tx, c.cuts}, err
}

type cutTx struct {
	driver.Tx
	cuts *cuts
}

func (t cutTx) Commit() error {
	_, err := interrupt(t.cuts, "commit", func() (any, error) { return nil, t.Tx.Commit() })
	return err
}

// migrateOnce runs the migrations as a new process, which is killed at a new point if there is one.
func (c *cuts) migrateOnce(t *testing.T) error {
	t.Helper()
	c.broken = false
	pool := sql.OpenDB(c)
	defer func() { _ = pool.Close() }()
	return db.Migrate(t.Context(), pool)
}

// schema returns the output of SHOW CREATE TABLE for all tables, ordered by name.
func schema(t *testing.T, pool *sql.DB) string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range tables {
		var createTable string
		if err := pool.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+name+"`").Scan(&name, &createTable); err != nil {
			t.Fatal(err)
		}
		all.WriteString(regexp.MustCompile(` AUTO_INCREMENT=\d+`).ReplaceAllString(createTable, "") + "\n")
	}
	return all.String()
}

// progress returns the number of migrations in progress.
func progress(t *testing.T, pool *sql.DB) (n int) {
	t.Helper()
	if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM migration_progress WHERE version > 0").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMigrateResumesAfterKill kills the first migration before and after each of its statements,
// with a restart after each kill. The schema equals that of an undisturbed migration, and no row is
// lost.
func TestMigrateResumesAfterKill(t *testing.T) {
	t.Parallel()
	want := schema(t, testenv.DB(t))
	url := testenv.NewDatabaseURL(t)
	pool := open(t, url)
	cfg, err := db.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := &cuts{Connector: connector, known: map[string]bool{}, armed: true}
	kills, drafted := 0, false
	for {
		err := c.migrateOnce(t)
		if err == nil {
			break
		}
		if kills++; !errors.Is(err, errCut) {
			t.Fatalf("after %d kills: %v", kills, err)
		}
		if !drafted {
			drafted = oldDraft(t, pool)
		}
	}
	_, statements, err := db.Statements()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, of := range statements {
		n += len(of)
	}
	if kills < 4*n || !drafted { // before and after each statement and its record
		t.Errorf("only %d kills at %d statements, draft inserted: %t", kills, n, drafted)
	}
	if got := schema(t, pool); got != want {
		t.Errorf("after %d kills the schema is\n%s\nwant\n%s", kills, got, want)
	}
	if n := progress(t, pool); n != 0 {
		t.Errorf("%d migrations are recorded as in progress", n)
	}
	checkOldDraft(t, pool)
}

// oldDraft inserts a draft as it was before versions existed, once its table exists.
func oldDraft(t *testing.T, pool *sql.DB) bool {
	t.Helper()
	var n int
	if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'drafts'").Scan(&n); err != nil || n == 0 {
		return false
	}
	user, now := domain.NewID(), domain.SystemClock()
	for _, insert := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, 'a@example.com', 'A', 'client', '-', ?, ?)", []any{user, now, now}},
		{"INSERT INTO drafts (id, user_id, type, template_version, title, locale, tone, status, body, sections, warnings, quality_score, created_at) VALUES (?, ?, 'nda', '1', 'Old title', 'en', 'formal', 'drafted', 'Old text', '[]', '[]', 0.5, ?)", []any{domain.NewID(), user, now}},
	} {
		if _, err := pool.ExecContext(t.Context(), insert.sql, insert.args...); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

func checkOldDraft(t *testing.T, pool *sql.DB) {
	t.Helper()
	var title, body string
	var n int
	if err := pool.QueryRowContext(t.Context(), `SELECT v.title, v.body, (SELECT COUNT(*) FROM draft_versions) FROM drafts d
		JOIN draft_versions v ON v.draft_id = d.id AND v.version = d.version WHERE d.updated_at = d.created_at`).Scan(&title, &body, &n); err != nil ||
		title != "Old title" || body != "Old text" || n != 1 {
		t.Errorf("the old draft is %q, %q, in %d versions, %v", title, body, n, err)
	}
}

// TestMigrateResumesWithoutProgress: earlier programs ran each file without recording progress and
// failed if a table existed. Each migration is interrupted after its first statement, after its
// second, and so on.
func TestMigrateResumesWithoutProgress(t *testing.T) {
	t.Parallel()
	want := schema(t, testenv.DB(t))
	versions, statements, err := db.Statements()
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, v := range versions {
		most = max(most, len(statements[v]))
	}
	for cut := 1; cut <= most; cut++ {
		pool := open(t, testenv.NewDatabaseURL(t))
		exec := func(statement string, args ...any) {
			t.Helper()
			if _, err := pool.ExecContext(t.Context(), statement, args...); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		exec(`CREATE TABLE goose_db_version (id SERIAL NOT NULL, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NULL DEFAULT NOW(), PRIMARY KEY (id))`)
		exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, TRUE)")
		var done []int64
		for _, v := range versions {
			if v == 20 {
				oldDraft(t, pool)
			}
			if cut > len(statements[v]) {
				for _, s := range statements[v] {
					exec(s)
				}
				exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, TRUE)", v)
				continue
			}
			for _, s := range statements[v][:cut] {
				exec(s)
			}
			exec("DROP TABLE IF EXISTS migration_progress")
			done = append(done, v)
			if err := db.MigrateSome(t.Context(), pool, func(some int64) bool { return some == v }); err != nil {
				t.Fatalf("%d, interrupted after %d: %v", v, cut, err)
			}
		}
		if err := db.Migrate(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		drop := regexp.MustCompile("(?s)CREATE TABLE `goose_db_version`.*?\n\\)[^\n]*\n")
		if got := drop.ReplaceAllString(schema(t, pool), ""); got != drop.ReplaceAllString(want, "") {
			t.Errorf("%v interrupted after %d: the schema is\n%s\nwant\n%s", done, cut, got, want)
		}
		checkOldDraft(t, pool)
	}
}

// TestMigrateRejectsForeignTable: an existing table of the same name is an error, on every attempt,
// if the statement that creates it never started.
func TestMigrateRejectsForeignTable(t *testing.T) {
	t.Parallel()
	pool := open(t, testenv.NewDatabaseURL(t))
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE drafts (id INT)"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := db.Migrate(t.Context(), pool)
		if me, ok := errors.AsType[*mysql.MySQLError](err); !ok || me.Number != 1050 || !strings.Contains(err.Error(), "00002_drafts.sql: statement 1") {
			t.Fatalf("%v", err)
		}
	}
	if _, err := pool.ExecContext(t.Context(), "DROP TABLE drafts"); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

// TestMigrationStatementsAreAtomic rejects statements that combine changes which a server refuses
// to combine or, when killed, could apply only in part.
func TestMigrationStatementsAreAtomic(t *testing.T) {
	t.Parallel()
	versions, statements, err := db.Statements()
	if err != nil {
		t.Fatal(err)
	}
	clause := regexp.MustCompile(`(?i)\b(ADD|DROP|MODIFY|CHANGE|RENAME)\s+(COLUMN|UNIQUE|KEY|INDEX|CONSTRAINT|FOREIGN|PRIMARY|FULLTEXT|CHECK)`)
	for _, v := range versions {
		for n, s := range statements[v] {
			if !strings.HasPrefix(s, "ALTER TABLE") {
				continue
			}
			var kinds []string
			for _, found := range clause.FindAllString(s, -1) {
				kinds = append(kinds, strings.Join(strings.Fields(strings.ToUpper(found)), " "))
			}
			if slices.Sort(kinds); len(kinds) == 0 || len(kinds) > 1 && (kinds[0] != "ADD COLUMN" || kinds[len(kinds)-1] != "ADD COLUMN") {
				t.Errorf("migration %d, statement %d combines changes: %v", v, n+1, kinds)
			}
		}
	}
}

func TestSplitStatements(t *testing.T) {
	t.Parallel()
	got := db.SplitStatements("-- a; comment\nCREATE TABLE a (b INT, -- one; two\n c CHAR(3) DEFAULT ';--''\\'' /* it; stays */);\n\n# no;\nUPDATE a SET c = \"x;\"\"y\", `odd;name` = 5--1; --\n ;\nDROP TABLE a")
	want := []string{
		"CREATE TABLE a (b INT, \n\n c CHAR(3) DEFAULT ';--''\\'' /* it; stays */)",
		"UPDATE a SET c = \"x;\"\"y\", `odd;name` = 5--1",
		"DROP TABLE a",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestReadMigrationsInvalid(t *testing.T) {
	t.Parallel()
	for why, files := range map[string][2]string{
		"no number":      {"migrations/first.sql", "-- +goose Up\nDROP TABLE a;"},
		"no first line":  {"migrations/00001_a.sql", "DROP TABLE a;"},
		"another header": {"migrations/00001_a.sql", "-- +goose Up\nDROP TABLE a;\n-- +goose Down\nDROP TABLE b;"},
		"number twice":   {"migrations/1_a.sql", "-- +goose Up\nDROP TABLE a;"},
	} {
		fsys := fstest.MapFS{files[0]: {Data: []byte(files[1])}, "migrations/00001_z.sql": {Data: []byte("-- +goose Up\nDROP TABLE z;")}}
		if all, err := db.ReadMigrations(fsys); err == nil {
			t.Errorf("%s: %v", why, all)
		}
	}
}
