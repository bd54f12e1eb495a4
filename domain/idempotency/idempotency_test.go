package idempotency_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"counsel/domain"
	"counsel/domain/idempotency"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// newFixture returns a service with its own database, and its clock.
func newFixture(t *testing.T) (*idempotency.Service, *atomic.Int64) {
	t.Helper()
	pool := testenv.DB(t)
	offset := &atomic.Int64{}
	start := domain.SystemClock()
	return newService(t, pool, "a key of the service", func() time.Time { return start.Add(time.Duration(offset.Load())) }), offset
}

func newService(t *testing.T, pool *sql.DB, key string, clock domain.Clock) *idempotency.Service {
	t.Helper()
	s, err := idempotency.New(idempotency.Config{DB: pool, Key: []byte(key), Runtime: domain.Runtime{Clock: clock}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestResponsesAreEncrypted checks that secrets in responses are not in the database.
func TestResponsesAreEncrypted(t *testing.T) {
	pool := testenv.DB(t)
	s := newService(t, pool, "a key of the service", domain.SystemClock)
	r := idempotency.Request{Caller: domain.NewID(), Operation: "createWebhook", Key: "k"}
	claim, err := s.Begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Complete(t.Context(), claim, idempotency.Response{Code: 201, Body: []byte(`{"secret":"whsec_xylophone"}`)}); err != nil {
		t.Fatal(err)
	}
	var stored []byte
	if err := pool.QueryRowContext(t.Context(), "SELECT answer FROM idempotency_keys").Scan(&stored); err != nil || bytes.Contains(stored, []byte("xylophone")) {
		t.Errorf("the database contains %q, %v", stored, err)
	}
	if again, err := s.Begin(t.Context(), r); err != nil || again.Response == nil || !bytes.Contains(again.Response.Body, []byte("xylophone")) {
		t.Errorf("replayed: %+v, %v", again, err)
	}
	// With another encryption key the request neither runs again nor gets another response.
	if _, err := newService(t, pool, "another key of the service", domain.SystemClock).Begin(t.Context(), r); reason(err) != idempotency.ReasonUnreadable {
		t.Errorf("with another key: %v", err)
	}
	if _, err := pool.ExecContext(t.Context(), "UPDATE idempotency_keys SET answer = CONCAT(answer, 'x')"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Begin(t.Context(), r); reason(err) != idempotency.ReasonUnreadable {
		t.Errorf("with another answer: %v", err)
	}
	// Earlier versions stored responses in plain text.
	if _, err := pool.ExecContext(t.Context(), "UPDATE idempotency_keys SET answer = '{}'"); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Begin(t.Context(), r); err != nil || again.Response == nil || string(again.Response.Body) != "{}" {
		t.Errorf("response of an earlier version: %+v, %v", again, err)
	}
	if _, err := idempotency.New(idempotency.Config{DB: pool, Key: []byte("short")}); err == nil {
		t.Error("a short key was accepted")
	}
}

func reason(err error) string {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Conflict {
		return e.Reason
	}
	return ""
}

func TestBeginAndComplete(t *testing.T) {
	s, clock := newFixture(t)
	ctx := t.Context()
	r := idempotency.Request{Caller: domain.NewID(), Operation: "renderPdf", Key: "k", Body: []byte(`{"a":1}`)}

	first, err := s.Begin(ctx, r)
	if err != nil || first.Response != nil {
		t.Fatalf("a free key: %+v, %v", first, err)
	}
	if _, err := s.Begin(ctx, r); reason(err) != idempotency.ReasonInProgress {
		t.Errorf("a held key: %v", err)
	}
	other := r
	other.Body = []byte(`{"a":2}`)
	if _, err := s.Begin(ctx, other); reason(err) != idempotency.ReasonReused {
		t.Errorf("another request: %v", err)
	}
	for name, other := range map[string]idempotency.Request{
		"another caller":    {Caller: domain.NewID(), Operation: r.Operation, Key: r.Key},
		"another operation": {Caller: r.Caller, Operation: "sendEmail", Key: r.Key},
		"another split":     {Caller: r.Caller, Operation: "renderPdfk", Key: ""},
	} {
		if a, err := s.Begin(ctx, other); err != nil || a.Response != nil {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}

	if err := s.Complete(ctx, first, idempotency.Response{Code: 200, ContentType: "application/json", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	a, err := s.Begin(ctx, r)
	if err != nil || a.Response == nil || a.Response.Code != 200 || a.Response.ContentType != "application/json" || string(a.Response.Body) != "{}" {
		t.Errorf("a completed key: %+v, %v", a, err)
	}
	if _, err := s.Begin(ctx, other); reason(err) != idempotency.ReasonReused {
		t.Errorf("another request, later: %v", err)
	}

	clock.Add(int64(idempotency.Retention + time.Second))
	if err := s.Prune(ctx); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Begin(ctx, other); err != nil || a.Response != nil {
		t.Errorf("after a day: %v, %v", a, err)
	}
}

func TestAbandonAndRelease(t *testing.T) {
	s, _ := newFixture(t)
	for _, a := range []idempotency.Response{{Code: 200, Body: make([]byte, idempotency.MaxBody+1)}} {
		r := idempotency.Request{Caller: domain.NewID(), Operation: "renderPdf", Key: "k"}
		claim, err := s.Begin(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Complete(t.Context(), claim, a); err != nil {
			t.Fatal(err)
		}
		if again, err := s.Begin(t.Context(), r); err != nil || again.Response != nil {
			t.Errorf("after %d: %v, %v", a.Code, again, err)
		}
	}
}

// TestTakeOverAfterLeaseExpires checks that one of several requests takes over from a crashed server.
func TestTakeOverAfterLeaseExpires(t *testing.T) {
	s, clock := newFixture(t)
	r := idempotency.Request{Caller: domain.NewID(), Operation: "renderPdf", Key: "k"}
	abandoned, err := s.Begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(int64(20 * time.Second))
	if got := beginConcurrently(t, s, r); got != 1 {
		t.Errorf("%d requests acquired the key", got)
	}
	// Late calls with the lost claim do not affect the new one.
	for _, late := range []func(context.Context, *idempotency.Claim) error{s.Release, s.Abandon} {
		if err := late(t.Context(), abandoned); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Begin(t.Context(), r); reason(err) != idempotency.ReasonInProgress {
			t.Errorf("a held key: %v", err)
		}
	}
}

func TestConcurrentBegin(t *testing.T) {
	s, _ := newFixture(t)
	if got := beginConcurrently(t, s, idempotency.Request{Caller: domain.NewID(), Operation: "renderPdf", Key: "k"}); got != 1 {
		t.Errorf("%d requests ran", got)
	}
}

func beginConcurrently(t *testing.T, s *idempotency.Service, r idempotency.Request) int64 {
	t.Helper()
	var ran atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch a, err := s.Begin(context.WithoutCancel(t.Context()), r); {
			case err == nil && a.Response == nil:
				ran.Add(1)
			case reason(err) != idempotency.ReasonInProgress:
				t.Errorf("%v, %v", a, err)
			}
		})
	}
	wg.Wait()
	return ran.Load()
}

// TestDerivedIDs checks that a request that runs again derives the same ids, and one after a release does
// not.
func TestDerivedIDs(t *testing.T) {
	s, clock := newFixture(t)
	r := idempotency.Request{Caller: domain.NewID(), Operation: "sendEmail", Key: "k"}
	begin := func() *idempotency.Claim {
		t.Helper()
		c, err := s.Begin(t.Context(), r)
		if err != nil || c.Response != nil {
			t.Fatalf("%+v, %v", c, err)
		}
		return c
	}
	first := begin()
	clock.Add(int64(20 * time.Second))
	over := begin()
	if err := s.Abandon(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	clock.Add(int64(time.Second))
	again := begin()
	for n := range 3 {
		if id := first.DerivedID(n); over.DerivedID(n) != id || again.DerivedID(n) != id {
			t.Errorf("thing %d is %s, %s, %s", n, id, over.DerivedID(n), again.DerivedID(n))
		}
	}
	if first.DerivedID(0) == first.DerivedID(1) || uuid.UUID(first.DerivedID(0)).Version() != 7 || uuid.UUID(first.DerivedID(0)).Variant() != uuid.RFC4122 {
		t.Errorf("%s, %s", first.DerivedID(0), first.DerivedID(1))
	}
	if err := s.Release(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	clock.Add(int64(time.Second))
	if second := begin(); second.DerivedID(0) == first.DerivedID(0) {
		t.Error("a request after a release has the same ids")
	}
}
