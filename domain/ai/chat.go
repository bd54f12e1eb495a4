package ai

import (
	"context"
	"strings"

	"counsel/domain"
	"counsel/domain/ai/clarify"
	"counsel/domain/ai/prompts"
	"counsel/domain/ai/sources"
	"counsel/domain/masking"
	query "counsel/gen/query/ai"

	"golang.org/x/text/language"
)

// Question is a question to the AI.
type Question struct {
	ID      domain.ID // optional id of its consultation; a repeated request has the same id and gets the recorded answer
	UserID  domain.ID // whose question it is: the caller's own, unless the caller is an admin
	Message string
	Context *Context // nil: none
	Locale  string   // BCP 47; "": English
}

// Context is what a question refers to. Its answer is never shared with other users.
type Context struct {
	CaseID         *domain.ID  // the case that the question belongs to
	ConsultationID *domain.ID  // the previous consultation: of the case, or of the user outside of cases
	DocumentIDs    []domain.ID // documents to answer from, at most 20
	Facts          string
}

// Answer is the AI's answer.
type Answer struct {
	Text           string // Markdown
	References     []Reference
	Citations      []Citation      // the statutes, acts and decisions that Text names, in its order
	Clarifications []Clarification // what to ask the user; the answer holds only with what they answer
	Warnings       []string        // about the documents and the language
	Model          string          // that wrote the answer
	TokensUsed     int             // counted by the provider for this request; 0 if Cached
	Cached         bool            // from the cache, or from the call of another request
	ConsultationID domain.ID
}

// ReferenceKind is the kind of a Reference.
type ReferenceKind string

// The kinds of references.
const (
	ReferenceConsultation ReferenceKind = "consultation" // the previous consultation
	ReferenceDocument     ReferenceKind = "document"     // a passage that the answer quotes
)

// Reference is a source of an answer.
type Reference struct {
	Kind ReferenceKind `json:"kind"`

	ConsultationID domain.ID `json:"consultationId,omitzero"`
	Excerpt        string    `json:"excerpt,omitempty"` // start of its question, at most 300 characters

	Marker     int       `json:"marker,omitempty"` // the number in brackets in the answer
	DocumentID domain.ID `json:"documentId,omitzero"`
	Name       string    `json:"name,omitempty"`
	Page       int       `json:"page,omitempty"`  // from 1
	Quote      string    `json:"quote,omitempty"` // the page's own words
}

// Chat answers a question. Errors: Forbidden for another user's id; Invalid (/message, /locale, /userId);
// NotFound for a case, consultation or document that the user cannot read; Forbidden or Conflict for a case
// in which the user may not ask; Conflict with sources.ReasonTextPending or Invalid for a document without
// text (/context/documentIds/0); RateLimited beyond Config.MaxFlights or with
// ReasonBudgetSpent; and the errors of Model.
func (s *Service) Chat(ctx context.Context, caller domain.Principal, q Question) (Answer, error) {
	return s.chat(ctx, caller, q, nil)
}

// StreamChat is Chat, but passes the answer to delta piece by piece, in the caller's goroutine. The pieces
// joined are Answer.Text. An error may occur after some pieces.
func (s *Service) StreamChat(ctx context.Context, caller domain.Principal, q Question, delta func(string)) (Answer, error) {
	return s.chat(ctx, caller, q, delta)
}

