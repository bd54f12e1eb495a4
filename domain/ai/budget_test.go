package ai

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

// testClock is a clock that tests set.
type testClock struct{ now atomic.Pointer[time.Time] }

func newTestClock(at time.Time) *testClock {
	c := &testClock{}
	c.set(at)
	return c
}

func (c *testClock) set(at time.Time)      { c.now.Store(&at) }
func (c *testClock) read() time.Time       { return *c.now.Load() }
func (c *testClock) config(config *Config) { config.Runtime.Clock = c.read }

func withBudgets(b Budgets, price Price) func(*Config) {
	return func(c *Config) { c.Budgets, c.Price, c.Currency = b, price, "EUR" }
}

// used answers with counts of tokens.
func used(prompt, completion int) respond {
	return func(_ context.Context, _ Request, delta func(string)) (Completion, error) {
		delta("Yes.")
		return Completion{Text: "Yes.", FinishReason: FinishStop, PromptTokens: prompt, CompletionTokens: completion}, nil
	}
}

func (f *fixture) try(t testing.TB, p domain.Principal, message string) error {
	t.Helper()
	_, err := f.Chat(t.Context(), p, Question{UserID: p.UserID, Message: message})
	if flushed := f.ledger.flush(t.Context()); flushed != nil {
		t.Fatal(flushed)
	}
	return err
}

func wantSpent(t testing.TB, err error, retryAfter time.Duration) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.RateLimited || e.Reason != ReasonBudgetSpent || e.RetryAfter != retryAfter {
		t.Errorf("%v, want %s with RetryAfter %s: %+v", err, ReasonBudgetSpent, retryAfter, e)
	}
}

func TestTokenBudgetOfUser(t *testing.T) {
	t.Parallel()
	clock := newTestClock(time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC))
	f := newFixture(t, clock.config, withBudgets(Budgets{UserTokensPerDay: 30}, Price{}))
	f.model.setResponse(used(10, 10))
	for _, q := range []string{"What is a lien?", "What is a deed?"} { // the second exceeds it
		if err := f.try(t, f.user, q); err != nil {
			t.Fatal(err)
		}
	}
	wantSpent(t, f.try(t, f.user, "What is a tort?"), 2*time.Hour)
	if err := f.try(t, f.user, "What is a lien?"); err != nil { // cached answers cost nothing
		t.Error(err)
	}
	if err := f.try(t, addUser(t, f.db, domain.RoleClient), "What is a tort?"); err != nil { // another user's budget
		t.Error(err)
	}
	if f.metrics.rejected.Load() != 1 {
		t.Errorf("%d rejections in the metrics", f.metrics.rejected.Load())
	}
	restarted := newFixture(t, sharing(f), clock.config, withBudgets(Budgets{UserTokensPerDay: 30}, Price{}))
	wantSpent(t, restarted.try(t, f.user, "What is an escrow?"), 2*time.Hour)
	clock.set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err := restarted.try(t, f.user, "What is an escrow?"); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

