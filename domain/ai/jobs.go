package ai

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	query "counsel/gen/query/ai"
)

// formerWarmKind is the kind of rows that earlier versions inserted.
const formerWarmKind = "ai.warm"

// registerJobs registers the jobs of the service.
func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[warmCacheArgs]{Timeout: time.Hour, Work: s.warmCache}, formerWarmKind)
	jobs.Schedule[pruneSpendingArgs](s.jobs, 24*time.Hour, s.pruneSpending)
}

type pruneSpendingArgs struct{}

func (pruneSpendingArgs) Kind() string { return "budgets.prune" }

// pruneSpending deletes what counted against budgets of past periods. The use of the AI itself stays.
func (s *Service) pruneSpending(ctx context.Context) error {
	thisMonth, _ := Month.bounds(s.clock())
	for {
		n, err := query.New(s.db).DeleteSpendingBefore(ctx, thisMonth.AddDate(0, -1, 0))
		if err != nil || n == 0 {
			return db.Error(err)
		}
	}
}

// warmCacheArgs are those of the job that fills the cache.
type warmCacheArgs []WarmQuestion

func (warmCacheArgs) Kind() string { return "answers.warm_cache" }

// MaxWarmQuestions is the maximum number of questions in one job of WarmCache.
const MaxWarmQuestions = 200

// WarmQuestion is a question that many people are expected to ask in exactly these words.
type WarmQuestion struct {
	Message string `json:"message"`
	Locale  string `json:"locale,omitempty"` // BCP 47; "": English
}

// WarmResult is the result of the job.
type WarmResult struct {
	Requested  int `json:"asked"`  // answered by the model
	Cached     int `json:"cached"` // cached already
	Failed     int `json:"failed"` // the model's answer could not be used
	TokensUsed int `json:"tokensUsed"`
}

// WarmCache starts a job that puts the answers to these questions into the cache, for example after a change of
// the model or prompt, and returns the job's id. Only admins may (Forbidden). Invalid (/questions/0/message): a
// question contains personal data, so its answer cannot be shared. With an idempotency key, repeated requests
// with the same questions start only one job.
func (s *Service) WarmCache(ctx context.Context, caller domain.Principal, questions []WarmQuestion, idempotencyKey string) (domain.ID, error) {
	if !caller.Admin() {
		return domain.ID{}, domain.Errorf(domain.Forbidden, "Only an admin may warm the cache.")
	}
	if len(questions) == 0 || len(questions) > MaxWarmQuestions {
		return domain.ID{}, domain.InvalidField("/questions", "must be 1 to %d", MaxWarmQuestions)
	}
	for i, q := range questions {
		if _, err := s.sharedRequest(ctx, caller.UserID, q); err != nil {
			if e, ok := errors.AsType[*domain.Error](err); ok {
				return domain.ID{}, e.WithPointerPrefix("/questions/" + strconv.Itoa(i))
			}
			return domain.ID{}, err
		}
	}
	args := warmCacheArgs(questions)
	key, err := jobs.UniqueKey(formerWarmKind, args, caller.UserID, idempotencyKey)
	if err != nil {
		return domain.ID{}, err
	}
	ids, err := s.jobs.EnqueueNow(ctx, jobs.Insert{Args: args, Queue: jobs.Bulk, UserID: caller.UserID, KeyID: caller.KeyID, Total: len(questions), Key: key})
	if err != nil {
		return domain.ID{}, db.Error(err)
	}
	return ids[0], nil
}

// sharedRequest returns the request of Chat for a question without context, whose answer everybody shares.
func (s *Service) sharedRequest(ctx context.Context, user domain.ID, q WarmQuestion) (*request, error) {
	if strings.TrimSpace(q.Message) == "" {
		return nil, domain.InvalidField("/message", "must not be blank")
	}
	tag := parseLocale(q.Locale)
	session, err := s.newSession(ctx)
	if err != nil {
		return nil, err
	}
	started := s.clock()
	m, err := questionContext{}.mask(session, Question{Message: q.Message})
	s.metrics.Masked(s.clock().Sub(started), session.Found())
	switch {
	case err != nil:
		return nil, err
	case session.Found() > 0:
		return nil, domain.InvalidField("/message", "contains personal data, so its answer cannot be shared")
	}
	return s.chatRequest(user, m, nil, tag, cacheScope(true, user, nil)), nil
}

// warmCache does the job. It fails during an outage and is retried; the answers it already got are cached.
func (s *Service) warmCache(ctx context.Context, job *jobs.Job[warmCacheArgs]) (any, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	var w WarmResult
	for i, q := range job.Args {
		if err := job.Progress(ctx, i); err != nil {
			if errors.Is(err, jobs.ErrCancelled) {
				return w, err
			}
			return nil, err
		}
		r, err := s.sharedRequest(ctx, job.UserID, q)
		if domain.CodeOf(err) == domain.Unavailable {
			return nil, err
		}
		if err != nil { // masking finds more than when the job was enqueued
			w.Failed++
			continue
		}
		var usage domain.Usage
		_, cached, err := s.complete(ctx, r, &usage, nil)
		w.TokensUsed += usage.Tokens
		switch {
		case domain.CodeOf(err) == domain.Upstream:
			w.Failed++
		case err != nil:
			return nil, err
		case cached:
			w.Cached++
		default:
			w.Requested++
		}
	}
	return w, job.Progress(ctx, len(job.Args))
}
