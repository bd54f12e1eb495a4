package server

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func stopAtEnd(t *testing.T, s *Server, err error) *Server {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// restrictPath lets programs be found only in dir.
func restrictPath(t *testing.T, dir string) {
	t.Helper()
	before := programDirs
	programDirs = []string{dir}
	t.Cleanup(func() { programDirs = before })
	t.Setenv("PATH", dir)
}

func TestMissing(t *testing.T) {
	if missing := Missing(true, true); len(missing) != 0 {
		t.Fatalf("this machine lacks %v", missing)
	}
	restrictPath(t, t.TempDir())
	if missing := Missing(true, true); len(missing) != 2 {
		t.Errorf("missing %v", missing)
	}
	if missing := Missing(false, true); len(missing) != 1 || !strings.Contains(missing[0], "redis-server") {
		t.Errorf("missing %v", missing)
	}
	for name, start := range map[string]func(context.Context, Config) (*Server, error){"mariadbd": MySQL, "redis-server": Redis} {
		_, err := start(t.Context(), Config{Dir: t.TempDir()})
		var missing *MissingError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), name) ||
			!strings.Contains(err.Error(), "install with: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Debian has the program that creates MariaDB's data folder in a separate package.
func TestMissingInstallProgram(t *testing.T) {
	mariadb, install := findProgram(mysqlPrograms...), findProgram(installPrograms...)
	if install == "" {
		t.Skip("this machine's database is not MariaDB")
	}
	dir := t.TempDir()
	for program, name := range map[string]string{mariadb: mysqlPrograms[0], install: installPrograms[0]} {
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	restrictPath(t, dir)
	_, err := MySQL(t.Context(), Config{Dir: t.TempDir()})
	var missing *MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "not installed: my_print_defaults; install with: ") {
		t.Errorf("said %v", err)
	}
}

func TestOtherProgramNames(t *testing.T) {
	redis := findProgram(redisPrograms...)
	dir := t.TempDir()
	if err := os.Symlink(redis, filepath.Join(dir, "valkey-server")); err != nil {
		t.Fatal(err)
	}
	restrictPath(t, dir)
	s, err := Redis(t.Context(), Config{Dir: t.TempDir()})
	stopAtEnd(t, s, err)
}

func TestMySQLRestartsInterruptedInstall(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "mysql"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := MySQL(t.Context(), Config{Dir: dir, Scratch: true})
	stopAtEnd(t, s, err)
	if _, err := os.Stat(filepath.Join(dir, "data.new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an incomplete data folder remains: %v", err)
	}
}

// A path that is too long for a socket, with a space and a quote.
func TestUnusualPaths(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 25), `it's a "folder"`)
	redis, err := Redis(t.Context(), Config{Dir: filepath.Join(dir, "redis")})
	stopAtEnd(t, redis, err)
	db, err := MySQL(t.Context(), Config{Dir: filepath.Join(dir, "mysql"), Scratch: true})
	stopAtEnd(t, db, err)
	for _, s := range []*Server{redis, db} {
		if info, err := os.Stat(s.socketDir); err != nil || info.Mode().Perm() != 0o700 || len(s.child.socket) > maxSocketPath {
			t.Errorf("socket %s: %v", s.child.socket, err)
		}
	}
	if err := redis.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(redis.socketDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %s", redis.socketDir)
	}
}

func TestStalePIDFile(t *testing.T) {
	t.Run("of a stranger", func(t *testing.T) {
		stranger := exec.Command("sleep", "300")
		if err := stranger.Start(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "pid"), []byte(strconv.Itoa(stranger.Process.Pid)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Redis(t.Context(), Config{Dir: dir})
		stopAtEnd(t, s, err)
		if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("an unrelated process was killed: %v", err)
		}
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	})
	t.Run("of our orphan", func(t *testing.T) {
		dir := t.TempDir()
		orphan, err := Redis(t.Context(), Config{Dir: dir, NoRestart: true})
		stopAtEnd(t, orphan, err)
		pid := orphan.PID()
		s, err := Redis(t.Context(), Config{Dir: dir})
		stopAtEnd(t, s, err)
		if s.PID() == pid || orphan.PID() == pid {
			t.Error("the orphan still runs")
		}
	})
	t.Run("of nobody", func(t *testing.T) {
		dir := t.TempDir()
		for name, content := range map[string]string{"pid": "garbage", "redis.sock": "", "mysqld.pid": "1"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Redis(t.Context(), Config{Dir: dir})
		stopAtEnd(t, s, err)
	})
}

// A server that ends at once: one line, with the reason it logged.
func TestStartErrors(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\necho 'cannot: the reason'\nexit 3\n"
	if err := os.WriteFile(filepath.Join(bin, "redis-server"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	before := programDirs
	programDirs = nil
	defer func() { programDirs = before }()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 25))
	_, err := Redis(t.Context(), Config{Dir: dir})
	if _, err := os.Stat(shortName(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %s", shortName(dir))
	}
	if err == nil || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "exit status 3") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}

	// A server that runs but never answers is killed after the timeout.
	pidFile := filepath.Join(bin, "its-pid")
	script = "#!/bin/sh\necho $$ > " + pidFile + "\nexec sleep 300\n"
	if err := os.WriteFile(filepath.Join(bin, "redis-server"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := Redis(ctx, Config{Dir: t.TempDir()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still runs (%v)", pid, err)
	}
}

func TestStopWhilePausedAndWhileDown(t *testing.T) {
	s, err := Redis(t.Context(), Config{Dir: t.TempDir()})
	stopAtEnd(t, s, err)
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if s.PID() != 0 {
		t.Error("it lives")
	}

	// Stopped while it waits for its restart.
	s, err = Redis(t.Context(), Config{Dir: t.TempDir()})
	stopAtEnd(t, s, err)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("unix", u.Path); err == nil {
		_ = conn.Close()
		t.Error("a server answers after Stop")
	}
}

func TestSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := Secret(path)
	if err != nil || len(first) < 20 {
		t.Fatalf("%q, %v", first, err)
	}
	again, err := Secret(path)
	if err != nil || again != first {
		t.Errorf("%q after %q, %v", again, first, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Secret(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestPrivateDir(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "d")
	for range 2 {
		if err := PrivateDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := PrivateDir(dir); err == nil {
		t.Error("a folder that others can read was accepted")
	}
	link := filepath.Join(parent, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := PrivateDir(link); err == nil {
		t.Error("a symbolic link was accepted")
	}
}

// Data folders can be created concurrently.
func TestConcurrentInstall(t *testing.T) {
	var all sync.WaitGroup
	for range 12 {
		dir := t.TempDir()
		all.Go(func() {
			s, err := MySQL(t.Context(), Config{Dir: dir, Scratch: true})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
