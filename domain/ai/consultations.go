package ai

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/cache"
	"counsel/domain/cases"
	query "counsel/gen/query/ai"
)

// ConsultationFilter filters a list of consultations.
type ConsultationFilter struct {
	UserID *domain.ID // nil: the caller's own or, for an admin, everyone's
	CaseID *domain.ID // those of this case, by any member; nil: those outside of cases
	Kind   Kind       // "": all
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only consultations older than this
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

// Consultation is a recorded question with its answer.
type Consultation struct {
	ID             domain.ID
	UserID         domain.ID
	CaseID         *domain.ID // nil: none
	Kind           Kind
	Question       string // the message, the text, or the inputs as JSON
	Answer         string // Markdown, or the findings as JSON
	MaskedText     string // what the model received, without the instructions; "": not recorded
	DraftID        *domain.ID
	References     []Reference
	Citations      []Citation
	Clarifications []Clarification
	Warnings       []string
	Locale         string
	Model          string
	Cached         bool
	TokensUsed     int
	CreatedAt      time.Time
}

// Consultations lists consultations, newest first. next is the cursor of the next page, nil on the last.
// Forbidden: another user's, unless the caller is an admin. NotFound: the caller may not read the case.
// Invalid: both a user and a case.
func (s *Service) Consultations(ctx context.Context, caller domain.Principal, f ConsultationFilter) (items []ConsultationSummary, next *domain.ID, err error) {
	user := f.UserID
	if f.CaseID != nil {
		if user != nil {
			return nil, nil, domain.InvalidParameter("caseId", "cannot be given with userId")
		}
		if err := s.logCaseRead(ctx, caller, *f.CaseID, nil); err != nil {
			return nil, nil, err
		}
	} else if user != nil && !caller.MayAccess(*user) {
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's consultations.")
	} else if user == nil && !caller.Admin() {
		user = &caller.UserID
	}
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	cursor := domain.CursorOrMax(f.Cursor)
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	q := query.New(s.db)
	var rows []query.ListConsultationsRow
	switch {
	case f.CaseID != nil:
		var ofCase []query.ListCaseConsultationsRow
		ofCase, err = q.ListCaseConsultations(ctx, query.ListCaseConsultationsParams{CaseID: f.CaseID, Cursor: cursor, Kind: string(f.Kind), Limit: int32(limit + 1)})
		for _, r := range ofCase {
			rows = append(rows, query.ListConsultationsRow(r))
		}
	case user != nil:
		rows, err = q.ListConsultations(ctx, query.ListConsultationsParams{UserID: *user, Cursor: cursor, Kind: string(f.Kind), Limit: int32(limit + 1)})
	default:
		var all []query.ListAllConsultationsRow
		all, err = q.ListAllConsultations(ctx, query.ListAllConsultationsParams{Cursor: cursor, Kind: string(f.Kind), Limit: int32(limit + 1)})
		for _, r := range all {
			rows = append(rows, query.ListConsultationsRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.ListConsultationsRow) domain.ID { return r.ID })
	items = make([]ConsultationSummary, len(rows))
	for i, r := range rows {
		items[i] = ConsultationSummary{ID: r.ID, UserID: r.UserID, Kind: Kind(r.Kind), Excerpt: r.Excerpt, Cached: r.Cached, CreatedAt: r.CreatedAt}
	}
	return items, next, nil
}

// logCaseRead checks that the caller may read the consultations of a case and enters the access in its
// timeline. id is nil for their list.
func (s *Service) logCaseRead(ctx context.Context, caller domain.Principal, caseID domain.ID, id *domain.ID) error {
	if s.cases == nil {
		return domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	return s.cases.AuthorizeRead(ctx, caller, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceConsultation, ID: id})
}

// Consultation returns a consultation. NotFound: it does not exist, belongs to a case that the caller may not
// read, or is another user's (admins may read those outside of cases).
func (s *Service) Consultation(ctx context.Context, caller domain.Principal, id domain.ID) (Consultation, error) {
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	c, err := query.New(s.db).GetConsultation(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && c.CaseID == nil && !caller.MayAccess(c.UserID):
		var err error = domain.NoSuch("consultation")
		if s.cases != nil {
			err = s.cases.UniformNotFound(ctx, caller, err)
		}
		return Consultation{}, err
	case err != nil:
		return Consultation{}, db.Error(err)
	}
	if c.CaseID != nil {
		if err := s.logCaseRead(ctx, caller, *c.CaseID, &id); err != nil {
			if domain.CodeOf(err) == domain.NotFound {
				err = domain.NoSuch("consultation")
			}
			return Consultation{}, err
		}
	}
	details, err := decodeDetails(c.Sources)
	if err != nil {
		return Consultation{}, err
	}
	return Consultation{
		ID: c.ID, UserID: c.UserID, CaseID: c.CaseID, Kind: Kind(c.Kind), Question: c.Question, Answer: c.Answer, MaskedText: c.MaskedText.String, DraftID: c.DraftID,
		References: details.References, Citations: details.Citations, Clarifications: details.Clarifications, Warnings: details.Warnings, Locale: c.Locale, Model: c.Model, Cached: c.Cached, TokensUsed: int(c.TokensUsed), CreatedAt: c.CreatedAt,
	}, nil
}

// answerDetails is what is known about an answer besides its text: the JSON in the column sources.
type answerDetails struct {
	References     []Reference     `json:"references,omitempty"`
	Citations      []Citation      `json:"citations,omitempty"`
	Clarifications []Clarification `json:"clarifications,omitempty"`
	Warnings       []string        `json:"warnings,omitempty"`
}

// encode returns NULL if there is nothing to store.
func (d answerDetails) encode() (sql.NullString, error) {
	if len(d.References)+len(d.Citations)+len(d.Clarifications)+len(d.Warnings) == 0 {
		return sql.NullString{}, nil
	}
	raw, err := json.Marshal(d)
	return sql.NullString{String: string(raw), Valid: true}, err
}

func decodeDetails(stored sql.NullString) (d answerDetails, err error) {
	if !stored.Valid {
		return d, nil
	}
	if err := json.Unmarshal([]byte(stored.String), &d); err != nil {
		return answerDetails{}, &domain.Error{Code: domain.Internal, Message: "The consultation cannot be read.", Err: errors.New("ai: the sources of a consultation are not JSON")}
	}
	return d, nil
}

// EraseUser deletes a user's consultations outside of cases, and removes the user from the use of the AI, in the caller's
// transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	if err := query.New(tx).DeleteUserConsultations(ctx, user); err != nil {
		return err
	}
	return eraseUsage(ctx, tx, user)
}

