package ai

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"counsel/domain"
	"counsel/domain/ai/findings"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"

	"golang.org/x/text/language"
)

// AnalysisRequest asks for the review of a text.
type AnalysisRequest struct {
	ID     domain.ID // optional id of its consultation, see Question.ID
	Text   string
	Policy string // name of the policy; "": default
}

// Analysis is the review of a text.
type Analysis struct {
	findings.Report
	Model          string // that wrote the review
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
}

// Analyze reviews a text for the caller. Errors: Invalid (/text, /policy), RateLimited beyond
// Config.MaxFlights, and the errors of Model.
func (s *Service) Analyze(ctx context.Context, caller domain.Principal, a AnalysisRequest) (Analysis, error) {
	if err := s.begin(); err != nil {
		return Analysis{}, err
	}
	defer s.end()
	arrived := s.clock()
	if strings.TrimSpace(a.Text) == "" {
		return Analysis{}, domain.InvalidField("/text", "must not be blank")
	}
	rules, ok := s.policies.Policy(cmp.Or(a.Policy, "default"))
	if !ok {
		return Analysis{}, domain.InvalidField("/policy", "is not a policy")
	}
	if c, ok, err := s.findRecorded(ctx, caller, a.ID); ok || err != nil {
		out := Analysis{Model: c.Model, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}
		if err == nil {
			err = json.Unmarshal([]byte(c.Answer), &out.Report)
		}
		return out, err
	}
	session := s.masker.NewSession()
	started := s.clock()
	masked, err := session.Mask(a.Text)
	s.metrics.Masked(s.clock().Sub(started), session.Found())
	if err != nil {
		return Analysis{}, masking.FieldError(err, "/text")
	}
	p, err := s.prompts.Analyze(prompts.AnalyzeParams{Locale: language.English, Policy: rules, Text: masked.Text})
	if err != nil {
		return Analysis{}, &domain.Error{Code: domain.Internal, Message: "The review could not be requested.", Err: err}
	}

	// From here on the request runs to its end, even if ctx is canceled.
	r := &request{
		kind: KindAnalysis, user: caller.UserID, arrived: arrived,
		fields: []string{p.Version, rules.Name + "@" + rules.Version(), masked.Text, "", "en", "",
			cacheScope(session.Found() == 0, caller.UserID, nil)},
		build: func() (Request, error) { return structuredRequest(p), nil },
		check: func(text string) error { return p.Check([]byte(text)) },
	}
	usage := domain.UsageFrom(ctx)
	e, cached, err := s.complete(ctx, r, usage, nil)
	if err != nil {
		return Analysis{}, err
	}
	if err := checkRestoredLen(session, KindAnalysis, e.Text); err != nil {
		return Analysis{}, err
	}
	out := Analysis{Model: e.Model, TokensUsed: usage.Tokens, Cached: cached}
	if out.Report, err = findings.Review(a.Text, rules, e.Text, masked, session); err != nil {
		return Analysis{}, badAnswer(err)
	}
	answer, err := json.Marshal(out.Report)
	if err != nil {
		return Analysis{}, err
	}
	row := s.newConsultation(a.ID, r, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion = caller.UserID, caller.UserID, "en", p.Version
	row.Excerpt, row.Question, row.Answer = excerpt(a.Text), a.Text, string(answer)
	if err := s.recorder.write(row); err != nil {
		return Analysis{}, err
	}
	out.ConsultationID = row.ID
	return out, nil
}
