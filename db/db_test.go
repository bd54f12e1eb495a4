package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"counsel/db"
	"counsel/domain"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// open opens a pool that is closed after the test.
func open(t testing.TB, url string) *sql.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool
}

func newUser(email string) accountquery.CreateUserParams {
	now := domain.SystemClock()
	return accountquery.CreateUserParams{ID: domain.NewID(), Email: email, FullName: "Ada", Role: "client", PasswordHash: "x", CreatedAt: now, UpdatedAt: now}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, network, addr, user, password, name string }{
		{"mysql://u:p%40ss@db.example:3307/counsel", "tcp", "db.example:3307", "u", "p@ss", "counsel"},
		{"mysql://u@db.example/counsel", "tcp", "db.example:3306", "u", "", "counsel"},
		{"mysql://u:p@[::1]/counsel", "tcp", "[::1]:3306", "u", "p", "counsel"},
		{"mysql://u:p@/counsel?socket=/run/my%20sql.sock", "unix", "/run/my sql.sock", "u", "p", "counsel"},
		{"u:p@tcp(db.example:3306)/counsel?charset=latin1&parseTime=false", "tcp", "db.example:3306", "u", "p", "counsel"},
	} {
		cfg, err := db.Parse(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if cfg.Net != c.network || cfg.Addr != c.addr || cfg.User != c.user || cfg.Passwd != c.password || cfg.DBName != c.name {
			t.Errorf("%s: %s %s %s %s %s", c.url, cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName)
		}
		if !cfg.ParseTime || !cfg.InterpolateParams || !cfg.ClientFoundRows || cfg.MultiStatements || cfg.Loc != time.UTC {
			t.Errorf("%s: %+v", c.url, cfg)
		}
	}
}

func TestParseErrorsHidePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "mysql://", "mysql:///counsel", "mysql://u:hunter2@h/", "mysql://u:hunter2@h:port/n", "u:hunter2@tcp(h/n", "u:hunter2",
		"mysql://u:hunter2@h/n?readTimeout=soon", "postgres://u:hunter2@h/n",
	} {
		_, err := db.Parse(url)
		if err == nil {
			t.Errorf("%q was accepted", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the password: %v", err)
		}
	}
}

func TestOpenSetsStrictModeAndUTC(t *testing.T) {
	t.Parallel()
	pool := testenv.DB(t)
	ctx := t.Context()
	var mode, zone, charset string
	if err := pool.QueryRowContext(ctx, "SELECT @@sql_mode, @@time_zone, @@character_set_connection").Scan(&mode, &zone, &charset); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(mode, "STRICT_ALL_TABLES") || zone != "+00:00" || charset != "utf8mb4" {
		t.Fatalf("%s, %s, %s", mode, zone, charset)
	}
	q := accountquery.New(pool)
	u := newUser("strict@example.com")
	u.FullName = strings.Repeat("x", 201)
	if err := q.CreateUser(ctx, u); err == nil {
		t.Fatal("a name that is too long was truncated")
	}
	u.FullName = "𝔄da 🦉"
	if err := q.CreateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	got, err := q.GetUser(ctx, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.FullName != u.FullName || !got.CreatedAt.Equal(u.CreatedAt) || got.CreatedAt.Location() != time.UTC {
		t.Fatalf("%+v", got)
	}
	r, err := pool.ExecContext(ctx, "UPDATE users SET role = role WHERE id = ?", u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("an update that changes nothing counts %d rows, %v", n, err)
	}
}

func TestOpenFailsFastWhenAccessIsDenied(t *testing.T) {
	t.Parallel()
	url := testenv.DatabaseURL(t)
	cfg, err := db.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(t.Context(), strings.Replace(url, "/"+cfg.DBName, "/no_such_database", 1), db.Options{})
	// A missing database is reported as denied access if the user has no rights.
	if me, ok := errors.AsType[*mysql.MySQLError](err); !ok || me.Number != 1044 && me.Number != 1049 {
		t.Fatalf("unknown database: %v", err)
	}
}

func TestOpenRetriesUntilDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := db.Open(ctx, "mysql://u:hunter2@/n?socket=/nonexistent/socket", db.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "no such file") {
		t.Fatalf("%v", err)
	}
}