// EraseTestData deletes the consultations of a test account, in the caller's transaction.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	return query.New(tx).DeleteTestConsultations(ctx, testAccount)
}

// findRecorded returns the consultation that an earlier attempt of the same request recorded. ok is false if
// there is none or the caller may no longer read it.
func (s *Service) findRecorded(ctx context.Context, caller domain.Principal, id domain.ID) (c Consultation, ok bool, err error) {
	if id.IsZero() {
		return c, false, nil
	}
	c, err = s.Consultation(ctx, caller, id)
	if domain.CodeOf(err) == domain.NotFound {
		return c, false, nil
	}
	return c, err == nil, err
}

// maskedText returns the texts of the user in a request to the model, for its consultation.
func maskedText(r *request) (sql.NullString, error) {
	req, err := r.build()
	if err != nil {
		return sql.NullString{}, &domain.Error{Code: domain.Internal, Message: "The answer could not be recorded.", Err: err}
	}
	var texts []string
	for _, m := range req.Messages {
		if m.Author != System {
			texts = append(texts, m.Text)
		}
	}
	return sql.NullString{String: strings.Join(texts, "\n\n"), Valid: true}, nil
}

// newConsultation returns the row of an answered request without question and answer. id is optional.
func (s *Service) newConsultation(id domain.ID, r *request, e cache.Entry, cached bool) query.Consultation {
	return query.Consultation{
		ID: cmp.Or(id, s.newID()), Kind: string(r.kind), Model: e.Model, Cached: cached, TokensUsed: int32(min(e.Tokens, 10_000_000)),
		LatencyMs: int32(max(0, s.clock().Sub(r.arrived).Milliseconds())), CreatedAt: r.arrived,
	}
}

// recordInCase writes a consultation of a case together with its entry in the case's timeline. It fails if the
// caller's access to the case has changed since they asked.
func (s *Service) recordInCase(ctx context.Context, caller domain.Principal, caseID domain.ID, row query.Consultation) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	action := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceConsultation, ID: &row.ID}
	return s.cases.AuthorizedTx(ctx, caller, caseID, &action, func(tx db.Tx) error {
		return query.New(tx).CreateConsultation(ctx, query.CreateConsultationParams(row))
	})
}

// excerpt returns the start of a text, at most 300 characters.
func excerpt(s string) string { return domain.Truncate(strings.TrimSpace(s), 300) }
