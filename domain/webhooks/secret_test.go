package webhooks_test

import (
	"counsel/domain"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
	"strings"
	"testing"
	"time"
)

// TestRotateSecret: for a day both secrets sign, afterwards only the new one.
func TestRotateSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server().start()
	r := newReceiver(t, ok)
	h, old := s.createWebhook(f.anna, r.url)
	rotated, fresh, err := s.RotateSecret(t.Context(), f.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	if rotated.PreviousSecretExpiresAt == nil || fresh == old {
		t.Errorf("%+v", rotated)
	}
	s.publish(f.anna, nil)
	m := r.waitForMessages(1)[0]
	for _, secret := range []string{old, fresh} {
		if err := verify(secret, m); err != nil {
			t.Error(err)
		}
	}
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
	f.clockOffset.Store(int64(webhooks.SecretOverlap + time.Second))
	s.publish(f.anna, nil)
	m = r.waitForMessages(2)[1]
	if strings.Count(m.signature, "v1,") != 1 {
		t.Errorf("after a day: %s", m.signature)
	}
	if got, err := s.Get(t.Context(), f.anna, h.ID); err != nil || got.PreviousSecretExpiresAt != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWrongKey: a server that cannot decrypt the secret sends nothing. Rotating the secret repairs that.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := newReceiver(t, ok)
	h, _ := f.server().createWebhook(f.anna, r.url)
	s := f.server(key("another key, of another server")).start()
	s.publish(f.anna, nil)
	d := s.waitFor(f.anna, h.ID, webhooks.Failed, 1)[0]
	if a := s.detail(f.anna, d).Attempts; a[0].Outcome != webhooks.OutcomeUnsigned || len(r.received()) != 0 {
		t.Errorf("%+v", a)
	}
	_, secret, err := s.RotateSecret(t.Context(), f.anna, h.ID, domain.ID{})
	testkit.Must(t, err)
	r.secret.Store(secret)
	_, err = s.Replay(t.Context(), f.anna, h.ID, d.ID, domain.ID{})
	testkit.Must(t, err)
	s.waitFor(f.anna, h.ID, webhooks.Delivered, 1)
}
