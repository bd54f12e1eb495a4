package ai

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"counsel/domain"
)

// ask is one masked request on its way to an answer.
type ask struct {
	kind   Kind
	user   domain.ID // who asks: the caller, also when an admin asks for another
	key    string    // of everything the answer depends on
	ttl    time.Duration
	at     time.Time               // when it was asked
	stream bool                    // the caller wants the answer as it is written
	build  func() (Request, error) // what to ask the model; only the leader of a flight needs it
	check  func(text string) error // whether the model's text can be used; nil: any text
	log    []slog.Attr             // of the request that leads the flight
}

func (a *ask) cacheKey() string { return prefixes[a.kind] + a.key }

// flight is one call of the model, shared by all who ask the same at the same time. It does
// not belong to any of them: it goes on when they hang up.
type flight struct {
	key  string
	done chan struct{}

	// Set before done is closed, except for ended, which the service's mutex guards.
	entry    entry
	err      error
	remote   bool // another server made the call
	upstream time.Duration
	ended    time.Time

	mu    sync.Mutex
	text  []byte        // what the model has said so far, when it is streamed
	grown chan struct{} // closed when text grows; nil while nobody waits for it
}

// linger is how long an ended flight is remembered for those who asked before it ended but
// come late.
const linger = 2 * time.Second

// failureHold is how long after a failure those who ask the same get it, too, rather than
// another call: a crowd does not arrive in one instant.
const failureHold = time.Second

// goodUntil is when the last of those asked whom an ended flight answers.
func (s *Service) goodUntil(f *flight) time.Time {
	if f.err != nil {
		return f.ended.Add(s.failureHold)
	}
	return f.ended
}

// obtain finds the answer to a: in the cache, or from the flight of its key. live, if not nil,
// gets the masked text while the model writes it, in this goroutine; nothing when the answer
// arrives whole. cached: this request caused no call of the model. ctx only names the request in the log.
func (s *Service) obtain(ctx context.Context, a *ask, usage *domain.Usage, live func(string)) (e entry, cached bool, err error) {
	defer func() {
		usage.Cached, usage.Model = cached, e.Model
		if cached {
			e.Tokens = 0
		}
		usage.Tokens = e.Tokens
	}()
	a.log = domain.LogAttrs(ctx)
	if e, ok := s.lookup(a); ok {
		return e, true, nil
	}
	f, role, err := s.join(a)
	if err != nil {
		return entry{Model: s.Model.Name()}, false, err
	}
	joined := s.Clock()
	if live != nil {
		f.follow(live)
	}
	<-f.done
	usage.Upstream += s.Clock().Sub(joined)
	if role == RoleLeader {
		if f.remote {
			role = RoleRemote
		} else {
			usage.Upstream = f.upstream
		}
	}
	s.Metrics.Flight(a.kind, role)
	if f.err != nil {
		return entry{Model: s.Model.Name()}, false, f.err
	}
	return f.entry, role != RoleLeader, nil
}

// join returns the flight that answers a, starting it if there is none. RateLimited: it would
// be one too many for its user.
func (s *Service) join(a *ask) (*flight, Role, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	id := a.cacheKey()
	if f := s.flights[id]; f != nil && (f.ended.IsZero() || !a.at.After(s.goodUntil(f))) {
		return f, RoleFollower, nil
	}
	if s.leading[a.user] >= s.MaxFlights {
		return nil, "", &domain.Error{
			Code: domain.RateLimited, Message: "Too many of your requests are being answered. Please wait for one to end.", RetryAfter: time.Second,
		}
	}
	s.leading[a.user]++
	f := &flight{key: id, done: make(chan struct{})}
	s.flights[id] = f
	s.running++ // the request that starts it is running, so Close is still waiting
	go s.fly(f, a)
	return f, RoleLeader, nil
}

// forget drops the flights that ended long ago. The caller holds s.mu.
func (s *Service) forget() {
	limit := s.Clock().Add(-linger)
	n := 0
	for n < len(s.finished) && s.finished[n].ended.Before(limit) {
		if f := s.finished[n]; s.flights[f.key] == f {
			delete(s.flights, f.key)
		}
		s.finished[n] = nil
		n++
	}
	s.finished = s.finished[n:]
}

