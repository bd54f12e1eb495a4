package isolation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

const (
	testMemory      = 128 << 20
	orphanEnv       = "COUNSEL_TEST_ORPHAN" // makes the test binary a parent that is going to be killed
	maxTestResponse = 1 << 20
)

func TestMain(m *testing.M) {
	ServeIfChild(Tasks{
		"echo": func(_ context.Context, args, file []byte) ([][]byte, error) { return [][]byte{args, file}, nil },
		"pid": func(context.Context, []byte, []byte) ([][]byte, error) {
			return [][]byte{[]byte(strconv.Itoa(os.Getpid()))}, nil
		},
		"environment": func(context.Context, []byte, []byte) ([][]byte, error) {
			return [][]byte{[]byte(strings.Join(os.Environ(), "\n"))}, nil
		},
		"print": func(context.Context, []byte, []byte) ([][]byte, error) { fmt.Println("noise"); return nil, nil },
		"spin": func(context.Context, []byte, []byte) ([][]byte, error) {
			for {
				runtime.Gosched()
			}
		},
		"grow": func(context.Context, []byte, []byte) ([][]byte, error) {
			var all [][]byte
			for {
				all = append(all, bytes.Repeat([]byte("x"), 1<<20)) //nolint:staticcheck // takes memory on purpose
			}
		},
		"grow at once": func(context.Context, []byte, []byte) ([][]byte, error) {
			return [][]byte{bytes.Repeat([]byte("x"), 4<<30)}, nil
		},
		"retain": func(context.Context, []byte, []byte) ([][]byte, error) {
			retained = bytes.Repeat([]byte("x"), testMemory/4*3)
			return nil, nil
		},
		"panic":    func(context.Context, []byte, []byte) ([][]byte, error) { panic("what the file says") },
		"exit":     func(context.Context, []byte, []byte) ([][]byte, error) { os.Exit(3); return nil, nil },
		"overflow": func(context.Context, []byte, []byte) ([][]byte, error) { return nil, fmt.Errorf("%d", recurse(1)) },
		"refuse": func(context.Context, []byte, []byte) ([][]byte, error) {
			return nil, &domain.Error{Code: domain.Invalid, Reason: "why", Message: "No.", Fields: []domain.Field{{Pointer: "/a", Detail: "b"}}, Err: errors.New("inside")}
		},
		"bytes": func(_ context.Context, args, _ []byte) ([][]byte, error) {
			n, err := strconv.Atoi(string(args))
			return [][]byte{make([]byte, n)}, err
		},
	})
	if os.Getenv(orphanEnv) != "" {
		p := New(Config{MaxChildren: 1, Memory: testMemory, Timeout: time.Hour})
		pid, err := p.Run(context.Background(), Request{Task: "pid", MaxResponse: maxTestResponse})
		fmt.Println(string(pid[0]), err)
		_, _ = p.Run(context.Background(), Request{Task: "spin"})
		return
	}
	goleak.VerifyTestMain(m)
}

var retained []byte

func recurse(n int) int { return recurse(n+1) + n } //nolint:staticcheck // overflows the stack on purpose

