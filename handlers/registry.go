package handlers

import (
	"context"
	"regexp"
	"strconv"

	"counsel/domain"
	"counsel/domain/registry"
	"counsel/gen/api"
)

// SearchCompanies searches a register.
func (s *Server) SearchCompanies(ctx context.Context, r api.SearchCompaniesRequestObject) (api.SearchCompaniesResponseObject, error) {
	q := registry.Search{Source: registry.GLEIF, Text: r.Params.Query, Country: deref(r.Params.Country), Limit: limit(r.Params.Limit)}
	if r.Params.Source != nil {
		q.Source = registry.SourceName(*r.Params.Source)
	}
	if err := decodeSearchCursor(r.Params.Cursor, &q); err != nil {
		return nil, err
	}
	companies, next, err := s.registers.Find(ctx, principal(ctx), q)
	if err != nil {
		return nil, err
	}
	page := api.RegisteredCompanyList{Items: make([]api.RegisteredCompany, len(companies))}
	for i, c := range companies {
		page.Items[i] = toAPICompany(c, nil)
	}
	if next > 0 {
		page.NextCursor = encodeCursorBytes([]byte(strconv.Itoa(next) + "/" + strconv.Itoa(q.Limit)))
	}
	return api.SearchCompanies200JSONResponse(page), nil
}

// searchCursor is a page number and the page size that it counts in.
var searchCursor = regexp.MustCompile(`^([1-9][0-9]{0,3})/([1-9][0-9]?|100)$`)

// decodeSearchCursor sets the page of q. The pages of one search have the same size.
func decodeSearchCursor(c *api.Cursor, q *registry.Search) error {
	raw, err := decodeCursorBytes(c)
	if err != nil || raw == nil {
		return err
	}
	parts := searchCursor.FindStringSubmatch(string(raw))
	if parts == nil {
		return invalidCursor()
	}
	q.Page, _ = strconv.Atoi(parts[1])
	q.Limit, _ = strconv.Atoi(parts[2])
	return nil
}

// GetRegisteredCompany returns a company of a register.
func (s *Server) GetRegisteredCompany(ctx context.Context, r api.GetRegisteredCompanyRequestObject) (api.GetRegisteredCompanyResponseObject, error) {
	c, officers, err := s.registers.Company(ctx, principal(ctx), registry.SourceName(r.Source), r.CompanyID)
	if err != nil {
		return nil, err
	}
	return api.GetRegisteredCompany200JSONResponse(toAPICompany(c, officers)), nil
}

// CheckVatNumber checks a VAT number.
func (s *Server) CheckVatNumber(ctx context.Context, r api.CheckVatNumberRequestObject) (api.CheckVatNumberResponseObject, error) {
	a, err := s.registers.CheckVAT(ctx, principal(ctx).TestMode(), r.Body.Number)
	if err != nil {
		return nil, err
	}
	return api.CheckVatNumber200JSONResponse(toAPIVATCheck(a)), nil
}

// CheckSanctions looks for a name in the lists of sanctions.
func (s *Server) CheckSanctions(ctx context.Context, r api.CheckSanctionsRequestObject) (api.CheckSanctionsResponseObject, error) {
	q := registry.Screening{Name: r.Body.Name, Kind: registry.Kind(r.Body.Kind)}
	if r.Body.BirthYear != nil {
		q.BirthYear = int(*r.Body.BirthYear)
	}
	result, err := s.registers.Screen(ctx, principal(ctx).TestMode(), q)
	if err != nil {
		return nil, err
	}
	return api.CheckSanctions200JSONResponse(toAPISanctionsCheck(result)), nil
}

// GetPartyCompany returns the registered company of a party.
func (s *Server) GetPartyCompany(ctx context.Context, r api.GetPartyCompanyRequestObject) (api.GetPartyCompanyResponseObject, error) {
	link, err := s.registers.PartyCompany(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.PartyID))
	if err != nil {
		return nil, err
	}
	return api.GetPartyCompany200JSONResponse(toAPIPartyCompany(link)), nil
}

// LinkPartyCompany links a party to a registered company.
func (s *Server) LinkPartyCompany(ctx context.Context, r api.LinkPartyCompanyRequestObject) (api.LinkPartyCompanyResponseObject, error) {
	link, err := s.registers.LinkParty(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.PartyID), registry.SourceName(r.Body.Source), r.Body.CompanyID)
	if err != nil {
		return nil, err
	}
	return api.LinkPartyCompany200JSONResponse(toAPIPartyCompany(link)), nil
}

