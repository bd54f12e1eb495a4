package ai

import (
	"context"

	"counsel/domain"
)

// AnalysisRequest asks for the review of a text.
type AnalysisRequest struct {
	Text   string
	Policy string // name of a rule set; "": default
}

// Analysis is the review of a text.
type Analysis struct {
	Findings       []Finding // in the order of the text
	RiskLevel      string    // low, medium, high; computed from the findings
	Suggestions    []string  // the most important first
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
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

// Analyze reviews a text for the caller. Errors: Invalid (/text, /policy) and those of Model.
func (s *Service) Analyze(ctx context.Context, caller domain.Principal, r AnalysisRequest) (Analysis, error) {
	return Analysis{}, domain.Errorf(domain.Unavailable, UnavailableMessage)
}