func newPool(t *testing.T, c Config) *Pool {
	t.Helper()
	if c.MaxChildren == 0 {
		c.MaxChildren = 2
	}
	if c.Memory == 0 {
		c.Memory = testMemory
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	p := New(c)
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *Pool) run(t *testing.T, task, args, file string) ([][]byte, error) {
	t.Helper()
	return p.Run(t.Context(), Request{Task: task, Args: []byte(args), File: strings.NewReader(file), Size: int64(len(file)), MaxResponse: maxTestResponse})
}

func (p *Pool) runOne(t *testing.T, task string) string {
	t.Helper()
	parts, err := p.run(t, task, "", "")
	if err != nil || len(parts) != 1 {
		t.Fatalf("%s: %q, %v", task, parts, err)
	}
	return string(parts[0])
}

func TestRun(t *testing.T) {
	p := newPool(t, Config{})
	if parts, err := p.run(t, "echo", "args", "file"); err != nil || len(parts) != 2 || string(parts[0]) != "args" || string(parts[1]) != "file" {
		t.Errorf("%q, %v", parts, err)
	}
	first := p.runOne(t, "pid")
	if _, err := p.run(t, "print", "", ""); err != nil {
		t.Errorf("output of a library got into the response: %v", err)
	}
	_, err := p.run(t, "refuse", "", "")
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != domain.Invalid || e.Reason != "why" || e.Message != "No." || len(e.Fields) != 1 || e.Fields[0].Pointer != "/a" {
		t.Errorf("a domain.Error arrived as %#v", err)
	}
	if _, err := p.run(t, "panic", "", ""); err == nil || strings.Contains(err.Error(), "says") {
		t.Errorf("a panic arrived as %v", err)
	}
	if _, err := p.run(t, "nothing", "", ""); err == nil {
		t.Error("an unknown task succeeded")
	}
	if pid := p.runOne(t, "pid"); pid != first {
		t.Error("the child was not reused")
	}
	if _, err := p.run(t, "bytes", strconv.Itoa(maxTestResponse), ""); err != nil {
		t.Error(err)
	}
	if _, err := p.run(t, "bytes", strconv.Itoa(maxTestResponse+1), ""); !errors.Is(err, errResponse) {
		t.Errorf("response over the limit: error %v", err)
	}
	if pid := p.runOne(t, "pid"); pid == first {
		t.Error("a child with a malformed response was reused")
	}
}

func TestEnvironmentIsEmpty(t *testing.T) {
	t.Setenv("JWT_SECRET_KEY", "secret")
	t.Setenv("DATABASE_URL", "secret")
	p := newPool(t, Config{})
	for line := range strings.Lines(p.runOne(t, "environment")) {
		if name, _, _ := strings.Cut(line, "="); name != "GOMAXPROCS" && name != "GOTRACEBACK" {
			t.Errorf("the environment has %s", line)
		}
	}
}

// TestExitErrors checks the errors of children that a file ends, and that others are not affected.
func TestExitErrors(t *testing.T) {
	p := newPool(t, Config{Timeout: 20 * time.Second})
	for task, want := range map[string]error{"grow": ErrMemory, "grow at once": ErrMemory, "overflow": ErrMemory, "exit": ErrCrash} {
		t.Run(task, func(t *testing.T) {
			var all sync.WaitGroup
			all.Go(func() {
				if parts, err := p.run(t, task, "", ""); !errors.Is(err, want) {
					t.Errorf("%d parts, %v", len(parts), err)
				}
			})
			all.Go(func() {
				for range 20 {
					if parts, err := p.run(t, "echo", "", "words"); err != nil || string(parts[1]) != "words" {
						t.Errorf("task run at the same time: %q, %v", parts, err)
					}
				}
			})
			all.Wait()
		})
	}
}

func TestTimeout(t *testing.T) {
	p := newPool(t, Config{Timeout: 300 * time.Millisecond})
	if _, err := p.run(t, "spin", "", ""); !errors.Is(err, ErrTimeout) {
		t.Errorf("over the time limit: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := p.Run(ctx, Request{Task: "spin"}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	if _, err := p.run(t, "echo", "", ""); err != nil {
		t.Error(err)
	}
}

// TestMaxChildren checks that files beyond the limit wait until ctx is done.
func TestMaxChildren(t *testing.T) {
	p := newPool(t, Config{MaxChildren: 1})
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = p.Run(ctx, Request{Task: "spin", File: &signalingFile{started: began}, Size: 1})
	}()
	<-began
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := p.Run(short, Request{Task: "pid"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with all children busy: error %v", err)
	}
	cancel()
	<-ended
	if _, err := p.run(t, "pid", "", ""); err != nil {
		t.Error(err)
	}
}

// signalingFile signals its first read.
type signalingFile struct {
	started chan struct{}
	once    sync.Once
}

func (s *signalingFile) Read(p []byte) (int, error) {
	s.once.Do(func() { close(s.started) })
	p[0] = 'x'
	return 1, nil
}

func TestUnreadableFile(t *testing.T) {
	p := newPool(t, Config{})
	failure := errors.New("gone")
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: iotest.ErrReader(failure), Size: 10}); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: strings.NewReader("short"), Size: 10}); err == nil || errors.Is(err, ErrCrash) {
		t.Errorf("file shorter than its size: error %v", err)
	}
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: strings.NewReader(""), Size: maxFile + 1}); err == nil {
		t.Error("a file over the limit was accepted")
	}
}

