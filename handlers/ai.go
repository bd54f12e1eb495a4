package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/ai"
	"counsel/gen/api"
)

// SendChat answers a question, whole or as it is written, as the caller's Accept asks.
func (s *Server) SendChat(ctx context.Context, r api.SendChatRequestObject) (api.SendChatResponseObject, error) {
	q := ai.Question{ID: made(ctx, 0), UserID: domain.ID(r.Body.UserID), Message: r.Body.Message, Locale: text(r.Body.Locale)}
	if c := r.Body.Context; c != nil {
		concerns(ctx, (*domain.ID)(c.CaseID))
		q.Context = &ai.Context{CaseID: (*domain.ID)(c.CaseID), ConsultationID: (*domain.ID)(c.ConsultationID), Facts: text(c.Facts)}
		for _, id := range c.DocumentIds {
			q.Context.DocumentIDs = append(q.Context.DocumentIDs, domain.ID(id))
		}
	}
	if recordOf(ctx).streams {
		return &chatStream{ctx: ctx, server: s, question: q}, nil
	}
	a, err := s.AI.Chat(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	response, err := chatResponse(a)
	return api.SendChat200JSONResponse(response), err
}

// chatStream answers a question as an event stream. Nothing is written before the first
// event, so that a failure until then is still a problem with its own status.
type chatStream struct {
	ctx      context.Context
	server   *Server
	question ai.Question
}

// eventWait is how long one event may take to reach a slow client.
const eventWait = 10 * time.Second

// VisitSendChatResponse asks, and writes the events as they come. When the client has gone the
// answer is still carried to its end, so that it is on record.
func (st *chatStream) VisitSendChatResponse(w http.ResponseWriter) error {
	begun, gone := false, false
	out := http.NewResponseController(w)
	send := func(e api.ChatEvent) {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("X-Accel-Buffering", "no") // or a proxy would hold the events back
			w.WriteHeader(http.StatusOK)
		}
		if gone {
			return
		}
		data, err := json.Marshal(e)
		if err != nil { // strings and numbers only: cannot happen
			panic(err)
		}
		event := make([]byte, 0, len(data)+32)
		event = append(append(event, "event: "...), e.Type...)
		event = append(append(append(event, "\ndata: "...), data...), "\n\n"...)
		_ = out.SetWriteDeadline(time.Now().Add(eventWait))
		if _, err := w.Write(event); err != nil || out.Flush() != nil {
			gone = true
		}
	}
	a, err := st.server.AI.StreamChat(st.ctx, caller(st.ctx), st.question, func(piece string) {
		send(api.ChatEvent{Type: api.ChatEventTypeDelta, Text: &piece})
	})
	if err != nil {
		if !begun {
			return err
		}
		rec := recordOf(st.ctx)
		e := asDomain(err)
		rec.fail(e)
		p := describe(e, rec.id, "")
		send(api.ChatEvent{Type: api.ChatEventTypeError, Problem: &p})
		return nil
	}
	response, err := chatResponse(a)
	if err != nil {
		return err
	}
	send(api.ChatEvent{Type: api.ChatEventTypeDone, Response: &response})
	return nil
}

