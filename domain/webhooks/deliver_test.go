package webhooks_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	matters "counsel/domain/cases"
	"counsel/domain/jobs"
	"counsel/domain/webhooks"
	"counsel/gen/query"
	"counsel/sandbox/testkit"
)

func matter(title string) matters.NewCase { return matters.NewCase{Title: title} }

func TestDeliver(t *testing.T) {
	w := newWorld(t)
	s := w.server().start()
	r := newReceiver(t, ok)
	h, secret := s.hook(w.anna, r.url)
	r.secret.Store(secret)
	s.emit(w.anna, nil)
	m := r.hears(1)[0]
	d := s.becomes(w.anna, h.ID, webhooks.Delivered, 1)[0]
	if m.id != d.ID.String() || m.payload.Type != "document.uploaded" || m.payload.Data["documentId"] == "" || time.Since(m.payload.Timestamp) > time.Minute {
		t.Errorf("%+v", m)
	}
	detail := s.detail(w.anna, d)
	if len(detail.Attempts) != 1 || detail.Attempts[0].Outcome != webhooks.OutcomeDelivered || detail.Attempts[0].Status != 200 || string(detail.Payload) != string(m.body) {
		t.Errorf("%+v", detail)
	}
	p, err := s.Ping(t.Context(), w.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	if m := r.hears(2)[1]; m.id != p.ID.String() || m.payload.Type != "ping" || m.payload.Data["webhookId"] != h.ID.String() {
		t.Errorf("%+v", m)
	}
	if again, err := s.Ping(t.Context(), w.anna, h.ID, p.ID); err != nil || again.ID != p.ID {
		t.Errorf("asked for again, it is %+v, %v", again, err)
	}
	if list, _, err := s.Deliveries(t.Context(), w.anna, h.ID, webhooks.DeliveryFilter{}); err != nil || len(list) != 2 {
		t.Errorf("%d deliveries, %v", len(list), err)
	}
	if log := w.log.String(); strings.Contains(log, r.url) || strings.Contains(log, secret) {
		t.Error("the log holds a URL or a secret")
	}
}

// TestRetries: each try has the same id, and is signed anew.
func TestRetries(t *testing.T) {
	w := newWorld(t)
	s := w.server().start()
	r := newReceiver(t, status(500))
	h, secret := s.hook(w.anna, r.url)
	r.secret.Store(secret)
	s.emit(w.anna, nil)
	r.hears(2)
	r.answers(ok)
	d := s.becomes(w.anna, h.ID, webhooks.Delivered, 1)[0]
	for _, m := range r.all() {
		if m.id != d.ID.String() {
			t.Errorf("a try had the id %s", m.id)
		}
	}
	a := s.detail(w.anna, d).Attempts
	if n := len(r.all()); len(a) != n || a[0].N != n || a[0].Status != 200 || a[1].Status != 500 || a[1].Outcome != webhooks.OutcomeRefused {
		t.Errorf("%d tries: %+v", n, a)
	}
	got, err := s.Get(t.Context(), w.anna, h.ID)
	testkit.Must(t, err)
	if got.FailingSince != nil {
		t.Errorf("%+v", got)
	}
}

// TestGivesUp: after the last try a delivery has failed; replayed, it comes with the same id.
func TestGivesUp(t *testing.T) {
	w := newWorld(t)
	s := w.server().start()
	r := newReceiver(t, status(503))
	h, _ := s.hook(w.anna, r.url)
	s.emit(w.anna, nil)
	d := s.becomes(w.anna, h.ID, webhooks.Failed, 1)[0]
	if n := len(r.all()); n != 4 || d.Attempts != 4 || d.FinishedAt == nil || d.NextAt != nil {
		t.Errorf("%d tries: %+v", n, d)
	}
	if got, err := s.Get(t.Context(), w.anna, h.ID); err != nil || !got.Enabled || got.FailingSince == nil {
		t.Errorf("%+v, %v", got, err)
	}
	r.answers(ok)
	again, err := s.Replay(t.Context(), w.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	if again.State != webhooks.Pending {
		t.Errorf("%+v", again)
	}
	d = s.becomes(w.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.all(); len(all) != 5 || all[4].id != all[0].id || d.Attempts != 5 {
		t.Errorf("%d tries", len(all))
	}
	// What was delivered can be had again, too.
	if _, err := s.Replay(t.Context(), w.anna, h.ID, d.ID, domain.ID{}); err != nil {
		t.Error(err)
	}
	r.hears(6)
}

// TestDownThenUp: a receiver that is away for a while is told when it is back.
func TestDownThenUp(t *testing.T) {
	w := newWorld(t)
	pauses := make([]time.Duration, 200)
	for i := range pauses {
		pauses[i] = 20 * time.Millisecond
	}
	s := w.server(schedule(pauses...)).start()
	r := newReceiver(t, ok)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	address := l.Addr().String()
	testkit.Must(t, l.Close())
	h, _ := s.hook(w.anna, "http://"+address)
	s.emit(w.anna, nil)
	testkit.Eventually(t, "tried", func() bool { return s.deliveries(w.anna, h.ID, webhooks.Pending)[0].Attempts > 1 })
	d := s.detail(w.anna, s.deliveries(w.anna, h.ID, "")[0])
	if d.Attempts[0].Outcome != webhooks.OutcomeNoAnswer || d.Attempts[0].Status != 0 {
		t.Errorf("%+v", d)
	}
	l, err = net.Listen("tcp", address)
	testkit.Must(t, err)
	back := httptest.NewUnstartedServer(r)
	back.Listener.Close()
	back.Listener = l
	back.Start()
	t.Cleanup(func() { back.CloseClientConnections(); back.Close() })
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	if n := len(r.all()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestTooLate: a receiver that answers after the time is over has not been told, and is again.
func TestTooLate(t *testing.T) {
	w := newWorld(t)
	s := w.server(timeout(200 * time.Millisecond)).start()
	var late sync.Once
	r := newReceiver(t, func(_ http.ResponseWriter, q *http.Request) {
		late.Do(func() { <-q.Context().Done() })
	})
	h, _ := s.hook(w.anna, r.url)
	s.emit(w.anna, nil)
	d := s.becomes(w.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.all(); len(all) != 2 || all[0].id != all[1].id {
		t.Errorf("%d tries", len(all))
	}
	if a := s.detail(w.anna, d).Attempts; len(a) != 2 || a[1].Outcome != webhooks.OutcomeTimeout || a[1].Duration < 200*time.Millisecond {
		t.Errorf("%+v", a)
	}
}

// TestPrivate: where private addresses are not allowed, a webhook from before leads nowhere.
func TestPrivate(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, ok)
	h, _ := w.server().hook(w.anna, r.url)
	s := w.server(strict()).start()
	s.emit(w.anna, nil)
	d := s.becomes(w.anna, h.ID, webhooks.Failed, 1)[0]
	if a := s.detail(w.anna, d).Attempts; len(a) != 4 || a[0].Outcome != webhooks.OutcomeForbidden || len(r.all()) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestGone: 410 disables at once; what waits has failed, and can be replayed.
func TestGone(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	r := newReceiver(t, status(410))
	h, _ := s.hook(w.anna, r.url)
	for range 5 {
		s.emit(w.anna, nil)
	}
	s.start()
	s.becomes(w.anna, h.ID, webhooks.Failed, 5)
	got, err := s.Get(t.Context(), w.anna, h.ID)
	testkit.Must(t, err)
	if got.Enabled || got.DisabledReason != webhooks.ReasonGone || got.DisabledAt == nil {
		t.Errorf("%+v", got)
	}
	s.mu.Lock()
	if len(s.disabled) != 1 || s.disabled[0].ID != h.ID || s.disabled[0].DisabledReason != webhooks.ReasonGone {
		t.Errorf("told: %+v", s.disabled)
	}
	s.mu.Unlock()
	s.emit(w.anna, nil)
	if n := len(s.deliveries(w.anna, h.ID, "")); n != 5 {
		t.Errorf("%d deliveries: some were written while disabled", n)
	}
	_, err = s.Ping(t.Context(), w.anna, h.ID, domain.ID{})
	fails(t, err, domain.Conflict)
	_, err = s.ReplayFailed(t.Context(), w.anna, h.ID, time.Time{}, domain.ID{})
	fails(t, err, domain.Conflict)

	before := len(r.all())
	r.answers(ok)
	got, err = s.Update(t.Context(), w.anna, h.ID, webhooks.Update{Enabled: ptr(true)})
	testkit.Must(t, err)
	if !got.Enabled || got.DisabledReason != "" || got.DisabledAt != nil || got.FailingSince != nil {
		t.Errorf("%+v", got)
	}
	job, err := s.ReplayFailed(t.Context(), w.anna, h.ID, time.Time{}, domain.ID{})
	testkit.Must(t, err)
	s.becomes(w.anna, h.ID, webhooks.Delivered, 5)
	if n := len(r.all()); n != before+5 {
		t.Errorf("told %d times", n)
	}
	var j jobs.Info
	testkit.Eventually(t, "the job ends", func() bool {
		j, err = s.jobs.Get(t.Context(), w.anna, job)
		testkit.Must(t, err)
		return j.State.Ended()
	})
	var result webhooks.Replayed
	testkit.Must(t, json.Unmarshal(j.Result, &result))
	if result.Deliveries != 5 {
		t.Errorf("%s", j.Result)
	}
}

// TestReplaySince: only what failed since then.
func TestReplaySince(t *testing.T) {
	w := newWorld(t)
	s := w.server(schedule()).start()
	r := newReceiver(t, status(500))
	h, _ := s.hook(w.anna, r.url)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 1)
	w.later.Store(int64(time.Minute))
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 2)
	r.answers(ok)
	_, err := s.ReplayFailed(t.Context(), w.anna, h.ID, domain.SystemClock().Add(30*time.Second), domain.ID{})
	testkit.Must(t, err)
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	if n := len(s.deliveries(w.anna, h.ID, webhooks.Failed)); n != 1 {
		t.Errorf("%d are left", n)
	}
}

// TestFailsForDays: a webhook is disabled when nothing was delivered for days, not before.
func TestFailsForDays(t *testing.T) {
	w := newWorld(t)
	s := w.server(schedule()).start()
	r := newReceiver(t, status(500))
	h, _ := s.hook(w.anna, r.url)
	look := func() webhooks.Webhook {
		got, err := s.Get(t.Context(), w.anna, h.ID)
		testkit.Must(t, err)
		return got
	}
	day := int64(24 * time.Hour)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 1)
	w.later.Store(4 * day)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 2)
	if got := look(); !got.Enabled || got.FailingSince == nil {
		t.Fatalf("after four days: %+v", got)
	}
	r.answers(ok)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	r.answers(status(500))
	w.later.Store(6 * day)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 3)
	if got := look(); !got.Enabled {
		t.Fatalf("in spite of a success: %+v", got)
	}
	w.later.Store(11*day + 1)
	s.emit(w.anna, nil)
	s.becomes(w.anna, h.ID, webhooks.Failed, 4)
	if got := look(); got.Enabled || got.DisabledReason != webhooks.ReasonFailing {
		t.Fatalf("after five days: %+v", got)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.disabled) != 1 {
		t.Errorf("told %d times", len(s.disabled))
	}
}

// TestRotation: for a day both secrets sign, afterwards the new one alone.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	s := w.server().start()
	r := newReceiver(t, ok)
	h, old := s.hook(w.anna, r.url)
	rotated, fresh, err := s.RotateSecret(t.Context(), w.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	if rotated.OldSecretUntil == nil || fresh == old {
		t.Errorf("%+v", rotated)
	}
	s.emit(w.anna, nil)
	m := r.hears(1)[0]
	for _, secret := range []string{old, fresh} {
		if err := verify(secret, m); err != nil {
			t.Error(err)
		}
	}
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	w.later.Store(int64(webhooks.Overlap + time.Second))
	s.emit(w.anna, nil)
	m = r.hears(2)[1]
	if strings.Count(m.signature, "v1,") != 1 {
		t.Errorf("after a day: %s", m.signature)
	}
	if got, err := s.Get(t.Context(), w.anna, h.ID); err != nil || got.OldSecretUntil != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestOtherKey: a server that cannot read the secret sends nothing unsigned; another secret heals.
func TestOtherKey(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t, ok)
	h, _ := w.server().hook(w.anna, r.url)
	s := w.server(key("another key, of another server")).start()
	s.emit(w.anna, nil)
	d := s.becomes(w.anna, h.ID, webhooks.Failed, 1)[0]
	if a := s.detail(w.anna, d).Attempts; a[0].Outcome != webhooks.OutcomeUnsigned || len(r.all()) != 0 {
		t.Errorf("%+v", a)
	}
	_, secret, err := s.RotateSecret(t.Context(), w.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	r.secret.Store(secret)
	_, err = s.Replay(t.Context(), w.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
}

// TestWithheld: whoever may not know of a thing any more when it is their turn is not told.
func TestWithheld(t *testing.T) {
	for name, change := range map[string]func(*world, domain.ID){
		"left the case": func(w *world, c domain.ID) {
			testkit.Must(w.t, w.cases.RemoveMember(w.t.Context(), w.root, c, w.anna.UserID))
		},
		"case deleted": func(w *world, c domain.ID) { testkit.Must(w.t, w.cases.Delete(w.t.Context(), w.root, c)) },
		"disabled": func(w *world, _ domain.ID) {
			w.exec("UPDATE users SET disabled_at = NOW(6) WHERE id = ?", w.anna.UserID)
		},
		"no lawyer": func(w *world, _ domain.ID) { w.exec("UPDATE users SET role = 'client' WHERE id = ?", w.anna.UserID) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.server()
			r := newReceiver(t, ok)
			h, _ := s.hook(w.anna, r.url)
			c, err := w.cases.Create(t.Context(), w.bert, matter("A v. B"))
			testkit.Must(t, err)
			_, err = w.cases.AddMember(t.Context(), w.bert, c.ID, matters.NewMember{UserID: &w.anna.UserID, Role: matters.Lawyer})
			testkit.Must(t, err)
			s.emit(w.bert, &c.ID)
			change(w, c.ID)
			s.start()
			s.becomes(w.root, h.ID, webhooks.Withheld, 1)
			if len(r.all()) != 0 {
				t.Error("was told")
			}
		})
	}
}

// TestDeleted: what waits for a webhook that is deleted is not sent, and goes.
func TestDeleted(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	r := newReceiver(t, ok)
	h, _ := s.hook(w.anna, r.url)
	for range 3 {
		s.emit(w.anna, nil)
	}
	testkit.Must(t, s.Delete(t.Context(), w.anna, h.ID))
	s.start()
	testkit.Eventually(t, "the jobs are done and the rows gone", func() bool {
		return w.count("SELECT COUNT(*) FROM jobs WHERE kind = 'webhook.deliver' AND state <> 'succeeded'") == 0 &&
			w.count("SELECT COUNT(*) FROM webhook_deliveries")+w.count("SELECT COUNT(*) FROM webhooks") == 0
	})
	if len(r.all()) != 0 {
		t.Error("was told")
	}
}

// TestOld: old deliveries go, with their attempts.
func TestOld(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	r := newReceiver(t, ok)
	h, _ := s.hook(w.anna, r.url)
	s.emit(w.anna, nil)
	s.emit(w.anna, nil)
	old := s.deliveries(w.anna, h.ID, "")[0]
	aged := old.ID
	copy(aged[:6], make([]byte, 6)) // of 1970
	w.exec("UPDATE webhook_deliveries SET id = ?, state = 'delivered' WHERE id = ?", aged, old.ID)
	w.exec("INSERT INTO webhook_attempts (delivery_id, n, at, outcome, status, duration_ms) VALUES (?, 1, NOW(6), 'delivered', 200, 1)", aged)
	s.start()
	testkit.Eventually(t, "one is gone", func() bool { return w.count("SELECT COUNT(*) FROM webhook_deliveries WHERE id = ?", aged) == 0 })
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	if n := w.count("SELECT COUNT(*) FROM webhook_attempts WHERE delivery_id = ?", aged); n != 0 {
		t.Errorf("%d attempts are left", n)
	}
}

// TestTwoServers: however many work, each delivery is sent once.
func TestTwoServers(t *testing.T) {
	w := newWorld(t)
	a, b := w.server().start(), w.server().start()
	r := newReceiver(t, ok)
	h, _ := a.hook(w.anna, r.url)
	const n = 150
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			for range n / 5 {
				[]*server{a, b}[i%2].emit(w.anna, nil)
			}
		})
	}
	wg.Wait()
	testkit.Eventually(t, "all are delivered", func() bool {
		return w.count("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = ? AND state = 'delivered'", h.ID) == n
	})
	seen := map[string]int{}
	for _, m := range r.all() {
		if seen[m.id]++; seen[m.id] > 1 {
			t.Errorf("%s was told twice", m.id)
		}
	}
	if len(seen) != n {
		t.Errorf("%d were told", len(seen))
	}
}

