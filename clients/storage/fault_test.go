package storage_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"counsel/clients/storage"
	"counsel/domain"
	"counsel/domain/documents"
)

// through puts a proxy before the server that does what fault says with the nth request, from
// 1. A request it does not answer goes on to the server.
func through(t *testing.T, fault func(n int, w http.ResponseWriter, r *http.Request) (answered bool)) (func(*storage.Config), *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	pool := &http.Transport{DisableCompression: true}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // part of what is signed
		},
		Transport:    pool,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	var count atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fault(int(count.Add(1)), w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		pool.CloseIdleConnections()
	})
	return func(c *storage.Config) { c.Endpoint = front.URL }, &count
}

func wantsUnavailable(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Unavailable || e.Reason != documents.ReasonStorage || e.RetryAfter <= 0 {
		t.Fatalf("fails as %v", err)
	}
	if s := err.Error(); strings.Contains(s, server.SecretKey) || strings.Contains(s, server.AccessKey) || strings.Contains(s, "X-Amz") {
		t.Errorf("the error tells credentials: %s", s)
	}
}

func everyCall(t *testing.T, c *storage.Client, key string) map[string]error {
	t.Helper()
	_, get := c.Get(t.Context(), key, 0, -1)
	_, stat := c.Stat(t.Context(), key)
	_, list := c.List(t.Context(), "docs/", "", 10)
	return map[string]error{"put": c.Put(t.Context(), key, file([]byte("hello"))), "get": get, "stat": stat, "list": list, "delete": c.Delete(t.Context(), key)}
}

func TestDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := open(t, func(cfg *storage.Config) { cfg.Endpoint = "http://" + l.Addr().String() })
	for call, err := range everyCall(t, c, newKey()) {
		t.Run(call, func(t *testing.T) { wantsUnavailable(t, err) })
	}
}

// What answers OK to everything, such as the page of a hotel's network, has stored nothing.
func TestNoStore(t *testing.T) {
	via, count := through(t, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, "<h1>Welcome</h1>")
		return true
	})
	c := open(t, via)
	before := count.Load()
	wantsUnavailable(t, c.Put(t.Context(), "docs/x", file([]byte("hello"))))
	if tries := count.Load() - before; tries < 2 {
		t.Errorf("tried %d times", tries)
	}
}

func TestRefused(t *testing.T) {
	key := put(t, open(t), "hello")
	for name, change := range map[string]func(*storage.Config){
		"wrong secret": func(cfg *storage.Config) { cfg.SecretKey = "not the secret" },
		"unknown key":  func(cfg *storage.Config) { cfg.AccessKey = "nobody" },
		"no bucket":    func(cfg *storage.Config) { cfg.Bucket = "not-there" },
	} {
		proxy, count := through(t, func(int, http.ResponseWriter, *http.Request) bool { return false })
		c := open(t, proxy, change)
		for call, err := range everyCall(t, c, key) {
			if name == "no bucket" && call == "delete" {
				continue // nothing is there, which is what was wanted
			}
			t.Run(name+"/"+call, func(t *testing.T) {
				if call == "stat" && name != "wrong secret" && domain.CodeOf(err) == domain.NotFound {
					return // the answer to a HEAD has no body that tells what is missing
				}
				wantsUnavailable(t, err)
			})
		}
		if n := count.Load(); n > 6 {
			t.Errorf("%s: what is refused for good was asked %d times", name, n)
		}
	}
	if got := read(t, open(t), key, 0, -1); got != "hello" {
		t.Errorf("the file is now %q", got)
	}
}

// TestPassing fails twice, then works: the third try succeeds. Failing thrice is told.
func TestPassing(t *testing.T) {
	key := put(t, open(t), "hello")
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request){
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"503": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `<Error><Code>SlowDown</Code><Message>later</Message></Error>`)
		},
		"429":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"cut mid-request": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 2)
			panic(http.ErrAbortHandler)
		},
	} {
		for failing, works := range map[int]bool{2: true, 3: false} {
			for call, ask := range map[string]func(context.Context, *storage.Client) error{
				"put": func(ctx context.Context, c *storage.Client) error { return c.Put(ctx, key, file([]byte("hello"))) },
				"get": func(ctx context.Context, c *storage.Client) error {
					r, err := c.Get(ctx, key, 0, -1)
					if err == nil {
						r.Close()
					}
					return err
				},
				"stat":   func(ctx context.Context, c *storage.Client) error { _, err := c.Stat(ctx, key); return err },
				"list":   func(ctx context.Context, c *storage.Client) error { _, err := c.List(ctx, "docs/", "", 1); return err },
				"delete": func(ctx context.Context, c *storage.Client) error { return c.Delete(ctx, "docs/none") },
			} {
				t.Run(fmt.Sprintf("%s/%d times/%s", name, failing, call), func(t *testing.T) {
					t.Parallel()
					proxy, count := through(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
						if n <= failing {
							fault(w, r)
						}
						return n <= failing
					})
					err := ask(t.Context(), open(t, proxy))
					if works && err != nil {
						t.Fatal(err)
					}
					if !works {
						wantsUnavailable(t, err)
					}
					if count.Load() != 3 {
						t.Errorf("asked %d times", count.Load())
					}
				})
			}
		}
	}
}