func processExists(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && syscall.Kill(n, 0) == nil
}

func TestIdleTimeout(t *testing.T) {
	p := newPool(t, Config{IdleTimeout: 100 * time.Millisecond})
	pid := p.runOne(t, "pid")
	testkit.Eventually(t, "an idle child was not ended", func() bool { return !processExists(pid) })
	if p.runOne(t, "pid") == pid {
		t.Error("an ended child was reused")
	}
}

// TestMemoryRetainedByChild checks that a child that retains much memory is not reused.
func TestMemoryRetainedByChild(t *testing.T) {
	p := newPool(t, Config{Memory: testMemory})
	if raceEnabled {
		t.Skip("memory sizes differ under the race detector")
	}
	pid := p.runOne(t, "pid")
	if _, err := p.run(t, "retain", "", ""); err != nil {
		t.Fatal(err)
	}
	if p.runOne(t, "pid") == pid {
		t.Error("a child with much memory was reused")
	}
}

func TestClose(t *testing.T) {
	p := newPool(t, Config{})
	pid := p.runOne(t, "pid")
	ended := make(chan error)
	began := make(chan struct{})
	go func() {
		_, err := p.Run(context.Background(), Request{Task: "spin", File: &signalingFile{started: began}, Size: 1})
		ended <- err
	}()
	<-began
	p.Close()
	if err := <-ended; err == nil {
		t.Error("the task did not end with the pool")
	}
	if processExists(pid) {
		t.Error("the child outlived the pool")
	}
	if _, err := p.run(t, "pid", "", ""); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestOrphan checks that a child ends when its parent is killed.
func TestOrphan(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), orphanEnv+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid string
	if _, err := fmt.Fscan(out, &pid); err != nil || !processExists(pid) {
		t.Fatalf("the parent printed %q, %v", pid, err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	testkit.Eventually(t, "the child outlived its parent", func() bool { return !processExists(pid) })
}

// TestPeakMemory measures the peak memory of a task that grows without end.
func TestPeakMemory(t *testing.T) {
	if runtime.GOOS != "linux" || raceEnabled {
		t.Skip("measured on Linux")
	}
	p := newPool(t, Config{Memory: testMemory})
	pid := p.runOne(t, "pid")
	var peak atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			b, err := os.ReadFile("/proc/" + pid + "/status")
			if err != nil {
				return
			}
			for line := range strings.Lines(string(b)) {
				if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
					n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
					peak.Store(max(peak.Load(), n<<10))
				}
			}
		}
	}()
	if _, err := p.run(t, "grow", "", ""); !errors.Is(err, ErrMemory) {
		t.Fatal(err)
	}
	t.Logf("limit %d MB, peak %d MB", testMemory>>20, peak.Load()>>20)
	if peak.Load() > 2*testMemory {
		t.Errorf("peak of %d MB", peak.Load()>>20)
	}
}

func FuzzReadResponse(f *testing.F) {
	var b bytes.Buffer
	for _, a := range []response{newResponse([][]byte{[]byte("a"), nil}, nil), newResponse(nil, ErrMemory), newResponse(nil, &domain.Error{Code: domain.Invalid, Message: "no"})} {
		b.Reset()
		if err := writeResponse(&b, a); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readResponse(bytes.NewReader(b), 1000)
		n := 0
		for _, p := range a.parts {
			n += len(p)
		}
		if n > 1000 || err == nil && len(a.parts) != a.Parts {
			t.Errorf("%d bytes, %d parts of %d", n, len(a.parts), a.Parts)
		}
	})
}

func FuzzReadRequest(f *testing.F) {
	var b bytes.Buffer
	if err := writeRequest(&b, Request{Task: "echo", Args: []byte("a"), File: strings.NewReader("file"), Size: 4}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, file, err := readRequest(bytes.NewReader(b))
		if err == nil && len(file) > len(b) {
			t.Errorf("%d bytes of %d", len(file), len(b))
		}
		_, _ = io.Discard.Write(file)
	})
}
