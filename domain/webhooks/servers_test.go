package webhooks_test

import (
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestTwoServers: each delivery is sent once, by one of them.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.server().start(), f.server().start()
	r := newReceiver(t, ok)
	h, _ := a.createWebhook(f.anna, r.url)
	const n = 150
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			for range n / 5 {
				[]*server{a, b}[i%2].publish(f.anna, nil)
			}
		})
	}
	wg.Wait()
	testkit.Eventually(t, "all are delivered", func() bool {
		return f.count("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = ? AND state = 'delivered'", h.ID) == n
	})
	seen := map[string]int{}
	for _, m := range r.received() {
		if seen[m.id]++; seen[m.id] > 1 {
			t.Errorf("%s was sent twice", m.id)
		}
	}
	if len(seen) != n {
		t.Errorf("%d were sent", len(seen))
	}
}

// TestClose: an attempt that a stopping server aborts does not count; another server makes it.
func TestClose(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.server().start()
	r := newReceiver(t, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	h, _ := a.createWebhook(f.anna, r.url)
	a.publish(f.anna, nil)
	r.waitForMessages(1)
	a.close(2500 * time.Millisecond)
	r.setAnswer(ok)
	b := f.server().start()
	d := b.waitFor(f.anna, h.ID, webhooks.Delivered, 1)[0]
	if all := r.received(); d.Attempts != 1 || len(all) != 2 || all[0].id != all[1].id {
		t.Errorf("%+v, %d messages", d, len(all))
	}
}

// TestSlowReceiver: a receiver that hangs with a long backlog does not delay another.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server(timeout(20 * time.Second)).start()
	ended := make(chan struct{})
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-ended })
	t.Cleanup(func() { close(ended) })
	quick := newReceiver(t, ok)
	hung, _ := s.createWebhook(f.anna, slow.url)
	for range 40 {
		s.publish(f.anna, nil)
	}
	slow.waitForMessages(3)
	h, _ := s.createWebhook(f.bert, quick.url)
	for range 20 {
		s.publish(f.bert, nil)
	}
	s.waitFor(f.bert, h.ID, webhooks.Delivered, 20)
	if n := len(slow.received()); n > 3 {
		t.Errorf("%d hang at once", n)
	}
	if n := f.count("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = ? AND (state <> 'pending' OR attempts > 0)", hung.ID); n != 0 {
		t.Errorf("%d of those that hang or wait count as attempts", n)
	}
	s.close(3 * time.Second)
}