func (s *Service) chat(ctx context.Context, caller domain.Principal, q Question, delta func(string)) (Answer, error) {
	if err := s.begin(); err != nil {
		return Answer{}, err
	}
	defer s.end()
	arrived := s.clock()
	if err := s.authorizeOnBehalf(ctx, caller, q.UserID); err != nil {
		return Answer{}, err
	}
	if strings.TrimSpace(q.Message) == "" {
		return Answer{}, domain.InvalidField("/message", "must not be blank")
	}
	if c, ok, err := s.findRecorded(ctx, caller, q.ID); ok || err != nil {
		if err == nil && delta != nil {
			delta(c.Answer)
		}
		return Answer{Text: c.Answer, References: c.References, Citations: c.Citations, Clarifications: c.Clarifications, Warnings: c.Warnings, Model: c.Model, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}, err
	}
	tag := parseLocale(q.Locale)
	about, err := s.loadContext(ctx, caller, q)
	if err != nil {
		return Answer{}, err
	}
	session, err := s.newSession(ctx)
	if err != nil {
		return Answer{}, err
	}
	session.SetLocale(tag.String())
	started := s.clock()
	m, err := about.mask(session, q)
	s.metrics.Masked(s.clock().Sub(started), session.Found())
	if err != nil {
		return Answer{}, err
	}

	// From here on the request runs to its end, even if ctx is canceled.
	shared := about.caseID == nil && about.previous == nil && about.sources == nil && m.facts == "" && session.Found() == 0
	r := s.chatRequest(caller.UserID, m, about.sources, tag, cacheScope(shared, q.UserID, about.caseID))
	r.arrived, r.stream, r.caseID = arrived, delta != nil, about.caseID
	usage := domain.UsageFrom(ctx)
	stream := newAnswerStream(session, delta)
	e, cached, err := s.complete(ctx, r, usage, stream.live())
	if err != nil {
		return Answer{}, err
	}
	if err := checkRestoredLen(session, KindChat, e.Text); err != nil {
		return Answer{}, err
	}
	parsed := parseChatAnswer(e.Text)
	answer := session.Restore(parsed.text)
	found := about.examine(answer, parsed, session, q, m, tag)
	row := s.newConsultation(q.ID, r, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion = q.UserID, caller.UserID, tag.String(), s.chatVersion(tag)
	row.Excerpt, row.Question, row.Answer = excerpt(q.Message), q.Message, answer
	if row.MaskedText, err = maskedText(r); err != nil {
		return Answer{}, err
	}
	if row.Sources, err = found.encode(); err != nil {
		return Answer{}, err
	}
	if row.CaseID = about.caseID; row.CaseID == nil {
		err = s.recorder.write(row)
	} else {
		err = s.recordInCase(ctx, caller, *row.CaseID, row)
	}
	if err != nil {
		return Answer{}, err
	}
	if delta != nil {
		answer = stream.finish(e.Text)
	}
	return Answer{
		Text: answer, References: found.References, Citations: found.Citations, Clarifications: found.Clarifications, Warnings: found.Warnings,
		Model: e.Model, TokensUsed: usage.Tokens, Cached: cached, ConsultationID: row.ID,
	}, nil
}

// examine returns what is to be known about an answer besides its text.
func (c questionContext) examine(answer string, parsed chatAnswer, session *masking.Session, q Question, m maskedQuestion, tag language.Tag) (out answerDetails) {
	out.References, out.Warnings = resolveReferences(parsed.text, m.passages, c.previous)
	given := c.given(session, q, m)
	out.Citations = findCitations(answer, given)
	var missing []clarify.About
	if c.sources == nil { // documents say themselves what they are about
		var rest strings.Builder
		for _, g := range given[:len(given)-1] {
			rest.WriteString(g.text + "\n")
		}
		missing = clarify.Missing(q.Message, rest.String())
	}
	out.Clarifications = clarifications(parsed, missing, tag, session.Restore)
	out.Warnings = append(out.Warnings, languageWarning(parsed.text, tag)...)
	return out
}

// resolveReferences returns the references of a masked answer and the warnings about its documents.
func resolveReferences(answer string, passages []sources.Passage, previous *query.Consultation) (references []Reference, warnings []string) {
	if previous != nil {
		references = append(references, Reference{Kind: ReferenceConsultation, ConsultationID: previous.ID, Excerpt: previous.Excerpt})
	}
	citations, unresolved := sources.ResolveCitations(answer, passages)
	for _, c := range citations {
		references = append(references, Reference{Kind: ReferenceDocument, Marker: c.Marker, DocumentID: c.DocumentID, Name: c.Name, Page: c.Page, Quote: c.Quote})
	}
	return references, append(sources.InjectionWarnings(passages), unresolved...)
}

// answerStream restores a streamed answer for one reader.
type answerStream struct {
	restorer *masking.Restorer // nil: the reader does not want a stream
	decoder  answerDecoder
	sent     strings.Builder
	started  bool
}

func newAnswerStream(session *masking.Session, delta func(string)) *answerStream {
	a := &answerStream{}
	if delta != nil {
		a.restorer = session.Restorer(func(piece string) {
			if a.sent.Len()+len(piece) <= 4*maxAnswer { // longer answers are rejected in the end
				a.sent.WriteString(piece)
				delta(piece)
			}
		})
		a.decoder.emit = a.restorer.Write
	}
	return a
}

// live returns the function that takes the pieces of the masked answer, or nil.
func (a *answerStream) live() func(string) {
	if a.restorer == nil {
		return nil
	}
	return func(piece string) {
		a.started = true
		a.decoder.Write(piece)
	}
}

// finish sends what is left of the masked answer and returns all that was sent.
func (a *answerStream) finish(masked string) string {
	if !a.started {
		a.decoder.Write(masked)
	}
	a.decoder.Close()
	a.restorer.Flush()
	return a.sent.String()
}

// chatRequest returns the request for a masked question. scope decides who can share the answer.
func (s *Service) chatRequest(user domain.ID, m maskedQuestion, src *sources.Sources, tag language.Tag, scope string) *request {
	return &request{
		kind: KindChat, user: user, arrived: s.clock(),
		fields: []string{s.chatVersion(tag), "", m.message, m.caseText, m.facts, m.previousQuestion, m.previousAnswer,
			src.Digest(m.passages), tag.String(), scope},
		build: func() (Request, error) { return s.chatMessages(m, tag) },
		check: checkChatAnswer,
	}
}

// chatMessages builds the request to the model: the system prompt, the previous turn, the question.
func (s *Service) chatMessages(m maskedQuestion, tag language.Tag) (Request, error) {
	params := prompts.ChatParams{Locale: tag, Question: m.message, Passages: sources.ForPrompt(m.passages)}
	if m.caseText != "" {
		params.Context = append(params.Context, prompts.ContextText{Name: "The case", Text: m.caseText})
	}
	if m.facts != "" {
		params.Context = append(params.Context, prompts.ContextText{Name: "Facts", Text: m.facts})
	}
	p, err := s.prompts.Chat(params)
	if err != nil {
		return Request{}, err
	}
	messages := []Message{{Author: System, Text: p.System}}
	if m.previousQuestion != "" {
		messages = append(messages, Message{Author: User, Text: m.previousQuestion}, Message{Author: Assistant, Text: m.previousAnswer})
	}
	return Request{
		Messages: append(messages, Message{Author: User, Text: p.User}),
		Schema:   &Schema{Name: p.SchemaName, JSON: p.Schema},
	}, nil
}
