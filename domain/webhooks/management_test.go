package webhooks_test

import (
	"counsel/sandbox/testkit"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/webhooks"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server(strict())
	ctx := t.Context()
	valid := webhooks.NewWebhook{URL: "https://example.com/hooks", Description: " Our CRM ", EventTypes: []domain.EventType{domain.EventCaseClosed, domain.EventCaseCreated, domain.EventCaseClosed}}
	h, secret, err := s.Create(ctx, f.anna, valid)
	testkit.Must(t, err)
	if len(h.EventTypes) != 2 || h.Description != "Our CRM" || !h.Enabled || !strings.HasPrefix(secret, "whsec_") || len(secret) < 40 {
		t.Errorf("%+v, %q", h, secret)
	}
	if got, err := s.Get(ctx, f.anna, h.ID); err != nil || got.URL != h.URL || len(got.EventTypes) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if f.count("SELECT COUNT(*) FROM webhooks WHERE INSTR(secret, FROM_BASE64(?)) > 0", strings.TrimPrefix(secret, "whsec_")) != 0 {
		t.Error("the database contains the secret in plain text")
	}
	for name, change := range map[string]func(*webhooks.NewWebhook){
		"/url no TLS":            func(n *webhooks.NewWebhook) { n.URL = "http://example.com/" },
		"/url this machine":      func(n *webhooks.NewWebhook) { n.URL = "https://127.0.0.1/" },
		"/url credentials":       func(n *webhooks.NewWebhook) { n.URL = "https://a:b@example.com/" },
		"/url long":              func(n *webhooks.NewWebhook) { n.URL = "https://example.com/" + strings.Repeat("a", 2000) },
		"/description long":      func(n *webhooks.NewWebhook) { n.Description = strings.Repeat("ä", 201) },
		"/description two lines": func(n *webhooks.NewWebhook) { n.Description = "a\nb" },
		"/eventTypes none":       func(n *webhooks.NewWebhook) { n.EventTypes = nil },
		"/eventTypes unknown":    func(n *webhooks.NewWebhook) { n.EventTypes = []domain.EventType{"case.exploded"} },
		"/eventTypes ping":       func(n *webhooks.NewWebhook) { n.EventTypes = []domain.EventType{"ping"} },
	} {
		n := valid
		change(&n)
		_, _, err := s.Create(ctx, f.anna, n)
		wantCode(t, err, domain.Invalid)
		e, _ := errors.AsType[*domain.Error](err)
		if pointer, _, _ := strings.Cut(name, " "); len(e.Fields) != 1 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %+v", name, e.Fields)
		}
	}
	for name, u := range map[string]webhooks.Update{"url": {URL: ptr("http://10.0.0.1/")}, "types": {EventTypes: []domain.EventType{"x"}}} {
		if _, err := s.Update(ctx, f.anna, h.ID, u); domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Concurrent requests cannot exceed the limit.
	var wg sync.WaitGroup
	for range 2 * webhooks.MaxWebhooks {
		wg.Go(func() {
			if _, _, err := s.Create(ctx, f.anna, valid); err != nil && domain.CodeOf(err) != domain.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := f.count("SELECT COUNT(*) FROM webhooks"); n != webhooks.MaxWebhooks {
		t.Errorf("%d webhooks", n)
	}
	_, _, err = s.Create(ctx, f.anna, valid)
	wantCode(t, err, domain.Conflict)
	testkit.Must(t, s.Delete(ctx, f.anna, h.ID))
	_, _, err = s.Create(ctx, f.anna, valid)
	testkit.Must(t, err)
}

// TestAccess: only its owner and admins see a webhook.
func TestAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	ctx := t.Context()
	h, _ := s.createWebhook(f.anna, "http://127.0.0.1:9/")
	s.publish(f.anna, nil)
	d := s.deliveries(f.anna, h.ID, "")[0]
	other, _ := s.createWebhook(f.bert, "http://127.0.0.1:9/")
	for who, code := range map[domain.Principal]domain.Code{f.bert: domain.NotFound, f.anna: "", f.root: ""} {
		for name, call := range map[string]func() error{
			"get":        func() error { _, err := s.Get(ctx, who, h.ID); return err },
			"update":     func() error { _, err := s.Update(ctx, who, h.ID, webhooks.Update{Description: ptr("x")}); return err },
			"rotate":     func() error { _, _, err := s.RotateSecret(ctx, who, h.ID, domain.ID{}); return err },
			"deliveries": func() error { _, _, err := s.Deliveries(ctx, who, h.ID, webhooks.DeliveryFilter{}); return err },
			"delivery":   func() error { _, err := s.Delivery(ctx, who, h.ID, d.ID); return err },
			"ping":       func() error { _, err := s.Ping(ctx, who, h.ID, domain.ID{}); return err },
			"all":        func() error { _, err := s.ReplayFailed(ctx, who, h.ID, time.Time{}, domain.ID{}); return err },
		} {
			if err := call(); code == "" && err != nil || code != "" && domain.CodeOf(err) != code {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	_, err := s.Replay(ctx, f.bert, h.ID, d.ID, domain.ID{})
	wantCode(t, err, domain.NotFound)
	_, err = s.Delivery(ctx, f.bert, other.ID, d.ID) // through his own webhook
	wantCode(t, err, domain.NotFound)
	_, err = s.Replay(ctx, f.bert, other.ID, d.ID, domain.ID{})
	wantCode(t, err, domain.NotFound)
	wantCode(t, s.Delete(ctx, f.bert, h.ID), domain.NotFound)
	_, _, err = s.List(ctx, f.bert, webhooks.Filter{UserID: &f.anna.UserID})
	wantCode(t, err, domain.Forbidden)
	for who, n := range map[domain.Principal]int{f.anna: 1, f.bert: 1, f.root: 2} {
		if items, _, err := s.List(ctx, who, webhooks.Filter{}); err != nil || len(items) != n {
			t.Errorf("%d, %v", len(items), err)
		}
	}
	first, next, err := s.List(ctx, f.root, webhooks.Filter{Limit: 1})
	testkit.Must(t, err)
	second, end, err := s.List(ctx, f.root, webhooks.Filter{Limit: 1, Cursor: next})
	testkit.Must(t, err)
	if len(first) != 1 || len(second) != 1 || end != nil || first[0].ID != other.ID || second[0].ID != h.ID {
		t.Errorf("%v, %v, %v", first, second, end)
	}
	testkit.Must(t, s.Delete(ctx, f.root, h.ID))
	_, err = s.Get(ctx, f.anna, h.ID)
	wantCode(t, err, domain.NotFound)
}

// TestAudience: the owner of a thing, or the members of its case, get a delivery; nobody else does.
func TestAudience(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	ctx := t.Context()
	c, err := f.cases.Create(ctx, f.bert, newCase("A v. B"))
	testkit.Must(t, err)
	annas, _ := s.createWebhook(f.anna, "http://127.0.0.1:9/")
	berts, _ := s.createWebhook(f.bert, "http://127.0.0.1:9/")
	admins, _ := s.createWebhook(f.root, "http://127.0.0.1:9/")
	closed, _, err := s.Create(ctx, f.anna, webhooks.NewWebhook{URL: "http://127.0.0.1:9/", EventTypes: []domain.EventType{domain.EventCaseClosed}})
	testkit.Must(t, err)
	disabled, _ := s.createWebhook(f.anna, "http://127.0.0.1:9/")
	_, err = s.Update(ctx, f.anna, disabled.ID, webhooks.Update{Enabled: ptr(false)})
	testkit.Must(t, err)

	s.publish(f.anna, nil)
	counts := func() [5]int {
		var n [5]int
		for i, id := range []domain.ID{annas.ID, berts.ID, admins.ID, closed.ID, disabled.ID} {
			n[i] = len(s.deliveries(f.root, id, ""))
		}
		return n
	}
	if got := counts(); got != [5]int{1, 0, 0, 0, 0} {
		t.Errorf("a thing of anna: %v", got)
	}
	s.publish(f.anna, &c.ID) // hers, but in a case that she is not a member of
	if got := counts(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("a thing in bert's case: %v", got)
	}
	s.publish(f.root, &[]domain.ID{domain.NewID()}[0])
	if got := counts(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("a case that does not exist: %v", got)
	}
	if d := s.detail(f.bert, s.deliveries(f.bert, berts.ID, "")[0]); !strings.Contains(string(d.Payload), `"caseId":"`+c.ID.String()) {
		t.Errorf("%s", d.Payload)
	}

	// A transaction that is rolled back publishes nothing.
	failed := errors.New("no")
	if err := db.WithTx(ctx, f.pool, func(tx db.Tx) error {
		testkit.Must(t, s.onEvent(ctx, tx, uploaded(f.anna, nil)))
		return failed
	}); !errors.Is(err, failed) {
		t.Error(err)
	}
	if got := counts(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("rolled back: %v", got)
	}
	if n := f.count("SELECT COUNT(*) FROM jobs WHERE kind = 'webhooks.deliver'"); n != 2 {
		t.Errorf("%d jobs", n)
	}
}

func TestEraseUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.server()
	r := newReceiver(t, ok)
	s.createWebhook(f.anna, r.url)
	h, _ := s.createWebhook(f.bert, r.url)
	s.publish(f.anna, nil)
	s.publish(f.bert, nil)
	testkit.Must(t, db.WithTx(t.Context(), f.pool, func(tx db.Tx) error { return s.EraseUser(t.Context(), tx, f.anna.UserID) }))
	if items, _, err := s.List(t.Context(), f.anna, webhooks.Filter{}); err != nil || len(items) != 0 {
		t.Errorf("%v, %v", items, err)
	}
	if n := f.count("SELECT COUNT(*) FROM webhooks WHERE user_id = ? AND (url <> '' OR description <> '' OR secret <> '')", f.anna.UserID); n != 0 {
		t.Error("personal data is left")
	}
	s.start()
	s.waitFor(f.bert, h.ID, webhooks.Delivered, 1)
	if n := len(r.received()); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
}
