package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"counsel/domain"
)

// tryWrongPassword signs in with a wrong password.
func (f *fixture) tryWrongPassword(email, address string) error {
	_, err := f.Login(f.tb.Context(), Credentials{Email: email, Password: "wrong password", Address: address})
	return err
}

func TestThrottleByAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	f.register("bob@example.com")
	for i := range freeAccountFailures {
		wantCode(t, f.tryWrongPassword("ada@example.com", fmt.Sprintf("198.51.100.%d", i)), domain.Unauthenticated)
	}
	wait := time.Duration(0)
	for i := range 6 {
		e := wantCode(t, f.tryWrongPassword("Ada@Example.com", "198.51.100.9"), domain.RateLimited)
		if e.RetryAfter < wait || e.RetryAfter <= 0 || e.RetryAfter > maxBackoff {
			t.Fatalf("wait %d is %v after %v", i, e.RetryAfter, wait)
		}
		wait = e.RetryAfter
		// Rejected attempts do not lengthen the wait, not even with the right password.
		_, err := f.Login(t.Context(), Credentials{Email: "ada@example.com", Password: password, Address: "198.51.100.10"})
		if rejected := wantCode(t, err, domain.RateLimited); rejected.RetryAfter != wait {
			t.Fatalf("the wait changed from %v to %v", wait, rejected.RetryAfter)
		}
		f.clock.advance(wait)
		wantCode(t, f.tryWrongPassword("ada@example.com", "198.51.100.9"), domain.Unauthenticated)
	}
	if wait != maxBackoff {
		t.Fatalf("the wait is %v, more than the maximum", wait)
	}
	if _, err := f.Login(t.Context(), Credentials{Email: "bob@example.com", Password: password, Address: "198.51.100.9"}); err != nil {
		t.Fatalf("another account: %v", err)
	}
	// After the wait the owner can sign in, which resets the count.
	f.clock.advance(maxBackoff)
	for range 2 {
		f.login("ada@example.com")
		for range freeAccountFailures - 1 {
			wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
		}
	}
}

func TestThrottleKeepsKnownAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	f.login("ada@example.com") // from 192.0.2.1
	for i := range 3 * freeAccountFailures {
		err := f.tryWrongPassword("ada@example.com", fmt.Sprintf("198.51.100.%d", i))
		if i < freeAccountFailures {
			wantCode(t, err, domain.Unauthenticated)
		} else {
			wantCode(t, err, domain.RateLimited)
		}
	}
	f.login("ada@example.com")
	// The known address is throttled on its own.
	for range freeAccountFailures {
		wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
	}
	wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.RateLimited)
}

func TestThrottleByAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	for i := range freeAddressFailures {
		wantCode(t, f.tryWrongPassword(fmt.Sprintf("nobody%d@example.com", i), fmt.Sprintf("2001:db8::%x", i)), domain.Unauthenticated)
	}
	wantCode(t, f.tryWrongPassword("someone@example.com", "2001:db8::ffff"), domain.RateLimited) // one /64
	if _, err := f.Login(t.Context(), Credentials{Email: "ada@example.com", Password: password, Address: "2001:db8:0:1::1"}); err != nil {
		t.Fatal(err)
	}
}

func TestThrottleSharedAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	f.register("bob@example.com")
	f.login("ada@example.com") // from 192.0.2.1
	for i := range freeAddressFailures {
		wantCode(t, f.tryWrongPassword(fmt.Sprintf("nobody%d@example.com", i), "192.0.2.1"), domain.Unauthenticated)
	}
	locked := func() {
		t.Helper()
		_, err := f.Login(t.Context(), Credentials{Email: "bob@example.com", Password: password, Address: "192.0.2.1"})
		wantCode(t, err, domain.RateLimited) // not a known address
	}
	locked()
	for range 3 {
		f.login("ada@example.com")
		locked() // sign-ins of the owner do not unlock others
	}
	for range freeAccountFailures {
		wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
	}
	wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.RateLimited)
}

func TestThrottleIgnoresSuccesses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	for range freeAddressFailures + 5 {
		f.login("ada@example.com")
	}
}

func TestThrottleConcurrentAttempts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	servers := []*Service{f.Service, f.otherServer()}
	before := f.hasher.count.Load()
	errs := make([]error, 40)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = servers[i%2].Login(t.Context(), Credentials{Email: "ada@example.com", Password: "wrong password", Address: fmt.Sprintf("198.51.100.%d", i)})
		})
	}
	wg.Wait()
	checked := 0
	for _, err := range errs {
		if domain.CodeOf(err) == domain.Unauthenticated {
			checked++
		} else {
			wantCode(t, err, domain.RateLimited)
		}
	}
	hashes := servers[0].hasher.count.Load() - before + servers[1].hasher.count.Load()
	if checked != freeAccountFailures || hashes != freeAccountFailures {
		t.Fatalf("%d attempts were checked, %d passwords hashed", checked, hashes)
	}
}

