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

// exitMemory is how a child ends that takes more memory than it may.
const exitMemory = 41

// child is a process that reads files, as its parent sees it.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors head
	memory int64         // that it may reside in
	ended  chan struct{} // closed when it is no more
	timer  *time.Timer   // ends it; the pool's
}

// start starts a child.
func start(memory int64) (*child, error) {
	c := &child{memory: memory, ended: make(chan struct{})}
	c.cmd = exec.Command(self(), Command, strconv.FormatInt(memory, 10)) //nolint:gosec,noctx // this very program; the pool ends it
	// No secret of the parent's. A large machine does not make a child larger.
	c.cmd.Env = []string{"GOMAXPROCS=" + strconv.Itoa(min(runtime.GOMAXPROCS(0), 4)), "GOTRACEBACK=none"}
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = attributes()
	c.cmd.Stderr = &c.errors
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("isolation: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("isolation: %w", errors.Join(err, c.in.Close()))
	}
	c.out = bufio.NewReaderSize(out, 64<<10)
	started := make(chan error)
	go func() {
		// Linux ends a child when the thread ends that started it (Pdeathsig): it must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // fate says how it ended
			close(c.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("isolation: %w", errors.Join(err, c.in.Close(), out.Close()))
	}
	return c, nil
}

func (c *child) kill() { _ = c.cmd.Process.Kill() }

func (c *child) dead() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// do sends a task and reads the answer.
func (c *child) do(r Request) (answer, error) {
	if err := writeRequest(c.in, r); err != nil {
		return answer{}, err
	}
	return readAnswer(c.out, r.MaxAnswer)
}

// fate says why a child ended. It must have.
func (c *child) fate() error {
	state := c.cmd.ProcessState
	for _, words := range []string{"out of memory", "cannot allocate memory", "stack exceeds"} {
		if c.errors.has(words) {
			return ErrMemory
		}
	}
	// Go's collector and its threads crash in ways of their own where the kernel refuses them memory.
	if state.ExitCode() == exitMemory || peak(state) > c.memory/2 {
		return ErrMemory
	}
	return fmt.Errorf("%w: %s", ErrCrash, state)
}

// head is the beginning of what is written to it. It goes into no log: it may hold a file's words.
type head struct {
	mu sync.Mutex
	b  []byte
}

const maxErrors = 4 << 10

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b = append(h.b, p[:min(len(p), maxErrors-len(h.b))]...)
	return len(p), nil
}

func (h *head) has(words string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Contains(h.b, []byte(words))
}

// self is this program's file: on Linux the very one that runs, even after a new version took its place.
func self() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
