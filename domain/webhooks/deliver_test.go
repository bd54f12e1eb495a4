package webhooks_test

import (
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server().start()
	r := newReceiver(t, ok)
	h, secret := s.createWebhook(f.anna, r.url)
	r.secret.Store(secret)
	s.publish(f.anna, nil)
	m := r.waitForMessages(1)[0]
	d := s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)[0]
	if m.id != d.ID.String() || m.payload.Type != "document.uploaded" || m.payload.Data["documentId"] == "" || time.Since(m.payload.Timestamp) > time.Minute {
		t.Errorf("%+v", m)
	}
	detail := s.detail(f.anna, d)
	if len(detail.Attempts) != 1 || detail.Attempts[0].Outcome != webhooks.OutcomeDelivered || detail.Attempts[0].Status != 200 || string(detail.Payload) != string(m.body) {
		t.Errorf("%+v", detail)
	}
	p, err := s.Ping(t.Context(), f.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	if m := r.waitForMessages(2)[1]; m.id != p.ID.String() || m.payload.Type != "ping" || m.payload.Data["webhookId"] != h.ID.String() {
		t.Errorf("%+v", m)
	}
	if repeated, err := s.Ping(t.Context(), f.anna, h.ID, p.ID); err != nil || repeated.ID != p.ID {
		t.Errorf("the repeated ping: %+v, %v", repeated, err)
	}
	if list, _, err := s.Deliveries(t.Context(), f.anna, h.ID, webhooks.DeliveryFilter{}); err != nil || len(list) != 2 {
		t.Errorf("%d deliveries, %v", len(list), err)
	}
	if log := f.log.String(); strings.Contains(log, r.url) || strings.Contains(log, secret) {
		t.Error("the log contains a URL or a secret")
	}
}

// TestRetries: every attempt has the same id and a new signature.
func TestRetries(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server().start()
	r := newReceiver(t, status(500))
	h, secret := s.createWebhook(f.anna, r.url)
	r.secret.Store(secret)
	s.publish(f.anna, nil)
	r.waitForMessages(2)
	r.setAnswer(ok)
	d := s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)[0]
	for _, m := range r.received() {
		if m.id != d.ID.String() {
			t.Errorf("an attempt had the id %s", m.id)
		}
	}
	a := s.detail(f.anna, d).Attempts
	if n := len(r.received()); len(a) != n || a[0].Number != n || a[0].Status != 200 || a[1].Status != 500 || a[1].Outcome != webhooks.OutcomeRefused {
		t.Errorf("%d attempts: %+v", n, a)
	}
	got, err := s.Get(t.Context(), f.anna, h.ID)
	testkit.Must(t, err)
	if got.FailingSince != nil {
		t.Errorf("%+v", got)
	}
}

// TestLastAttempt: after the last attempt a delivery has failed. A replay has the same id.
func TestLastAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server().start()
	r := newReceiver(t, status(503))
	h, _ := s.createWebhook(f.anna, r.url)
	s.publish(f.anna, nil)
	d := s.waitFor(f.anna, h.ID, webhooks.Failed, 1)[0]
	if n := len(r.received()); n != 4 || d.Attempts != 4 || d.FinishedAt == nil || d.NextAt != nil {
		t.Errorf("%d attempts: %+v", n, d)
	}
	if got, err := s.Get(t.Context(), f.anna, h.ID); err != nil || !got.Enabled || got.FailingSince == nil {
		t.Errorf("%+v, %v", got, err)
	}
	r.setAnswer(ok)
	replayed, err := s.Replay(t.Context(), f.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	if replayed.State != webhooks.Pending {
		t.Errorf("%+v", replayed)
	}
	d = s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.received(); len(all) != 5 || all[4].id != all[0].id || d.Attempts != 5 {
		t.Errorf("%d attempts", len(all))
	}
	// A delivered one can be replayed, too.
	if _, err := s.Replay(t.Context(), f.anna, h.ID, d.ID, domain.ID{}); err != nil {
		t.Error(err)
	}
	r.waitForMessages(6)
}

// TestReceiverDown: a receiver that is down for a while gets the message when it is back.
func TestReceiverDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	pauses := make([]time.Duration, 200)
	for i := range pauses {
		pauses[i] = 20 * time.Millisecond
	}
	s := f.server(backoff(pauses...)).start()
	r := newReceiver(t, ok)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	address := l.Addr().String()
	testkit.Must(t, l.Close())
	h, _ := s.createWebhook(f.anna, "http://"+address)
	s.publish(f.anna, nil)
	testkit.Eventually(t, "a second attempt was made", func() bool { return s.deliveries(f.anna, h.ID, webhooks.Pending)[0].Attempts > 1 })
	d := s.detail(f.anna, s.deliveries(f.anna, h.ID, "")[0])
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
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	if n := len(r.received()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestTimeout: a receiver that answers too late gets the message again.
func TestTimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server(timeout(200 * time.Millisecond)).start()
	var late sync.Once
	r := newReceiver(t, func(_ http.ResponseWriter, q *http.Request) {
		late.Do(func() { <-q.Context().Done() })
	})
	h, _ := s.createWebhook(f.anna, r.url)
	s.publish(f.anna, nil)
	d := s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.received(); len(all) != 2 || all[0].id != all[1].id {
		t.Errorf("%d attempts", len(all))
	}
	if a := s.detail(f.anna, d).Attempts; len(a) != 2 || a[1].Outcome != webhooks.OutcomeTimeout || a[1].Duration < 200*time.Millisecond {
		t.Errorf("%+v", a)
	}
}

// TestPrivateAddress: a webhook to a private address fails once these are no longer allowed.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := newReceiver(t, ok)
	h, _ := f.server().createWebhook(f.anna, r.url)
	s := f.server(strict()).start()
	s.publish(f.anna, nil)
	d := s.waitFor(f.anna, h.ID, webhooks.Failed, 1)[0]
	if a := s.detail(f.anna, d).Attempts; len(a) != 4 || a[0].Outcome != webhooks.OutcomeForbidden || len(r.received()) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestWithheld: an owner who may no longer read about the event at the time of the attempt gets no message.
func TestWithheld(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixture, domain.ID){
		"left the case": func(f *fixture, c domain.ID) {
			testkit.Must(f.t, f.cases.RemoveMember(f.t.Context(), f.root, c, f.anna.UserID))
		},
		"case deleted": func(f *fixture, c domain.ID) { testkit.Must(f.t, f.cases.Delete(f.t.Context(), f.root, c)) },
		"account disabled": func(f *fixture, _ domain.ID) {
			f.exec("UPDATE users SET disabled_at = NOW(6) WHERE id = ?", f.anna.UserID)
		},
		"no longer a lawyer": func(f *fixture, _ domain.ID) { f.exec("UPDATE users SET role = 'client' WHERE id = ?", f.anna.UserID) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			s := f.server()
			r := newReceiver(t, ok)
			h, _ := s.createWebhook(f.anna, r.url)
			c, err := f.cases.Create(t.Context(), f.bert, newCase("A v. B"))
			testkit.Must(t, err)
			_, err = f.cases.AddMember(t.Context(), f.bert, c.ID, cases.NewMember{UserID: &f.anna.UserID, Role: cases.Lawyer})
			testkit.Must(t, err)
			s.publish(f.bert, &c.ID)
			change(f, c.ID)
			s.start()
			s.waitFor(f.root, h.ID, webhooks.Withheld, 1)
			if len(r.received()) != 0 {
				t.Error("a message was sent")
			}
		})
	}
}
