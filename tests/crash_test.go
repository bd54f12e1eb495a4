package tests

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/db"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// message is a mail that a client requests.
type message struct {
	key    string
	to     []string
	body   []byte
	status int    // HTTP status: 202 or 422
	id     string // e-mail id, if accepted
}

const crashAdmin = "admin@firm.example"

// crashEnv returns the environment of serve and work, with servers of this test alone.
func crashEnv(t *testing.T, r *receiver) (env map[string]string, mysql, redis *testenv.Server) {
	t.Helper()
	mysql, redis = testenv.PrivateMySQL(t), testenv.PrivateRedis(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	env = map[string]string{
		"HTTP_ADDR": l.Addr().String(), "DATABASE_URL": mysql.URL, "REDIS_URL": redis.URL,
		"LLM_BASE_URL": "http://127.0.0.1:9", "LLM_API_KEY": "unused", "LLM_MODEL": "none",
		"JWT_SECRET_KEY": "a secret for " + t.Name() + ", long enough", "RATE_LIMIT": "off", "ACCESS_TOKEN_EXPIRE_MINUTES": "600",
		"SMTP_HOST": "127.0.0.1", "SMTP_PORT": r.smtpPort, "SMTP_TLS": "off", "MAIL_FROM": "Counsel <no-reply@counsel.test>", "PUBLIC_URL": "https://counsel.test",
		"WEBHOOK_ALLOW_PRIVATE": "true", "ADMIN_EMAIL": crashAdmin, "ADMIN_PASSWORD": "correct horse battery",
	}
	if err := l.Close(); err != nil { // free the port for serve
		t.Fatal(err)
	}
	m := launch(t, env, "migrate")
	<-m.exited
	if m.err != nil {
		t.Fatalf("migrate: %s", m.output)
	}
	return env, mysql, redis
}

// signInAs waits for the server and signs in.
func signInAs(t *testing.T, p *program, email string) user {
	t.Helper()
	var u user
	testkit.Eventually(t, "the server", func() bool {
		status, answer, err := p.request(user{}, "POST", "/api/auth/login", map[string]string{"email": email, "password": "correct horse battery"})
		if err != nil || status != http.StatusOK {
			return false
		}
		u.token = answer["accessToken"].(string)
		return true
	})
	return u
}

// send requests a mail and retries, as the server asks, until it is accepted or rejected.
func (m *message) send(t *testing.T, client *http.Client, base, token string, timeout <-chan struct{}) bool {
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		q, err := http.NewRequest("POST", base+"/api/email/send", bytes.NewReader(m.body))
		if err != nil {
			t.Error(err)
			return false
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Idempotency-Key", m.key)
		var answer struct{ ID, Code string }
		res, err := client.Do(q)
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&answer)
			_ = res.Body.Close()
		}
		if err == nil {
			switch m.status = res.StatusCode; {
			case m.status == http.StatusAccepted, m.status == http.StatusUnprocessableEntity:
				m.id = answer.ID
				return true
			case m.status < 500 && answer.Code != "idempotency_in_progress":
				t.Errorf("%s: status %d %s", m.key, m.status, answer.Code)
				return false
			}
		}
		select {
		case <-retry.C:
		case <-timeout:
			t.Errorf("%s: no final response: %v, %d %s", m.key, err, m.status, answer.Code)
			return false
		}
	}
}

