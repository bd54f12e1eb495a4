package sandbox

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
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
	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"counsel/sandbox/testkit"
)

const (
	waitTimeout = 60 * time.Second
	childEnv    = "COUNSEL_SANDBOX_TEST_CHILD"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		runChild(dir)
	}
	if dir := os.Getenv(s3ChildEnv); dir != "" {
		runS3Child(dir)
	}
	goleak.VerifyTestMain(m)
}

// runChild runs a process of TestKilledParent: a sandbox that runs until it is killed.
func runChild(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir, MySQL: true, Redis: true})
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(1)
	}
	fmt.Println("RUNNING", s.mysql.PID(), s.redis.PID())
	select {}
}

func start(t *testing.T, o Options) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openDB(t *testing.T, databaseURL string) *sql.DB {
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

func openRedis(t *testing.T, redisURL string) rueidis.Client {
	t.Helper()
	o, err := rueidis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rueidis.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func putRow(t *testing.T, db *sql.DB, id int) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS kept (id INT PRIMARY KEY)",
		"INSERT INTO kept VALUES (" + strconv.Itoa(id) + ")",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func rows(t *testing.T, db *sql.DB) int {
	t.Helper()
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func setKey(t *testing.T, c rueidis.Client, value string) {
	t.Helper()
	if err := c.Do(t.Context(), c.B().Set().Key("kept").Value(value).Build()).Error(); err != nil {
		t.Fatal(err)
	}
}

func key(t *testing.T, c rueidis.Client) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return c.Do(ctx, c.B().Get().Key("kept").Build()).ToString()
}

func TestRestartKeepsDataAndURLs(t *testing.T) {
	dir := t.TempDir()
	all := Options{Dir: dir, MySQL: true, Redis: true, S3: true, SMTP: true}
	first := start(t, all)
	putRow(t, openDB(t, first.DatabaseURL), 1)
	setKey(t, openRedis(t, first.RedisURL), "v")
	putObject(t, s3Client(t, first.S3, first.S3.SecretKey), "a/b.txt", "hello")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatalf("closed twice: %v", err)
	}
	if first.mysql.PID() != 0 || first.redis.PID() != 0 {
		t.Fatal("children still run")
	}

	second := start(t, all)
	if second.DatabaseURL != first.DatabaseURL || second.RedisURL != first.RedisURL || second.SMTP.Password != first.SMTP.Password {
		t.Error("URLs or passwords changed")
	}
	if n := rows(t, openDB(t, second.DatabaseURL)); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	if v, err := key(t, openRedis(t, second.RedisURL)); err != nil || v != "v" {
		t.Errorf("key %q, %v", v, err)
	}
	if got := getObject(t, s3Client(t, second.S3, second.S3.SecretKey), "a/b.txt"); got != "hello" {
		t.Errorf("object %q", got)
	}

	// Nothing in the folder is for others to read.
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() && filepath.Dir(path) == dir {
			if info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			return fs.SkipDir
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestKilledServersRestart(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), MySQL: true, Redis: true})
	db, client := openDB(t, s.DatabaseURL), openRedis(t, s.RedisURL)
	putRow(t, db, 1)
	setKey(t, client, "v")
	for round := range 2 {
		mysqlPID, redisPID := s.mysql.PID(), s.redis.PID()
		for _, pid := range []int{mysqlPID, redisPID} {
			if group, err := syscall.Getpgid(pid); err != nil || group == syscall.Getpgrp() {
				t.Errorf("process %d is in the process group of the test (%v): Ctrl-C would end it", pid, err)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		testkit.Eventually(t, "the database is back", func() bool { return s.mysql.PID() != mysqlPID && db.Ping() == nil })
		if n := rows(t, db); n != 1 {
			t.Errorf("round %d: %d rows, want 1", round, n)
		}
		testkit.Eventually(t, "Redis is back", func() bool {
			v, err := key(t, client)
			return s.redis.PID() != redisPID && err == nil && v == "v"
		})
	}
}

func TestKilledParent(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		var mysqlPID, redisPID int
		if n, _ := fmt.Sscanf(line, "RUNNING %d %d", &mysqlPID, &redisPID); n != 2 {
			_ = cmd.Process.Kill()
			t.Fatalf("child says %q, %v", line, err)
		}

		// The folder is in use, and the error names the process.
		_, err = Start(t.Context(), Options{Dir: dir, Redis: true})
		if err == nil || !strings.Contains(err.Error(), "process "+strconv.Itoa(cmd.Process.Pid)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("a second instance in the same folder: %v", err)
		}

		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		testkit.Eventually(t, "no orphans", func() bool { return !alive(mysqlPID) && !alive(redisPID) })
	}
	s := start(t, Options{Dir: dir, MySQL: true, Redis: true})
	if err := openDB(t, s.DatabaseURL).Ping(); err != nil {
		t.Error(err)
	}
}

func TestStartFailureStopsServers(t *testing.T) {
	dir := t.TempDir()
	// The mail folder cannot be created.
	if err := os.WriteFile(filepath.Join(dir, "mail"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Start(t.Context(), Options{Dir: dir, Redis: true, SMTP: true}); err == nil {
		_ = s.Close()
		t.Fatal("started without its mail folder")
	}
	if _, err := os.Stat(filepath.Join(dir, "redis", "pid")); err == nil {
		t.Error("Redis still runs")
	}
	start(t, Options{Dir: dir, Redis: true}) // the folder is free again
}

func TestStartCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, Options{Dir: t.TempDir(), MySQL: true, Redis: true}); err == nil {
		_ = s.Close()
		t.Fatal("started after the context was canceled")
	}
}
