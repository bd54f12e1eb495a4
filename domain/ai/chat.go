package ai

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/masking"
	"counsel/gen/query"

	"golang.org/x/text/language"
)

// Question is one question to the AI.
type Question struct {
	ID      domain.ID // of its consultation, optional: a repeated request has the same, and gets the answer on record
	UserID  domain.ID // whose question it is: the caller's own, unless the caller is an admin
	Message string
	Context *Context // nil: none
	Locale  string   // BCP 47; "": English
}

// Context is what a question goes on from. Its answer is never shared with another user.
type Context struct {
	CaseID         *domain.ID  // the question belongs to this case
	ConsultationID *domain.ID  // an earlier consultation: of the case, or of the user outside of cases
	DocumentIDs    []domain.ID // to answer from, at most 20
	Facts          string
}

// Answer is the AI's answer.
type Answer struct {
	Text           string // Markdown
	References     []Reference
	Warnings       []string // what a reader should know of the documents
	TokensUsed     int      // what the provider counted for this very request; 0 when Cached
	Cached         bool     // from the cache, or from the call another request was making
	ConsultationID domain.ID
}

// ReferenceKind says what a Reference refers to.
type ReferenceKind string

// The kinds of references.
const (
	ReferenceConsultation ReferenceKind = "consultation" // the one that the question went on from
	ReferenceDocument     ReferenceKind = "document"     // words of it that the answer quotes
)

// Reference is something the answer was given with.
type Reference struct {
	Kind ReferenceKind `json:"kind"`

	ConsultationID domain.ID `json:"consultationId,omitzero"`
	Excerpt        string    `json:"excerpt,omitempty"` // the beginning of what was asked then, at most 300 characters

	Marker     int       `json:"marker,omitempty"` // the number in brackets behind the words in the answer
	DocumentID domain.ID `json:"documentId,omitzero"`
	Name       string    `json:"name,omitempty"`
	Page       int       `json:"page,omitempty"`  // from 1
	Quote      string    `json:"quote,omitempty"` // the page's own words
}

// Chat answers a question. Errors: Forbidden for another user's id, Invalid (/message,
// /locale, /userId), NotFound for a case, a consultation or a document the user cannot read,
// Forbidden or Conflict for a case in which the user may not ask, Conflict with
// ReasonTextPending or Invalid for a document without text (/context/documentIds/0),
// RateLimited beyond Deps.MaxFlights, and those of Model.
func (s *Service) Chat(ctx context.Context, caller domain.Principal, q Question) (Answer, error) {
	return s.chat(ctx, caller, q, nil)
}

// StreamChat is Chat, with the answer handed to delta piece by piece from the caller's own
// goroutine; the pieces joined are Answer.Text. An error may come after some pieces.
func (s *Service) StreamChat(ctx context.Context, caller domain.Principal, q Question, delta func(string)) (Answer, error) {
	return s.chat(ctx, caller, q, delta)
}

