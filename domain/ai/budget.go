package ai

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/flights"
	query "counsel/gen/query/ai"
)

// Price is what a million tokens of a model cost, in millionths of Config.Currency.
type Price struct{ Prompt, Completion int64 }

// of returns the cost of a call, rounded up.
func (p Price) of(promptTokens, completionTokens int64) int64 {
	return (p.Prompt*promptTokens + p.Completion*completionTokens + 999_999) / 1_000_000
}

// Budgets limit what calls of the models may use; 0: no limit. Costs are in millionths of Config.Currency. Days and months
// are those of UTC.
//
// A budget is spent when what was used and what calls in progress are estimated to use reach it. So the last call may
// exceed it, but not by the calls of many users at once. Answers from the cache cost nothing.
type Budgets struct {
	UserTokensPerDay int64
	TokensPerDay     int64 // of all users together
	UserCostPerMonth int64
	CostPerMonth     int64 // of all users together
}

// ReasonBudgetSpent is the reason of RateLimited when a budget is spent. RetryAfter is the time until its period ends.
const ReasonBudgetSpent = "ai_budget_spent"

// Period is the period of a budget.
type Period string

// The periods.
const (
	Day   Period = "day"
	Month Period = "month"
)

// bounds returns the start and the end of the period that contains t.
func (p Period) bounds(t time.Time) (start, end time.Time) {
	y, m, d := t.UTC().Date()
	if p == Month {
		start = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	}
	start = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return start, start.AddDate(0, 0, 1)
}

// everybody is the scope of the budgets of all users together.
var everybody domain.ID

// limit is a limited period of one user or everybody. A limit that is 0 does not apply.
type limit struct {
	scope        domain.ID
	period       Period
	tokens, cost int64
}

// limits returns the limits that apply to a user, in the order in which their rows are locked.
func (b Budgets) limits(user domain.ID) (all []limit) {
	for _, l := range []limit{
		{everybody, Day, b.TokensPerDay, 0}, {everybody, Month, 0, b.CostPerMonth}, {user, Day, b.UserTokensPerDay, 0}, {user, Month, 0, b.UserCostPerMonth},
	} {
		if l.tokens+l.cost > 0 {
			all = append(all, l)
		}
	}
	return all
}

// charge is what one call is estimated to use, and then what it used.
type charge struct {
	at       time.Time // decides the periods
	user     domain.ID
	caseID   domain.ID // zero: none
	tokens   int64     // reserved
	cost     int64     // reserved
	reserved []limit
}

// estimatedCompletion is the number of tokens that an answer is estimated to have while it is written.
const estimatedCompletion = 1000

// EstimateTokens estimates the number of tokens of texts: one for four bytes.
func EstimateTokens(bytes int) int64 { return int64(bytes+3) / 4 }

// EstimatedTokens estimates the number of tokens of the messages.
func (r Request) EstimatedTokens() int64 {
	size := 0
	for _, m := range r.Messages {
		size += len(m.Text)
	}
	return EstimateTokens(size)
}

// reserve reserves what a call of the user is estimated to use in every budget. RateLimited with ReasonBudgetSpent: one of
// them is spent; nothing is reserved then.
func (s *Service) reserve(ctx context.Context, r *request, req Request) (*charge, error) {
	c := &charge{at: s.clock(), user: r.user, caseID: r.caseOrZero()}
	if r.provider.test {
		return c, nil
	}
	c.reserved = s.budgets.limits(r.user)
	if len(c.reserved) == 0 {
		return c, nil
	}
	prompt, completion := req.EstimatedTokens(), int64(estimatedCompletion)
	if req.MaxTokens > 0 {
		completion = int64(req.MaxTokens)
	}
	c.tokens, c.cost = prompt+completion, r.provider.price.of(prompt, completion)
	err := db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		for _, l := range c.reserved {
			start, end := l.period.bounds(c.at)
			if err := q.CreateSpending(ctx, query.CreateSpendingParams{Scope: l.scope, Period: string(l.period), StartsOn: start}); err != nil {
				return err
			}
			n, err := q.UpdateSpendingReserve(ctx, query.UpdateSpendingReserveParams{
				Tokens: c.tokens, Cost: c.cost, TokenLimit: l.tokens, CostLimit: l.cost, Scope: l.scope, Period: string(l.period), StartsOn: start,
			})
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			row, err := q.GetSpending(ctx, query.GetSpendingParams{Scope: l.scope, Period: string(l.period), StartsOn: start})
			if err != nil {
				return err
			}
			if l.tokens > 0 && row.Tokens >= l.tokens || l.cost > 0 && row.Cost >= l.cost {
				return budgetSpent(l, end.Sub(c.at))
			}
			return budgetSpent(l, reservedRetryAfter) // calls in progress may use less than estimated
		}
		return nil
	})
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Reason == ReasonBudgetSpent {
		s.metrics.BudgetSpent()
		return nil, flights.Unshared{Err: err} // the budget may be the user's own
	}
	return c, err
}