// UnlinkPartyCompany removes the link.
func (s *Server) UnlinkPartyCompany(ctx context.Context, r api.UnlinkPartyCompanyRequestObject) (api.UnlinkPartyCompanyResponseObject, error) {
	if err := s.registers.UnlinkParty(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.PartyID)); err != nil {
		return nil, err
	}
	return api.UnlinkPartyCompany204Response{}, nil
}

func toAPICompany(c registry.Company, officers []registry.Officer) api.RegisteredCompany {
	out := api.RegisteredCompany{
		Source: api.CompanyRegister(c.Source), ID: c.ID, Name: c.Name, OtherNames: firstN(c.OtherNames, 100), Status: api.CompanyStatus(c.Status), RegisterStatus: optional(c.RegisterStatus),
		LegalForm: optional(c.LegalForm), Jurisdiction: optional(c.Jurisdiction), Register: optional(c.Register), RegistrationNumber: optional(c.RegistrationNumber),
		Address: toAPIRegisteredAddress(c.Address), CreatedOn: optional(c.CreatedOn), DissolvedOn: optional(c.DissolvedOn),
		Filings: make([]api.CompanyFiling, len(c.Filings)), Relations: []api.CompanyRelation{},
	}
	if headquarters := toAPIRegisteredAddress(c.Headquarters); c.Headquarters.Line() != "" {
		out.Headquarters = &headquarters
	}
	if c.LEI.Code != "" {
		out.Lei = &api.RegisteredLei{Code: c.LEI.Code, Status: c.LEI.Status, RenewalOn: optional(c.LEI.RenewalOn)}
	}
	for i, f := range c.Filings {
		out.Filings[i] = api.CompanyFiling{Type: api.CompanyFilingType(f.Type), DueOn: optional(f.DueOn), Overdue: f.Overdue}
	}
	for _, r := range firstN(c.Relations, 100) {
		out.Relations = append(out.Relations, api.CompanyRelation{Type: api.CompanyRelationType(r.Type), ID: optional(r.ID), Name: optional(r.Name)})
	}
	for _, o := range firstN(officers, 500) {
		out.Officers = append(out.Officers, api.CompanyOfficer{Name: o.Name, Role: o.Role, AppointedOn: optional(o.AppointedOn), ResignedOn: optional(o.ResignedOn)})
	}
	return out
}

func toAPIRegisteredAddress(a registry.Address) api.RegisteredAddress {
	return api.RegisteredAddress{Lines: firstN(a.Lines, 20), PostalCode: optional(a.PostalCode), City: optional(a.City), Region: optional(a.Region), Country: optional(a.Country)}
}

func toAPIPartyCompany(l registry.PartyCompany) api.PartyCompany {
	f := l.Company.Fields()
	return api.PartyCompany{PartyID: api.ID(l.PartyID), Company: toAPICompany(l.Company, nil), LinkedBy: api.ID(l.LinkedBy), LinkedAt: l.LinkedAt,
		Fields: api.PartyFields{Name: f.Name, RegistrationNumber: optional(f.RegistrationNumber), Address: optional(f.Address)}}
}

func toAPIVATCheck(a registry.VATAnswer) api.VatCheck {
	return api.VatCheck{Number: a.Number, Status: api.VatStatus(a.Status), Reason: optional(a.Reason), Name: optional(a.Name), Address: optional(a.Address),
		ConsultationNumber: optional(a.ConsultationNumber), CheckedAt: a.CheckedAt}
}

func toAPISanctionsCheck(r registry.ScreeningResult) api.SanctionsCheck {
	out := api.SanctionsCheck{Lists: make([]api.ScreenedList, len(r.Lists)), Hits: make([]api.SanctionsHit, len(r.Hits)), Truncated: r.More}
	for i, l := range r.Lists {
		out.Lists[i] = api.ScreenedList{Name: api.SanctionsListName(l.Name), PublishedOn: optional(l.PublishedOn), Entries: int32(l.Entries)}
	}
	for i, h := range r.Hits {
		years := make([]int32, len(h.BirthYears))
		for j, year := range h.BirthYears {
			years[j] = int32(year)
		}
		out.Hits[i] = api.SanctionsHit{List: api.SanctionsListName(h.List), EntryID: h.EntryID, Kind: api.SanctionsHitKind(h.Kind), PrimaryName: h.PrimaryName, MatchedName: h.MatchedName,
			WeakAlias: h.WeakAlias, Score: int32(h.Score), Reasons: firstN(h.Reasons, 20), BirthYear: api.SanctionsHitBirthYear(h.BirthYear), BirthYears: years, Countries: firstN(h.Countries, 50), Programme: optional(h.Programme)}
	}
	return out
}

// firstN returns at most n items, and an empty list for none.
func firstN[T any](items []T, n int) []T {
	if items == nil {
		return []T{}
	}
	return items[:min(n, len(items))]
}
