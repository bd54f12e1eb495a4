package ai

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
)

// withFallback configures a fallback with the given behavior. Its model has the name of the first.
func withFallback(model *fakeModel, r respond) func(*Config) {
	return func(c *Config) {
		model.name, model.respond = c.Model.Name(), r
		c.Fallback = model
	}
}

func named(model string, r respond) respond {
	return func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
		c, err := r(ctx, req, delta)
		c.Model = model
		return c, err
	}
}

func failure(code domain.Code, reason string) error {
	return &domain.Error{Code: code, Reason: reason, Message: "failed"}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	for reason, tc := range map[string]struct {
		code domain.Code
		used bool
	}{
		ReasonUnavailable:    {domain.Unavailable, true},
		ReasonKeyRefused:     {domain.Upstream, true},
		ReasonQuotaExceeded:  {domain.Upstream, true},
		ReasonModelUnknown:   {domain.Upstream, true},
		ReasonTextFiltered:   {domain.Invalid, false},
		ReasonTextTooLong:    {domain.TooLarge, false},
		ReasonRequestRefused: {domain.Upstream, false},
		ReasonBadAnswer:      {domain.Upstream, false},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			second := &fakeModel{}
			f := newFixture(t, withFallback(second, named("small-2", respondWith("From the fallback."))))
			f.model.setResponse(failWith(failure(tc.code, reason)))
			q := Question{UserID: f.user.UserID, Message: "What is a lien?"}
			a, err := f.Chat(t.Context(), f.user, q)
			if !tc.used {
				if wantCode(t, err, tc.code, ""); second.calls() != 0 {
					t.Error("the fallback was called")
				}
				return
			}
			if err != nil || a.Text != "From the fallback." || a.Model != "small-2" || a.Cached {
				t.Fatalf("%+v, %v", a, err)
			}
			if row := f.row(t, a.ConsultationID); row.Model != "small-2" || row.TokensUsed != 7 {
				t.Errorf("recorded %+v", row)
			}
		})
	}
}

// An answer of the fallback is cached for the time of the outage only: it is never served as one of the first model.
func TestFallbackAnswersAreNotThoseOfTheFirstModel(t *testing.T) {
	t.Parallel()
	second := &fakeModel{}
	f := newFixture(t, withFallback(second, named("small-2", respondWith("From the fallback."))))
	f.model.setResponse(failWith(errDown))
	const q = "What is a lien?"
	if a := f.ask(t, f.user, q); a.Model != "small-2" || a.Cached {
		t.Errorf("%+v", a)
	}
	if a := f.ask(t, f.user, q); a.Model != "small-2" || !a.Cached || second.calls() != 1 {
		t.Errorf("%+v after %d calls", a, second.calls())
	}
	f.model.setResponse(named("large-1", respondWith("From the first."))) // it recovers
	if a := f.ask(t, f.user, q); a.Model != "large-1" || a.Cached || a.Text != "From the first." {
		t.Errorf("%+v", a)
	}
	f.model.setResponse(failWith(errDown)) // what the first model answered is still served
	if a := f.ask(t, f.user, q); a.Model != "large-1" || !a.Cached || second.calls() != 1 {
		t.Errorf("%+v after %d calls", a, second.calls())
	}
}

// A crowd that asks the same during an outage makes one call of each model, on all servers.
func TestFallbackOneCall(t *testing.T) {
	second := &fakeModel{}
	one := newFixture(t, withFailureHold(time.Minute), withFallback(second, nil))
	two := newFixture(t, sharing(one), withFailureHold(time.Minute), func(c *Config) { c.Fallback = second })
	one.model.setResponse(failWith(errDown))
	second.setResponse(named("small-2", respondWith("From the fallback.")))
	var wg sync.WaitGroup
	var charged atomic.Int64
	for i := range 200 {
		f := []*fixture{one, two}[i%2]
		wg.Go(func() {
			a, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is usufruct?"})
			if err != nil || a.Model != "small-2" {
				t.Errorf("%+v, %v", a, err)
			}
			charged.Add(int64(a.TokensUsed))
		})
	}
	wg.Wait()
	if one.model.calls() != 1 || second.calls() != 1 || charged.Load() != 7 {
		t.Errorf("%d and %d calls, %d tokens", one.model.calls(), second.calls(), charged.Load())
	}
}

// After the first piece of a stream there is no fallback: the reader has half of another answer.
func TestFallbackDuringStream(t *testing.T) {
	t.Parallel()
	second := &fakeModel{}
	f := newFixture(t, withFallback(second, respondWith("From the fallback.")))
	for _, begun := range []bool{false, true} {
		f.model.setResponse(func(_ context.Context, _ Request, delta func(string)) (Completion, error) {
			if begun {
				delta("Half of an")
			}
			return Completion{}, errDown
		})
		var got strings.Builder
		a, err := f.StreamChat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is tort?"}, func(s string) { got.WriteString(s) })
		if begun {
			if wantCode(t, err, domain.Unavailable, ""); !strings.HasPrefix("Half of an", got.String()) || got.Len() == 0 {
				t.Errorf("streamed %q", got.String())
			}
		} else if err != nil || a.Text != "From the fallback." || got.String() != a.Text {
			t.Errorf("%+v, %v, streamed %q", a, err, got.String())
		}
	}
}

// Both models share one deadline.
func TestFallbackDeadline(t *testing.T) {
	t.Parallel()
	second := &fakeModel{}
	var now atomic.Int64
	clock := func() time.Time { return time.Unix(1_800_000_000+now.Load(), 0).UTC() }
	f := newFixture(t, func(c *Config) { c.Deadline, c.Runtime.Clock = 40*time.Second, clock }, withFallback(second, nil))
	f.model.setResponse(func(context.Context, Request, func(string)) (Completion, error) {
		now.Add(30)
		return Completion{}, errDown
	})
	second.setResponse(func(ctx context.Context, _ Request, _ func(string)) (Completion, error) {
		if at, ok := ctx.Deadline(); !ok || time.Until(at) > 10*time.Second {
			t.Errorf("the fallback has until %s", at)
		}
		return Completion{Text: "Late.", FinishReason: FinishStop}, nil
	})
	f.ask(t, f.user, "What is a deed?")
	f.model.setResponse(func(context.Context, Request, func(string)) (Completion, error) {
		now.Add(40)
		return Completion{}, errDown
	})
	_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is an escrow?"})
	if wantCode(t, err, domain.Unavailable, ""); second.calls() != 1 {
		t.Errorf("%d calls of the fallback", second.calls())
	}
}

func TestLanguageWarning(t *testing.T) {
	t.Parallel()
	second := &fakeModel{}
	f := newFixture(t, withFallback(second, respondWith("The notice period depends on how long the contract has lasted, and you should ask a lawyer before you sign anything that the landlord sends you.")))
	f.model.setResponse(failWith(errDown))
	a, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Wie lange ist die Kündigungsfrist?", Locale: "de-AT"})
	if err != nil || len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "English, not in ") {
		t.Errorf("%+v, %v", a, err)
	}
	if a := f.ask(t, f.user, "What is the notice period?"); len(a.Warnings) != 0 {
		t.Errorf("%q", a.Warnings)
	}
}
