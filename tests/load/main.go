// Load puts load on a built server in production mode and prints the CPU time of one request, compared
// with a bare net/http server that decodes and echoes the same body. Everything runs on loopback.
//
//	go run ./tests/load [-seconds 5] [-connections 32]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"

	"counsel/db"
	"counsel/sandbox"
	"counsel/sandbox/llm"
)

var (
	seconds     = flag.Int("seconds", 5, "seconds per scenario")
	connections = flag.Int("connections", 32, "concurrent connections")
	echo        = flag.String("echo", "", "internal: serve the baseline on this address")
)

func main() {
	flag.Parse()
	if *echo != "" {
		serveEcho(*echo)
		return
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// serveEcho is the baseline: the least that any Go server does for a JSON request.
func serveEcho(address string) {
	s := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	})}
	fmt.Fprintln(os.Stderr, s.ListenAndServe())
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "counsel-load")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	binary := filepath.Join(dir, "counsel")
	if out, err := exec.CommandContext(ctx, "go", "build", "-tags", "production", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	box, err := sandbox.Start(ctx, sandbox.Options{Dir: filepath.Join(dir, "data"), MySQL: true, Redis: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = box.Close() }()
	model, err := llm.Start(ctx, llm.Options{Latency: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	defer func() { _ = model.Close() }()

	smtpListener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mailServer := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return discardSession{}, nil }))
	mailServer.Domain = "localhost"
	go func() { _ = mailServer.Serve(smtpListener) }()
	defer func() { _ = mailServer.Close() }()

	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HTTP_ADDR=" + address, "DATABASE_URL=" + box.DatabaseURL, "REDIS_URL=" + box.RedisURL,
		"LLM_BASE_URL=" + model.URL, "LLM_API_KEY=" + model.APIKey, "LLM_MODEL=sandbox",
		"S3_ENDPOINT=http://127.0.0.1:9", "S3_ACCESS_KEY=none", "S3_SECRET_KEY=unused-secret",
		"JWT_SECRET_KEY=" + strings.Repeat("load-", 10), "RATE_LIMIT=off",
		"ADMIN_EMAIL=" + account, "ADMIN_PASSWORD=" + password, "WORK=off",
		"SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(smtpListener.Addr().(*net.TCPAddr).Port), "SMTP_TLS=off", "MAIL_FROM=load@counsel.example", "PUBLIC_URL=http://" + address,
	}
	if out, err := command(ctx, env, nil, binary, "migrate").CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	server, err := start(ctx, command(ctx, env, logFile, binary, "serve"), address)
	if err != nil {
		return err
	}
	defer server.stop()

	echoAddress, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	baseline, err := start(ctx, command(ctx, []string{"PATH=" + os.Getenv("PATH")}, nil, self, "-echo", echoAddress), echoAddress)
	if err != nil {
		return err
	}
	defer baseline.stop()

	c := &client{base: "http://" + address, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: time.Minute}}
	if err := c.signIn(ctx); err != nil {
		return err
	}
	run := rand.Uint64()
	question := func(key string) []byte {
		b, _ := json.Marshal(map[string]any{"userId": c.user, "message": "What notice does a landlord have to give before the rent of a flat goes up, and where is that written down? Matter " + key + ".", "locale": "en-IE"})
		return b
	}
	hot, email := question("one"), []byte(`{"to":["ada@example.com"],"subject":"Your appointment","bodyText":"Dear Ada, we meet on Monday at ten."}`)
	questions := make([][]byte, 1000)
	for i := range questions {
		questions[i] = question(fmt.Sprintf("%d of 1000", i))
	}
	var questionCount atomic.Int64

	fmt.Printf("%d s per scenario, %d connections, %d processors, %s\n\n", *seconds, *connections, runtime.NumCPU(), runtime.Version())
	fmt.Printf("%-34s %9s %9s %9s %12s %8s\n", "", "req/s", "p50 ms", "p99 ms", "CPU µs/req", "ratio")
	base, err := c.measure(ctx, "net/http echo (baseline)", baseline, 0, func(int) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodPost, "http://"+echoAddress, bytes.NewReader(hot))
	})
	if err != nil {
		return err
	}
	scenarios := []struct {
		name string
		warm func() error
		next func(i int) (*http.Request, error)
	}{
		{"GET /api/auth/me", nil, func(int) (*http.Request, error) { return c.request(ctx, http.MethodGet, "/api/auth/me", nil) }},
		{"chat, cached, one hot key", func() error { return c.warm(ctx, hot) }, func(int) (*http.Request, error) { return c.request(ctx, http.MethodPost, "/api/ai/chat", hot) }},
		{"chat, cached, 1,000 keys", func() error { return c.warm(ctx, questions...) }, func(i int) (*http.Request, error) {
			return c.request(ctx, http.MethodPost, "/api/ai/chat", questions[i%len(questions)])
		}},
		{"chat, new, AI latency 50 ms", nil, func(int) (*http.Request, error) {
			return c.request(ctx, http.MethodPost, "/api/ai/chat", question(fmt.Sprintf("%x-%d", run, questionCount.Add(1))))
		}},
		{"POST /api/email/send", nil, func(int) (*http.Request, error) { return c.request(ctx, http.MethodPost, "/api/email/send", email) }},
	}
	for _, s := range scenarios {
		if s.warm != nil {
			if err := s.warm(); err != nil {
				return err
			}
		}
		if _, err := c.measure(ctx, s.name, server, base, s.next); err != nil {
			return err
		}
	}
	if err := measureMail(ctx, box.DatabaseURL, command(ctx, env, logFile, binary, "work")); err != nil {
		return err
	}
	fmt.Printf("\nresident memory of serve: %d MB", server.resident()>>20)
	if err := c.signInConcurrently(ctx, 4); err != nil {
		return err
	}
	fmt.Printf(", %d MB right after four concurrent sign-ins", server.resident()>>20)
	time.Sleep(8 * time.Second) // until the runtime has returned the memory to the system
	fmt.Printf(", %d MB eight seconds later\n", server.resident()>>20)
	return nil
}

