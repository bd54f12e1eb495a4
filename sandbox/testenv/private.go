package testenv

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"counsel/sandbox/server"
)

// Server is a database or Redis server for one test, which may stop, kill and pause it. It is as
// durable as the servers of the embedded mode, and is stopped and deleted after the test. Restart
// does not change its URL.
type Server struct {
	URL string

	t       testing.TB
	start   func(context.Context) (*server.Server, error)
	running *server.Server // nil while stopped
}

// PrivateMySQL starts a MariaDB for this test. That takes about two seconds.
func PrivateMySQL(t testing.TB) *Server {
	t.Helper()
	return private(t, server.MySQL)
}

// PrivateRedis starts a Redis for this test.
func PrivateRedis(t testing.TB) *Server {
	t.Helper()
	return private(t, server.Redis)
}

func private(t testing.TB, start func(context.Context, server.Config) (*server.Server, error)) *Server {
	t.Helper()
	// In the shared folder, so that it is deleted even if this process is killed.
	parent := filepath.Join(join(t).base, "private")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatalf("testenv: %v", err)
	}
	dir, err := os.MkdirTemp(parent, "")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	s := &Server{t: t, start: func(ctx context.Context) (*server.Server, error) {
		return start(ctx, server.Config{Dir: dir, NoRestart: true})
	}}
	t.Cleanup(func() {
		if s.running != nil {
			ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
			defer cancel()
			if err := s.running.Stop(ctx); err != nil {
				t.Errorf("testenv: %v", err)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
	s.Restart()
	return s
}

// Stop shuts the server down gracefully. It stays down until Restart.
func (s *Server) Stop() {
	s.t.Helper()
	if s.running == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := s.running.Stop(ctx)
	s.running = nil
	if err != nil {
		s.t.Fatalf("testenv: %v", err)
	}
}

// Kill9 kills the server and returns when it has exited. It stays down until Restart.
func (s *Server) Kill9() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := s.running.Stop(ctx) // waits for the exit
	s.running = nil
	if err != nil {
		s.t.Fatalf("testenv: %v", err)
	}
}

// Restart stops the server if it is running, starts it on its data, and returns when it is ready.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	now, err := s.start(ctx)
	if err != nil {
		s.t.Fatalf("testenv: %v", err)
	}
	s.running, s.URL = now, now.URL
}

// Pause freezes the server: it keeps its connections but does not respond.
func (s *Server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(stopTimeout)
	for !frozen(s.running.PID()) {
		if time.Now().After(deadline) {
			s.t.Fatal("testenv: the server did not stop on SIGSTOP")
		}
		<-tick.C
	}
}

// frozen reports whether every thread has stopped; until then the server may still respond. It
// reports true where there is no /proc.
func frozen(pid int) bool {
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
	if err != nil {
		return true
	}
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has exited
		}
		_, state, _ := strings.Cut(string(b), ") ") // "pid (name) state …"
		if !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

// Resume ends a Pause.
func (s *Server) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.running == nil || s.running.PID() == 0 {
		s.t.Fatal("testenv: the server is down")
	}
	if err := syscall.Kill(s.running.PID(), sig); err != nil {
		s.t.Fatalf("testenv: %v", err)
	}
}
