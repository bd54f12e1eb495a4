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
	"counsel/domain/files"
)

// withFaultProxy puts a proxy in front of the server. fault is called with the number of each request, from 1;
// unless it returns true (answered), the request is forwarded.
func withFaultProxy(t *testing.T, fault func(n int, w http.ResponseWriter, r *http.Request) (answered bool)) (func(*storage.Config), *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(testServer.Endpoint)
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

func checkUnavailable(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Unavailable || e.Reason != files.ReasonStorage || e.RetryAfter <= 0 {
		t.Fatalf("the error is %v", err)
	}
	if s := err.Error(); strings.Contains(s, testServer.SecretKey) || strings.Contains(s, testServer.AccessKey) || strings.Contains(s, "X-Amz") {
		t.Errorf("the error contains credentials: %s", s)
	}
}

func everyCall(t *testing.T, c *storage.Client, key string) map[string]error {
	t.Helper()
	_, get := c.Get(t.Context(), key, 0, -1)
	_, stat := c.Stat(t.Context(), key)
	_, list := c.List(t.Context(), "docs/", "", 10)
	return map[string]error{"put": c.Put(t.Context(), key, newFile([]byte("hello"))), "get": get, "stat": stat, "list": list, "delete": c.Delete(t.Context(), key)}
}

func TestDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := newClient(t, func(cfg *storage.Config) { cfg.Endpoint = "http://" + l.Addr().String() })
	for call, err := range everyCall(t, c, newKey()) {
		t.Run(call, func(t *testing.T) { checkUnavailable(t, err) })
	}
}

// TestNotS3: a server that answers 200 to everything, such as a captive portal, has stored nothing.
func TestNotS3(t *testing.T) {
	via, count := withFaultProxy(t, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, "<h1>Welcome</h1>")
		return true
	})
	c := newClient(t, via)
	before := count.Load()
	checkUnavailable(t, c.Put(t.Context(), "docs/x", newFile([]byte("hello"))))
	if tries := count.Load() - before; tries < 2 {
		t.Errorf("%d attempts", tries)
	}
}

func TestPermanentErrors(t *testing.T) {
	key := putNew(t, newClient(t), "hello")
	for name, change := range map[string]func(*storage.Config){
		"wrong secret": func(cfg *storage.Config) { cfg.SecretKey = "not the secret" },
		"unknown key":  func(cfg *storage.Config) { cfg.AccessKey = "nobody" },
		"no bucket":    func(cfg *storage.Config) { cfg.Bucket = "not-there" },
	} {
		proxy, count := withFaultProxy(t, func(int, http.ResponseWriter, *http.Request) bool { return false })
		c := newClient(t, proxy, change)
		for call, err := range everyCall(t, c, key) {
			if name == "no bucket" && call == "delete" {
				continue // deleting a missing file succeeds
			}
			t.Run(name+"/"+call, func(t *testing.T) {
				if call == "stat" && name != "wrong secret" && domain.CodeOf(err) == domain.NotFound {
					return // the response to HEAD has no body that says what is missing
				}
				checkUnavailable(t, err)
			})
		}
		if n := count.Load(); n > 6 {
			t.Errorf("%s: %d requests despite a permanent error", name, n)
		}
	}
	if got := readRange(t, newClient(t), key, 0, -1); got != "hello" {
		t.Errorf("the file is now %q", got)
	}
}

// TestTransientErrors: after two failures the third attempt succeeds. Three failures are reported.
func TestTransientErrors(t *testing.T) {
	key := putNew(t, newClient(t), "hello")
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
				"put": func(ctx context.Context, c *storage.Client) error { return c.Put(ctx, key, newFile([]byte("hello"))) },
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
					proxy, count := withFaultProxy(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
						if n <= failing {
							fault(w, r)
						}
						return n <= failing
					})
					err := ask(t.Context(), newClient(t, proxy))
					if works && err != nil {
						t.Fatal(err)
					}
					if !works {
						checkUnavailable(t, err)
					}
					if count.Load() != 3 {
						t.Errorf("%d requests", count.Load())
					}
				})
			}
		}
	}
}

func TestStoreFull(t *testing.T) {
	proxy, count := withFaultProxy(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusInsufficientStorage)
			return true
		}
		return false
	})
	c := newClient(t, proxy)
	key := putNew(t, newClient(t), "hello")
	checkUnavailable(t, c.Put(t.Context(), newKey(), newFile([]byte("more"))))
	if count.Load() != 1 {
		t.Errorf("%d requests to a full store", count.Load())
	}
	if got := readRange(t, c, key, 0, -1); got != "hello" { // reading goes on
		t.Errorf("read %q", got)
	}
}

