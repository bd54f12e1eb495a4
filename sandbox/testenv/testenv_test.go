package testenv

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/gofrs/flock"
	"github.com/redis/rueidis"

	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { Main(m) }

const waitTimeout = 60 * time.Second

func open(t *testing.T, databaseURL string) *sql.DB {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	dsn := mysql.NewConfig()
	dsn.Net, dsn.Addr = "unix", u.Query().Get("socket")
	dsn.User = u.User.Username()
	dsn.Passwd, _ = u.User.Password()
	dsn.DBName = strings.TrimPrefix(u.Path, "/")
	dsn.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t *testing.T, db *sql.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func redisClient(t *testing.T, redisURL string) rueidis.Client {
	t.Helper()
	opt, err := rueidis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rueidis.NewClient(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestDatabaseURL(t *testing.T) {
	first := DatabaseURL(t)
	if second := DatabaseURL(t); second != first {
		t.Fatalf("the URL changed: %s, %s", first, second)
	}
	db := open(t, first)
	execute(t, db, "CREATE TABLE x (id INT PRIMARY KEY)")
	defer execute(t, db, "DROP TABLE x")
	var zone, charset string
	if err := db.QueryRow("SELECT @@time_zone, @@character_set_database").Scan(&zone, &charset); err != nil {
		t.Fatal(err)
	}
	if zone != "+00:00" || charset != "utf8mb4" {
		t.Errorf("time zone %s, character set %s", zone, charset)
	}
	if _, err := db.Exec("CREATE USER mallory"); err == nil {
		t.Error("the tests' account can create accounts")
	}
}

func TestNewDatabaseURLIsIsolatedAndDropped(t *testing.T) {
	shared := open(t, DatabaseURL(t))
	var name string
	t.Run("use", func(t *testing.T) {
		u := NewDatabaseURL(t)
		if u == DatabaseURL(t) {
			t.Fatal("NewDatabaseURL returned the shared database")
		}
		db := open(t, u)
		execute(t, db, "CREATE TABLE y (id INT)")
		if err := db.QueryRow("SELECT DATABASE()").Scan(&name); err != nil {
			t.Fatal(err)
		}
		if n := count(t, shared, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name); n != 1 {
			t.Fatalf("%d databases named %s", n, name)
		}
	})
	if n := count(t, shared, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name); n != 0 {
		t.Errorf("database %s still exists", name)
	}
}

func TestRedisURL(t *testing.T) {
	u := RedisURL(t)
	if second := RedisURL(t); second != u {
		t.Fatalf("the URL changed: %s, %s", u, second)
	}
	client := redisClient(t, u)
	ctx := context.Background()
	if err := client.Do(ctx, client.B().Set().Key("k").Value("v").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	// Client-side caching must work over the socket.
	for range 2 {
		got, err := client.DoCache(ctx, client.B().Get().Key("k").Cache(), time.Minute).ToString()
		if err != nil || got != "v" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	parsed, _ := url.Parse(u)
	n, err := strconv.Atoi(parsed.Query().Get("db"))
	if err != nil || n < 1 {
		t.Fatalf("database %q", parsed.Query().Get("db"))
	}
	if err := flushRedis(parsed.Path, n); err != nil {
		t.Fatal(err)
	}
	if size, err := client.Do(ctx, client.B().Dbsize().Build()).AsInt64(); err != nil || size != 0 {
		t.Fatalf("%d keys, %v", size, err)
	}
}

func TestNewRedisURL(t *testing.T) {
	shared := RedisURL(t)
	t.Run("use", func(t *testing.T) {
		first := NewRedisURL(t)
		if second := NewRedisURL(t); first == shared || first == second {
			t.Fatalf("tests share a database: %s, %s, %s", shared, first, second)
		}
		client := redisClient(t, first)
		testkit.Must(t, client.Do(t.Context(), client.B().Set().Key("k").Value("v").Build()).Error())
	})
	client := redisClient(t, NewRedisURL(t))
	if n, err := client.Do(t.Context(), client.B().Dbsize().Build()).AsInt64(); n != 0 || err != nil {
		t.Errorf("%d keys of an earlier test (%v)", n, err)
	}
}

func TestPrivateMySQL(t *testing.T) {
	s := PrivateMySQL(t)
	db := open(t, s.URL)
	execute(t, db, "CREATE TABLE x (id INT PRIMARY KEY)")
	execute(t, db, "INSERT INTO x VALUES (1)")

	url := s.URL
	s.Kill9()
	if err := db.Ping(); err == nil {
		t.Fatal("a killed server responds")
	}
	s.Restart()
	if s.URL != url {
		t.Errorf("URL changed from %s to %s", url, s.URL)
	}
	testkit.Eventually(t, "the pool recovers", func() bool { return db.Ping() == nil })
	if n := count(t, db, "SELECT COUNT(*) FROM x"); n != 1 {
		t.Errorf("%d rows survived kill -9, want 1", n)
	}

	s.Pause()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := db.PingContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused server: %v", err)
	}
	s.Resume()
	testkit.Eventually(t, "it responds", func() bool { return db.Ping() == nil })
	s.Stop()
	s.Stop()
	if err := db.Ping(); err == nil {
		t.Error("a stopped server responds")
	}
}

func TestPrivateRedis(t *testing.T) {
	s := PrivateRedis(t)
	client := redisClient(t, s.URL)
	ctx := context.Background()
	if err := client.Do(ctx, client.B().Set().Key("k").Value("v").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	s.Kill9()
	s.Restart()
	testkit.Eventually(t, "the key is back", func() bool {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		got, err := client.Do(ctx, client.B().Get().Key("k").Build()).ToString()
		return err == nil && got == "v"
	})
	// Paused at the end: the cleanup must handle that.
	s.Pause()
}

// TestProcess runs in a child process of TestProcesses. It prints its URLs and waits until its
// input ends.
func TestProcess(t *testing.T) {
	if os.Getenv("COUNSEL_TESTENV_PROCESS") == "" {
		t.Skip("only runs in TestProcesses")
	}
	fmt.Printf("\nGOT %s %s\n", DatabaseURL(t), RedisURL(t))
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

type process struct {
	cmd        *exec.Cmd
	stop       func()
	db, redis  string
	outputDone chan error
}

func startProcess(t *testing.T, tmp string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestProcess$", "-test.v")
	// A garbage collector that runs all the time closes unreachable lock files at once.
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, lingerEnv+"=300ms", "COUNSEL_TESTENV_PROCESS=1", "GOMEMLIMIT=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stop: func() { _ = in.Close() }, outputDone: make(chan error, 1)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go func() {
		var output strings.Builder
		for lines := bufio.NewScanner(out); lines.Scan(); {
			output.WriteString(lines.Text() + "\n")
			if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "GOT" {
				p.db, p.redis = f[1], f[2]
				p.outputDone <- nil
			}
		}
		p.outputDone <- errors.New(output.String())
	}()
	return p
}

// awaitOutput waits for the URLs that the process prints.
func (p *process) awaitOutput(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.outputDone:
		if err != nil {
			t.Fatalf("output of the process: %v", err)
		}
	case <-time.After(waitTimeout):
		t.Fatal("no output of the process")
	}
}

func supervisorPID(t *testing.T, base string) int {
	t.Helper()
	found := 0
	for _, pid := range processesWith(t, superviseEnv+"="+base, "environ") {
		// The servers inherit its environment. The supervisor is the one that runs this binary.
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err == nil && strings.HasPrefix(filepath.Base(exe), filepath.Base(os.Args[0])) {
			if found != 0 {
				t.Fatalf("two supervisors: %d and %d", found, pid)
			}
			found = pid
		}
	}
	return found
}

func processesWith(t *testing.T, text, file string) []int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skip("needs /proc")
	}
	var pids []int
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(b), text) {
			pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestProcesses(t *testing.T) {
	tmp := t.TempDir()
	base := filepath.Join(tmp, filepath.Base(baseDir()))
	cleanedUp := func() bool {
		files, err := os.ReadDir(tmp)
		return err == nil && len(files) == 0 && len(processesWith(t, base, "cmdline")) == 0
	}

	// Three concurrent processes share one pair of servers.
	var all []*process
	for range 3 {
		all = append(all, startProcess(t, tmp))
	}
	databases := map[string]bool{}
	for _, p := range all {
		p.awaitOutput(t)
		databases[p.db], databases[p.redis] = true, true
	}
	if len(databases) != 6 {
		t.Fatalf("databases are shared: %v", databases)
	}
	first := supervisorPID(t, base)
	if first == 0 {
		t.Fatal("no supervisor")
	}

	// The supervisor outlives the process that started it and a killed user.
	if err := all[0].cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := all[1].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = all[0].cmd.Process.Wait()
	_, _ = all[1].cmd.Process.Wait()
	var n int
	if err := open(t, all[2].db).QueryRow("SELECT 1").Scan(&n); err != nil {
		t.Fatal(err)
	}

	// If the supervisor is killed with its users, the servers end too, and the next user cleans up
	// and starts them.
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the servers have exited", func() bool { return len(processesWith(t, base, "cmdline")) == 0 })
	next := startProcess(t, tmp)
	next.awaitOutput(t)
	if now := supervisorPID(t, base); now == 0 || now == first {
		t.Fatalf("supervisor %d after %d", now, first)
	}

	// The last user exits.
	_ = all[2].cmd.Process.Kill()
	_, _ = all[2].cmd.Process.Wait()
	next.stop()
	if state, err := next.cmd.Process.Wait(); err != nil || !state.Success() {
		t.Fatalf("%v, %v", state, err)
	}
	testkit.Eventually(t, "nothing is left", cleanedUp)
}

// TestJoinWhileStopping checks that a process that joins while the servers are being stopped does not use
// the folder that is removed.
func TestJoinWhileStopping(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	stopping := flock.New(filepath.Join(base, "users"))
	if err := stopping.Lock(); err != nil {
		t.Fatal(err)
	}
	m := &membership{base: base}
	joined := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	go func() { joined <- m.lockUsers(ctx) }()
	// Whether it has opened the old file or opens the new one, the lock must be on the new one.
	if err := os.Rename(base, base+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := stopping.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	defer m.users.Close()
	if ok, err := flock.New(filepath.Join(base, "users")).TryLock(); ok || err != nil {
		t.Errorf("the users lock under the folder's name is free (%v)", err)
	}
}
