package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/ai/findings"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/json"
	"net/http"

	openapi_types "github.com/oapi-codegen/runtime/types"
)

// SendChat answers a question, as JSON or as an event stream, depending on Accept.
func (s *Server) SendChat(ctx context.Context, r api.SendChatRequestObject) (api.SendChatResponseObject, error) {
	q := ai.Question{ID: middleware.DerivedID(ctx, 0), UserID: domain.ID(r.Body.UserID), Message: r.Body.Message, Locale: deref(r.Body.Locale)}
	if c := r.Body.Context; c != nil {
		middleware.SetCase(ctx, (*domain.ID)(c.CaseID))
		q.Context = &ai.Context{CaseID: (*domain.ID)(c.CaseID), ConsultationID: (*domain.ID)(c.ConsultationID), Facts: deref(c.Facts)}
		for _, id := range c.DocumentIds {
			q.Context.DocumentIDs = append(q.Context.DocumentIDs, domain.ID(id))
		}
	}
	if middleware.RequestFrom(ctx).WantsEvents {
		return &chatStream{ctx: ctx, server: s, question: q}, nil
	}
	a, err := s.ai.Chat(ctx, principal(ctx), q)
	if err != nil {
		return nil, err
	}
	response, err := toAPIChatResponse(a)
	return api.SendChat200JSONResponse(response), err
}

// chatStream answers a question as server-sent events.
type chatStream struct {
	ctx      context.Context
	server   *Server
	question ai.Question
}

// VisitSendChatResponse writes the answer while the AI produces it. When the client hangs up, the
// answer is still completed and recorded.
func (st *chatStream) VisitSendChatResponse(w http.ResponseWriter) error {
	stream := newEventStream(w)
	send := func(e api.ChatEvent) { stream.send(string(e.Type), marshal(e)) }
	a, err := st.server.ai.StreamChat(st.ctx, principal(st.ctx), st.question, func(piece string) {
		send(api.ChatEvent{Type: api.ChatEventTypeDelta, Text: &piece})
	})
	if err != nil {
		if !stream.begun {
			return err
		}
		send(api.ChatEvent{Type: api.ChatEventTypeError, Problem: st.server.failed(middleware.RequestFrom(st.ctx), err)})
		return nil
	}
	response, err := toAPIChatResponse(a)
	if err != nil {
		return err
	}
	send(api.ChatEvent{Type: api.ChatEventTypeDone, Response: &response})
	return nil
}