// fly runs a flight to its end.
func (s *Service) fly(f *flight, a *ask) {
	defer s.end()
	ctx, cancel := context.WithTimeout(domain.WithLogAttrs(s.base, a.log...), s.Deadline)
	defer cancel()
	f.entry, f.err = s.lead(ctx, f, a)
	s.mu.Lock()
	f.ended = s.Clock()
	if s.leading[a.user]--; s.leading[a.user] == 0 {
		delete(s.leading, a.user)
	}
	s.finished = append(s.finished, f)
	s.mu.Unlock()
	close(f.done)
}

// call asks the model and checks what it returns. It runs in a goroutine of its own, where a
// panic would end the process: it becomes an error.
func (s *Service) call(ctx context.Context, f *flight, a *ask) (e entry, err error) {
	defer func() {
		if r := recover(); r != nil { // its text may hold words of the request
			err = &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: fmt.Errorf("ai: panic of type %T in a flight", r)}
		}
	}()
	req, err := a.build()
	if err != nil {
		return entry{}, &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: err}
	}
	req.IdempotencyKey = a.key
	var c Completion
	start := s.Clock()
	if a.stream {
		c, err = s.Model.Stream(ctx, req, f.grow)
		c.Text = f.soFar() // what was handed out is what counts
	} else {
		c, err = s.Model.Complete(ctx, req)
	}
	f.upstream = s.Clock().Sub(start)
	if err == nil {
		err = s.checked(a, c)
	}
	s.Metrics.Upstream(a.kind, f.upstream, err)
	if err != nil {
		return entry{}, asModelError(err)
	}
	model := c.Model
	if model == "" {
		model = s.Model.Name()
	}
	return entry{
		Version: entryVersion, Kind: a.kind, Text: c.Text, Model: cut(model, maxModel),
		Tokens: max(0, c.PromptTokens+c.CompletionTokens),
	}, nil
}

func (s *Service) checked(a *ask, c Completion) error {
	switch {
	case c.FinishReason == FinishContentFilter:
		return &domain.Error{Code: domain.Invalid, Reason: ReasonTextFiltered, Message: TextFilteredMessage, Err: errors.New("ai: the provider withheld the answer")}
	case c.FinishReason == FinishLength: // half an answer may say the opposite
		return &domain.Error{Code: domain.Upstream, Reason: ReasonAnswerCutOff, Message: "The AI's answer was cut off at its greatest length. Please ask for less at once.", Err: errors.New("ai: the answer was cut off")}
	case !usable(a.kind, c.Text):
		return badAnswer(errors.New("ai: the answer is empty, too long or not UTF-8"))
	case a.check == nil:
		return nil
	}
	if err := a.check(c.Text); err != nil {
		return badAnswer(err)
	}
	return nil
}

func badAnswer(err error) error {
	return &domain.Error{Code: domain.Upstream, Reason: ReasonBadAnswer, Message: BadAnswerMessage, Err: err}
}

// asModelError makes of any failure one that the caller may be told.
func asModelError(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return tookTooLong(err)
	}
	return &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: err}
}

func tookTooLong(err error) error {
	return &domain.Error{
		Code: domain.Unavailable, Reason: ReasonUnavailable, Message: UnavailableMessage, RetryAfter: time.Second, Err: err,
	}
}

// grow appends what the model has just said.
func (f *flight) grow(piece string) {
	f.mu.Lock()
	f.text = append(f.text, piece...)
	grown := f.grown
	f.grown = nil
	f.mu.Unlock()
	if grown != nil {
		close(grown)
	}
}

func (f *flight) soFar() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.text)
}

// follow hands out what the model said so far and then what it says, until the flight ends.
func (f *flight) follow(live func(string)) {
	at := 0
	for done := false; ; {
		f.mu.Lock()
		piece := string(f.text[at:])
		at = len(f.text)
		if piece == "" && f.grown == nil {
			f.grown = make(chan struct{})
		}
		grown := f.grown
		f.mu.Unlock()
		switch {
		case piece != "":
			live(piece)
		case done:
			return
		default:
			select {
			case <-grown:
			case <-f.done:
				done = true
			}
		}
	}
}
