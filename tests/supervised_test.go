package tests

import (
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"counsel/sandbox/testkit"
)

// supervised is a process that is restarted whenever it exits.
type supervised struct {
	output testkit.Log

	mu     sync.Mutex
	cmd    *exec.Cmd
	closed bool
	ended  chan struct{}
}

func supervise(t *testing.T, env map[string]string, args ...string) *supervised {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := &supervised{ended: make(chan struct{})}
	dir := t.TempDir()
	start := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return false
		}
		s.cmd = exec.Command(binary, args...)
		s.cmd.Dir, s.cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		for k, v := range env {
			s.cmd.Env = append(s.cmd.Env, k+"="+v)
		}
		s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
		if err := s.cmd.Start(); err != nil {
			t.Errorf("%s: %v", args[0], err)
			return false
		}
		return true
	}
	go func() {
		defer close(s.ended)
		restart := time.NewTicker(100 * time.Millisecond) // limits the rate of restarts
		defer restart.Stop()
		for start() {
			_ = s.cmd.Wait()
			<-restart.C
		}
	}()
	t.Cleanup(func() {
		s.mu.Lock()
		s.closed = true
		if s.cmd != nil && s.cmd.Process != nil {
			_ = s.cmd.Process.Kill()
		}
		s.mu.Unlock()
		<-s.ended
	})
	return s
}

// kill9 kills the process. It reports false if none is running.
func (s *supervised) kill9() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil && s.cmd.Process != nil && s.cmd.Process.Kill() == nil
}