// TestStop: a server that stops in the middle of a try has not made one; another makes it.
func TestStop(t *testing.T) {
	w := newWorld(t)
	a := w.server().start()
	r := newReceiver(t, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	h, _ := a.hook(w.anna, r.url)
	a.emit(w.anna, nil)
	r.hears(1)
	a.end(2500 * time.Millisecond)
	r.answers(ok)
	b := w.server().start()
	d := b.becomes(w.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.all(); d.Attempts != 1 || len(all) != 2 || all[0].id != all[1].id {
		t.Errorf("%+v, told %d times", d, len(all))
	}
}

// TestSlowReceiver: one that hangs, with much that waits for it, does not hold up another.
func TestSlowReceiver(t *testing.T) {
	w := newWorld(t)
	s := w.server(timeout(20 * time.Second)).start()
	ended := make(chan struct{})
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-ended })
	t.Cleanup(func() { close(ended) })
	quick := newReceiver(t, ok)
	hung, _ := s.hook(w.anna, slow.url)
	for range 40 {
		s.emit(w.anna, nil)
	}
	slow.hears(3)
	h, _ := s.hook(w.bert, quick.url)
	for range 20 {
		s.emit(w.bert, nil)
	}
	s.becomes(w.bert, h.ID, webhooks.Delivered, 20)
	if n := len(slow.all()); n > 3 {
		t.Errorf("%d hang at once", n)
	}
	if n := w.count("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = ? AND (state <> 'pending' OR attempts > 0)", hung.ID); n != 0 {
		t.Errorf("%d of those that hang, or waited for their turn, count as tried", n)
	}
	s.end(3 * time.Second)
}

