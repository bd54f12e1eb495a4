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
)

const (
	memory     = 128 << 20
	orphanEnv  = "COUNSEL_TEST_ORPHAN" // the test's own process is a parent that is about to be killed
	maxAnswers = 1 << 20
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
				all = append(all, bytes.Repeat([]byte("x"), 1<<20)) //nolint:staticcheck // it is to take memory
			}
		},
		"grow at once": func(context.Context, []byte, []byte) ([][]byte, error) {
			return [][]byte{bytes.Repeat([]byte("x"), 4<<30)}, nil
		},
		"much": func(context.Context, []byte, []byte) ([][]byte, error) {
			much = bytes.Repeat([]byte("x"), memory/4*3)
			return nil, nil
		},
		"panic":    func(context.Context, []byte, []byte) ([][]byte, error) { panic("what the file says") },
		"die":      func(context.Context, []byte, []byte) ([][]byte, error) { os.Exit(3); return nil, nil },
		"overflow": func(context.Context, []byte, []byte) ([][]byte, error) { return nil, fmt.Errorf("%d", deep(1)) },
		"refuse": func(context.Context, []byte, []byte) ([][]byte, error) {
			return nil, &domain.Error{Code: domain.Invalid, Reason: "why", Message: "No.", Fields: []domain.Field{{Pointer: "/a", Detail: "b"}}, Err: errors.New("inside")}
		},
		"talk": func(_ context.Context, args, _ []byte) ([][]byte, error) {
			n, err := strconv.Atoi(string(args))
			return [][]byte{make([]byte, n)}, err
		},
	})
	if os.Getenv(orphanEnv) != "" {
		p := New(Config{Size: 1, Memory: memory, Time: time.Hour})
		pid, err := p.Run(context.Background(), Request{Task: "pid", MaxAnswer: maxAnswers})
		fmt.Println(string(pid[0]), err)
		_, _ = p.Run(context.Background(), Request{Task: "spin"})
		return
	}
	goleak.VerifyTestMain(m)
}

var much []byte

func deep(n int) int { return deep(n+1) + n } //nolint:staticcheck // it is to overflow the stack

func newPool(t *testing.T, c Config) *Pool {
	t.Helper()
	if c.Size == 0 {
		c.Size = 2
	}
	if c.Memory == 0 {
		c.Memory = memory
	}
	if c.Time == 0 {
		c.Time = time.Minute
	}
	p := New(c)
	t.Cleanup(func() { p.Close() })
	return p
}

func (p *Pool) do(t *testing.T, task, args, file string) ([][]byte, error) {
	t.Helper()
	return p.Run(t.Context(), Request{Task: task, Args: []byte(args), File: strings.NewReader(file), Size: int64(len(file)), MaxAnswer: maxAnswers})
}

func (p *Pool) one(t *testing.T, task string) string {
	t.Helper()
	parts, err := p.do(t, task, "", "")
	if err != nil || len(parts) != 1 {
		t.Fatalf("%s: %q, %v", task, parts, err)
	}
	return string(parts[0])
}

func TestRun(t *testing.T) {
	p := newPool(t, Config{})
	if parts, err := p.do(t, "echo", "args", "file"); err != nil || len(parts) != 2 || string(parts[0]) != "args" || string(parts[1]) != "file" {
		t.Errorf("%q, %v", parts, err)
	}
	first := p.one(t, "pid")
	if _, err := p.do(t, "print", "", ""); err != nil {
		t.Errorf("what is printed gets into the answer: %v", err)
	}
	_, err := p.do(t, "refuse", "", "")
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != domain.Invalid || e.Reason != "why" || e.Message != "No." || len(e.Fields) != 1 || e.Fields[0].Pointer != "/a" {
		t.Errorf("a refusal arrives as %#v", err)
	}
	if _, err := p.do(t, "panic", "", ""); err == nil || strings.Contains(err.Error(), "says") {
		t.Errorf("a panic arrives as %v", err)
	}
	if _, err := p.do(t, "nothing", "", ""); err == nil {
		t.Error("does what it does not know")
	}
	if again := p.one(t, "pid"); again != first {
		t.Error("a child is not used again")
	}
	if _, err := p.do(t, "talk", strconv.Itoa(maxAnswers), ""); err != nil {
		t.Error(err)
	}
	if _, err := p.do(t, "talk", strconv.Itoa(maxAnswers+1), ""); !errors.Is(err, errAnswer) {
		t.Errorf("an answer that is too long: %v", err)
	}
	if again := p.one(t, "pid"); again == first {
		t.Error("who answered nonsense is used again")
	}
}

func TestNothingOfTheParent(t *testing.T) {
	t.Setenv("JWT_SECRET_KEY", "secret")
	t.Setenv("DATABASE_URL", "secret")
	p := newPool(t, Config{})
	for line := range strings.Lines(p.one(t, "environment")) {
		if name, _, _ := strings.Cut(line, "="); name != "GOMAXPROCS" && name != "GOTRACEBACK" {
			t.Errorf("the environment has %s", line)
		}
	}
}