func (s *Service) chat(ctx context.Context, caller domain.Principal, q Question, delta func(string)) (Answer, error) {
	if err := s.begin(); err != nil {
		return Answer{}, err
	}
	defer s.end()
	asked := s.Clock()
	if err := s.mayAskFor(ctx, caller, q.UserID); err != nil {
		return Answer{}, err
	}
	if strings.TrimSpace(q.Message) == "" {
		return Answer{}, domain.InvalidField("/message", "must not be blank")
	}
	if c, ok, err := s.existing(ctx, caller, q.ID); ok || err != nil {
		if err == nil && delta != nil {
			delta(c.Answer)
		}
		return Answer{Text: c.Answer, References: c.References, Warnings: c.Warnings, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}, err
	}
	tag, err := parseLocale(q.Locale)
	if err != nil {
		return Answer{}, err
	}
	locale := tag.String()
	matter, about, err := s.matter(ctx, caller, q)
	if err != nil {
		return Answer{}, err
	}
	earlier, err := s.earlier(ctx, caller, q)
	if err != nil {
		return Answer{}, err
	}
	sh, err := s.shelf(ctx, caller, q)
	if err != nil {
		return Answer{}, err
	}

	session := s.Masker.NewSession()
	started := s.Clock()
	m, err := maskQuestion(session, q, about, earlier, sh)
	s.Metrics.Masked(s.Clock().Sub(started), session.Found())
	if err != nil {
		return Answer{}, err
	}

	// From here on the request is carried to its end, whatever becomes of ctx.
	shared := matter == nil && earlier == nil && sh == nil && m.facts == "" && session.Found() == 0
	a := s.chatAsk(caller.UserID, m, sh, tag, partition(shared, q.UserID, matter))
	a.at, a.stream = asked, delta != nil
	usage := domain.UsageFrom(ctx)
	var text strings.Builder
	var restorer *masking.Restorer
	var live func(string)
	begun := false
	if delta != nil {
		restorer = session.Restorer(func(piece string) {
			if text.Len()+len(piece) <= 4*maxAnswer { // or it is refused in the end
				text.WriteString(piece)
				delta(piece)
			}
		})
		live = func(piece string) {
			begun = true
			restorer.Write(piece)
		}
	}
	e, cached, err := s.obtain(ctx, a, usage, live)
	if err != nil {
		return Answer{}, err
	}
	if err := restorable(session, KindChat, e.Text); err != nil {
		return Answer{}, err
	}
	answer := session.Restore(e.Text)
	references, warnings := cite(e.Text, m.passages)
	warnings = append(orderly(m.passages), warnings...)
	if earlier != nil {
		references = append([]Reference{{Kind: ReferenceConsultation, ConsultationID: earlier.ID, Excerpt: earlier.Excerpt}}, references...)
	}
	row := s.consultation(q.ID, a, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion = q.UserID, caller.UserID, locale, s.chatVersion
	row.Excerpt, row.Question, row.Answer = excerpt(q.Message), q.Message, answer
	if row.Sources, err = keepSources(references, warnings); err != nil {
		return Answer{}, err
	}
	if row.CaseID = matter; matter == nil {
		err = s.record.write(row)
	} else {
		err = s.recordIn(ctx, caller, *matter, row)
	}
	if err != nil {
		return Answer{}, err
	}
	if delta != nil {
		if !begun {
			restorer.Write(e.Text)
		}
		restorer.Flush()
		answer = text.String()
	}
	return Answer{Text: answer, References: references, Warnings: warnings, TokensUsed: usage.Tokens, Cached: cached, ConsultationID: row.ID}, nil
}

// mayAskFor lets callers ask for themselves, and an admin for any account there is.
func (s *Service) mayAskFor(ctx context.Context, caller domain.Principal, user domain.ID) error {
	if user == caller.UserID {
		return nil
	}
	if !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only an admin may ask for another user.")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	switch _, err := query.New(s.DB).GetUser(ctx, user); {
	case errors.Is(err, sql.ErrNoRows):
		return domain.InvalidField("/userId", "is not the id of an account")
	case err != nil:
		return db.Error(err)
	}
	return nil
}

// matter is the case a question belongs to and what the case is about; nil when it names none.
func (s *Service) matter(ctx context.Context, caller domain.Principal, q Question) (*domain.ID, string, error) {
	if q.Context == nil || q.Context.CaseID == nil {
		return nil, "", nil
	}
	if s.Cases == nil {
		return nil, "", domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	id := q.Context.CaseID
	if err := s.Cases.Authorize(ctx, caller, *id, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceConsultation}); err != nil {
		return nil, "", err
	}
	if q.UserID != caller.UserID {
		// What an admin asks for somebody must be open to them too.
		member, err := s.Cases.IsMember(ctx, *id, q.UserID)
		if err != nil {
			return nil, "", err
		}
		if !member {
			return nil, "", domain.InvalidField("/userId", "is not a member of the case")
		}
	}
	c, err := s.Cases.Get(ctx, caller, *id)
	if err != nil {
		return nil, "", err
	}
	return id, strings.TrimSpace(c.Title + "\n\n" + c.Description), nil
}

// recordIn writes a consultation of a case, with its entry in the case's timeline, or neither.
// The caller's part in the case may have changed since they asked: then it is refused here.
func (s *Service) recordIn(ctx context.Context, caller domain.Principal, matter domain.ID, row query.Consultation) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	act := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceConsultation, ID: &row.ID}
	return s.Cases.AuthorizedTx(ctx, caller, matter, &act, func(tx db.Tx) error {
		return query.New(tx).CreateConsultation(ctx, query.CreateConsultationParams(row))
	})
}

