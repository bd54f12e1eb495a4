package ai

import (
	"context"
	"time"

	"counsel/domain"
)

// ConsultationFilter narrows a list of consultations.
type ConsultationFilter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Kind   Kind       // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// ConsultationSummary is a consultation in a list.
type ConsultationSummary struct {
	ID        domain.ID
	UserID    domain.ID
	Kind      Kind
	Excerpt   string
	Cached    bool
	CreatedAt time.Time
}

// Consultation is one question with its answer.
type Consultation struct {
	ID         domain.ID
	UserID     domain.ID
	Kind       Kind
	Question   string // the message, the text, or the inputs as JSON
	Answer     string // Markdown, or the findings as JSON
	DraftID    *domain.ID
	Locale     string
	Model      string
	Cached     bool
	TokensUsed int
	CreatedAt  time.Time
}

// Consultations lists what was asked, the newest first. next is the Before of the next page,
// nil on the last. Forbidden: another user's, for anyone but an admin.
func (s *Service) Consultations(ctx context.Context, caller domain.Principal, f ConsultationFilter) (items []ConsultationSummary, next *domain.ID, err error) {
	return nil, nil, domain.Errorf(domain.Unavailable, UnavailableMessage)
}

// Consultation reads one. NotFound: there is none, or it is not the caller's (admins aside).
func (s *Service) Consultation(ctx context.Context, caller domain.Principal, id domain.ID) (Consultation, error) {
	return Consultation{}, domain.Errorf(domain.Unavailable, UnavailableMessage)
}
