package ai

import (
	"context"
	"errors"
	"time"

	"counsel/domain"
	"counsel/domain/ai/cache"
)

// provider is a model that can answer. The first of Service.providers answers; the second, the fallback, answers while
// the first is unavailable or needs its operator.
//
// Each has its own cache keys and flights: an answer of the fallback is never served as one of the first model, and
// a thousand requests during an outage make one call of the fallback.
type provider struct {
	Model
	fallback bool
	test     bool // answers test accounts; what it does costs nothing and is not counted
	price    Price
}

// keyName is the provider's part of a cache key. Two providers may offer a model of the same name.
func (p *provider) keyName() string {
	if p.test {
		return "test\x00" + p.Name()
	}
	if p.fallback {
		return "fallback\x00" + p.Name()
	}
	return p.Name()
}

func newProviders(c Config) []*provider {
	all := []*provider{{Model: c.Model, price: c.Price}}
	if c.Fallback != nil {
		all = append(all, &provider{Model: c.Fallback, fallback: true, price: c.FallbackPrice})
	}
	return all
}

func newTestProviders(c Config) []*provider {
	if c.Test == nil {
		return nil
	}
	return []*provider{{Model: c.Test, test: true}}
}

// providersFor returns the providers that may answer a user: for a test account only the test provider.
func (s *Service) providersFor(user domain.ID) []*provider {
	if user.IsTest() {
		return s.testProviders
	}
	return s.providers
}

// otherProviderMayAnswer reports whether a failure concerns only the provider. Its content filter, its limit of a text's
// length and its errors about a request are respected: the text goes to no other provider.
func otherProviderMayAnswer(err error) bool {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return false
	}
	switch e.Reason {
	case ReasonUnavailable, ReasonKeyRefused, ReasonQuotaExceeded, ReasonModelUnknown:
		return true
	}
	return false
}

// complete returns the answer to r from the cache or from a flight of the first provider that can answer. live, if not
// nil, gets the pieces of the masked text while the model writes it; nothing if the answer arrives as a whole.
// After the first piece there is no fallback. cached means that this request did not call the model. ctx is
// used only for the attributes of log lines: the request runs to its end.
func (s *Service) complete(ctx context.Context, r *request, usage *domain.Usage, live func(string)) (e cache.Entry, cached bool, err error) {
	defer func() {
		usage.Cached, usage.Model = cached, e.Model
		if cached {
			e.Tokens = 0
		}
		usage.Tokens = e.Tokens
	}()
	started := false
	pieces := live
	if live != nil {
		pieces = func(piece string) {
			started = true
			live(piece)
		}
	}
	all := s.providersFor(r.user)
	if len(all) == 0 {
		return e, false, &domain.Error{Code: domain.Unavailable, Reason: ReasonUnavailable, Message: "There is no AI for test mode here."}
	}
	for _, p := range all {
		e, cached, err = s.completeWith(ctx, r.of(p), usage, pieces)
		if err == nil || started || !otherProviderMayAnswer(err) || s.timeLeft(r) < minFallbackTime {
			break
		}
	}
	if cached && err == nil && !r.user.IsTest() {
		s.countCached(r, e.Model)
	}
	return e, cached, err
}

// minFallbackTime is the time that must be left for a call of the fallback.
const minFallbackTime = time.Second

// timeLeft returns how much of the deadline is left for r. All providers share it.
func (s *Service) timeLeft(r *request) time.Duration { return s.deadline - s.clock().Sub(r.arrived) }
