package ai

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

// MaxWarm is how many questions one job warms the cache with.
const MaxWarm = 200

const warmKind = "ai.warm"

// WarmQuestion is one that many people will ask, word for word.
type WarmQuestion struct {
	Message string `json:"message"`
	Locale  string `json:"locale,omitempty"` // BCP 47; "": English
}

// Warmed is the result of the job.
type Warmed struct {
	Asked      int `json:"asked"`  // of the model
	Cached     int `json:"cached"` // before
	Failed     int `json:"failed"` // the model's answer could not be used
	TokensUsed int `json:"tokensUsed"`
}

// Warm has the answers to these questions put into the cache by a job, and returns its id: after
// another model or prompt, or before a page of frequent questions is opened. Only admins may
// (Forbidden). A question whose answer not everybody would share, because something personal is
// found in it, is Invalid (/questions/0/message). With a key, the same questions under the same
// key are one job.
func (s *Service) Warm(ctx context.Context, caller domain.Principal, questions []WarmQuestion, key string) (domain.ID, error) {
	if !caller.Admin() {
		return domain.ID{}, domain.Errorf(domain.Forbidden, "Only an admin may warm the cache.")
	}
	if len(questions) == 0 || len(questions) > MaxWarm {
		return domain.ID{}, domain.InvalidField("/questions", "must be 1 to %d", MaxWarm)
	}
	for i, q := range questions {
		if _, err := s.publicAsk(caller.UserID, q); err != nil {
			if e, ok := errors.AsType[*domain.Error](err); ok {
				return domain.ID{}, e.Under("/questions/" + strconv.Itoa(i))
			}
			return domain.ID{}, err
		}
	}
	once, err := jobs.Once(warmKind, caller.UserID, key, questions)
	if err != nil {
		return domain.ID{}, err
	}
	ids, err := s.Jobs.AddNow(ctx, jobs.LegacyInsert{Kind: warmKind, Queue: jobs.Bulk, UserID: caller.UserID, Payload: questions, Total: len(questions), Key: once})
	if err != nil {
		return domain.ID{}, db.Error(err)
	}
	return ids[0], nil
}

// publicAsk is what Chat makes of a question without context, whose answer everybody shares.
func (s *Service) publicAsk(user domain.ID, q WarmQuestion) (*ask, error) {
	if strings.TrimSpace(q.Message) == "" {
		return nil, domain.InvalidField("/message", "must not be blank")
	}
	tag, err := parseLocale(q.Locale)
	if err != nil {
		return nil, err
	}
	session := s.Masker.NewSession()
	started := s.Clock()
	m, err := maskQuestion(session, Question{Message: q.Message}, "", nil, nil)
	s.Metrics.Masked(s.Clock().Sub(started), session.Found())
	switch {
	case err != nil:
		return nil, err
	case session.Found() > 0:
		return nil, domain.InvalidField("/message", "holds something personal, so that its answer is not shared")
	}
	return s.chatAsk(user, m, nil, tag, partition(true, user, nil)), nil
}

// warm does the job. An outage has it tried again; what was answered before is in the cache then.
func (s *Service) warm(ctx context.Context, run *jobs.Run) (any, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	var questions []WarmQuestion
	if err := run.Read(&questions); err != nil {
		return nil, err
	}
	var w Warmed
	for i, q := range questions {
		if err := run.Progress(ctx, i); err != nil {
			if errors.Is(err, jobs.ErrCancelled) {
				return w, err
			}
			return nil, err
		}
		a, err := s.publicAsk(run.UserID, q)
		if err != nil { // the masking finds more than it did when the job was added
			w.Failed++
			continue
		}
		var usage domain.Usage
		_, cached, err := s.obtain(ctx, a, &usage, nil)
		w.TokensUsed += usage.Tokens
		switch {
		case domain.CodeOf(err) == domain.Upstream:
			w.Failed++
		case err != nil:
			return nil, err
		case cached:
			w.Cached++
		default:
			w.Asked++
		}
	}
	return w, run.Progress(ctx, len(questions))
}
