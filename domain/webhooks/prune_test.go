package webhooks_test

import (
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"testing"
)

// TestDelete: pending deliveries of a deleted webhook are not sent, and their rows are pruned.
func TestDelete(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	r := newReceiver(t, ok)
	h, _ := s.createWebhook(f.anna, r.url)
	for range 3 {
		s.publish(f.anna, nil)
	}
	testkit.Must(t, s.Delete(t.Context(), f.anna, h.ID))
	s.start()
	testkit.Eventually(t, "the jobs are done and the rows are deleted", func() bool {
		return f.count("SELECT COUNT(*) FROM jobs WHERE kind = 'webhooks.deliver' AND state <> 'succeeded'") == 0 &&
			f.count("SELECT COUNT(*) FROM webhook_deliveries")+f.count("SELECT COUNT(*) FROM webhooks") == 0
	})
	if len(r.received()) != 0 {
		t.Error("a message was sent")
	}
}

// TestPrune: old deliveries are deleted with their attempts.
func TestPrune(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	r := newReceiver(t, ok)
	h, _ := s.createWebhook(f.anna, r.url)
	s.publish(f.anna, nil)
	s.publish(f.anna, nil)
	old := s.deliveries(f.anna, h.ID, "")[0]
	aged := old.ID
	copy(aged[:6], make([]byte, 6)) // of 1970
	f.exec("UPDATE webhook_deliveries SET id = ?, state = 'delivered' WHERE id = ?", aged, old.ID)
	f.exec("INSERT INTO webhook_attempts (delivery_id, n, at, outcome, status, duration_ms) VALUES (?, 1, NOW(6), 'delivered', 200, 1)", aged)
	s.start()
	testkit.Eventually(t, "the old one is deleted", func() bool { return f.count("SELECT COUNT(*) FROM webhook_deliveries WHERE id = ?", aged) == 0 })
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	if n := f.count("SELECT COUNT(*) FROM webhook_attempts WHERE delivery_id = ?", aged); n != 0 {
		t.Errorf("%d attempts are left", n)
	}
}
