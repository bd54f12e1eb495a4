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
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

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
