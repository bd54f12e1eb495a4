package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// client calls the server under load.
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