// measureMail prints how many of the waiting mails one worker sends per second, from the row in the
// outbox to the row that says it is sent.
func measureMail(ctx context.Context, databaseURL string, worker *exec.Cmd) error {
	pool, err := db.Open(ctx, databaseURL, db.Options{})
	if err != nil {
		return err
	}
	defer pool.Close()
	sent := func() (n, waiting int, err error) {
		err = pool.QueryRowContext(ctx, "SELECT COALESCE(SUM(state = 'succeeded'), 0), COALESCE(SUM(state <> 'succeeded'), 0) FROM jobs WHERE kind = 'email.send'").Scan(&n, &waiting)
		return n, waiting, err
	}
	if err := worker.Start(); err != nil {
		return err
	}
	p := &process{worker}
	defer p.stop()
	var first, waiting int
	for deadline := time.Now().Add(20 * time.Second); first == 0; time.Sleep(20 * time.Millisecond) {
		if first, waiting, err = sent(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("none of %d mails was sent", waiting)
		}
	}
	begin, startCPU := time.Now(), p.cpu()
	time.Sleep(time.Duration(*seconds) * time.Second)
	last, waiting, err := sent()
	if err != nil {
		return err
	}
	n, took := float64(last-first), time.Since(begin)
	fmt.Printf("%-34s %9.0f %9s %9s %12.0f %8s   (%d still waiting)\n", "mails sent by one worker", n/took.Seconds(), "", "", float64((p.cpu()-startCPU).Microseconds())/max(n, 1), "", waiting)
	return nil
}

// discardSession is an SMTP session that accepts everything and stores nothing.
type discardSession struct{}

func (discardSession) Reset()                               {}
func (discardSession) Logout() error                        { return nil }
func (discardSession) Mail(string, *smtp.MailOptions) error { return nil }
func (discardSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (discardSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func command(ctx context.Context, env []string, log io.Writer, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stderr = env, log
	return cmd
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

type process struct{ cmd *exec.Cmd }

func start(ctx context.Context, cmd *exec.Cmd, address string) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return &process{cmd}, conn.Close()
		}
	}
	_ = cmd.Process.Kill()
	return nil, fmt.Errorf("%s did not start", cmd.Path)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// cpu returns the CPU time that the process has used so far, in user and system mode (proc(5)).
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on Linux
}