func TestOpenWaitsForServer(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	server.Kill9()
	opened := make(chan error, 1)
	go func() {
		pool, err := db.Open(t.Context(), server.URL, db.Options{Wait: time.Minute})
		if err == nil {
			err = pool.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("opened although the server is down: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	server.Restart()
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
}

func TestMigrateConcurrently(t *testing.T) {
	t.Parallel()
	url := testenv.NewDatabaseURL(t)
	pools := []*sql.DB{open(t, url), open(t, url), open(t, url)}
	errs := make([]error, len(pools))
	var wg sync.WaitGroup
	for i, p := range pools {
		wg.Go(func() { errs[i] = db.Migrate(t.Context(), p) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	files, err := db.Migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	var applied int
	if err := pools[0].QueryRow("SELECT COUNT(*) FROM goose_db_version WHERE version_id > 0").Scan(&applied); err != nil || applied != len(files) {
		t.Fatalf("%d of %d migrations applied, %v", applied, len(files), err)
	}
	if err := db.Migrate(t.Context(), pools[1]); err != nil {
		t.Fatalf("second migration: %v", err)
	}
}

func TestMigrateLockTimeout(t *testing.T) {
	t.Parallel()
	url := testenv.NewDatabaseURL(t)
	holder, err := open(t, url).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.LockMigrations(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	pool := open(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := db.Migrate(ctx, pool); domain.CodeOf(err) != domain.Unavailable {
		t.Fatalf("while another server migrates: %v", err)
	}
	if err := holder.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) { // ends the session, which releases the lock
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	pool := testenv.DB(t)
	q := accountquery.New(pool)
	ctx := t.Context()
	u := newUser("ada@example.com")
	if err := q.CreateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	duplicate := newUser("ada@example.com")
	check := func(what string, err error, want domain.Code) {
		t.Helper()
		err = db.Error(err)
		if got := domain.CodeOf(err); got != want {
			t.Errorf("%s: %s, want %s (%v)", what, got, want, err)
		}
		e, ok := errors.AsType[*domain.Error](err)
		if ok && (strings.Contains(e.Message, "ada@") || strings.Contains(e.Message, "users") || e.Message == "") {
			t.Errorf("%s: the message says %q", what, e.Message)
		}
		if ok && want == domain.Unavailable && (e.RetryAfter <= 0 || e.Message != "The service is busy right now, please try again.") {
			t.Errorf("%s: %+v", what, e)
		}
	}
	_, err := q.GetUser(ctx, domain.NewID())
	check("no rows", err, domain.NotFound)
	check("duplicate", q.CreateUser(ctx, duplicate), domain.Conflict)
	_, err = pool.ExecContext(ctx, "SELECT nonsense FROM users")
	check("a mistake of ours", err, domain.Internal)
	late, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = pool.ExecContext(late, "SELECT SLEEP(5)")
	check("too slow", err, domain.Unavailable)
	for _, n := range []uint16{1040, 1053, 1203, 1205, 1213, 1226, 1290, 1792, 1836, 1927, 1020, 8028, 9007} {
		check(fmt.Sprint(n), fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: n, Message: "users"}), domain.Unavailable)
	}
	check("TiDB gives a row up", &mysql.MySQLError{Number: 1105, Message: "pessimistic lock retry limit reached"}, domain.Unavailable)
	check("TiDB does not know", &mysql.MySQLError{Number: 1105, Message: "UnknownType"}, domain.Internal)
	for _, n := range []uint16{1451, 1452} {
		check(fmt.Sprint(n), &mysql.MySQLError{Number: n}, domain.Conflict)
	}
	for _, e := range []error{mysql.ErrInvalidConn, io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Err: errors.New("no")}, db.ErrRedisDown, sql.ErrConnDone} {
		check(e.Error(), e, domain.Unavailable)
	}
	if db.Error(nil) != nil {
		t.Error("Error(nil) is not nil")
	}
	original := domain.Errorf(domain.Forbidden, "no")
	if same, _ := errors.AsType[*domain.Error](db.Error(original)); same != original {
		t.Error("a domain error was changed")
	}
}

func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	pool := open(t, server.URL)
	ping := func(d time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		var one int
		return db.Error(pool.QueryRowContext(ctx, "SELECT 1").Scan(&one))
	}
	if err := ping(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	if err := ping(200 * time.Millisecond); domain.CodeOf(err) != domain.Unavailable {
		t.Fatalf("paused: %v", err)
	}
	server.Resume()
	testkit.Eventually(t, "after a pause", func() bool { return ping(time.Second) == nil })
	server.Kill9()
	if err := ping(5 * time.Second); domain.CodeOf(err) != domain.Unavailable {
		t.Fatalf("killed: %v", err)
	}
	if err := db.WithTx(t.Context(), pool, func(db.Tx) error { return nil }); domain.CodeOf(err) != domain.Unavailable {
		t.Fatalf("transaction while the server is down: %v", err)
	}
	server.Restart()
	testkit.Eventually(t, "after a restart", func() bool { return ping(time.Second) == nil })
}