// earlier reads the consultation the question goes on from; nil when it names none.
func (s *Service) earlier(ctx context.Context, caller domain.Principal, q Question) (*query.Consultation, error) {
	if q.Context == nil || q.Context.ConsultationID == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	c, err := query.New(s.DB).GetConsultation(ctx, *q.Context.ConsultationID)
	own := c.UserID == q.UserID || (caller.Admin() && q.UserID == caller.UserID)
	if c.CaseID != nil { // it stays inside its case, where every member may go on from it
		own = q.Context.CaseID != nil && *q.Context.CaseID == *c.CaseID
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !own:
		return nil, noConsultation()
	case err != nil:
		return nil, db.Error(err)
	}
	return &c, nil
}

// question is a masked question with its context.
type question struct {
	message, facts   string
	matter           string // what the case is about
	question, answer string // of the earlier consultation
	passages         []passage
}

// maxTurn bounds what is sent of an earlier consultation, in characters of each side.
const maxTurn = 40_000

// maskQuestion masks all that will be sent, with one session, so that a person has the same
// placeholder everywhere. What is cut is cut after masking: half an address is not found. With
// documents it is done twice, so that a name that one text gives away is found in all.
func maskQuestion(session *masking.Session, q Question, about string, earlier *query.Consultation, sh *shelf) (question, error) {
	m, err := maskTexts(session, q, about, earlier)
	if err != nil || sh == nil {
		return m, err
	}
	if _, err = sh.open(session); err != nil {
		return question{}, err
	}
	if m, err = maskTexts(session, q, about, earlier); err != nil {
		return question{}, err
	}
	pages, err := sh.open(session)
	if err != nil {
		return question{}, err
	}
	m.passages, err = sh.pick(session, pages, m.message)
	return m, err
}

func maskTexts(session *masking.Session, q Question, about string, earlier *query.Consultation) (m question, err error) {
	for _, part := range []struct {
		to      *string
		pointer string
		text    string
	}{
		{&m.question, "/context/consultationId", textOf(earlier, true)},
		{&m.answer, "/context/consultationId", textOf(earlier, false)},
		{&m.matter, "/context/caseId", about},
		{&m.facts, "/context/facts", factsOf(q.Context)},
		{&m.message, "/message", q.Message},
	} {
		if part.text == "" {
			continue
		}
		masked, err := mask(session, part.text, part.pointer)
		if err != nil {
			return question{}, err
		}
		*part.to = masked.Text
	}
	m.question, m.answer = cut(m.question, maxTurn), cut(m.answer, maxTurn)
	return m, nil
}

func textOf(c *query.Consultation, asked bool) string {
	switch {
	case c == nil:
		return ""
	case asked:
		return c.Question
	}
	return c.Answer
}

func factsOf(c *Context) string {
	if c == nil {
		return ""
	}
	return strings.TrimSpace(c.Facts)
}

// chatAsk is a masked question on its way to an answer; part is who may share that.
func (s *Service) chatAsk(user domain.ID, m question, sh *shelf, tag language.Tag, part string) *ask {
	return &ask{
		kind: KindChat, user: user, ttl: s.ChatTTL, at: s.Clock(),
		key:   keyOf(string(KindChat), s.Model.Name(), s.chatVersion, "", m.message, m.matter, m.facts, m.question, m.answer, digest(sh, m.passages), tag.String(), part),
		build: func() (Request, error) { return s.chatRequest(m, tag) },
	}
}

// chatRequest is what the model is asked: the rules, the earlier turns, the question.
func (s *Service) chatRequest(m question, tag language.Tag) (Request, error) {
	params := prompts.ChatParams{Locale: tag, Question: m.message, Passages: shown(m.passages)}
	if m.matter != "" {
		params.Context = append(params.Context, prompts.ContextText{Name: "The case", Text: m.matter})
	}
	if m.facts != "" {
		params.Context = append(params.Context, prompts.ContextText{Name: "Facts", Text: m.facts})
	}
	p, err := s.Prompts.Chat(params)
	if err != nil {
		return Request{}, err
	}
	messages := []Message{{Author: System, Text: p.System}}
	if m.question != "" {
		messages = append(messages, Message{Author: User, Text: m.question}, Message{Author: Assistant, Text: m.answer})
	}
	return Request{Messages: append(messages, Message{Author: User, Text: p.User})}, nil
}
