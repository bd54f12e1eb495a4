package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	minRestartPause = 100 * time.Millisecond // before the first restart; doubles up to maxPause
	maxRestartPause = 5 * time.Second
	stableAfter     = 10 * time.Second // a child that ran this long resets the pause
	readyInterval   = 20 * time.Millisecond
	maxLog          = 4 << 20 // bytes; a longer log is rotated at the next start
)

// child is a supervised process. Its states are starting (until ready succeeds once), up (restarted after a pause
// whenever it exits), and ended (done is closed).
type child struct {
	name      string
	argv      []string
	socket    string
	logPath   string
	pidPath   string
	log       *slog.Logger
	noRestart bool // never restarted
	ready     func(context.Context) error

	stop     chan struct{} // closed by halt
	stopOnce sync.Once
	done     chan struct{} // closed when the supervising goroutine has ended

	mu   sync.Mutex
	up   bool
	proc *os.Process // nil while down
	err  error       // why it exited before it was ready
}

// start runs the child and waits until it is ready. If it fails, nothing is left running.
func (c *child) start(ctx context.Context) error {
	go c.supervise()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		if c.isReady(ctx) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.up = c.err == nil
			return c.err
		}
		select {
		case <-tick.C:
		case <-c.done:
			return c.err
		case <-ctx.Done():
			err := fmt.Errorf("%s did not become ready: %w%s", c.name, context.Cause(ctx), logEnd(c.logPath))
			over, cancel := context.WithCancel(context.Background())
			cancel() // kill it at once
			return errors.Join(err, c.stopAndWait(over))
		}
	}
}

func (c *child) isReady(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return c.ready(ctx) == nil
}

func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc == nil {
		return 0
	}
	return c.proc.Pid
}

func (c *child) signal(sig os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != nil {
		_ = c.proc.Signal(sig) // fails only if it has just exited
	}
}

// stopAndWait sends SIGTERM to the child, and kills it if ctx is done first.
func (c *child) stopAndWait(ctx context.Context) error {
	c.stopOnce.Do(func() { close(c.stop) })
	c.signal(syscall.SIGTERM)
	c.signal(syscall.SIGCONT) // a stopped process would not handle SIGTERM
	select {
	case <-c.done:
		return nil
	default:
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		c.signal(syscall.SIGKILL)
		<-c.done
		return fmt.Errorf("%s did not stop in time and was killed", c.name)
	}
}

func (c *child) supervise() {
	defer close(c.done)
	// Linux sends the parent death signal when the thread that forked exits, so this goroutine keeps its thread while the
	// child runs.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	pause := minRestartPause
	for {
		began := time.Now()
		err := c.run()
		if c.stopping() {
			return
		}
		c.mu.Lock()
		up := c.up
		if !up {
			c.err = fmt.Errorf("%s did not start: %w%s", c.name, err, logEnd(c.logPath))
		}
		c.mu.Unlock()
		if !up || c.noRestart {
			return
		}
		if time.Since(began) > stableAfter {
			pause = minRestartPause
		}
		c.log.Warn("server exited and will be restarted", "server", c.name, "error", err.Error(), "pause", pause.String())
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-c.stop:
			timer.Stop()
			return
		}
		pause = min(2*pause, maxRestartPause)
	}
}

func (c *child) stopping() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// run starts the process and waits until it exits. It always returns an error, because a server must not exit by itself.
func (c *child) run() error {
	if info, err := os.Stat(c.logPath); err == nil && info.Size() > maxLog {
		_ = os.Rename(c.logPath, c.logPath+".1")
	}
	logFile, err := os.OpenFile(c.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = processGroup()

	// halt signals under the same lock, so it either sees the child, or has already closed stop.
	c.mu.Lock()
	if c.stopping() {
		c.mu.Unlock()
		return errors.New("stopped")
	}
	err = cmd.Start()
	if err == nil {
		c.proc = cmd.Process
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := writePrivate(c.pidPath, strconv.Itoa(cmd.Process.Pid)+"\n"); err != nil {
		c.log.Warn("the pid file could not be written", "server", c.name, "error", err.Error())
	}
	err = cmd.Wait()
	c.mu.Lock()
	c.proc = nil
	c.mu.Unlock()
	_ = os.Remove(c.pidPath)
	if err == nil {
		err = errors.New("exited unexpectedly")
	}
	return err
}

// runOnce runs a program to completion in dir, such as the one that initializes a data folder. When ctx is done, it and its
// children are killed.
func runOnce(ctx context.Context, dir, temp, logPath string, argv ...string) error {
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+temp)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = processGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	runtime.LockOSThread() // see supervise
	defer runtime.UnlockOSThread()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w%s", err, logEnd(logPath))
	}
	return nil
}

// killStale kills a server that an earlier process left running on dir. It also checks the command line, because process
// ids are reused.
func killStale(pidPath, dir, socket string) error {
	b, err := os.ReadFile(pidPath)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 {
		return os.Remove(pidPath)
	}
	isOurs := func() bool {
		line := commandLine(pid)
		return strings.Contains(line, dir) || strings.Contains(line, socket)
	}
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for isOurs() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d still runs on %s: %w", pid, dir, err)
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("process %d still runs on %s", pid, dir)
		}
	}
	return os.RemoveAll(pidPath) // its supervisor may have removed it
}

// logEnd returns the end of a log for a one-line error.
func logEnd(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 600
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	b, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil || len(b) == 0 {
		return ""
	}
	return fmt.Sprintf(" (log %s ends: %s)", path, strings.Join(strings.Fields(string(b)), " "))
}