// TestCancelledJob: a delivery whose job was cancelled can be sent on its way again, but not one
// that is on it.
func TestCancelledJob(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	r := newReceiver(t, ok)
	h, _ := s.hook(w.anna, r.url)
	s.emit(w.anna, nil)
	d := s.deliveries(w.anna, h.ID, webhooks.Pending)[0]
	_, err := s.Replay(t.Context(), w.anna, h.ID, d.ID, domain.ID{})
	fails(t, err, domain.Conflict)
	_, err = s.jobs.Cancel(t.Context(), w.anna, d.ID)
	testkit.Must(t, err)
	_, err = s.Replay(t.Context(), w.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	s.start()
	s.becomes(w.anna, h.ID, webhooks.Delivered, 1)
	if n := len(r.all()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// BenchmarkEmit is what an event adds to a transaction.
func BenchmarkEmit(b *testing.B) {
	w := newWorld(b)
	s := w.server()
	c, err := w.cases.Create(b.Context(), w.bert, matter("A v. B"))
	testkit.Must(b, err)
	hook := func(who domain.Principal) func() { return func() { s.hook(who, "http://127.0.0.1:9/") } }
	for _, part := range []struct {
		name   string
		before func()
		emit   bool
		case_  *domain.ID
	}{
		{name: "none"}, {name: "owner, nobody", emit: true}, {name: "case, nobody", emit: true, case_: &c.ID},
		{name: "owner, one", emit: true, before: hook(w.anna)}, {name: "case, one", emit: true, case_: &c.ID, before: hook(w.bert)},
	} {
		if part.before != nil {
			part.before()
		}
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				testkit.Must(b, db.WithTx(b.Context(), w.pool, func(tx db.Tx) error {
					if _, err := query.New(tx).GetUser(b.Context(), w.anna.UserID); err != nil || !part.emit {
						return err
					}
					return s.tell(b.Context(), tx, happened(w.anna, part.case_))
				}))
			}
		})
	}
}

// BenchmarkDeliver is how fast deliveries come to a receiver that answers at once.
func BenchmarkDeliver(b *testing.B) {
	w := newWorld(b)
	s := w.server()
	r := newReceiver(b, ok)
	for _, who := range []domain.Principal{w.anna, w.bert} {
		s.hook(who, r.url)
	}
	const n = 1000
	for i := range n {
		s.emit([]domain.Principal{w.anna, w.bert}[i%2], nil)
	}
	began := time.Now()
	s.start()
	testkit.Eventually(b, "all are told", func() bool { return len(r.all()) >= n })
	b.ReportMetric(n/time.Since(began).Seconds(), "deliveries/s")
	b.Log(fmt.Sprint(time.Since(began)))
}
