package tests

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"counsel/db"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// The faults of the receivers. Each name gets at most one, the first time it arrives.
type fault int

const (
	noFault        fault = iota
	temporaryError       // 451 or 500, once
	cutConnection        // closes the connection before the end
	dropReply            // accepts, but closes the connection without replying
)

// faultOf returns the fault of a name. It depends on nothing but the seed and the name.
func faultOf(seed uint64, name string) fault {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, seed, name)
	return [100]fault{0: temporaryError, 1: temporaryError, 2: temporaryError, 3: cutConnection, 4: cutConnection, 5: dropReply, 6: dropReply, 7: dropReply}[h.Sum64()%100]
}

// receiver is an SMTP server and a webhook endpoint in one. It counts what it receives and injects
// faults.
type receiver struct {
	seed     uint64
	smtpPort string
	hookURL  string

	mu         sync.Mutex
	faulted    map[string]bool                      // names whose fault was drawn
	mails      map[string]map[string]int            // by recipient and Message-ID: number of deliveries
	hooks      map[string]map[string]map[string]int // by event type, e-mail id and webhook-id: number of deliveries
	deliveries []string                             // recipients in the order of delivery
	gate       chan struct{}                        // nil, or mails wait until it is closed
}

func startReceiver(t *testing.T, seed uint64) *receiver {
	t.Helper()
	r := &receiver{seed: seed, faulted: map[string]bool{}, mails: map[string]map[string]int{}, hooks: map[string]map[string]map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, r.smtpPort, _ = net.SplitHostPort(l.Addr().String())
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{r: r, conn: c}, nil }))
	srv.Domain, srv.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(l)
	}()
	hooks := httptest.NewServer(http.HandlerFunc(r.hook))
	r.hookURL = hooks.URL
	t.Cleanup(func() {
		_ = srv.Close()
		<-ended
		hooks.CloseClientConnections()
		hooks.Close()
	})
	return r
}

// drawFault returns the fault of a name at its first call, and noFault afterwards.
func (r *receiver) drawFault(name string) fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faulted[name] || r.seed == 0 {
		return noFault
	}
	r.faulted[name] = true
	return faultOf(r.seed, name)
}

type mailSession struct {
	r    *receiver
	conn *smtp.Conn
	to   []string
}

func (s *mailSession) Reset()        { s.to = nil }
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.r.drawFault("to "+to) == temporaryError {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Try again later"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(body io.Reader) error {
	m, err := mail.CreateReader(body)
	if err != nil {
		return err
	}
	id, err := m.Header.MessageID()
	if err != nil {
		return err
	}
	f := s.r.drawFault("mail " + id)
	if f == cutConnection {
		return s.conn.Conn().Close()
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	s.r.mu.Lock()
	gate := s.r.gate
	s.r.mu.Unlock()
	if gate != nil {
		<-gate
	}
	s.r.mu.Lock()
	for _, to := range s.to {
		if s.r.mails[to] == nil {
			s.r.mails[to] = map[string]int{}
		}
		s.r.mails[to][id]++
		s.r.deliveries = append(s.r.deliveries, to)
	}
	s.r.mu.Unlock()
	if f == dropReply {
		return s.conn.Conn().Close()
	}
	return nil
}

func (r *receiver) hook(w http.ResponseWriter, q *http.Request) {
	var event struct {
		Type string
		Data struct{ EmailID string }
	}
	if err := json.NewDecoder(q.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := q.Header.Get("webhook-id")
	f := r.drawFault("hook " + id)
	if f == temporaryError {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if f != cutConnection {
		r.mu.Lock()
		if r.hooks[event.Type] == nil {
			r.hooks[event.Type] = map[string]map[string]int{}
		}
		if r.hooks[event.Type][event.Data.EmailID] == nil {
			r.hooks[event.Type][event.Data.EmailID] = map[string]int{}
		}
		r.hooks[event.Type][event.Data.EmailID][id]++
		r.mu.Unlock()
	}
	if f == cutConnection || f == dropReply {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusNoContent)
}

// delivered reports whether a mail has reached all its recipients.
func (r *receiver) delivered(to []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range to {
		if len(r.mails[address]) == 0 {
			return false
		}
	}
	return true
}

// supervised is a process that is restarted whenever it exits.
type supervised struct {
	output testkit.Log

	mu     sync.Mutex
	cmd    *exec.Cmd
	closed bool
	ended  chan struct{}
}

func supervise(t *testing.T, env map[string]string, args ...string) *supervised {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := &supervised{ended: make(chan struct{})}
	dir := t.TempDir()
	start := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return false
		}
		s.cmd = exec.Command(binary, args...)
		s.cmd.Dir, s.cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		for k, v := range env {
			s.cmd.Env = append(s.cmd.Env, k+"="+v)
		}
		s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
		if err := s.cmd.Start(); err != nil {
			t.Errorf("%s: %v", args[0], err)
			return false
		}
		return true
	}
	go func() {
		defer close(s.ended)
		restart := time.NewTicker(100 * time.Millisecond) // limits the rate of restarts
		defer restart.Stop()
		for start() {
			_ = s.cmd.Wait()
			<-restart.C
		}
	}()
	t.Cleanup(func() {
		s.mu.Lock()
		s.closed = true
		if s.cmd != nil && s.cmd.Process != nil {
			_ = s.cmd.Process.Kill()
		}
		s.mu.Unlock()
		<-s.ended
	})
	return s
}

// kill9 kills the process. It reports false if none is running.
func (s *supervised) kill9() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil && s.cmd.Process != nil && s.cmd.Process.Kill() == nil
}

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