func envNumber(t *testing.T, name string, fallback uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestCrashes kills the server, a worker, Redis and the database at random while clients send mail.
// Every accepted mail must arrive once, and no other. CRASH_KILLS sets the number of kills;
// CRASH_SEED repeats another run.
func TestCrashes(t *testing.T) {
	t.Parallel()
	kills := int(envNumber(t, "CRASH_KILLS", 50))
	seed := envNumber(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	random := rand.New(rand.NewPCG(seed, 1))
	r := startReceiver(t, seed)
	env, mysql, redis := crashEnv(t, r)
	serve, work := supervise(t, env, "serve"), supervise(t, env, "work")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("CRASH_SEED=%d CRASH_KILLS=%d\nserve:\n%s\nwork:\n%s", seed, kills, tail(serve.output.String()), tail(work.output.String()))
		}
	})
	p := &program{t: t, url: "http://" + env["HTTP_ADDR"]}
	admin := signInAs(t, p, crashAdmin)
	if status, answer := p.call(admin, "POST", "/api/webhooks", map[string]any{"url": r.hookURL, "eventTypes": []string{"email.sent", "email.failed", "email.bounced"}}); status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}

	var (
		clients  sync.WaitGroup
		count    atomic.Int64
		mu       sync.Mutex
		messages []*message
		answered = make(chan struct{})
		finish   = make(chan struct{})
		timeout  = make(chan struct{})
	)
	for range 12 {
		clients.Go(func() {
			client := &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for {
				n := count.Add(1)
				m := &message{key: fmt.Sprintf("mail-%d", n)}
				for i := range 1 + n%3 {
					m.to = append(m.to, fmt.Sprintf("to%d-%d@people.test", n, i))
				}
				recipients := m.to
				if n%10 == 0 {
					recipients = append([]string{"nobody at all"}, recipients...)
				}
				m.body, _ = json.Marshal(map[string]any{"to": recipients, "subject": m.key, "bodyText": "Dear reader, this is " + m.key + "."})
				if !m.send(t, client, p.url, admin.token, timeout) {
					return
				}
				mu.Lock()
				messages = append(messages, m)
				mu.Unlock()
				select {
				case <-finish:
					return
				case answered <- struct{}{}: // the loop below counts these
				}
			}
		})
	}
	began, killed := time.Now(), map[string]int{}
	for i := 0; i < kills; {
		timeout := time.NewTimer(5 * time.Second)
		for n := 1 + random.IntN(60); n > 0; n-- {
			select {
			case <-answered:
				continue
			case <-timeout.C:
			}
			break
		}
		timeout.Stop()
		var victim string
		done := true
		switch at := random.IntN(100); {
		case at < 35:
			victim, done = "serve", serve.kill9()
		case at < 65:
			victim, done = "work", work.kill9()
		case at < 85:
			victim = "redis"
			redis.Kill9()
			redis.Restart()
		default:
			victim = "mysql"
			mysql.Kill9()
			mysql.Restart()
		}
		if done {
			killed[victim]++
			i++
		}
	}
	close(finish)
	timer := time.AfterFunc(time.Minute, func() { close(timeout) })
	clients.Wait()
	timer.Stop()
	t.Logf("%d kills %v in %s, %d messages, seed %d", kills, killed, time.Since(began).Round(time.Second), len(messages), seed)
	awaitDelivery(t, r, env, messages)
	checkDeliveries(t, r, messages)

	// A retry with the same Idempotency-Key gets the same response.
	for _, m := range messages[:min(len(messages), 20)] {
		repeated := *m
		if !repeated.send(t, http.DefaultClient, p.url, admin.token, timeout) || repeated.status != m.status || repeated.id != m.id {
			t.Errorf("%s: status %d, id %s; the retry got %d, %s", m.key, m.status, m.id, repeated.status, repeated.id)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func tail(s string) string { return s[max(0, len(s)-6000):] }

// awaitDelivery waits until every accepted mail has arrived and no job is left.
func awaitDelivery(t *testing.T, r *receiver, env map[string]string, messages []*message) {
	t.Helper()
	pool, err := db.Open(t.Context(), env["DATABASE_URL"], db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for {
		waiting := 0
		for _, m := range messages {
			r.mu.Lock()
			published := len(r.hooks["email.sent"][m.id]) > 0
			r.mu.Unlock()
			if m.status == http.StatusAccepted && !(published && r.delivered(m.to)) {
				waiting++
			}
		}
		states := jobStates(t, pool)
		done := states["succeeded"]
		delete(states, "succeeded")
		if waiting == 0 && len(states) == 0 {
			t.Logf("all delivered after %s: %d jobs succeeded", time.Since(began).Round(time.Second), done)
			return
		}
		if time.Since(began) > 4*time.Minute || states["failed"] > 0 {
			t.Errorf("%d mails or their webhooks are missing; %d jobs succeeded, others: %v", waiting, done, states)
			return
		}
		<-tick.C
	}
}

// jobStates counts jobs by state, without the periodic ones.
func jobStates(t *testing.T, pool *sql.DB) map[string]int {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), "SELECT state, COUNT(*) FROM jobs WHERE job_key IS NULL OR job_key NOT LIKE '%/%' GROUP BY state")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			t.Fatal(err)
		}
		out[state] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// checkDeliveries compares what was received with what was accepted.
func checkDeliveries(t *testing.T, r *receiver, messages []*message) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var mails, hooks, accepted int
	expected := map[string]bool{}
	for _, m := range messages {
		if m.status != http.StatusAccepted {
			continue
		}
		accepted++
		expected[m.id] = true
		for _, to := range m.to {
			for _, n := range r.mails[to] {
				mails += n - 1
			}
			if len(r.mails[to]) != 1 || r.mails[to][m.id+"@counsel.test"] == 0 {
				t.Errorf("%s, accepted as %s: deliveries to %s are %v", m.key, m.id, to, r.mails[to])
			}
			delete(r.mails, to)
		}
		published := r.hooks["email.sent"][m.id]
		if len(published) != 1 {
			t.Errorf("%s, accepted as %s: webhooks are %v", m.key, m.id, published)
		}
		for _, n := range published {
			hooks += n - 1
		}
		delete(r.hooks["email.sent"], m.id)
	}
	for to := range r.mails {
		t.Errorf("%s received a mail that was not accepted", to)
	}
	for kind, of := range r.hooks {
		for id := range of {
			t.Errorf("unexpected webhook %s for %s", kind, id)
		}
	}
	if len(expected) != accepted {
		t.Errorf("%d messages were accepted, but have %d ids", accepted, len(expected))
	}
	t.Logf("%d accepted, %d rejected; duplicates with the same id: %d mails, %d webhooks", accepted, len(messages)-accepted, mails, hooks)
}
