package ai

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

// ConsultationFilter narrows a list of consultations.
type ConsultationFilter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	CaseID *domain.ID // those of this case, whoever asked; nil: those outside of cases
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
	CaseID     *domain.ID // nil: it belongs to none
	Kind       Kind
	Question   string // the message, the text, or the inputs as JSON
	Answer     string // Markdown, or the findings as JSON
	DraftID    *domain.ID
	References []Reference
	Warnings   []string
	Locale     string
	Model      string
	Cached     bool
	TokensUsed int
	CreatedAt  time.Time
}

// Consultations lists what was asked, the newest first. next is the Before of the next page,
// nil on the last. Forbidden: another user's, for anyone but an admin. NotFound: a case that is
// not open to the caller. Invalid: both a user and a case.
func (s *Service) Consultations(ctx context.Context, caller domain.Principal, f ConsultationFilter) (items []ConsultationSummary, next *domain.ID, err error) {
	user := f.UserID
	if f.CaseID != nil {
		if user != nil {
			return nil, nil, &domain.Error{Code: domain.Malformed, Message: "A parameter cannot be accepted.",
				Fields: []domain.Field{{Pointer: "?caseId", Detail: "cannot be given with userId"}}}
		}
		if err := s.readIn(ctx, caller, *f.CaseID, nil); err != nil {
			return nil, nil, err
		}
	} else if !caller.Admin() {
		if user != nil && *user != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's consultations.")
		}
		user = &caller.UserID
	}
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	before := domain.Before(f.Before)
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	q := query.New(s.DB)
	var rows []query.ListConsultationsRow
	if f.CaseID != nil {
		var ofCase []query.ListCaseConsultationsRow
		ofCase, err = q.ListCaseConsultations(ctx, query.ListCaseConsultationsParams{CaseID: f.CaseID, Before: before, Kind: string(f.Kind), Limit: int32(limit + 1)})
		for _, r := range ofCase {
			rows = append(rows, query.ListConsultationsRow(r))
		}
	} else if user != nil {
		rows, err = q.ListConsultations(ctx, query.ListConsultationsParams{UserID: *user, Before: before, Kind: string(f.Kind), Limit: int32(limit + 1)})
	} else {
		var all []query.ListAllConsultationsRow
		all, err = q.ListAllConsultations(ctx, query.ListAllConsultationsParams{Before: before, Kind: string(f.Kind), Limit: int32(limit + 1)})
		for _, r := range all {
			rows = append(rows, query.ListConsultationsRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items = make([]ConsultationSummary, len(rows))
	for i, r := range rows {
		items[i] = ConsultationSummary{ID: r.ID, UserID: r.UserID, Kind: Kind(r.Kind), Excerpt: r.Excerpt, Cached: r.Cached, CreatedAt: r.CreatedAt}
	}
	return items, next, nil
}

// readIn puts down that the caller reads consultations of a case; id is nil for their list.
func (s *Service) readIn(ctx context.Context, caller domain.Principal, matter domain.ID, id *domain.ID) error {
	if s.Cases == nil {
		return domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	return s.Cases.AuthorizeRead(ctx, caller, matter, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceConsultation, ID: id})
}

// Consultation reads one. NotFound: there is none; or it is of a case that is not open to the
// caller; or it is of no case and not the caller's (admins aside).
func (s *Service) Consultation(ctx context.Context, caller domain.Principal, id domain.ID) (Consultation, error) {
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	c, err := query.New(s.DB).GetConsultation(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && c.CaseID == nil && c.UserID != caller.UserID && !caller.Admin():
		err := noConsultation()
		if s.Cases != nil {
			err = s.Cases.UniformNotFound(ctx, caller, err)
		}
		return Consultation{}, err
	case err != nil:
		return Consultation{}, db.Error(err)
	}
	if c.CaseID != nil {
		if err := s.readIn(ctx, caller, *c.CaseID, &id); err != nil {
			if domain.CodeOf(err) == domain.NotFound {
				err = noConsultation()
			}
			return Consultation{}, err
		}
	}
	references, warnings, err := readSources(c.Sources)
	if err != nil {
		return Consultation{}, err
	}
	return Consultation{
		ID: c.ID, UserID: c.UserID, CaseID: c.CaseID, Kind: Kind(c.Kind), Question: c.Question, Answer: c.Answer, DraftID: c.DraftID,
		References: references, Warnings: warnings, Locale: c.Locale, Model: c.Model, Cached: c.Cached, TokensUsed: int(c.TokensUsed), CreatedAt: c.CreatedAt,
	}, nil
}

// sources is what is kept beside an answer.
type sources struct {
	References []Reference `json:"references,omitempty"`
	Warnings   []string    `json:"warnings,omitempty"`
}

// keepSources is NULL when there is nothing to keep.
func keepSources(references []Reference, warnings []string) (sql.NullString, error) {
	if len(references)+len(warnings) == 0 {
		return sql.NullString{}, nil
	}
	raw, err := json.Marshal(sources{references, warnings})
	return sql.NullString{String: string(raw), Valid: true}, err
}

func readSources(kept sql.NullString) (references []Reference, warnings []string, err error) {
	if !kept.Valid {
		return nil, nil, nil
	}
	var s sources
	if err := json.Unmarshal([]byte(kept.String), &s); err != nil {
		return nil, nil, &domain.Error{Code: domain.Internal, Message: "The consultation cannot be read.", Err: errors.New("ai: the sources of a consultation are not JSON")}
	}
	return s.References, s.Warnings, nil
}

// noConsultation is the answer for one that is absent and for one that may not be read.
func noConsultation() error {
	return domain.NoSuch("consultation")
}

// Forget deletes what somebody asked outside of cases, in the caller's transaction.
func (s *Service) Forget(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteUserConsultations(ctx, user)
}