// TestLoginDoesNotRevealAccounts checks that an unknown address, a wrong password and a disabled account
// cost one hash with the same parameters and return the same error.
func TestLoginDoesNotRevealAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, admin := f.admin("root@example.com")
	f.register("ada@example.com")
	off := f.register("off@example.com")
	if _, err := f.UpdateUser(t.Context(), admin, off.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, c := range []Credentials{
		{Email: "ada@example.com", Password: "wrong password"},
		{Email: "nobody@example.com", Password: password},
		{Email: "not an address", Password: password},
		{Email: "off@example.com", Password: password},
	} {
		before := f.hasher.count.Load()
		_, err := f.Login(t.Context(), c)
		messages = append(messages, fmt.Sprintf("%+v", *wantCode(t, err, domain.Unauthenticated)))
		if n := f.hasher.count.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes", c.Email, n)
		}
	}
	for _, s := range messages[1:] {
		if s != messages[0] {
			t.Errorf("%s differs from %s", s, messages[0])
		}
	}
	stored, err := f.queries.GetUserByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	real, err1 := parsePHC(stored.PasswordHash)
	dummy, err2 := parsePHC(f.hasher.dummyHash)
	if err1 != nil || err2 != nil || real.memory != dummy.memory || real.passes != dummy.passes || len(real.salt) != len(dummy.salt) || len(real.key) != len(dummy.key) {
		t.Fatalf("%+v, %+v", real, dummy)
	}
}

func TestRehashAfterCostChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada@example.com")
	f.hasher.cost.Passes = 2
	f.login("ada@example.com")
	stored, err := f.queries.GetUser(t.Context(), u.ID)
	if err != nil || !strings.HasPrefix(stored.PasswordHash, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Fatalf("%s, %v", stored.PasswordHash, err)
	}
	before := f.hasher.count.Load()
	f.login("ada@example.com")
	if n := f.hasher.count.Load() - before; n != 1 {
		t.Fatalf("%d hashes, want 1 for an up-to-date hash", n)
	}
}

func TestPasswordNormalization(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if _, err := f.Register(t.Context(), Registration{"ada@example.com", "caf\u00e9 caf\u00e9", "Ada", ""}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Login(t.Context(), Credentials{Email: "ada@example.com", Password: "cafe\u0301 cafe\u0301"}); err != nil {
		t.Fatal(err)
	}
	_, err := f.Login(t.Context(), Credentials{Email: "ada@example.com", Password: "CAF\u00c9 CAF\u00c9"})
	wantCode(t, err, domain.Unauthenticated)
}

func TestHashQueueLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	h := f.hasher
	h.cost.QueueTimeout = 20 * time.Millisecond
	h.cost.QueueSize = 3
	ctx := t.Context()
	if err := h.slots.Acquire(ctx, int64(h.cost.Concurrency)); err != nil { // all slots are busy
		t.Fatal(err)
	}
	h.inFlight.Add(int64(h.cost.Concurrency))
	_, err := h.hash(ctx, password)
	if e := wantCode(t, err, domain.Unavailable); !errors.Is(e, context.DeadlineExceeded) || e.RetryAfter <= 0 {
		t.Fatalf("after waiting: %v", e)
	}
	h.inFlight.Add(3) // the queue is full
	_, err = h.hash(ctx, password)
	if e := wantCode(t, err, domain.Unavailable); errors.Is(e, context.DeadlineExceeded) || e.RetryAfter <= 0 {
		t.Fatalf("with the queue full: %v", e)
	}
	// A sign-in rejected by the queue is not counted as a failure.
	for range 2 * freeAccountFailures {
		wantCode(t, f.tryWrongPassword("ada@example.com", "192.0.2.1"), domain.Unavailable)
	}
	h.inFlight.Add(-3 - int64(h.cost.Concurrency))
	h.slots.Release(int64(h.cost.Concurrency))
	f.register("ada@example.com")
	f.login("ada@example.com")
	if n := h.inFlight.Load(); n != 0 {
		t.Fatalf("%d hashes are still in the queue", n)
	}
}

func TestParsePHC(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "x", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$!!!$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=19$m=64,t=1,p=300$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
	} {
		if _, err := parsePHC(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
	p, err := parsePHC("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ")
	if err != nil || p.memory != 64 || string(p.salt) != "saltsaltsalt" || string(p.key) != "keykeykeykeykey!" {
		t.Fatalf("%+v, %v", p, err)
	}
}

func BenchmarkArgon2(b *testing.B) {
	cost := HashConfig{}.withDefaults()
	salt := make([]byte, saltLen)
	b.ReportAllocs()
	for b.Loop() {
		argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, parallelism, keyLen)
	}
}