func TestFull(t *testing.T) {
	proxy, count := through(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusInsufficientStorage)
			return true
		}
		return false
	})
	c := open(t, proxy)
	key := put(t, open(t), "hello")
	wantsUnavailable(t, c.Put(t.Context(), newKey(), file([]byte("more"))))
	if count.Load() != 1 {
		t.Errorf("a full store was asked %d times", count.Load())
	}
	if got := read(t, c, key, 0, -1); got != "hello" { // reading goes on
		t.Errorf("read %q", got)
	}
}

// TestStalled talks to a store that takes connections and says nothing, at each point.
func TestStalled(t *testing.T) {
	key := put(t, open(t), strings.Repeat("x", 1<<20))
	quick := func(cfg *storage.Config) { cfg.Timeout = 100 * time.Millisecond }
	hang := func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the context end with the connection
		<-r.Context().Done()
		return true
	}
	proxy, count := through(t, hang)
	c := open(t, proxy, quick)
	for _, err := range everyCall(t, c, key) {
		wantsUnavailable(t, err)
	}
	if count.Load() != 15 {
		t.Errorf("asked %d times", count.Load())
	}

	proxy, _ = through(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "1048576")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "half an answer")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	r, err := open(t, proxy, quick).Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	wantsUnavailable(t, err)
	if string(got) != "half an answer" {
		t.Errorf("got %d bytes before the end", len(got))
	}
}

// TestSlow moves a byte now and then, each well within the timeout and all together well beyond
// it: a slow line is no fault.
func TestSlow(t *testing.T) {
	content := strings.Repeat("x", 12)
	key := put(t, open(t), content)
	const timeout = 400 * time.Millisecond
	proxy, count := through(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "12")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		tick := time.NewTicker(timeout / 8)
		defer tick.Stop()
		for range 12 {
			<-tick.C
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
		return true
	})
	start := time.Now()
	got := read(t, open(t, proxy, func(cfg *storage.Config) { cfg.Timeout = timeout }), key, 0, -1)
	if got != content || count.Load() != 1 || time.Since(start) < timeout {
		t.Errorf("%q after %d tries in %v", got, count.Load(), time.Since(start))
	}
}

// TestCutWhileReading must never look like the end of the file.
func TestCutWhileReading(t *testing.T) {
	key := put(t, open(t), strings.Repeat("x", 1<<20))
	proxy, _ := through(t, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1048576")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	r, err := open(t, proxy).Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	wantsUnavailable(t, err)
	if len(got) != 1000 {
		t.Errorf("got %d bytes", len(got))
	}
}

// TestDamaged stores nothing that is not what was announced.
func TestDamaged(t *testing.T) {
	c := open(t)
	key := newKey()
	f := file([]byte("hello"))
	f.SHA256 = sha256.Sum256([]byte("other"))
	wantsUnavailable(t, c.Put(t.Context(), key, f))
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the damaged file is there: %v", err)
	}

	short := file([]byte("hello"))
	short.Size = 9
	if err := c.Put(t.Context(), key, short); err == nil {
		t.Error("a file shorter than announced was taken")
	}
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the short file is there: %v", err)
	}

	// On the way to the store, one byte is turned.
	proxy, count := through(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		r.Body = &turned{r.Body}
		return false
	})
	wantsUnavailable(t, open(t, proxy).Put(t.Context(), key, file([]byte("hello, hello, hello"))))
	if count.Load() == 0 {
		t.Error("nothing passed the proxy")
	}
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the damaged file is there: %v", err)
	}
}

type turned struct{ io.ReadCloser }

func (d *turned) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	for i := range n {
		if p[i] == 'h' {
			p[i] = 'j'
		}
	}
	return n, err
}

type brokenDisk struct{ io.ReadSeeker }

func (brokenDisk) Read([]byte) (int, error) { return 0, errors.New("the disk is broken") }

// TestSourceFails is about the file to be sent, not the store: it is not tried again.
func TestSourceFails(t *testing.T) {
	proxy, count := through(t, func(int, http.ResponseWriter, *http.Request) bool { return false })
	f := file([]byte("hello"))
	f.Body = brokenDisk{f.Body}
	err := open(t, proxy).Put(t.Context(), newKey(), f)
	if err == nil || domain.CodeOf(err) != domain.Internal || !strings.Contains(err.Error(), "the disk is broken") {
		t.Errorf("fails as %v", err)
	}
	if count.Load() > 1 {
		t.Errorf("tried %d times", count.Load())
	}
}

func TestCallerGivesUp(t *testing.T) {
	arrived := make(chan struct{}, 1)
	proxy, _ := through(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		<-r.Context().Done()
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := open(t, proxy).Stat(ctx, newKey()); !errors.Is(err, context.Canceled) {
		t.Errorf("fails as %v", err)
	}

	proxy, _ = through(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := open(t, proxy).Stat(ctx, newKey())
	wantsUnavailable(t, err)
}
