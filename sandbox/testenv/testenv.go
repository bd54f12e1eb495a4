// Package testenv gives tests real servers: one MariaDB and one Redis per test run, and one database per
// package. Nothing is left afterwards.
//
// go test runs each package in its own process, several at a time. The first process that needs a server
// starts a supervisor: the test binary once more, in a session of its own. It runs the servers in a folder
// in memory or under the system's temporary directory. Each process that uses them holds a shared lock on a file there.
// The kernel releases the lock however the process ends. A few seconds after the last one has ended, the
// supervisor stops the servers, deletes the folder and exits.
//
// If a server cannot be started, the test fails with one line that gives the reason.
package testenv

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/gofrs/flock"
	"go.uber.org/goleak"
)

const (
	startTimeout = 90 * time.Second // a first start on a busy machine is slow
	sqlTimeout   = 30 * time.Second
)

// mysqlEnv is the environment variable with the URL of another database server, such as
// mysql://root@127.0.0.1:4000. See scripts/tidb.
const mysqlEnv = "TESTENV_MYSQL"

// state is this process's use of the shared servers.
var state struct {
	mainRuns atomic.Bool

	mu       sync.Mutex
	joined   *membership
	database string   // name of the package's database
	created  []string // databases to drop at the end
	unused   []string // created databases with the schema that no test uses now
	redisURL string
	redis    *flock.Flock // of redisURL
}

// Main runs the tests of a package, checks for leaked goroutines, drops the package's databases and
// exits. Call it as
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
func Main(m goleak.TestingM, opts ...goleak.Option) {
	state.mainRuns.Store(true)
	goleak.VerifyTestMain(m, append(opts, goleak.Cleanup(func(code int) {
		dropDatabases()
		os.Exit(code)
	}))...)
}

// dropDatabases drops the package's databases. The locks end with the process.
func dropDatabases() {
	state.mu.Lock()
	defer state.mu.Unlock()
	for _, name := range state.created {
		if err := execSQL(state.joined.servers.MySQL, "DROP DATABASE IF EXISTS `"+name+"`"); err != nil {
			fmt.Fprintln(os.Stderr, "testenv: failed to drop a database; it remains until the servers stop:", err)
		}
	}
}

// join makes this process a user of the shared servers and starts them if needed.
func join(t testing.TB) *membership {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	return joinLocked(t)
}

func joinLocked(t testing.TB) *membership {
	t.Helper()
	if !state.mainRuns.Load() {
		t.Fatal("testenv: the package needs func TestMain(m *testing.M) { testenv.Main(m) }")
	}
	if state.joined == nil {
		m, err := joinShared(baseDir(), startTimeout)
		if err != nil {
			t.Fatalf("testenv: %v", err)
		}
		m.servers.MySQL = cmp.Or(os.Getenv(mysqlEnv), m.servers.MySQL)
		state.joined = m
	}
	return state.joined
}

// DatabaseURL returns the URL of the database of this test process. It is empty at first, shared by
// all its tests and dropped at the end.
func DatabaseURL(t testing.TB) string {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	m := joinLocked(t)
	if state.database == "" {
		name, err := createDatabase(m.servers.MySQL)
		if err != nil {
			t.Fatalf("testenv: %v", err)
		}
		state.database, state.created = name, append(state.created, name)
	}
	return databaseURL(m.servers.MySQL, state.database)
}

// NewDatabaseURL returns the URL of an empty database for this test alone. It is dropped after the
// test.
func NewDatabaseURL(t testing.TB) string {
	t.Helper()
	server := join(t).servers.MySQL
	name, err := createDatabase(server)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() {
		if err := execSQL(server, "DROP DATABASE `"+name+"`"); err != nil {
			t.Errorf("testenv: the test's database cannot be dropped (a transaction left open?): %v", err)
		}
	})
	return databaseURL(server, name)
}

// RedisURL returns the URL of a logical database of the shared Redis that belongs to this test
// process, empty at first. Channels (PUBLISH) are shared with packages that run at the same time.
func RedisURL(t testing.TB) string {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	if state.redisURL == "" {
		state.redisURL, state.redis = claimRedis(t, joinLocked(t))
	}
	return state.redisURL
}

// NewRedisURL is like RedisURL, for this test alone: tests that run in parallel do not share keys.
func NewRedisURL(t testing.TB) string {
	t.Helper()
	redisURL, lock := claimRedis(t, join(t))
	t.Cleanup(func() {
		if err := lock.Close(); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
	return redisURL
}

func claimRedis(t testing.TB, m *membership) (string, *flock.Flock) {
	t.Helper()
	n, lock, err := m.claimRedis()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	u, err := url.Parse(m.servers.Redis)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	if err := flushRedis(u.Path, n); err != nil {
		t.Fatalf("testenv: redis: %v", err)
	}
	// A shared server on a busy machine may be slow without being down.
	u.RawQuery = "db=" + strconv.Itoa(n) + "&dial_timeout=30s&write_timeout=30s"
	return u.String(), lock
}

func createDatabase(server string) (string, error) {
	name := "counsel_" + strconv.Itoa(os.Getpid()) + "_" + strings.ToLower(rand.Text()[:10])
	return name, execSQL(server, "CREATE DATABASE IF NOT EXISTS `"+name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // the supervisor wrote the URL
	}
	u.Path = "/" + name
	return u.String()
}

// execSQL runs one statement on a connection of its own.
func execSQL(server, statement string) error {
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	dsn := mysql.NewConfig()
	dsn.Net, dsn.Addr = "tcp", u.Host
	if socket := u.Query().Get("socket"); socket != "" {
		dsn.Net, dsn.Addr = "unix", socket
	}
	dsn.User = u.User.Username()
	dsn.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(dsn)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	ctx, cancel := context.WithTimeout(context.Background(), sqlTimeout)
	defer cancel()
	// A server that has just started may close a connection it has accepted.
	for {
		if _, err = db.ExecContext(ctx, statement); !errors.Is(err, mysql.ErrInvalidConn) && !errors.Is(err, driver.ErrBadConn) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	return errors.Join(err, db.Close())
}

// flushRedis empties one logical database.
func flushRedis(socket string, n int) error {
	conn, err := net.DialTimeout("unix", socket, sqlTimeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(sqlTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "SELECT %d\r\nFLUSHDB\r\nQUIT\r\n", n); err != nil {
		return err
	}
	buf := make([]byte, 0, 64)
	for chunk := make([]byte, 64); ; {
		k, err := conn.Read(chunk)
		buf = append(buf, chunk[:k]...)
		if err != nil { // QUIT closes
			break
		}
	}
	if string(buf) != "+OK\r\n+OK\r\n+OK\r\n" {
		return fmt.Errorf("cannot empty database %d: %q", n, buf)
	}
	return nil
}
