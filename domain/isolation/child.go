package isolation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// exitCodeMemory is the exit code of a child that exceeded its memory limit.
const exitCodeMemory = 41

// child is the parent's view of a child process.
type child struct {
	cmd         *exec.Cmd
	stdin       io.WriteCloser
	stdout      *bufio.Reader
	stderr      prefixBuffer
	memoryLimit int64         // in bytes
	exited      chan struct{} // closed when the process has exited
	idleTimer   *time.Timer   // ends an idle child; set by the pool
}

// startChild starts a child process.
func startChild(memoryLimit int64) (*child, error) {
	c := &child{memoryLimit: memoryLimit, exited: make(chan struct{})}
	c.cmd = exec.Command(executablePath(), Command, strconv.FormatInt(memoryLimit, 10)) //nolint:gosec,noctx // runs this binary; the pool ends it
	// An empty environment keeps the parent's secrets out. GOMAXPROCS bounds per-thread memory.
	c.cmd.Env = []string{"GOMAXPROCS=" + strconv.Itoa(min(runtime.GOMAXPROCS(0), 4)), "GOTRACEBACK=none"}
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = sysProcAttr()
	c.cmd.Stderr = &c.stderr
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("isolation: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("isolation: %w", errors.Join(err, c.stdin.Close()))
	}
	c.stdout = bufio.NewReaderSize(out, 64<<10)
	started := make(chan error)
	go func() {
		// Linux ends the child when the thread that started it exits (Pdeathsig), so keep the thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // exitError inspects the process state
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("isolation: %w", errors.Join(err, c.stdin.Close(), out.Close()))
	}
	return c, nil
}

func (c *child) kill() { _ = c.cmd.Process.Kill() }

func (c *child) hasExited() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// roundTrip sends a request and reads the response.
func (c *child) roundTrip(r Request) (response, error) {
	if err := writeRequest(c.stdin, r); err != nil {
		return response{}, err
	}
	return readResponse(c.stdout, r.MaxResponse)
}

// exitError returns why the child ended. The process must have exited.
func (c *child) exitError() error {
	state := c.cmd.ProcessState
	for _, message := range []string{"out of memory", "cannot allocate memory", "stack exceeds"} {
		if c.stderr.contains(message) {
			return ErrMemory
		}
	}
	// When the kernel refuses memory, the Go runtime may also crash in other ways, so check the peak.
	if state.ExitCode() == exitCodeMemory || peakMemory(state) > c.memoryLimit/2 {
		return ErrMemory
	}
	return fmt.Errorf("%w: %s", ErrCrash, state)
}

// prefixBuffer keeps the first bytes written to it. They are never logged, as they may contain text of
// the file.
type prefixBuffer struct {
	mu sync.Mutex
	b  []byte
}

const maxStderr = 4 << 10

func (h *prefixBuffer) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b = append(h.b, p[:min(len(p), maxStderr-len(h.b))]...)
	return len(p), nil
}

func (h *prefixBuffer) contains(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Contains(h.b, []byte(text))
}

// executablePath returns the path of this program: on Linux of the running version, even if the file
// has been replaced.
func executablePath() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
