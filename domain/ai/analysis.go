package ai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"

	"golang.org/x/text/language"
)

// AnalysisRequest asks for the review of a text.
type AnalysisRequest struct {
	ID     domain.ID // of its consultation, optional as that of Question
	Text   string
	Policy string // name of a rule set; "": default
}

// Analysis is the review of a text.
type Analysis struct {
	recorded
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
}

// recorded is what goes on record of an analysis.
type recorded struct {
	Findings    []Finding `json:"findings"`    // in the order of the text
	RiskLevel   string    `json:"riskLevel"`   // low, medium, high; computed from the findings
	Suggestions []string  `json:"suggestions"` // the most important first
}

// Finding is a passage that deserves attention.
type Finding struct {
	ClauseType string  `json:"clauseType"`
	Quote      string  `json:"quote"` // verbatim
	Start      int     `json:"start"` // in UTF-16 code units of the text
	End        int     `json:"end"`   // exclusive
	Severity   string  `json:"severity"`
	Confidence float64 `json:"confidence"` // 0..1
	Rationale  string  `json:"rationale"`
	Suggestion string  `json:"suggestion"`
}

// Analyze reviews a text for the caller. Errors: Invalid (/text, /policy), RateLimited beyond
// Deps.MaxFlights, and those of Model.
//
// The rules of the policy and the search for embedded orders run here, over the text itself;
// the model sees the masked text and can add findings, never take one away.
func (s *Service) Analyze(ctx context.Context, caller domain.Principal, r AnalysisRequest) (Analysis, error) {
	if err := s.begin(); err != nil {
		return Analysis{}, err
	}
	defer s.end()
	asked := s.Clock()
	if strings.TrimSpace(r.Text) == "" {
		return Analysis{}, domain.InvalidField("/text", "must not be blank")
	}
	rules, ok := s.Policies.Policy(cmp.Or(r.Policy, "default"))
	if !ok {
		return Analysis{}, domain.InvalidField("/policy", "is not a policy")
	}
	if c, ok, err := s.existing(ctx, caller, r.ID); ok || err != nil {
		out := Analysis{TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}
		if err == nil {
			err = json.Unmarshal([]byte(c.Answer), &out.recorded)
		}
		return out, err
	}
	session := s.Masker.NewSession()
	started := s.Clock()
	masked, err := mask(session, r.Text, "/text")
	s.Metrics.Masked(s.Clock().Sub(started), session.Found())
	if err != nil {
		return Analysis{}, err
	}
	p, err := s.Prompts.Analyze(prompts.AnalyzeParams{Locale: language.English, Policy: rules, Text: masked.Text})
	if err != nil {
		return Analysis{}, &domain.Error{Code: domain.Internal, Message: "The review could not be asked for.", Err: err}
	}

	// From here on the request is carried to its end, whatever becomes of ctx.
	a := &ask{
		kind: KindAnalysis, user: caller.UserID, ttl: s.AnalysisTTL, at: asked,
		key: keyOf(string(KindAnalysis), s.Model.Name(), p.Version, rules.Name+"@"+rules.Version(), masked.Text, "", "en", "",
			partition(session.Found() == 0, caller.UserID, nil)),
		build: func() (Request, error) { return structured(p), nil },
		check: func(text string) error { return p.Check([]byte(text)) },
	}
	usage := domain.UsageFrom(ctx)
	e, cached, err := s.obtain(ctx, a, usage, nil)
	if err != nil {
		return Analysis{}, err
	}
	if err := restorable(session, KindAnalysis, e.Text); err != nil {
		return Analysis{}, err
	}
	said, err := readFindings(e.Text)
	if err != nil {
		return Analysis{}, badAnswer(err)
	}
	local, missing := rules.Review(r.Text)
	local = append(local, policy.DetectInjections(r.Text)...)
	merged := merge(local, locate(said, masked, session))
	out := Analysis{
		recorded:   recorded{Findings: quoted(merged, r.Text), RiskLevel: string(risk(local, merged, missing)), Suggestions: suggestions(merged, missing)},
		TokensUsed: usage.Tokens,
		Cached:     cached,
	}

	answer, err := json.Marshal(out.recorded)
	if err != nil {
		return Analysis{}, err
	}
	row := s.consultation(r.ID, a, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion = caller.UserID, caller.UserID, "en", p.Version
	row.Excerpt, row.Question, row.Answer = excerpt(r.Text), r.Text, string(answer)
	if err := s.record.write(row); err != nil {
		return Analysis{}, err
	}
	out.ConsultationID = row.ID
	return out, nil
}

// saidFinding is a finding in the model's own words, over the masked text.
type saidFinding struct {
	ClauseType string  `json:"clauseType"`
	Quote      string  `json:"quote"`
	Severity   string  `json:"severity"`
	Confidence float64 `json:"confidence"`
	Rationale  string  `json:"rationale"`
	Suggestion string  `json:"suggestion"`
}

// How much of what a model says is kept: findings, and characters of their texts.
const (
	maxSaid     = 200
	maxFindings = 500
	maxReason   = 2000
	maxAdvice   = 200
)

func readFindings(text string) ([]saidFinding, error) {
	var answer struct {
		Findings []saidFinding `json:"findings"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, errors.New("ai: the findings are not the JSON that was asked for")
	}
	return answer.Findings[:min(len(answer.Findings), maxSaid)], nil
}

var severities = map[policy.Severity]int{policy.Low: 1, policy.Medium: 2, policy.High: 3}

// locate finds the model's quotes in the text, verbatim. What cannot be found is dropped, and
// so is what has no place in the vocabulary. Quoting the same words again means their next
// occurrence.
func locate(said []saidFinding, masked masking.Masked, session *masking.Session) []policy.Finding {
	var out []policy.Finding
	from := map[string]int{} // quote and type: where to look on
	for _, f := range said {
		severity := policy.Severity(f.Severity)
		if strings.TrimSpace(f.Quote) == "" || severities[severity] == 0 || !clauseTypes[f.ClauseType] || !(f.Confidence >= 0 && f.Confidence <= 1) {
			continue
		}
		again := f.ClauseType + "\x00" + f.Quote
		at := strings.Index(masked.Text[from[again]:], f.Quote)
		if at < 0 {
			continue
		}
		at += from[again]
		from[again] = at + len(f.Quote)
		start, end, ok := masked.Original(at, at+len(f.Quote))
		if !ok || end <= start {
			continue
		}
		out = append(out, policy.Finding{
			ClauseType: f.ClauseType, Start: start, End: end, Severity: severity, Confidence: f.Confidence,
			Rationale: cut(session.Restore(f.Rationale), maxReason), Suggestion: cut(session.Restore(f.Suggestion), maxReason),
		})
	}
	return out
}

var clauseTypes = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range policy.ClauseTypes() {
		known[name] = true
	}
	return known
}()

// merge joins the findings of the rules with the model's. Of two that say the same of
// overlapping words the more severe stays, the rules' own when they are equal. The result is
// in the order of the text; when there are too many, the most severe stay.
func merge(local, said []policy.Finding) []policy.Finding {
	all := slices.Concat(local, said)
	slices.SortStableFunc(all, func(a, b policy.Finding) int {
		return cmp.Or(severities[b.Severity]-severities[a.Severity], cmp.Compare(b.Confidence, a.Confidence))
	})
	byType := map[string][]policy.Finding{}
	var out []policy.Finding
	for _, f := range all {
		same := byType[f.ClauseType]
		if len(out) == maxFindings || slices.ContainsFunc(same, func(o policy.Finding) bool { return f.Start < o.End && o.Start < f.End }) {
			continue
		}
		byType[f.ClauseType] = append(same, f)
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b policy.Finding) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, strings.Compare(a.ClauseType, b.ClauseType))
	})
	return out
}

// risk is that of all findings, and never less than that of what the rules found by themselves.
func risk(local, merged []policy.Finding, missing []policy.Missing) policy.Severity {
	least, all := policy.Risk(local, missing), policy.Risk(merged, missing)
	if severities[least] > severities[all] {
		return least
	}
	return all
}

// quoted turns findings into those of the API: the words themselves, and offsets in UTF-16
// code units, counted in one pass over the text.
func quoted(findings []policy.Finding, text string) []Finding {
	offsets := make([]int, 0, 2*len(findings))
	for _, f := range findings {
		offsets = append(offsets, f.Start, f.End)
	}
	slices.Sort(offsets)
	units := make(map[int]int, len(offsets))
	next, n := 0, 0
	for i, r := range text {
		for next < len(offsets) && offsets[next] <= i {
			units[offsets[next]] = n
			next++
		}
		n += utf16.RuneLen(r)
	}
	for ; next < len(offsets); next++ {
		units[offsets[next]] = n
	}
	out := make([]Finding, len(findings))
	for i, f := range findings {
		out[i] = Finding{
			ClauseType: f.ClauseType, Quote: text[f.Start:f.End], Start: units[f.Start], End: units[f.End],
			Severity: string(f.Severity), Confidence: f.Confidence, Rationale: f.Rationale, Suggestion: f.Suggestion,
		}
	}
	return out
}

// suggestions lists what to do, for the most severe first, each once.
func suggestions(findings []policy.Finding, missing []policy.Missing) []string {
	type advice struct {
		severity policy.Severity
		text     string
	}
	var all []advice
	for _, f := range findings {
		all = append(all, advice{f.Severity, f.Suggestion})
	}
	for _, m := range missing {
		all = append(all, advice{m.Severity, m.Suggestion})
	}
	slices.SortStableFunc(all, func(a, b advice) int { return severities[b.severity] - severities[a.severity] })
	seen := map[string]bool{}
	out := []string{}
	for _, a := range all {
		text := cut(strings.TrimSpace(a.text), maxReason)
		if text != "" && !seen[text] && len(out) < maxAdvice {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}
