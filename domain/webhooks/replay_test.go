package webhooks_test

import (
	"counsel/domain"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"testing"
	"time"
)

// TestReplaySince replays only deliveries that were created since a time.
func TestReplaySince(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server(backoff()).start()
	r := newReceiver(t, status(500))
	h, _ := s.createWebhook(f.anna, r.url)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 1)
	f.clockOffset.Store(int64(time.Minute))
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 2)
	r.setAnswer(ok)
	_, err := s.ReplayFailed(t.Context(), f.anna, h.ID, domain.SystemClock().Add(30*time.Second), domain.ID{})
	testkit.Must(t, err)
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	if n := len(s.deliveries(f.anna, h.ID, webhooks.Failed)); n != 1 {
		t.Errorf("%d are left", n)
	}
}

// TestReplayPending: a pending delivery can be replayed only if its job was cancelled.
func TestReplayPending(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	r := newReceiver(t, ok)
	h, _ := s.createWebhook(f.anna, r.url)
	s.publish(f.anna, nil)
	d := s.deliveries(f.anna, h.ID, webhooks.Pending)[0]
	_, err := s.Replay(t.Context(), f.anna, h.ID, d.ID, domain.ID{})
	wantCode(t, err, domain.Conflict)
	_, err = s.jobs.Cancel(t.Context(), f.anna, d.ID)
	testkit.Must(t, err)
	_, err = s.Replay(t.Context(), f.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	s.start()
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	if n := len(r.received()); n != 1 {
		t.Errorf("%d messages", n)
	}
}