// TestFate is what becomes of those that a file ends, and of those beside them.
func TestFate(t *testing.T) {
	p := newPool(t, Config{Time: 20 * time.Second})
	for task, want := range map[string]error{"grow": ErrMemory, "grow at once": ErrMemory, "overflow": ErrMemory, "die": ErrCrash} {
		t.Run(task, func(t *testing.T) {
			var all sync.WaitGroup
			all.Go(func() {
				if parts, err := p.do(t, task, "", ""); !errors.Is(err, want) {
					t.Errorf("%d parts, %v", len(parts), err)
				}
			})
			all.Go(func() {
				for range 20 {
					if parts, err := p.do(t, "echo", "", "words"); err != nil || string(parts[1]) != "words" {
						t.Errorf("beside it: %q, %v", parts, err)
					}
				}
			})
			all.Wait()
		})
	}
}

func TestTime(t *testing.T) {
	p := newPool(t, Config{Time: 300 * time.Millisecond})
	if _, err := p.do(t, "spin", "", ""); !errors.Is(err, ErrTime) {
		t.Errorf("who takes long ends with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := p.Run(ctx, Request{Task: "spin"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone gets %v", err)
	}
	if _, err := p.do(t, "echo", "", ""); err != nil {
		t.Error(err)
	}
}

// TestWaiting: files beyond the size wait, and do not wait for ever.
func TestWaiting(t *testing.T) {
	p := newPool(t, Config{Size: 1})
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = p.Run(ctx, Request{Task: "spin", File: &watched{ch: began}, Size: 1})
	}()
	<-began
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := p.Run(short, Request{Task: "pid"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it does not wait: %v", err)
	}
	cancel()
	<-ended
	if _, err := p.do(t, "pid", "", ""); err != nil {
		t.Error(err)
	}
}

// watched is a file that says when it is read.
type watched struct {
	ch   chan struct{}
	once sync.Once
}

func (s *watched) Read(p []byte) (int, error) {
	s.once.Do(func() { close(s.ch) })
	p[0] = 'x'
	return 1, nil
}

func TestFileThatCannotBeRead(t *testing.T) {
	p := newPool(t, Config{})
	gone := errors.New("gone")
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: iotest.ErrReader(gone), Size: 10}); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: strings.NewReader("short"), Size: 10}); err == nil || errors.Is(err, ErrCrash) {
		t.Errorf("of a short file: %v", err)
	}
	if _, err := p.Run(t.Context(), Request{Task: "echo", File: strings.NewReader(""), Size: maxFile + 1}); err == nil {
		t.Error("takes a file that is too large")
	}
}

func alive(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && syscall.Kill(n, 0) == nil
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestIdle(t *testing.T) {
	p := newPool(t, Config{Idle: 100 * time.Millisecond})
	pid := p.one(t, "pid")
	eventually(t, "who idles stays", func() bool { return !alive(pid) })
	if p.one(t, "pid") == pid {
		t.Error("it came back")
	}
}

// TestMuch: who holds much after a file is not used for the next.
func TestMuch(t *testing.T) {
	p := newPool(t, Config{Memory: memory})
	if raceEnabled {
		t.Skip("sizes are others")
	}
	pid := p.one(t, "pid")
	if _, err := p.do(t, "much", "", ""); err != nil {
		t.Fatal(err)
	}
	if p.one(t, "pid") == pid {
		t.Error("it is used again")
	}
}

func TestClose(t *testing.T) {
	p := newPool(t, Config{})
	pid := p.one(t, "pid")
	ended := make(chan error)
	began := make(chan struct{})
	go func() {
		_, err := p.Run(context.Background(), Request{Task: "spin", File: &watched{ch: began}, Size: 1})
		ended <- err
	}()
	<-began
	p.Close()
	if err := <-ended; err == nil {
		t.Error("it went on")
	}
	if alive(pid) {
		t.Error("it lives")
	}
	if _, err := p.do(t, "pid", "", ""); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestOrphan: a child ends when its parent is killed.
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
	if _, err := fmt.Fscan(out, &pid); err != nil || !alive(pid) {
		t.Fatalf("it says %q, %v", pid, err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	eventually(t, "the child lives on", func() bool { return !alive(pid) })
}

// TestPeak measures what a file that grows without end takes before it is stopped.
func TestPeak(t *testing.T) {
	if runtime.GOOS != "linux" || raceEnabled {
		t.Skip("measured on Linux")
	}
	p := newPool(t, Config{Memory: memory})
	pid := p.one(t, "pid")
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
	if _, err := p.do(t, "grow", "", ""); !errors.Is(err, ErrMemory) {
		t.Fatal(err)
	}
	t.Logf("a limit of %d MB, a peak of %d MB", memory>>20, peak.Load()>>20)
	if peak.Load() > 2*memory {
		t.Errorf("it took %d MB", peak.Load()>>20)
	}
}

func FuzzReadAnswer(f *testing.F) {
	var b bytes.Buffer
	for _, a := range []answer{newAnswer([][]byte{[]byte("a"), nil}, nil), newAnswer(nil, ErrMemory), newAnswer(nil, &domain.Error{Code: domain.Invalid, Message: "no"})} {
		b.Reset()
		if err := writeAnswer(&b, a); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readAnswer(bytes.NewReader(b), 1000)
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