// reservedRetryAfter is the RetryAfter while calls in progress hold what is left of a budget.
const reservedRetryAfter = 2 * time.Second

func budgetSpent(l limit, retryAfter time.Duration) error {
	whose, period := "Your", "today"
	if l.scope == everybody {
		whose = "The firm's"
	}
	if l.period == Month {
		period = "this month"
	}
	return &domain.Error{
		Code: domain.RateLimited, Reason: ReasonBudgetSpent, Message: whose + " AI budget of " + period + " is spent. Answers that are cached remain available.",
		RetryAfter: retryAfter,
	}
}

// recordCall replaces what was reserved for a call by what it used: by the provider's count or, without one, an estimate. A
// call that failed used what its Completion says.
func (s *Service) recordCall(c *charge, p *provider, req Request, out Completion) {
	if p.test {
		return
	}
	prompt, completion := int64(out.PromptTokens), int64(out.CompletionTokens)
	if prompt+completion == 0 && out.Text != "" {
		prompt, completion = req.EstimatedTokens(), EstimateTokens(len(out.Text))
	}
	used := newSums()
	for _, l := range c.reserved {
		start, _ := l.period.bounds(c.at)
		used.spending[spendingKey{l.scope, l.period, start}] = spendingSum{reservedTokens: -c.tokens, reservedCost: -c.cost}
	}
	if prompt+completion > 0 {
		cost := p.price.of(prompt, completion)
		// also without budgets, so that one can be set in the middle of a month
		for _, scope := range []domain.ID{everybody, c.user} {
			for _, period := range []Period{Day, Month} {
				start, _ := period.bounds(c.at)
				key := spendingKey{scope, period, start}
				sum := used.spending[key]
				sum.tokens, sum.cost = prompt+completion, cost
				used.spending[key] = sum
			}
		}
		used.usage[s.usageKey(c.at, c.user, c.caseID, modelName(p, out))] = usageSum{calls: 1, prompt: prompt, completion: completion, cost: cost}
	}
	if used.empty() {
		return
	}
	s.ledger.add(used)
	if len(c.reserved) > 0 { // else the user's next request would find the reservation
		ctx, cancel := context.WithTimeout(s.base, recordTimeout)
		defer cancel()
		_ = s.ledger.flush(ctx) // later, if not now
	}
}

// recordTimeout is how long an answer waits until its use is recorded.
const recordTimeout = 2 * time.Second

// countCached counts a request that was answered without a call.
func (s *Service) countCached(r *request, model string) {
	used := newSums()
	used.usage[s.usageKey(s.clock(), r.user, r.caseOrZero(), model)] = usageSum{cached: 1}
	s.ledger.add(used)
}

func (s *Service) usageKey(at time.Time, user, caseID domain.ID, model string) usageKey {
	day, _ := Day.bounds(at)
	return usageKey{day, user, caseID, modelLabel(model), s.currency}
}

// modelLabel is a model's name in the sums: at most 64 bytes, so that it fits into a page cursor.
func modelLabel(model string) string {
	return domain.TruncateBytes(model, 64)
}

// BudgetState is the state of a budget in its current period.
type BudgetState struct {
	Firm     bool // of all users together
	Period   Period
	Cost     bool // counts costs in millionths of the currency, not tokens
	Limit    int64
	Spent    int64
	ResetsAt time.Time
}

// Budgets returns the caller's own budgets and, for an admin, those of all users together.
func (s *Service) Budgets(ctx context.Context, caller domain.Principal) (all []BudgetState, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	now := s.clock()
	for _, l := range s.budgets.limits(caller.UserID) {
		if l.scope == everybody && !caller.Admin() {
			continue
		}
		start, end := l.period.bounds(now)
		row, err := query.New(s.db).GetSpending(ctx, query.GetSpendingParams{Scope: l.scope, Period: string(l.period), StartsOn: start})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, db.Error(err)
		}
		state := BudgetState{Firm: l.scope == everybody, Period: l.period, Limit: l.tokens, Spent: row.Tokens, ResetsAt: end}
		if l.cost > 0 {
			state.Cost, state.Limit, state.Spent = true, l.cost, row.Cost
		}
		all = append(all, state)
	}
	return all, nil
}