func (p *process) resident() int {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(statm))[1])
	return pages * os.Getpagesize()
}

type client struct {
	base, token, user string
	http              *http.Client
}

func (c *client) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

func (c *client) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := c.request(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", path, text)
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// The account that sends the requests: the first admin.
const account, password = "load@counsel.example", "a long enough password"

func (c *client) signIn(ctx context.Context) error {
	var tokens struct{ AccessToken string }
	if err := c.call(ctx, "/api/auth/login", map[string]string{"email": account, "password": password}, &tokens); err != nil {
		return err
	}
	c.token = tokens.AccessToken
	r, err := c.request(ctx, http.MethodGet, "/api/auth/me", nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var me struct{ ID string }
	err = json.NewDecoder(res.Body).Decode(&me)
	c.user = me.ID
	return err
}

// signInConcurrently signs in n times concurrently.
func (c *client) signInConcurrently(ctx context.Context, n int) error {
	errs := make(chan error, n)
	for range n {
		go func() {
			var tokens struct{ AccessToken string }
			errs <- c.call(ctx, "/api/auth/login", map[string]string{"email": account, "password": password}, &tokens)
		}()
	}
	var first error
	for range n {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// warm sends every question once, so that its answer is cached.
func (c *client) warm(ctx context.Context, bodies ...[]byte) error {
	work := make(chan []byte, len(bodies))
	for _, b := range bodies {
		work <- b
	}
	close(work)
	errs := make(chan error, *connections)
	for range *connections {
		go func() {
			var first error
			for b := range work {
				var answer struct{ Answer string }
				if err := c.call(ctx, "/api/ai/chat", json.RawMessage(b), &answer); err != nil && first == nil {
					first = err
				}
			}
			errs <- first
		}()
	}
	for range *connections {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// measure sends requests for -seconds and prints a line. It returns the CPU time of one request in
// µs.
func (c *client) measure(ctx context.Context, name string, p *process, base float64, next func(i int) (*http.Request, error)) (float64, error) {
	var (
		mu           sync.Mutex
		allLatencies []time.Duration
		wg           sync.WaitGroup
		count        atomic.Int64
		failure      atomic.Pointer[error]
	)
	startCPU := p.cpu()
	begin := time.Now()
	end := begin.Add(time.Duration(*seconds) * time.Second)
	for range *connections {
		wg.Go(func() {
			var latencies []time.Duration
			for time.Now().Before(end) {
				r, err := next(int(count.Add(1)))
				if err == nil {
					t := time.Now()
					var res *http.Response
					if res, err = c.http.Do(r); err == nil {
						_, err = io.Copy(io.Discard, res.Body)
						_ = res.Body.Close()
						if err == nil && res.StatusCode >= 300 {
							err = fmt.Errorf("status %d", res.StatusCode)
						}
						latencies = append(latencies, time.Since(t))
					}
				}
				if err != nil {
					failure.Store(&err)
					return
				}
			}
			mu.Lock()
			allLatencies = append(allLatencies, latencies...)
			mu.Unlock()
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return 0, fmt.Errorf("%s: %w", name, *err)
	}
	elapsed := time.Since(begin)
	cpu := float64((p.cpu() - startCPU).Microseconds()) / float64(len(allLatencies))
	slices.Sort(allLatencies)
	ratio := "1.0"
	if base > 0 {
		ratio = fmt.Sprintf("%.1f", cpu/base)
	}
	fmt.Printf("%-34s %9.0f %9.1f %9.1f %12.0f %8s\n", name, float64(len(allLatencies))/elapsed.Seconds(),
		allLatencies[len(allLatencies)/2].Seconds()*1000, allLatencies[len(allLatencies)*99/100].Seconds()*1000, cpu, ratio)
	return cpu, ctx.Err()
}
