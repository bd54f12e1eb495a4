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

// guess tries a wrong password.
func (b *bundle) guess(email, address string) error {
	_, err := b.Login(b.testing.Context(), Credentials{Email: email, Password: "wrong password", Address: address})
	return err
}

func TestGuessingIsThrottledByAccount(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	b.register("bob@example.com")
	for i := range accountFailures {
		wantCode(t, b.guess("ada@example.com", fmt.Sprintf("198.51.100.%d", i)), domain.Unauthenticated)
	}
	wait := time.Duration(0)
	for i := range 6 {
		e := wantCode(t, b.guess("Ada@Example.com", "198.51.100.9"), domain.RateLimited)
		if e.RetryAfter < wait || e.RetryAfter <= 0 || e.RetryAfter > longestWait {
			t.Fatalf("wait %d is %v after %v", i, e.RetryAfter, wait)
		}
		wait = e.RetryAfter
		// Refusals do not lengthen the wait, also for the right password.
		_, err := b.Login(t.Context(), Credentials{Email: "ada@example.com", Password: password, Address: "198.51.100.10"})
		if again := wantCode(t, err, domain.RateLimited); again.RetryAfter != wait {
			t.Fatalf("%v became %v", wait, again.RetryAfter)
		}
		b.clock.move(wait)
		wantCode(t, b.guess("ada@example.com", "198.51.100.9"), domain.Unauthenticated)
	}
	if wait != longestWait {
		t.Fatalf("the wait grew to %v", wait)
	}
	if _, err := b.Login(t.Context(), Credentials{Email: "bob@example.com", Password: password, Address: "198.51.100.9"}); err != nil {
		t.Fatalf("another account: %v", err)
	}
	// Never for ever: after the wait the owner gets in, and all is forgotten.
	b.clock.move(longestWait)
	for range 2 {
		b.login("ada@example.com")
		for range accountFailures - 1 {
			wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
		}
	}
}

func TestGuessingElsewhereDoesNotLockTheOwnerOut(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	b.login("ada@example.com") // from 192.0.2.1
	for i := range 3 * accountFailures {
		err := b.guess("ada@example.com", fmt.Sprintf("198.51.100.%d", i))
		if i < accountFailures {
			wantCode(t, err, domain.Unauthenticated)
		} else {
			wantCode(t, err, domain.RateLimited)
		}
	}
	b.login("ada@example.com")
	// The known address is throttled on its own.
	for range accountFailures {
		wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
	}
	wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.RateLimited)
}

func TestGuessingIsThrottledByAddress(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	for i := range addressFailures {
		wantCode(t, b.guess(fmt.Sprintf("nobody%d@example.com", i), fmt.Sprintf("2001:db8::%x", i)), domain.Unauthenticated)
	}
	wantCode(t, b.guess("someone@example.com", "2001:db8::ffff"), domain.RateLimited) // one /64
	if _, err := b.Login(t.Context(), Credentials{Email: "ada@example.com", Password: password, Address: "2001:db8:0:1::1"}); err != nil {
		t.Fatal(err)
	}
}

func TestGuessingBesideTheOwnerDoesNotLockThemOut(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	b.register("bob@example.com")
	b.login("ada@example.com") // from 192.0.2.1
	for i := range addressFailures {
		wantCode(t, b.guess(fmt.Sprintf("nobody%d@example.com", i), "192.0.2.1"), domain.Unauthenticated)
	}
	locked := func() {
		t.Helper()
		_, err := b.Login(t.Context(), Credentials{Email: "bob@example.com", Password: password, Address: "192.0.2.1"})
		wantCode(t, err, domain.RateLimited) // never seen there
	}
	locked()
	for range 3 {
		b.login("ada@example.com")
		locked() // the owner's successes free nobody else
	}
	for range accountFailures {
		wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.Unauthenticated)
	}
	wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.RateLimited)
}

func TestSuccessesDoNotCountAgainstAnAddress(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	for range addressFailures + 5 {
		b.login("ada@example.com")
	}
}

func TestManyGuessesAtOnceDoNotSlipBy(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	servers := []*Service{b.Service, b.twin()}
	before := b.hasher.hashed.Load()
	errs := make([]error, 40)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = servers[i%2].Login(t.Context(), Credentials{Email: "ada@example.com", Password: "wrong password", Address: fmt.Sprintf("198.51.100.%d", i)})
		})
	}
	wg.Wait()
	looked := 0
	for _, err := range errs {
		if domain.CodeOf(err) == domain.Unauthenticated {
			looked++
		} else {
			wantCode(t, err, domain.RateLimited)
		}
	}
	hashes := servers[0].hasher.hashed.Load() - before + servers[1].hasher.hashed.Load()
	if looked != accountFailures || hashes != accountFailures {
		t.Fatalf("%d guesses were looked at, %d hashes", looked, hashes)
	}
}

