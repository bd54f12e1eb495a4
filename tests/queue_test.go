package tests

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/sandbox/testkit"
)

// sendBulk sends n mails in batches and returns their recipients.
func sendBulk(t *testing.T, p *program, u user, n int) (to []string) {
	t.Helper()
	for len(to) < n {
		var emails []map[string]any
		for range 100 {
			to = append(to, fmt.Sprintf("bulk%d@people.test", len(to)))
			emails = append(emails, map[string]any{"to": to[len(to)-1:], "subject": "We move", "bodyText": "Our office moves on Monday."})
		}
		if status, answer := p.call(u, "POST", "/api/email/send-batch", map[string]any{"emails": emails}); status != http.StatusAccepted {
			t.Fatalf("%d %v", status, answer)
		}
	}
	return to
}

// TestPasswordResetHasPriority requests a password reset while a thousand bulk mails wait.
func TestPasswordResetHasPriority(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, 0)
	env, _, _ := crashEnv(t, r)
	p := launch(t, env, "serve").waitUntilListening()
	admin := signInAs(t, p, crashAdmin)
	p.register("ada@people.test")
	testkit.Eventually(t, "the welcome mail", func() bool { return r.delivered([]string{"ada@people.test"}) })
	gate := make(chan struct{}) // the mail server blocks
	r.mu.Lock()
	r.gate, r.deliveries = gate, nil
	r.mu.Unlock()
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	sendBulk(t, p, admin, 1000)
	pool, err := db.Open(t.Context(), env["DATABASE_URL"], db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	running := func(queue string) (n int) {
		t.Helper()
		if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM jobs WHERE state = 'running' AND queue = ? AND kind = 'email.send'", queue).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	testkit.Eventually(t, "all workers busy with bulk mail", func() bool { return running("bulk") >= 8 })
	if status, _ := p.call(user{}, "POST", "/api/auth/password/forgot", map[string]string{"email": "ada@people.test"}); status != http.StatusNoContent {
		t.Fatal(status)
	}
	testkit.Eventually(t, "the reset mail is being sent", func() bool { return running("interactive") == 1 })
	open()
	place := -1
	testkit.Eventually(t, "the reset mail has arrived", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		place = slices.Index(r.deliveries, "ada@people.test")
		return place >= 0
	})
	if place > 20 { // more than were already being sent
		t.Errorf("%d mails were sent before it", place)
	}
	p.stop(os.Interrupt, 15*time.Second)
}

// TestFlushedRedis flushes Redis while jobs are queued there. All of them still run.
func TestFlushedRedis(t *testing.T) {
	t.Parallel()
	r := startReceiver(t, 0)
	env, _, redis := crashEnv(t, r)
	idle := maps.Clone(env)
	idle["WORK"] = "off"
	p := launch(t, idle, "serve").waitUntilListening()
	admin := signInAs(t, p, crashAdmin)
	to := sendBulk(t, p, admin, 100)
	pool, err := db.Open(t.Context(), env["DATABASE_URL"], db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	client, err := db.OpenRedis(t.Context(), redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	testkit.Eventually(t, "jobs are queued in Redis", func() bool {
		n, err := client.Do(t.Context(), client.B().Zcard().Key("{jobs}:bulk").Build()).AsInt64()
		return err == nil && n >= 16
	})
	if err := client.Do(t.Context(), client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	launch(t, env, "work")
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !r.delivered(to) || jobStates(t, pool)["succeeded"] < len(to); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("mails are missing; jobs: %v", jobStates(t, pool))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range to {
		for id, n := range r.mails[address] {
			if n != 1 || len(r.mails[address]) != 1 {
				t.Errorf("%s received %s %d times", address, id, n)
			}
		}
	}
}