// GenerateDocument drafts a document.
func (s *Server) GenerateDocument(ctx context.Context, r api.GenerateDocumentRequestObject) (api.GenerateDocumentResponseObject, error) {
	concerns(ctx, (*domain.ID)(r.Body.CaseID))
	d, err := s.AI.GenerateDocument(ctx, caller(ctx), ai.DraftRequest{ID: made(ctx, 0), DraftID: made(ctx, 1),
		Type: r.Body.Type, Inputs: r.Body.Inputs, Tone: text(r.Body.Tone), Locale: text(r.Body.Locale), Policy: text(r.Body.Policy), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	sections := make(map[string]api.DraftSection, len(d.Sections))
	for i, one := range d.Sections {
		sections[one.ID] = api.DraftSection{Position: int32(i + 1), Heading: one.Heading, Body: one.Body}
	}
	return api.GenerateDocument200JSONResponse{
		DraftID: api.ID(d.ID), DraftText: d.Text, Sections: sections, QualityScore: d.QualityScore, Warnings: list(d.Warnings),
		TokensUsed: int32(d.TokensUsed), Cached: d.Cached, ConsultationID: api.ID(d.ConsultationID)}, nil
}

// AnalyzeText reviews a text.
func (s *Server) AnalyzeText(ctx context.Context, r api.AnalyzeTextRequestObject) (api.AnalyzeTextResponseObject, error) {
	a, err := s.AI.Analyze(ctx, caller(ctx), ai.AnalysisRequest{ID: made(ctx, 0), Text: r.Body.Text, Policy: string(r.Body.Policy)})
	if err != nil {
		return nil, err
	}
	findings := make([]api.Finding, len(a.Findings))
	for i, f := range a.Findings {
		findings[i] = api.Finding{ClauseType: f.ClauseType, Quote: f.Quote, Start: int32(f.Start), End: int32(f.End),
			Severity: api.Severity(f.Severity), Confidence: f.Confidence, Rationale: f.Rationale, Suggestion: f.Suggestion}
	}
	return api.AnalyzeText200JSONResponse{Findings: findings, RiskLevel: api.Severity(a.RiskLevel), Suggestions: list(a.Suggestions),
		TokensUsed: int32(a.TokensUsed), Cached: a.Cached, ConsultationID: api.ID(a.ConsultationID)}, nil
}

// WarmChatCache has questions asked before people ask them.
func (s *Server) WarmChatCache(ctx context.Context, r api.WarmChatCacheRequestObject) (api.WarmChatCacheResponseObject, error) {
	questions := make([]ai.WarmQuestion, len(r.Body.Questions))
	for i, q := range r.Body.Questions {
		questions[i] = ai.WarmQuestion{Message: q.Message, Locale: text(q.Locale)}
	}
	id, err := s.AI.Warm(ctx, caller(ctx), questions, text(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	return api.WarmChatCache202JSONResponse{JobID: api.ID(id), Total: int32(len(questions))}, nil
}

// ListConsultations pages through what was asked.
func (s *Server) ListConsultations(ctx context.Context, r api.ListConsultationsRequestObject) (api.ListConsultationsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.AI.Consultations(ctx, caller(ctx), ai.ConsultationFilter{
		UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID), Kind: ai.Kind(text(r.Params.Kind)), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.ConsultationList{Items: make([]api.ConsultationSummary, len(items)), NextCursor: cursor(next)}
	for i, c := range items {
		page.Items[i] = api.ConsultationSummary{ID: api.ID(c.ID), UserID: api.ID(c.UserID), Kind: api.ConsultationKind(c.Kind), Excerpt: c.Excerpt, Cached: c.Cached, CreatedAt: c.CreatedAt}
	}
	return api.ListConsultations200JSONResponse(page), nil
}

// GetConsultation answers one consultation.
func (s *Server) GetConsultation(ctx context.Context, r api.GetConsultationRequestObject) (api.GetConsultationResponseObject, error) {
	c, err := s.AI.Consultation(ctx, caller(ctx), domain.ID(r.ConsultationID))
	if err != nil {
		return nil, err
	}
	one, err := consultation(c)
	return api.GetConsultation200JSONResponse(one), err
}

func consultation(c ai.Consultation) (api.Consultation, error) {
	refs, err := references(c.References)
	return api.Consultation{ID: api.ID(c.ID), UserID: api.ID(c.UserID), CaseID: (*api.ID)(c.CaseID), Kind: api.ConsultationKind(c.Kind),
		Question: c.Question, Answer: c.Answer, References: refs, Warnings: c.Warnings, DraftID: (*api.ID)(c.DraftID), Locale: &c.Locale, Model: c.Model,
		Cached: c.Cached, TokensUsed: int32(c.TokensUsed), CreatedAt: c.CreatedAt}, err
}

// ListDocumentTypes lists what can be drafted.
func (s *Server) ListDocumentTypes(context.Context, api.ListDocumentTypesRequestObject) (api.ListDocumentTypesResponseObject, error) {
	types := s.AI.DocumentTypes()
	page := api.DocumentTypeList{Items: make([]api.DocumentType, len(types))}
	for i, t := range types {
		one := api.DocumentType{ID: t.ID, Title: t.Title, Description: t.Description, Version: t.Version}
		if err := json.Unmarshal(t.InputsSchema, &one.InputsSchema); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(t.Example, &one.Example); err != nil {
			return nil, err
		}
		page.Items[i] = one
	}
	return api.ListDocumentTypes200JSONResponse(page), nil
}

func chatResponse(a ai.Answer) (api.ChatResponse, error) {
	refs, err := references(a.References)
	return api.ChatResponse{Answer: a.Text, References: refs, Warnings: a.Warnings, TokensUsed: int32(a.TokensUsed), Cached: a.Cached, ConsultationID: api.ID(a.ConsultationID)}, err
}

func references(of []ai.Reference) (refs []api.Reference, err error) {
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

// wantsEvents reports whether an Accept header asks for an event stream.
func wantsEvents(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// text is an optional string, "" when absent.
func text[T ~string](v *T) string {
	if v == nil {
		return ""
	}
	return string(*v)
}

// list is never null in JSON.
func list(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}
