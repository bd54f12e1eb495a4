// Package testenv gives tests real servers: one MariaDB and one Redis a run,
// one database a package, nothing left behind.
//
// go test runs each package in a process of its own, several at a time. The
// first one that needs a server starts a supervisor, which is the test binary
// again under another name, in a session of its own; it runs the servers in a
// folder under the system's temporary one. Each process that uses them holds a
// shared lock on a file there for as long as it lives. The kernel lets go of it
// however the process ends, and a few seconds after the last one is gone the
// supervisor stops the servers, deletes the folder and ends.
//
// A server that cannot be had fails the test with one line that says why.
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
	"go.uber.org/goleak"
)

const (
	startTimeout = 90 * time.Second // a first start on a busy machine
	sqlTimeout   = 30 * time.Second
)

// mysqlEnv names another server for the databases: mysql://root@127.0.0.1:4000. See scripts/tidb.
const mysqlEnv = "TESTENV_MYSQL"

// state is what this process has of the shared servers.
var state struct {
	mainRuns atomic.Bool

	mu       sync.Mutex
	joined   *membership
	database string   // name of the package's database
	made     []string // databases to drop at the end
	empty    []string // those of them with the schema that no test uses
	redisURL string
}

// Main runs a package's tests, checks that no goroutine is left, and drops the
// package's databases:
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
// It does not return.
func Main(m goleak.TestingM, opts ...goleak.Option) {
	state.mainRuns.Store(true)
	goleak.VerifyTestMain(m, append(opts, goleak.Cleanup(func(code int) {
		dropDatabases()
		os.Exit(code)
	}))...)
}

// dropDatabases drops the package's databases. The locks go with the process.
func dropDatabases() {
	state.mu.Lock()
	defer state.mu.Unlock()
	for _, name := range state.made {
		if err := execSQL(state.joined.servers.MySQL, "DROP DATABASE IF EXISTS `"+name+"`"); err != nil {
			fmt.Fprintln(os.Stderr, "testenv: a database of the package stays until the servers stop:", err)
		}
	}
}

// join makes this process a user of the shared servers, which it may have to
// start.
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

// DatabaseURL is the database of this package's process: empty when it is first
// asked for, the same one for all its tests, dropped at the end.
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
		state.database, state.made = name, append(state.made, name)
	}
	return databaseURL(m.servers.MySQL, state.database)
}

// NewDatabaseURL is an empty database for this test alone, dropped after it.
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

// RedisURL is a logical database of the shared Redis that belongs to this
// package's process, empty when it is first asked for. Channels (PUBLISH) are
// not divided so: packages that run at the same time share them.
func RedisURL(t testing.TB) string {
	t.Helper()
	state.mu.Lock()
	defer state.mu.Unlock()
	m := joinLocked(t)
	if state.redisURL == "" {
		n, err := m.claimRedis()
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
		// a shared server that a busy machine keeps waiting is not down
		u.RawQuery = "db=" + strconv.Itoa(n) + "&dial_timeout=30s&write_timeout=30s"
		state.redisURL = u.String()
	}
	return state.redisURL
}

func createDatabase(server string) (string, error) {
	name := "counsel_" + strconv.Itoa(os.Getpid()) + "_" + strings.ToLower(rand.Text()[:10])
	return name, execSQL(server, "CREATE DATABASE IF NOT EXISTS `"+name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // the supervisor made it
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
	// A server that has only just come up may close a connection it has taken.
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