// An unknown address, a wrong password and a disabled account cost one hash of the same
// parameters each, and answer alike.
func TestAnswersDoNotTellWhoExists(t *testing.T) {
	b := newBundle(t)
	_, admin := b.admin("root@example.com")
	b.register("ada@example.com")
	off := b.register("off@example.com")
	if _, err := b.UpdateUser(t.Context(), admin, off.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range []Credentials{
		{Email: "ada@example.com", Password: "wrong password"},
		{Email: "nobody@example.com", Password: password},
		{Email: "not an address", Password: password},
		{Email: "off@example.com", Password: password},
	} {
		before := b.hasher.hashed.Load()
		_, err := b.Login(t.Context(), c)
		said = append(said, fmt.Sprintf("%+v", *wantCode(t, err, domain.Unauthenticated)))
		if n := b.hasher.hashed.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes", c.Email, n)
		}
	}
	for _, s := range said[1:] {
		if s != said[0] {
			t.Errorf("%s differs from %s", s, said[0])
		}
	}
	stored, err := b.rows.GetUserByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	real, err1 := parsePHC(stored.PasswordHash)
	dummy, err2 := parsePHC(b.hasher.dummy)
	if err1 != nil || err2 != nil || real.memory != dummy.memory || real.passes != dummy.passes || len(real.salt) != len(dummy.salt) || len(real.key) != len(dummy.key) {
		t.Fatalf("%+v, %+v", real, dummy)
	}
}

func TestPasswordIsHashedAnewWhenTheCostChanges(t *testing.T) {
	b := newBundle(t)
	u := b.register("ada@example.com")
	b.hasher.cost.Passes = 2
	b.login("ada@example.com")
	stored, err := b.rows.GetUser(t.Context(), u.ID)
	if err != nil || !strings.HasPrefix(stored.PasswordHash, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Fatalf("%s, %v", stored.PasswordHash, err)
	}
	before := b.hasher.hashed.Load()
	b.login("ada@example.com")
	if n := b.hasher.hashed.Load() - before; n != 1 {
		t.Fatalf("%d hashes once it is up to date", n)
	}
}

func TestPasswordSpellings(t *testing.T) {
	b := newBundle(t)
	if _, err := b.Register(t.Context(), Registration{"ada@example.com", "caf\u00e9 caf\u00e9", "Ada", ""}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Login(t.Context(), Credentials{Email: "ada@example.com", Password: "cafe\u0301 cafe\u0301"}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Login(t.Context(), Credentials{Email: "ada@example.com", Password: "CAF\u00c9 CAF\u00c9"})
	wantCode(t, err, domain.Unauthenticated)
}

func TestHashesAreBounded(t *testing.T) {
	b := newBundle(t)
	h := b.hasher
	h.cost.Patience = 20 * time.Millisecond
	h.cost.Waiting = 3
	ctx := t.Context()
	if err := h.slots.Acquire(ctx, int64(h.cost.AtOnce)); err != nil { // others compute
		t.Fatal(err)
	}
	h.present.Add(int64(h.cost.AtOnce))
	_, err := h.hash(ctx, password)
	if e := wantCode(t, err, domain.Unavailable); !errors.Is(e, context.DeadlineExceeded) || e.RetryAfter <= 0 {
		t.Fatalf("after waiting: %v", e)
	}
	h.present.Add(3) // the queue is full
	_, err = h.hash(ctx, password)
	if e := wantCode(t, err, domain.Unavailable); errors.Is(e, context.DeadlineExceeded) || e.RetryAfter <= 0 {
		t.Fatalf("with the queue full: %v", e)
	}
	// A sign-in turned away so is not counted as a guess.
	for range 2 * accountFailures {
		wantCode(t, b.guess("ada@example.com", "192.0.2.1"), domain.Unavailable)
	}
	h.present.Add(-3 - int64(h.cost.AtOnce))
	h.slots.Release(int64(h.cost.AtOnce))
	b.register("ada@example.com")
	b.login("ada@example.com")
	if n := h.present.Load(); n != 0 {
		t.Fatalf("%d still in the queue", n)
	}
}

func TestParsePHC(t *testing.T) {
	for _, s := range []string{
		"", "x", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$!!!$a2V5a2V5a2V5a2V5a2V5IQ", "$argon2id$v=19$m=64,t=1,p=300$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ",
	} {
		if _, err := parsePHC(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	p, err := parsePHC("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5IQ")
	if err != nil || p.memory != 64 || string(p.salt) != "saltsaltsalt" || string(p.key) != "keykeykeykeykey!" {
		t.Fatalf("%+v, %v", p, err)
	}
}

func BenchmarkArgon2(b *testing.B) {
	cost := Hash{}.withDefaults()
	salt := make([]byte, saltLen)
	b.ReportAllocs()
	for b.Loop() {
		argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, lanes, keyLen)
	}
}
