package webhooks_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	s := w.server(strict())
	ctx := t.Context()
	good := webhooks.NewWebhook{URL: "https://example.com/hooks", Description: " Our CRM ", EventTypes: []domain.EventType{domain.EventCaseClosed, domain.EventCaseCreated, domain.EventCaseClosed}}
	h, secret, err := s.Create(ctx, w.anna, good)
	testkit.Must(t, err)
	if len(h.EventTypes) != 2 || h.Description != "Our CRM" || !h.Enabled || !strings.HasPrefix(secret, "whsec_") || len(secret) < 40 {
		t.Errorf("%+v, %q", h, secret)
	}
	if got, err := s.Get(ctx, w.anna, h.ID); err != nil || got.URL != h.URL || len(got.EventTypes) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if w.count("SELECT COUNT(*) FROM webhooks WHERE INSTR(secret, FROM_BASE64(?)) > 0", strings.TrimPrefix(secret, "whsec_")) != 0 {
		t.Error("the database holds the secret as it is")
	}
	for name, spoil := range map[string]func(*webhooks.NewWebhook){
		"/url no TLS":           func(n *webhooks.NewWebhook) { n.URL = "http://example.com/" },
		"/url this machine":     func(n *webhooks.NewWebhook) { n.URL = "https://127.0.0.1/" },
		"/url credentials":      func(n *webhooks.NewWebhook) { n.URL = "https://a:b@example.com/" },
		"/url long":             func(n *webhooks.NewWebhook) { n.URL = "https://example.com/" + strings.Repeat("a", 2000) },
		"/description long":     func(n *webhooks.NewWebhook) { n.Description = strings.Repeat("ä", 201) },
		"/description two rows": func(n *webhooks.NewWebhook) { n.Description = "a\nb" },
		"/eventTypes none":      func(n *webhooks.NewWebhook) { n.EventTypes = nil },
		"/eventTypes unknown":   func(n *webhooks.NewWebhook) { n.EventTypes = []domain.EventType{"case.exploded"} },
		"/eventTypes ping":      func(n *webhooks.NewWebhook) { n.EventTypes = []domain.EventType{"ping"} },
	} {
		n := good
		spoil(&n)
		_, _, err := s.Create(ctx, w.anna, n)
		fails(t, err, domain.Invalid)
		e, _ := errors.AsType[*domain.Error](err)
		if pointer, _, _ := strings.Cut(name, " "); len(e.Fields) != 1 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %+v", name, e.Fields)
		}
	}
	for name, u := range map[string]webhooks.Update{"url": {URL: ptr("http://10.0.0.1/")}, "types": {EventTypes: []domain.EventType{"x"}}} {
		if _, err := s.Update(ctx, w.anna, h.ID, u); domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}

	// However many come at once, there are no more than there may be.
	var wg sync.WaitGroup
	for range 2 * webhooks.MaxWebhooks {
		wg.Go(func() {
			if _, _, err := s.Create(ctx, w.anna, good); err != nil && domain.CodeOf(err) != domain.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.count("SELECT COUNT(*) FROM webhooks"); n != webhooks.MaxWebhooks {
		t.Errorf("there are %d", n)
	}
	_, _, err = s.Create(ctx, w.anna, good)
	fails(t, err, domain.Conflict)
	testkit.Must(t, s.Delete(ctx, w.anna, h.ID))
	_, _, err = s.Create(ctx, w.anna, good)
	testkit.Must(t, err)
}

func ptr[T any](v T) *T { return &v }

// TestWhose: to all but its owner and admins a webhook is not there.
func TestWhose(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	ctx := t.Context()
	h, _ := s.hook(w.anna, "http://127.0.0.1:9/")
	s.emit(w.anna, nil)
	d := s.deliveries(w.anna, h.ID, "")[0]
	other, _ := s.hook(w.bert, "http://127.0.0.1:9/")
	for who, code := range map[domain.Principal]domain.Code{w.bert: domain.NotFound, w.anna: "", w.root: ""} {
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
	_, err := s.Replay(ctx, w.bert, h.ID, d.ID, domain.ID{})
	fails(t, err, domain.NotFound)
	_, err = s.Delivery(ctx, w.bert, other.ID, d.ID) // by way of one's own
	fails(t, err, domain.NotFound)
	_, err = s.Replay(ctx, w.bert, other.ID, d.ID, domain.ID{})
	fails(t, err, domain.NotFound)
	fails(t, s.Delete(ctx, w.bert, h.ID), domain.NotFound)
	_, _, err = s.List(ctx, w.bert, webhooks.Filter{UserID: &w.anna.UserID})
	fails(t, err, domain.Forbidden)
	for who, n := range map[domain.Principal]int{w.anna: 1, w.bert: 1, w.root: 2} {
		if items, _, err := s.List(ctx, who, webhooks.Filter{}); err != nil || len(items) != n {
			t.Errorf("%d, %v", len(items), err)
		}
	}
	first, next, err := s.List(ctx, w.root, webhooks.Filter{Limit: 1})
	testkit.Must(t, err)
	second, end, err := s.List(ctx, w.root, webhooks.Filter{Limit: 1, Before: next})
	testkit.Must(t, err)
	if len(first) != 1 || len(second) != 1 || end != nil || first[0].ID != other.ID || second[0].ID != h.ID {
		t.Errorf("%v, %v, %v", first, second, end)
	}
	testkit.Must(t, s.Delete(ctx, w.root, h.ID))
	_, err = s.Get(ctx, w.anna, h.ID)
	fails(t, err, domain.NotFound)
}

// TestWhoIsTold: the owner of a thing, or the members of its case; and no others.
func TestWhoIsTold(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	ctx := t.Context()
	c, err := w.cases.Create(ctx, w.bert, matter("A v. B"))
	testkit.Must(t, err)
	mine, _ := s.hook(w.anna, "http://127.0.0.1:9/")
	theirs, _ := s.hook(w.bert, "http://127.0.0.1:9/")
	admins, _ := s.hook(w.root, "http://127.0.0.1:9/")
	deaf, _, err := s.Create(ctx, w.anna, webhooks.NewWebhook{URL: "http://127.0.0.1:9/", EventTypes: []domain.EventType{domain.EventCaseClosed}})
	testkit.Must(t, err)
	off, _ := s.hook(w.anna, "http://127.0.0.1:9/")
	_, err = s.Update(ctx, w.anna, off.ID, webhooks.Update{Enabled: ptr(false)})
	testkit.Must(t, err)

	s.emit(w.anna, nil)
	told := func() [5]int {
		var n [5]int
		for i, id := range []domain.ID{mine.ID, theirs.ID, admins.ID, deaf.ID, off.ID} {
			n[i] = len(s.deliveries(w.root, id, ""))
		}
		return n
	}
	if got := told(); got != [5]int{1, 0, 0, 0, 0} {
		t.Errorf("of what is anna's: %v", got)
	}
	s.emit(w.anna, &c.ID) // hers, but of a case she is no member of
	if got := told(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("of what is of bert's case: %v", got)
	}
	s.emit(w.root, &[]domain.ID{domain.NewID()}[0])
	if got := told(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("of no case that there is: %v", got)
	}
	if d := s.detail(w.bert, s.deliveries(w.bert, theirs.ID, "")[0]); !strings.Contains(string(d.Payload), `"caseId":"`+c.ID.String()) {
		t.Errorf("%s", d.Payload)
	}

	// What is rolled back did not happen.
	failed := errors.New("no")
	if err := db.WithTx(ctx, w.pool, func(tx db.Tx) error {
		testkit.Must(t, s.tell(ctx, tx, happened(w.anna, nil)))
		return failed
	}); !errors.Is(err, failed) {
		t.Error(err)
	}
	if got := told(); got != [5]int{1, 1, 0, 0, 0} {
		t.Errorf("of what was rolled back: %v", got)
	}
	if n := w.count("SELECT COUNT(*) FROM jobs WHERE kind = 'webhook.deliver'"); n != 2 {
		t.Errorf("%d jobs", n)
	}
}

func TestForget(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	r := newReceiver(t, ok)
	s.hook(w.anna, r.url)
	h, _ := s.hook(w.bert, r.url)
	s.emit(w.anna, nil)
	s.emit(w.bert, nil)
	testkit.Must(t, db.WithTx(t.Context(), w.pool, func(tx db.Tx) error { return s.EraseUser(t.Context(), tx, w.anna.UserID) }))
	if items, _, err := s.List(t.Context(), w.anna, webhooks.Filter{}); err != nil || len(items) != 0 {
		t.Errorf("%v, %v", items, err)
	}
	if n := w.count("SELECT COUNT(*) FROM webhooks WHERE user_id = ? AND (url <> '' OR description <> '' OR secret <> '')", w.anna.UserID); n != 0 {
		t.Error("something is left")
	}
	s.start()
	s.becomes(w.bert, h.ID, webhooks.Delivered, 1)
	if n := len(r.all()); n != 1 {
		t.Errorf("%d were told", n)
	}
}