func TestCostBudgetOfFirm(t *testing.T) {
	t.Parallel()
	clock := newTestClock(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	second := &fakeModel{}
	f := newFixture(t, clock.config, withBudgets(Budgets{CostPerMonth: 100_000}, Price{Prompt: 1_000_000, Completion: 4_000_000}),
		withFallback(second, used(1000, 1000)), func(c *Config) { c.FallbackPrice = Price{Completion: 50_000_000} })
	f.model.setResponse(used(10_000, 2_500)) // 10,000 + 10,000 millionths
	if err := f.try(t, f.user, "What is a lien?"); err != nil {
		t.Fatal(err)
	}
	admin := addUser(t, f.db, domain.RoleAdmin)
	state, err := f.Budgets(t.Context(), admin)
	want := BudgetState{Firm: true, Period: Month, Cost: true, Limit: 100_000, Spent: 20_000, ResetsAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	if err != nil || len(state) != 1 || state[0] != want {
		t.Errorf("%+v, %v", state, err)
	}
	if own, err := f.Budgets(t.Context(), f.user); err != nil || len(own) != 0 {
		t.Errorf("others see %+v, %v", own, err)
	}
	f.model.setResponse(failWith(errDown))
	for _, q := range []string{"What is a deed?", "What is a tort?"} { // of the fallback, 50,000 millionths each
		if err := f.try(t, f.user, q); err != nil {
			t.Fatal(err)
		}
	}
	other := addUser(t, f.db, domain.RoleClient)
	wantSpent(t, f.try(t, other, "What is an escrow?"), 36*time.Hour)
	clock.set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err := f.try(t, other, "What is an escrow?"); err != nil {
		t.Errorf("in the next month: %v", err)
	}
}

// Calls in progress hold their estimate, on every server: a crowd cannot exceed a budget by more than one call.
func TestBudgetUnderConcurrency(t *testing.T) {
	budgets := withBudgets(Budgets{UserTokensPerDay: 100}, Price{})
	one := newFixture(t, budgets)
	two := newFixture(t, sharing(one), budgets)
	one.model.setResponse(used(10, 10))
	var spent, rejected atomic.Int64
	for range 8 {
		var wg sync.WaitGroup
		for i := range 20 {
			f := []*fixture{one, two}[i%2]
			wg.Go(func() {
				a, err := f.Chat(t.Context(), one.user, Question{UserID: one.user.UserID, Message: "What is " + domain.NewID().String() + "?"})
				switch e, _ := errors.AsType[*domain.Error](err); {
				case err == nil:
					spent.Add(int64(a.TokensUsed))
				case e != nil && e.Reason == ReasonBudgetSpent && e.RetryAfter > 0:
					rejected.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, f := range []*fixture{one, two} {
			if err := f.ledger.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := spent.Load(); n < 100 || n > 100+20 || rejected.Load() == 0 {
		t.Errorf("%d tokens spent, %d requests rejected", n, rejected.Load())
	}
	var tokens, reserved int64
	if err := one.db.QueryRowContext(t.Context(), "SELECT tokens, reserved_tokens FROM ai_spending WHERE scope = ? AND period = 'day'", one.user.UserID[:]).Scan(&tokens, &reserved); err != nil || tokens != spent.Load() || reserved != 0 {
		t.Errorf("%d recorded, %d reserved, %v", tokens, reserved, err)
	}
}

// Somebody's spent budget does not fail those who ask the same at the same time, on any server.
func TestSpentBudgetIsNotShared(t *testing.T) {
	budgets := withBudgets(Budgets{UserTokensPerDay: 10}, Price{})
	one := newFixture(t, budgets, withFailureHold(time.Minute))
	two := newFixture(t, sharing(one), budgets, withFailureHold(time.Minute))
	one.model.setResponse(used(10, 10))
	if err := one.try(t, one.user, "What is a lien?"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		f := []*fixture{one, two}[i%2]
		user, poor := addUser(t, one.db, domain.RoleClient), i%4 < 2
		if poor {
			user = one.user
		}
		wg.Go(func() {
			_, err := f.Chat(t.Context(), user, Question{UserID: user.UserID, Message: "What is usufruct?"})
			if e, _ := errors.AsType[*domain.Error](err); err != nil && (!poor || e == nil || e.Reason != ReasonBudgetSpent) {
				t.Errorf("poor %v: %v", poor, err)
			}
		})
	}
	wg.Wait()
	if n := one.model.calls(); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// What a call used is recorded before its answer is returned, so that the next request does not find the reservation. What a
// crashed server reserved stays reserved.
func TestReservations(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBudgets(Budgets{UserTokensPerDay: 100}, Price{}))
	f.model.setResponse(used(1, 1))
	for range 10 {
		f.ask(t, f.user, "What is "+domain.NewID().String()+"?")
	}
	r := (&request{kind: KindChat, user: f.user.UserID}).of(f.providers[0])
	if _, err := f.reserve(t.Context(), r, Request{}); err != nil {
		t.Fatal(err)
	}
	f.ledger = newLedger(f.base, f.db, f.config.Runtime.Log) // never runs: the server crashed
	restarted := newFixture(t, sharing(f), withBudgets(Budgets{UserTokensPerDay: 100}, Price{}))
	wantSpent(t, restarted.try(t, f.user, "What is a lien?"), reservedRetryAfter)
}

// A failed call releases what it reserved, and an answer without counts is estimated.
func TestBudgetAfterFailureAndWithoutCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBudgets(Budgets{UserTokensPerDay: 1}, Price{}))
	for _, r := range []respond{failWith(errDown), func(context.Context, Request, func(string)) (Completion, error) { panic("model") }} {
		f.model.setResponse(r)
		if err := f.try(t, f.user, "What is a lien?"); domain.CodeOf(err) == domain.RateLimited || err == nil {
			t.Fatal(err)
		}
	}
	f.model.setResponse(used(0, 0))
	if err := f.try(t, f.user, "What is a deed?"); err != nil {
		t.Fatal(err)
	}
	e, _ := errors.AsType[*domain.Error](f.try(t, f.user, "What is a tort?"))
	if e == nil || e.Reason != ReasonBudgetSpent {
		t.Errorf("an answer without counts cost nothing: %v", e)
	}
	items, _, err := f.Usage(t.Context(), f.user, UsageFilter{})
	if err != nil || len(items) != 1 || items[0].Calls != 1 || items[0].Prompt < 100 || items[0].Completion != 1 {
		t.Errorf("%+v, %v", items, err)
	}
}

// A failed call counts with what its provider billed, also before the fallback answers.
func TestBudgetCountsFailedCalls(t *testing.T) {
	t.Parallel()
	second := &fakeModel{}
	f := newFixture(t, withFallback(second, named("small-2", used(10, 1))))
	f.model.setResponse(func(context.Context, Request, func(string)) (Completion, error) {
		return Completion{PromptTokens: 300, CompletionTokens: 20}, errDown
	})
	if err := f.try(t, f.user, "What is a lien?"); err != nil {
		t.Fatal(err)
	}
	items, _, err := f.Usage(t.Context(), f.user, UsageFilter{})
	if err != nil || len(items) != 1 || items[0].Calls != 2 || items[0].Prompt != 310 || items[0].Completion != 21 {
		t.Errorf("%+v, %v", items, err)
	}
}

// A model's name comes from outside.
func TestModelNameOfProvider(t *testing.T) {
	t.Parallel()
	p := &provider{Model: &fakeModel{name: "configured"}}
	for name, want := range map[string]string{
		"": "configured", "a\x00b": "configured", "a\nb": "configured", "modèle": "configured", strings.Repeat("m", 101): "configured",
		"org/model-1.5:free (beta)": "org/model-1.5:free (beta)", strings.Repeat("m", 100): strings.Repeat("m", 100),
	} {
		if got := modelName(p, Completion{Model: name}); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// What cannot be written while the database is down is written later, once.
func TestLedgerKeepsWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	f := newFixture(t, func(c *Config) {
		c.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), c.DB); err != nil {
			t.Fatal(err)
		}
	})
	key := f.usageKey(f.clock(), f.user.UserID, domain.ID{}, "m")
	server.Stop()
	for range 3 {
		f.ledger.add(sums{usage: map[usageKey]usageSum{key: {calls: 1, prompt: 5, cost: 7}}})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := f.ledger.flush(ctx); err == nil {
		t.Error("written without a database")
	}
	server.Restart()
	ctx, cancel = context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	if err := f.ledger.flush(ctx); err != nil {
		t.Fatal(err)
	}
	items, _, err := f.Usage(t.Context(), f.user, UsageFilter{})
	if err != nil || len(items) != 1 || items[0].Calls != 3 || items[0].Prompt != 15 || items[0].Cost != 21 {
		t.Errorf("%+v, %v", items, err)
	}
}

func TestPruneSpending(t *testing.T) {
	t.Parallel()
	clock := newTestClock(time.Date(2026, 9, 10, 12, 0, 0, 0, time.UTC))
	f := newFixture(t, clock.config)
	if err := f.try(t, f.user, "What is a lien?"); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		t.Helper()
		if err := f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM ai_spending WHERE scope = ?", f.user.UserID[:]).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		at   time.Time
		left int
	}{{clock.read(), 2}, {time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), 2}, {time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 0}} {
		clock.set(step.at)
		if err := f.pruneSpending(t.Context()); err != nil || count() != step.left {
			t.Errorf("at %s: %d rows, %v", step.at, count(), err)
		}
	}
}
