package ai

import (
	"context"
	"errors"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"
)

// request is a masked request that needs an answer from the cache or the model.
type request struct {
	kind    Kind
	user    domain.ID  // the caller, even if an admin asks for another user
	caseID  *domain.ID // the case whose use of the AI it counts to; nil: none
	fields  []string   // everything its answer depends on besides the model
	arrived time.Time
	stream  bool                    // the caller wants the answer while it is written
	build   func() (Request, error) // builds the request to the model; called only by the leader of a flight
	check   func(text string) error // validates the model's answer; nil: any text

	provider *provider // set by of
	key      cache.Key
}

// of returns the request to one provider.
func (r *request) of(p *provider) *request {
	one := *r
	one.provider = p
	one.key = cache.Key{Keyspace: keyspaces[r.kind], Digest: cache.Digest(append([]string{string(r.kind), p.keyName()}, r.fields...)...)}
	return &one
}

// Maximum length of an answer in characters, so that responses fit the contract.
const (
	maxAnswer     = 100_000
	maxStructured = 500_000
)

var keyspaces = map[Kind]cache.Keyspace{
	KindChat:     {Name: "chat", Kind: string(KindChat), MaxText: maxAnswer},
	KindDocument: {Name: "draft", Kind: string(KindDocument), MaxText: maxStructured},
	KindAnalysis: {Name: "analysis", Kind: string(KindAnalysis), MaxText: maxStructured},
}

func (r *request) caseOrZero() domain.ID {
	if r.caseID == nil {
		return domain.ID{}
	}
	return *r.caseID
}

// cacheScope is the part of a cache key that decides who can share an answer: everybody or, unless shared is
// set, only the user and case of the request.
func cacheScope(shared bool, user domain.ID, caseID *domain.ID) string {
	switch {
	case shared:
		return ""
	case caseID != nil:
		return string(user[:]) + string(caseID[:])
	}
	return string(user[:])
}

// completeWith returns the answer of one provider from the cache or from its flight, see complete.
func (s *Service) completeWith(ctx context.Context, r *request, usage *domain.Usage, live func(string)) (e cache.Entry, cached bool, err error) {
	if e, ok := s.cacheGet(r); ok {
		return e, true, nil
	}
	var upstream time.Duration
	call := flights.Call{
		Key: r.key, TTL: s.cacheTTL[r.kind], User: r.user, Asked: r.arrived, Attrs: domain.LogAttrs(ctx), Check: r.check,
		Run: func(ctx context.Context, publish func(string)) (cache.Entry, error) {
			return s.callModel(ctx, r, publish, &upstream)
		},
	}
	var f *flights.Flight
	var role flights.Role
	joined := s.clock()
	for again := true; again; again = role == flights.Follower && f.Unshared() { // a leader's own failure
		if f, role, err = s.flights.Join(call); err != nil {
			return cache.Entry{Model: r.provider.Name()}, false, err
		}
		e, err = f.Wait(live)
	}
	usage.Upstream += s.clock().Sub(joined)
	if role == flights.Leader {
		if f.Remote() {
			role = flights.Remote
		} else {
			usage.Upstream = upstream
		}
	}
	s.metrics.Flight(r.kind, role)
	if err != nil {
		return cache.Entry{Model: r.provider.Name()}, false, asDomainError(err)
	}
	return e, role != flights.Leader, nil
}

// cacheGet looks up r in the cache.
func (s *Service) cacheGet(r *request) (cache.Entry, bool) {
	e, result := s.cache.Get(s.base, r.key, r.check)
	s.metrics.CacheLookup(r.kind, result)
	return e, result == cache.Hit
}

// callModel calls the model and validates its answer. It sets *took.
func (s *Service) callModel(ctx context.Context, r *request, publish func(string), took *time.Duration) (cache.Entry, error) {
	req, err := r.build()
	if err != nil {
		return cache.Entry{}, &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: err}
	}
	req.IdempotencyKey, req.Check = r.key.Digest, r.check
	ctx, cancel := context.WithTimeout(ctx, max(0, s.timeLeft(r)))
	defer cancel()
	charge, err := s.reserve(ctx, r, req)
	if err != nil {
		return cache.Entry{}, err
	}
	var c Completion
	defer func() { s.recordCall(charge, r.provider, req, c) }()
	start := s.clock()
	if r.stream {
		var received strings.Builder
		c, err = r.provider.Stream(ctx, req, func(piece string) {
			received.WriteString(piece)
			publish(piece)
		})
		c.Text = received.String() // must be what the readers got
	} else {
		c, err = r.provider.Complete(ctx, req)
	}
	*took = s.clock().Sub(start)
	if err == nil {
		err = checkCompletion(r, c)
	}
	s.metrics.Upstream(r.kind, *took, err)
	if err != nil {
		return cache.Entry{}, asDomainError(err)
	}
	return cache.NewEntry(r.key, c.Text, modelName(r.provider, c), c.PromptTokens+c.CompletionTokens), nil
}

// maxModelName is the maximum length of a name that a provider gives its model.
const maxModelName = 100

// modelName returns the model that answered, as its provider names it, or the configured name if that is not printable
// ASCII of a sensible length.
func modelName(p *provider, c Completion) string {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	if c.Model == "" || len(c.Model) > maxModelName || strings.ContainsFunc(c.Model, odd) {
		return domain.Truncate(p.Name(), cache.MaxModel)
	}
	return c.Model
}

// checkCompletion validates the model's answer.
func checkCompletion(r *request, c Completion) error {
	switch {
	case c.FinishReason == FinishContentFilter:
		return &domain.Error{Code: domain.Invalid, Reason: ReasonTextFiltered, Message: TextFilteredMessage, Err: errors.New("ai: the provider withheld the answer")}
	case c.FinishReason == FinishLength: // half an answer may mean the opposite
		return &domain.Error{Code: domain.Upstream, Reason: ReasonAnswerCutOff, Message: "The AI's answer exceeded the maximum length and was cut off. Please ask for less at once.", Err: errors.New("ai: the answer was cut off")}
	case !r.key.ValidText(c.Text):
		return badAnswer(errors.New("ai: the answer is empty, too long or not UTF-8"))
	case r.check == nil:
		return nil
	}
	if err := r.check(c.Text); err != nil {
		return badAnswer(err)
	}
	return nil
}

func badAnswer(err error) error {
	return &domain.Error{Code: domain.Upstream, Reason: ReasonBadAnswer, Message: BadAnswerMessage, Err: err}
}

// checkRestoredLen checks the length of an answer after restoring: a short placeholder may stand for a very
// long word.
func checkRestoredLen(session *masking.Session, kind Kind, text string) error {
	if n := session.RestoredLen(text); n > 4*keyspaces[kind].MaxText {
		return badAnswer(errors.New("ai: the restored answer is too long"))
	}
	return nil
}

// structuredRequest returns the request for an answer that is a JSON document.
func structuredRequest(p prompts.Prompt) Request {
	return Request{
		Messages: []Message{{Author: System, Text: p.System}, {Author: User, Text: p.User}},
		Schema:   &Schema{Name: p.SchemaName, JSON: p.Schema},
	}
}