// GenerateDocument drafts a document with the AI.
func (s *Server) GenerateDocument(ctx context.Context, r api.GenerateDocumentRequestObject) (api.GenerateDocumentResponseObject, error) {
	middleware.SetCase(ctx, (*domain.ID)(r.Body.CaseID))
	d, err := s.ai.GenerateDocument(ctx, principal(ctx), ai.DraftRequest{ID: middleware.DerivedID(ctx, 0), DraftID: middleware.DerivedID(ctx, 1),
		Type: r.Body.Type, Inputs: r.Body.Inputs, Tone: deref(r.Body.Tone), Locale: deref(r.Body.Locale), Policy: deref(r.Body.Policy), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	sections := make(map[string]api.DraftSection, len(d.Sections))
	for i, section := range d.Sections {
		sections[section.ID] = api.DraftSection{Position: int32(i + 1), Heading: section.Heading, Body: section.Body}
	}
	return api.GenerateDocument200JSONResponse{
		DraftID: api.ID(d.ID), DraftText: d.Text, Sections: sections, QualityScore: d.QualityScore, Citations: toAPICitations(d.Citations), Warnings: nonNil(d.Warnings),
		Model: d.Model, TokensUsed: int32(d.TokensUsed), Cached: d.Cached, ConsultationID: api.ID(d.ConsultationID)}, nil
}

// AnalyzeText reviews a contract.
func (s *Server) AnalyzeText(ctx context.Context, r api.AnalyzeTextRequestObject) (api.AnalyzeTextResponseObject, error) {
	a, err := s.ai.Analyze(ctx, principal(ctx), ai.AnalysisRequest{
		ID: middleware.DerivedID(ctx, 0), Text: deref(r.Body.Text), DocumentID: (*domain.ID)(r.Body.DocID), Policy: r.Body.Policy, Locale: deref(r.Body.Locale)})
	if err != nil {
		return nil, err
	}
	out := make([]api.Finding, len(a.Findings))
	for i, f := range a.Findings {
		out[i] = toAPIFinding(f)
	}
	return api.AnalyzeText200JSONResponse{Findings: out, RiskLevel: api.Severity(a.RiskLevel), Suggestions: nonNil(a.Suggestions), ModelUsed: a.ModelUsed,
		Warnings: nonNil(a.Warnings), Model: a.Model, TokensUsed: int32(a.TokensUsed), Cached: a.Cached, ConsultationID: api.ID(a.ConsultationID)}, nil
}

func toAPIFinding(f findings.Finding) api.Finding {
	out := api.Finding{Kind: api.FindingKind(f.Kind), ClauseType: f.ClauseType, Title: optional(f.Title), Quote: f.Quote, Start: int32(f.Start), End: int32(f.End),
		Severity: api.Severity(f.Severity), Confidence: f.Confidence, Rationale: f.Rationale, Suggestion: f.Suggestion, Wording: optional(f.Wording),
		Page: optionalNumber(f.Page), Paragraph: optionalNumber(f.Paragraph)}
	if b := f.Box; b != nil {
		out.Box = &api.PageBox{Left: b.Left, Bottom: b.Bottom, Right: b.Right, Top: b.Top}
	}
	return out
}

// optionalNumber returns nil for 0.
func optionalNumber(n int) *int32 {
	if n == 0 {
		return nil
	}
	v := int32(n)
	return &v
}

// WarmChatCache starts a job that fills the chat cache.
func (s *Server) WarmChatCache(ctx context.Context, r api.WarmChatCacheRequestObject) (api.WarmChatCacheResponseObject, error) {
	questions := make([]ai.WarmQuestion, len(r.Body.Questions))
	for i, q := range r.Body.Questions {
		questions[i] = ai.WarmQuestion{Message: q.Message, Locale: deref(q.Locale)}
	}
	id, err := s.ai.WarmCache(ctx, principal(ctx), questions, deref(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	return api.WarmChatCache202JSONResponse{JobID: api.ID(id), Total: int32(len(questions))}, nil
}

// MaskText returns a text as the AI would receive it.
func (s *Server) MaskText(ctx context.Context, r api.MaskTextRequestObject) (api.MaskTextResponseObject, error) {
	m, err := s.ai.MaskText(ctx, r.Body.Text)
	if err != nil {
		return nil, err
	}
	placeholders := make([]api.MaskedSpan, len(m.Placeholders))
	for i, p := range m.Placeholders {
		placeholders[i] = api.MaskedSpan{Placeholder: p.Text, Type: api.MaskingType(p.Type.String()), Start: int32(p.Start), End: int32(p.End)}
	}
	return api.MaskText200JSONResponse{MaskedText: m.Text, Placeholders: placeholders}, nil
}

// GetMaskingLists returns the firm's masking lists.
func (s *Server) GetMaskingLists(ctx context.Context, _ api.GetMaskingListsRequestObject) (api.GetMaskingListsResponseObject, error) {
	lists, err := s.ai.MaskingLists(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetMaskingLists200JSONResponse(toAPIMaskingLists(lists)), nil
}

// ReplaceMaskingLists replaces the firm's masking lists.
func (s *Server) ReplaceMaskingLists(ctx context.Context, r api.ReplaceMaskingListsRequestObject) (api.ReplaceMaskingListsResponseObject, error) {
	lists := ai.MaskingLists{Always: make([]ai.MaskingEntry, len(r.Body.Always)), Never: make([]string, len(r.Body.Never))}
	for i, e := range r.Body.Always {
		lists.Always[i] = ai.MaskingEntry{Text: e.Text, Type: string(e.Type)}
	}
	copy(lists.Never, r.Body.Never)
	var version *int
	if v := r.Body.Version; v != nil {
		version = new(int)
		*version = int(*v)
	}
	lists, err := s.ai.ReplaceMaskingLists(ctx, principal(ctx), lists, version)
	if err != nil {
		return nil, err
	}
	return api.ReplaceMaskingLists200JSONResponse(toAPIMaskingLists(lists)), nil
}

func toAPIMaskingLists(lists ai.MaskingLists) api.MaskingLists {
	out := api.MaskingLists{Always: make([]api.MaskingEntry, len(lists.Always)), Never: nonNil(lists.Never), Version: int32(lists.Version)}
	for i, e := range lists.Always {
		out.Always[i] = api.MaskingEntry{Text: e.Text, Type: api.MaskingEntryType(e.Type)}
	}
	if lists.Version > 0 {
		out.UpdatedAt, out.UpdatedBy = &lists.UpdatedAt, (*api.ID)(&lists.UpdatedBy)
	}
	return out
}

// ListConsultations lists questions and answers.
func (s *Server) ListConsultations(ctx context.Context, r api.ListConsultationsRequestObject) (api.ListConsultationsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.ai.Consultations(ctx, principal(ctx), ai.ConsultationFilter{
		UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID), Kind: ai.Kind(deref(r.Params.Kind)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.ConsultationList{Items: make([]api.ConsultationSummary, len(items)), NextCursor: encodeCursor(next)}
	for i, c := range items {
		page.Items[i] = api.ConsultationSummary{ID: api.ID(c.ID), UserID: api.ID(c.UserID), Kind: api.ConsultationKind(c.Kind), Excerpt: c.Excerpt, Cached: c.Cached, CreatedAt: c.CreatedAt}
	}
	return api.ListConsultations200JSONResponse(page), nil
}

// GetConsultation returns one consultation.
func (s *Server) GetConsultation(ctx context.Context, r api.GetConsultationRequestObject) (api.GetConsultationResponseObject, error) {
	c, err := s.ai.Consultation(ctx, principal(ctx), domain.ID(r.ConsultationID))
	if err != nil {
		return nil, err
	}
	consultation, err := toAPIConsultation(c)
	return api.GetConsultation200JSONResponse(consultation), err
}

func toAPIConsultation(c ai.Consultation) (api.Consultation, error) {
	refs, err := toAPIReferences(c.References)
	return api.Consultation{ID: api.ID(c.ID), UserID: api.ID(c.UserID), CaseID: (*api.ID)(c.CaseID), Kind: api.ConsultationKind(c.Kind),
		Question: c.Question, Answer: c.Answer, MaskedText: optional(c.MaskedText), References: refs, Citations: toAPICitations(c.Citations), Clarifications: toAPIClarifications(c.Clarifications), Warnings: c.Warnings, DraftID: (*api.ID)(c.DraftID), Locale: &c.Locale, Model: c.Model,
		Cached: c.Cached, TokensUsed: int32(c.TokensUsed), CreatedAt: c.CreatedAt}, err
}

// ListAIUsage sums up the use of the AI.
func (s *Server) ListAIUsage(ctx context.Context, r api.ListAIUsageRequestObject) (api.ListAIUsageResponseObject, error) {
	cursor, err := decodeCursorBytes(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := ai.UsageFilter{UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID), Model: deref(r.Params.Model), Limit: limit(r.Params.Limit), Cursor: cursor}
	if r.Params.From != nil {
		f.From = &r.Params.From.Time
	}
	if r.Params.To != nil {
		f.To = &r.Params.To.Time
	}
	for _, g := range r.Params.GroupBy {
		f.GroupBy = append(f.GroupBy, ai.UsageGroup(g))
	}
	items, next, err := s.ai.Usage(ctx, principal(ctx), f)
	if err != nil {
		return nil, err
	}
	budgets, err := s.ai.Budgets(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	page := api.AIUsageList{Items: make([]api.AIUsage, len(items)), Budgets: make([]api.AIBudget, len(budgets)), NextCursor: encodeCursorBytes(next)}
	for i, u := range items {
		page.Items[i] = toAPIUsage(u)
	}
	for i, b := range budgets {
		page.Budgets[i] = toAPIBudget(b)
	}
	return api.ListAIUsage200JSONResponse(page), nil
}

func toAPIUsage(u ai.Usage) api.AIUsage {
	out := api.AIUsage{Calls: u.Calls, CachedCalls: u.Cached, PromptTokens: u.Prompt, CompletionTokens: u.Completion, Cost: api.AICost{Micros: u.Cost, Currency: u.Currency}, Model: optional(u.Model)}
	if !u.Period.IsZero() {
		out.Period = &openapi_types.Date{Time: u.Period}
	}
	if !u.UserID.IsZero() {
		out.UserID = (*api.ID)(&u.UserID)
	}
	if !u.CaseID.IsZero() {
		out.CaseID = (*api.ID)(&u.CaseID)
	}
	return out
}

func toAPIBudget(b ai.BudgetState) api.AIBudget {
	out := api.AIBudget{Scope: api.AIBudgetScopeUser, Period: api.AIBudgetPeriod(b.Period), Unit: api.AIBudgetUnitTokens, Limit: b.Limit, Spent: b.Spent, ResetsAt: b.ResetsAt}
	if b.Firm {
		out.Scope = api.AIBudgetScopeFirm
	}
	if b.Cost {
		out.Unit = api.AIBudgetUnitCost
	}
	return out
}

// ListDocumentTypes lists the types of documents that the AI can draft.
func (s *Server) ListDocumentTypes(context.Context, api.ListDocumentTypesRequestObject) (api.ListDocumentTypesResponseObject, error) {
	types := s.ai.DocumentTypes()
	page := api.DocumentTypeList{Items: make([]api.DocumentType, len(types))}
	for i, t := range types {
		documentType := api.DocumentType{ID: t.ID, Title: t.Title, Description: t.Description, Version: t.Version}
		if err := json.Unmarshal(t.InputsSchema, &documentType.InputsSchema); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(t.Example, &documentType.Example); err != nil {
			return nil, err
		}
		page.Items[i] = documentType
	}
	return api.ListDocumentTypes200JSONResponse(page), nil
}

func toAPIChatResponse(a ai.Answer) (api.ChatResponse, error) {
	refs, err := toAPIReferences(a.References)
	return api.ChatResponse{Answer: a.Text, References: refs, Citations: toAPICitations(a.Citations), Clarifications: toAPIClarifications(a.Clarifications),
		Warnings: a.Warnings, Model: a.Model, TokensUsed: int32(a.TokensUsed), Cached: a.Cached, ConsultationID: api.ID(a.ConsultationID)}, err
}

func toAPIReferences(of []ai.Reference) (refs []api.Reference, err error) {
	refs = make([]api.Reference, len(of))
	for i, r := range of {
		switch r.Kind {
		case ai.ReferenceDocument:
			err = refs[i].FromDocumentReference(api.DocumentReference{Marker: int32(r.Marker), DocID: api.ID(r.DocumentID), Name: r.Name, Page: int32(r.Page), Quote: r.Quote})
		default:
			err = refs[i].FromConsultationReference(api.ConsultationReference{ConsultationID: api.ID(r.ConsultationID), Excerpt: r.Excerpt})
		}
		if err != nil {
			return nil, err
		}
	}
	return refs, nil
}

func toAPICitations(of []ai.Citation) []api.Citation {
	out := make([]api.Citation, len(of))
	for i, c := range of {
		out[i] = api.Citation{Text: c.Text, Kind: api.CitationKind(c.Kind), Start: int32(c.Start), End: int32(c.End), Verified: c.Verified}
		if c.Verified {
			source := api.CitationSource(c.Source)
			out[i].Source = &source
		}
		if c.Source == ai.CitedInDocument {
			page := int32(c.Page)
			out[i].DocID, out[i].Page = (*api.ID)(&c.DocumentID), &page
		}
	}
	return out
}

func toAPIClarifications(of []ai.Clarification) []api.Clarification {
	out := make([]api.Clarification, len(of))
	for i, c := range of {
		out[i] = api.Clarification{About: api.ClarificationAbout(c.About), Question: c.Question}
	}
	return out
}
