package handlers

import (
	"context"

	"counsel/domain"
	"counsel/domain/compliance"
	"counsel/domain/registry"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// ListWatches lists the watches of a case or of the firm.
func (s *Server) ListWatches(ctx context.Context, r api.ListWatchesRequestObject) (api.ListWatchesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.compliance.List(ctx, principal(ctx), (*domain.ID)(r.Params.CaseID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.WatchList{Items: make([]api.Watch, len(items)), NextCursor: encodeCursor(next)}
	for i, w := range items {
		page.Items[i] = toAPIWatch(w)
	}
	return api.ListWatches200JSONResponse(page), nil
}

// CreateWatch watches a company, a name or a VAT number.
func (s *Server) CreateWatch(ctx context.Context, r api.CreateWatchRequestObject) (api.CreateWatchResponseObject, error) {
	n := compliance.NewWatch{ID: middleware.DerivedID(ctx, 0), CaseID: (*domain.ID)(r.Body.CaseID), Kind: compliance.Kind(r.Body.Kind), Label: deref(r.Body.Label),
		Subject: compliance.Subject{Source: registry.SourceName(deref(r.Body.Source)), CompanyID: deref(r.Body.CompanyID), Name: deref(r.Body.Name),
			Screened: registry.Kind(deref(r.Body.Screened)), Number: deref(r.Body.Number)}}
	if r.Body.BirthYear != nil {
		n.Subject.BirthYear = int(*r.Body.BirthYear)
	}
	w, err := s.compliance.Create(ctx, principal(ctx), n)
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, w.CaseID)
	return api.CreateWatch201JSONResponse(toAPIWatch(w)), nil
}

// GetWatch returns a watch.
func (s *Server) GetWatch(ctx context.Context, r api.GetWatchRequestObject) (api.GetWatchResponseObject, error) {
	w, err := s.compliance.Get(ctx, principal(ctx), domain.ID(r.WatchID))
	if err != nil {
		return nil, err
	}
	return api.GetWatch200JSONResponse(toAPIWatch(w)), nil
}

// DeleteWatch deletes a watch.
func (s *Server) DeleteWatch(ctx context.Context, r api.DeleteWatchRequestObject) (api.DeleteWatchResponseObject, error) {
	if err := s.compliance.Delete(ctx, principal(ctx), domain.ID(r.WatchID)); err != nil {
		return nil, err
	}
	return api.DeleteWatch204Response{}, nil
}

// ListWatchChecks lists the checks of a watch.
func (s *Server) ListWatchChecks(ctx context.Context, r api.ListWatchChecksRequestObject) (api.ListWatchChecksResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.compliance.Checks(ctx, principal(ctx), domain.ID(r.WatchID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	return api.ListWatchChecks200JSONResponse(api.WatchCheckList{Items: toAPIChecks(items), NextCursor: encodeCursor(next)}), nil
}

// CheckWatch checks a watch now.
func (s *Server) CheckWatch(ctx context.Context, r api.CheckWatchRequestObject) (api.CheckWatchResponseObject, error) {
	c, err := s.compliance.CheckNow(ctx, principal(ctx), domain.ID(r.WatchID), middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	return api.CheckWatch200JSONResponse(toAPICheck(c)), nil
}

func toAPIWatch(w compliance.Watch) api.Watch {
	q := toAPISubject(w.Subject)
	return api.Watch{ID: api.ID(w.ID), CaseID: (*api.ID)(w.CaseID), Kind: api.WatchKind(w.Kind), Label: w.Label, Source: q.Source, CompanyID: q.CompanyID, Name: q.Name,
		Screened: q.Screened, BirthYear: q.BirthYear, Number: q.Number, CreatedBy: api.ID(w.UserID), NextCheckAt: w.NextCheckAt, LastCheckedAt: w.LastCheckedAt, CreatedAt: w.CreatedAt}
}

func toAPISubject(q compliance.Subject) api.WatchSubject {
	out := api.WatchSubject{CompanyID: optional(q.CompanyID), Name: optional(q.Name), Number: optional(q.Number)}
	if q.Source != "" {
		source := api.CompanyRegister(q.Source)
		out.Source = &source
	}
	if q.Screened != "" {
		screened := api.ScreenedKind(q.Screened)
		out.Screened = &screened
	}
	if q.BirthYear != 0 {
		year := int32(q.BirthYear)
		out.BirthYear = &year
	}
	return out
}

func toAPIChecks(checks []compliance.Check) []api.WatchCheck {
	out := make([]api.WatchCheck, len(checks))
	for i, c := range checks {
		out[i] = toAPICheck(c)
	}
	return out
}

func toAPICheck(c compliance.Check) api.WatchCheck {
	out := api.WatchCheck{ID: api.ID(c.ID), WatchID: api.ID(c.WatchID), Outcome: api.WatchCheckOutcome(c.Outcome), Asked: toAPISubject(c.Asked), Changes: make([]api.WatchChange, len(c.Changes)),
		ErrorCode: optional(c.ErrorCode), CheckedAt: c.CheckedAt}
	for i, change := range c.Changes {
		out.Changes[i] = api.WatchChange{Type: api.WatchChangeType(change.Type), From: optional(change.From), To: optional(change.To)}
	}
	if c.Answer == nil {
		return out
	}
	if a := c.Answer.Company; a != nil {
		company := toAPICompany(*a, c.Answer.Officers)
		out.Company = &company
	}
	if a := c.Answer.Sanctions; a != nil {
		result := toAPISanctionsCheck(*a)
		out.Sanctions = &result
	}
	if a := c.Answer.VAT; a != nil {
		check := toAPIVATCheck(*a)
		out.Vat = &check
	}
	return out
}