// TestStalled covers a store that accepts connections and then stops, at each point.
func TestStalled(t *testing.T) {
	key := putNew(t, newClient(t), strings.Repeat("x", 1<<20))
	quick := func(cfg *storage.Config) { cfg.Timeout = 100 * time.Millisecond }
	hang := func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the context end with the connection
		<-r.Context().Done()
		return true
	}
	proxy, count := withFaultProxy(t, hang)
	c := newClient(t, proxy, quick)
	for _, err := range everyCall(t, c, key) {
		checkUnavailable(t, err)
	}
	if count.Load() != 15 {
		t.Errorf("asked %d times", count.Load())
	}

	proxy, _ = withFaultProxy(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "1048576")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "half an answer")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	r, err := newClient(t, proxy, quick).Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	checkUnavailable(t, err)
	if string(got) != "half an answer" {
		t.Errorf("%d bytes were read", len(got))
	}
}

// TestSlowConnection: a transfer may take longer than the timeout as long as data keeps moving.
func TestSlowConnection(t *testing.T) {
	content := strings.Repeat("x", 12)
	key := putNew(t, newClient(t), content)
	const timeout = 400 * time.Millisecond
	proxy, count := withFaultProxy(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
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
	got := readRange(t, newClient(t, proxy, func(cfg *storage.Config) { cfg.Timeout = timeout }), key, 0, -1)
	if got != content || count.Load() != 1 || time.Since(start) < timeout {
		t.Errorf("%q after %d requests in %v", got, count.Load(), time.Since(start))
	}
}

// TestTruncatedDownload: a broken connection must never look like the end of the file.
func TestTruncatedDownload(t *testing.T) {
	key := putNew(t, newClient(t), strings.Repeat("x", 1<<20))
	proxy, _ := withFaultProxy(t, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1048576")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	r, err := newClient(t, proxy).Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	checkUnavailable(t, err)
	if len(got) != 1000 {
		t.Errorf("%d bytes were read", len(got))
	}
}

// TestCorruptedUpload: content that does not match its checksum or length is not stored.
func TestCorruptedUpload(t *testing.T) {
	c := newClient(t)
	key := newKey()
	f := newFile([]byte("hello"))
	f.SHA256 = sha256.Sum256([]byte("other"))
	checkUnavailable(t, c.Put(t.Context(), key, f))
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the corrupted file exists: %v", err)
	}

	short := newFile([]byte("hello"))
	short.Size = 9
	if err := c.Put(t.Context(), key, short); err == nil {
		t.Error("a file shorter than its announced size was accepted")
	}
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the short file exists: %v", err)
	}

	// One byte is changed on the way to the store.
	proxy, count := withFaultProxy(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		r.Body = &flippedByte{r.Body}
		return false
	})
	checkUnavailable(t, newClient(t, proxy).Put(t.Context(), key, newFile([]byte("hello, hello, hello"))))
	if count.Load() == 0 {
		t.Error("no request passed the proxy")
	}
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the corrupted file exists: %v", err)
	}
}

type flippedByte struct{ io.ReadCloser }

func (d *flippedByte) Read(p []byte) (int, error) {
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

// TestUploadReadError: an error reading the local file is not retried.
func TestUploadReadError(t *testing.T) {
	proxy, count := withFaultProxy(t, func(int, http.ResponseWriter, *http.Request) bool { return false })
	f := newFile([]byte("hello"))
	f.Body = brokenDisk{f.Body}
	err := newClient(t, proxy).Put(t.Context(), newKey(), f)
	if err == nil || domain.CodeOf(err) != domain.Internal || !strings.Contains(err.Error(), "the disk is broken") {
		t.Errorf("fails as %v", err)
	}
	if count.Load() > 1 {
		t.Errorf("tried %d times", count.Load())
	}
}

func TestCallerCancels(t *testing.T) {
	arrived := make(chan struct{}, 1)
	proxy, _ := withFaultProxy(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		<-r.Context().Done()
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := newClient(t, proxy).Stat(ctx, newKey()); !errors.Is(err, context.Canceled) {
		t.Errorf("fails as %v", err)
	}

	proxy, _ = withFaultProxy(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := newClient(t, proxy).Stat(ctx, newKey())
	checkUnavailable(t, err)
}
