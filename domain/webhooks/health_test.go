package webhooks_test

import (
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"encoding/json"
	"testing"
	"time"
)

// TestGone: 410 disables a webhook. Its pending deliveries fail, and can be replayed.
func TestGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	r := newReceiver(t, status(410))
	h, _ := s.createWebhook(f.anna, r.url)
	for range 5 {
		s.publish(f.anna, nil)
	}
	s.start()
	s.waitFor(f.anna, h.ID, webhooks.Failed, 5)
	got, err := s.Get(t.Context(), f.anna, h.ID)
	testkit.Must(t, err)
	if got.Enabled || got.DisabledReason != webhooks.ReasonGone || got.DisabledAt == nil {
		t.Errorf("%+v", got)
	}
	s.mu.Lock()
	if len(s.disabled) != 1 || s.disabled[0].ID != h.ID || s.disabled[0].DisabledReason != webhooks.ReasonGone {
		t.Errorf("OnDisabled was called with %+v", s.disabled)
	}
	s.mu.Unlock()
	s.publish(f.anna, nil)
	if n := len(s.deliveries(f.anna, h.ID, "")); n != 5 {
		t.Errorf("%d deliveries: some were created while disabled", n)
	}
	_, err = s.Ping(t.Context(), f.anna, h.ID, domain.ID{})
	wantCode(t, err, domain.Conflict)
	_, err = s.ReplayFailed(t.Context(), f.anna, h.ID, time.Time{}, domain.ID{})
	wantCode(t, err, domain.Conflict)

	sent := len(r.received())
	r.setAnswer(ok)
	got, err = s.Update(t.Context(), f.anna, h.ID, webhooks.Update{Enabled: ptr(true)})
	testkit.Must(t, err)
	if !got.Enabled || got.DisabledReason != "" || got.DisabledAt != nil || got.FailingSince != nil {
		t.Errorf("%+v", got)
	}
	job, err := s.ReplayFailed(t.Context(), f.anna, h.ID, time.Time{}, domain.ID{})
	testkit.Must(t, err)
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 5)
	if n := len(r.received()); n != sent+5 {
		t.Errorf("%d messages", n)
	}
	var j jobs.Info
	testkit.Eventually(t, "the job has ended", func() bool {
		j, err = s.jobs.Get(t.Context(), f.anna, job)
		testkit.Must(t, err)
		return j.State.Ended()
	})
	var result webhooks.ReplayResult
	testkit.Must(t, json.Unmarshal(j.Result, &result))
	if result.Deliveries != 5 {
		t.Errorf("%s", j.Result)
	}
}

// TestDisableAfter: a webhook is disabled after five days without a success, not earlier.
func TestDisableAfter(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server(backoff()).start()
	r := newReceiver(t, status(500))
	h, _ := s.createWebhook(f.anna, r.url)
	get := func() webhooks.Webhook {
		got, err := s.Get(t.Context(), f.anna, h.ID)
		testkit.Must(t, err)
		return got
	}
	day := int64(24 * time.Hour)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 1)
	f.clockOffset.Store(4 * day)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 2)
	if got := get(); !got.Enabled || got.FailingSince == nil {
		t.Fatalf("after four days: %+v", got)
	}
	r.setAnswer(ok)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	r.setAnswer(status(500))
	f.clockOffset.Store(6 * day)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 3)
	if got := get(); !got.Enabled {
		t.Fatalf("despite a success: %+v", got)
	}
	f.clockOffset.Store(11*day + 1)
	s.publish(f.anna, nil)
	s.waitFor(f.anna, h.ID, webhooks.Failed, 4)
	if got := get(); got.Enabled || got.DisabledReason != webhooks.ReasonFailing {
		t.Fatalf("after five days: %+v", got)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.disabled) != 1 {
		t.Errorf("OnDisabled was called %d times", len(s.disabled))
	}
}
