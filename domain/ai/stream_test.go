package ai

import (
	"context"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

// controlledResponse answers with the pieces that the test sends.
type controlledResponse struct {
	began chan struct{}
	next  chan string // closed when the answer is complete
	fail  error
}

func newControlledResponse() *controlledResponse {
	return &controlledResponse{began: make(chan struct{}, 8), next: make(chan string)}
}

func (h *controlledResponse) respond(ctx context.Context, _ Request, delta func(string)) (Completion, error) {
	h.began <- struct{}{}
	var all strings.Builder
	for {
		select {
		case p, ok := <-h.next:
			if !ok {
				if h.fail != nil {
					return Completion{}, h.fail
				}
				return Completion{Text: all.String(), FinishReason: FinishStop, PromptTokens: 1, CompletionTokens: 1}, nil
			}
			all.WriteString(p)
			delta(p)
		case <-ctx.Done():
			return Completion{}, ctx.Err()
		}
	}
}

// streamed is the result of a StreamChat.
type streamed struct {
	pieces string
	answer Answer
	err    error
}

func (f *fixture) stream(ctx context.Context, p domain.Principal, message string) (pieces chan string, done chan streamed) {
	pieces, done = make(chan string, 1000), make(chan streamed, 1)
	go func() {
		var all strings.Builder
		a, err := f.StreamChat(ctx, p, Question{UserID: p.UserID, Message: message}, func(s string) {
			all.WriteString(s)
			pieces <- s
		})
		done <- streamed{all.String(), a, err}
	}()
	return pieces, done
}

func TestStreamToFollowers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	two := newFixture(t, sharing(f))
	h := newControlledResponse()
	f.model.setResponse(h.respond)
	const q = "What is a fief? €"
	first, firstDone := f.stream(t.Context(), f.user, q)
	await(t, "the call", h.began)
	h.next <- "A fief, "
	if p := await(t, "a piece", first); p != "A fief, " {
		t.Errorf("piece %q", p)
	}
	follower, followerDone := f.stream(t.Context(), addUser(t, f.db, domain.RoleClient), q)
	if p := await(t, "the text received so far", follower); p != "A fief, " {
		t.Errorf("late piece %q", p)
	}
	_, remoteDone := two.stream(t.Context(), two.user, q)
	plain := make(chan Answer, 1)
	go func() { plain <- f.ask(t, f.user, q) }()
	testkit.Eventually(t, "all have asked", func() bool { return f.metrics.lookups.Load() == 3 && two.metrics.lookups.Load() == 1 })
	h.next <- "[PERSON"
	h.next <- "_1], is land \xe2\x82" // splits a character
	h.next <- "\xac."
	close(h.next)
	want := "A fief, the person, is land €."
	for name, done := range map[string]chan streamed{"leader": firstDone, "late": followerDone, "remote": remoteDone} {
		s := await(t, name, done)
		if s.err != nil || s.answer.Text != want || s.pieces != want {
			t.Errorf("%s: %+v", name, s)
		}
		if row := f.row(t, s.answer.ConsultationID); row.Answer != want {
			t.Errorf("%s: recorded %q", name, row.Answer)
		}
	}
	if a := await(t, "plain", plain); a.Text != want {
		t.Errorf("plain: %+v", a)
	}
	_, repeated := f.stream(t.Context(), f.user, q)
	if s := await(t, "cached", repeated); s.err != nil || s.pieces != want || !s.answer.Cached {
		t.Errorf("cached: %+v", s)
	}
	if f.model.calls() != 1 {
		t.Errorf("%d calls", f.model.calls())
	}
}

func TestStreamRestoresForEachReader(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	one := strings.ReplaceAll(personal, "?", "? 😀 né")
	for range 2 {
		_, done := f.stream(t.Context(), f.user, one)
		s := await(t, "a stream", done)
		if s.err != nil || s.pieces != "You asked: "+one || s.answer.Text != s.pieces {
			t.Errorf("%+v", s)
		}
	}
}

func TestStreamFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	h := newControlledResponse()
	h.fail = errDown
	f.model.setResponse(h.respond)
	pieces, done := f.stream(t.Context(), f.user, "What is a fief?")
	await(t, "the call", h.began)
	h.next <- "A fief"
	await(t, "a piece", pieces)
	close(h.next)
	s := await(t, "the end", done)
	wantCode(t, s.err, domain.Unavailable, "")
	if s.pieces != "A fief" || f.countRows(t) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	h := newControlledResponse()
	f.model.setResponse(h.respond)
	ctx, hangUp := context.WithCancel(t.Context())
	_, done := f.stream(ctx, f.user, "What is a fief?")
	await(t, "the call", h.began)
	_, remains := f.stream(t.Context(), f.user, "What is a fief?")
	testkit.Eventually(t, "both ask", func() bool { return f.metrics.lookups.Load() == 2 })
	hangUp()
	h.next <- "Land."
	close(h.next)
	if s := await(t, "the other caller", remains); s.err != nil || s.pieces != "Land." {
		t.Errorf("%+v", s)
	}
	s := await(t, "the caller who hung up", done)
	if s.err != nil || f.row(t, s.answer.ConsultationID).Answer != "Land." || f.countRows(t) != 2 {
		t.Errorf("%+v", s)
	}
}
