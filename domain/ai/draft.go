package ai

import (
	"cmp"
	"context"
	"encoding/json"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/drafts"
	query "counsel/gen/query/ai"

	"golang.org/x/text/language"
)

// DraftRequest asks for a document.
type DraftRequest struct {
	ID      domain.ID      // optional id of its consultation, see Question.ID
	DraftID domain.ID      // optional id of the draft
	Type    string         // id of a document type
	Inputs  map[string]any // as decoded by encoding/json
	Tone    string         // formal, plain, firm, friendly; "": formal
	Locale  string         // BCP 47; "": English
	Policy  string         // policy that the draft is reviewed under; "": none
	CaseID  *domain.ID     // case of the draft and the consultation; nil: none
}

// Draft is a drafted document, as it was stored.
type Draft struct {
	ID             domain.ID
	Text           string // the whole draft, Markdown
	Sections       []Section
	QualityScore   float64 // 0..1, computed from the draft
	Citations      []Citation
	Warnings       []string
	Model          string // that wrote the draft
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
}

// Section is a section of a draft.
type Section struct {
	ID      string `json:"id"`
	Heading string `json:"heading"`
	Body    string `json:"body"` // Markdown
}

// draftSpec is a validated DraftRequest.
type draftSpec struct {
	DraftRequest
	docType *prompts.DocumentType
	schema  map[string]any // of the inputs
	tone    prompts.Tone
	locale  language.Tag
	policy  *policy.Policy // nil: none
}

// GenerateDocument drafts a document for the caller. Errors: Invalid (/type, /inputs/…, /tone, /locale,
// /policy), NotFound for a case that the caller may not read, Forbidden or Conflict for a case in which they
// may not draft, and the errors of Model.
func (s *Service) GenerateDocument(ctx context.Context, caller domain.Principal, req DraftRequest) (Draft, error) {
	if err := s.begin(); err != nil {
		return Draft{}, err
	}
	defer s.end()
	arrived := s.clock()
	d, err := s.parseDraftRequest(req)
	if err != nil {
		return Draft{}, err
	}
	if c, ok, err := s.findRecorded(ctx, caller, d.ID); ok || err != nil {
		if err != nil {
			return Draft{}, err
		}
		return s.storedDraft(ctx, c, d)
	}
	if d.CaseID != nil {
		if err := s.authorizeDraft(ctx, caller, *d.CaseID); err != nil {
			return Draft{}, err
		}
	}
	session, err := s.newSession(ctx)
	if err != nil {
		return Draft{}, err
	}
	session.SetLocale(d.locale.String())
	started := s.clock()
	inputs, err := d.maskInputs(session)
	s.metrics.Masked(s.clock().Sub(started), session.Found())
	if err != nil {
		return Draft{}, err
	}
	p, err := d.docType.Prompt(prompts.DraftParams{Inputs: inputs, Locale: d.locale, Tone: d.tone})
	if err != nil {
		return Draft{}, &domain.Error{Code: domain.Internal, Message: "The document could not be requested.", Err: err}
	}

	// From here on the request runs to its end, even if ctx is canceled.
	r := &request{
		kind: KindDocument, user: caller.UserID, caseID: d.CaseID, arrived: arrived,
		fields: []string{p.Version, d.docType.ID + "@" + d.docType.Version, p.User, "", d.locale.String(), string(d.tone),
			cacheScope(session.Found() == 0, caller.UserID, d.CaseID)},
		build: func() (Request, error) { return structuredRequest(p), nil },
		check: func(text string) error { return checkDraft(d.docType, p, text) },
	}
	usage := domain.UsageFrom(ctx)
	e, cached, err := s.complete(ctx, r, usage, nil)
	if err != nil {
		return Draft{}, err
	}
	if err := checkRestoredLen(session, KindDocument, e.Text); err != nil {
		return Draft{}, err
	}
	parsed, err := parseDraft(d.docType, e.Text)
	if err != nil {
		return Draft{}, badAnswer(err)
	}
	parsed.restore(session)
	out := Draft{ID: cmp.Or(d.DraftID, s.newID()), Text: parsed.markdown(), Sections: parsed.sections, Model: e.Model, TokensUsed: usage.Tokens, Cached: cached}
	out.QualityScore, out.Warnings = assess(parsed, out.Text, d)
	out.Citations = draftCitations(out.Text, d)
	out.Warnings = append(out.Warnings, citationWarnings(out.Citations)...)
	if d.policy != nil {
		out.Warnings = append(out.Warnings, policyWarnings(d.policy, out.Text, d.docType.Contract)...)
	}
	out.Warnings = limitWarnings(out.Warnings)

	question, err := json.Marshal(d.Inputs)
	if err != nil {
		return Draft{}, domain.InvalidField("/inputs", "must be JSON data")
	}
	row := s.newConsultation(d.ID, r, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion, row.DraftID = caller.UserID, caller.UserID, d.locale.String(), p.Version, &out.ID
	row.CaseID = d.CaseID
	row.Excerpt, row.Question, row.Answer = excerpt(d.docType.Title+": "+parsed.title), string(question), out.Text
	if row.MaskedText, err = maskedText(r); err != nil {
		return Draft{}, err
	}
	out.ConsultationID = row.ID
	if err := s.storeDraft(caller, row, out, parsed.title, d.docType, d.tone); err != nil {
		return Draft{}, err
	}
	return out, nil
}

// parseDraftRequest validates a request.
func (s *Service) parseDraftRequest(r DraftRequest) (*draftSpec, error) {
	d := &draftSpec{DraftRequest: r}
	var ok bool
	if d.docType, ok = s.prompts.Type(r.Type); !ok {
		return nil, domain.InvalidField("/type", "is not a document type")
	}
	d.schema = s.schemas[d.docType.ID]
	if d.tone, ok = prompts.ParseTone(r.Tone); !ok {
		return nil, domain.InvalidField("/tone", "must be one of formal, plain, firm, friendly")
	}
	d.locale = parseLocale(r.Locale)
	d.docType = d.docType.In(d.locale)
	if r.Policy != "" {
		if d.policy, ok = s.policies.Policy(r.Policy); !ok {
			return nil, domain.InvalidField("/policy", "is not a policy")
		}
	}
	if fields := d.docType.Validate(r.Inputs); len(fields) > 0 {
		return nil, &domain.Error{Code: domain.Invalid, Message: "The inputs are not valid for the document type.", Fields: fields}
	}
	return d, nil
}

// authorizeDraft checks that the caller may draft documents in a case.
func (s *Service) authorizeDraft(ctx context.Context, caller domain.Principal, caseID domain.ID) error {
	if s.cases == nil {
		return domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	return s.cases.Authorize(ctx, caller, caseID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceDraft})
}

// storeDraft stores a draft and its consultation in one transaction; in a case, together with its entry in the
// timeline. It fails if the caller's access to the case has changed since they asked.
func (s *Service) storeDraft(caller domain.Principal, row query.Consultation, d Draft, title string, t *prompts.DocumentType, tone prompts.Tone) error {
	sections, err := json.Marshal(d.Sections)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.base, writeTimeout)
	defer cancel()
	write := func(tx db.Tx) error {
		if err := drafts.CreateGenerated(ctx, tx, s.events, drafts.NewGeneratedDraft{
			ID: d.ID, UserID: row.UserID, CaseID: row.CaseID, Type: t.ID, TemplateVersion: t.Version, Title: title, Body: d.Text, Locale: row.Locale, Tone: string(tone),
			Sections: sections, Warnings: d.Warnings, QualityScore: d.QualityScore, CreatedAt: row.CreatedAt,
		}); err != nil {
			return err
		}
		return query.New(tx).CreateConsultation(ctx, query.CreateConsultationParams(row))
	}
	if row.CaseID == nil {
		return s.recorder.logError(db.WithTx(ctx, s.db, write))
	}
	action := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceDraft, ID: &d.ID, Detail: "consultation " + row.ID.String()}
	err = s.cases.AuthorizedTx(ctx, caller, *row.CaseID, &action, write)
	switch domain.CodeOf(err) {
	case domain.NotFound, domain.Forbidden, domain.Conflict:
		return err
	}
	return s.recorder.logError(err)
}

// storedDraft returns the draft of a consultation as it was stored.
func (s *Service) storedDraft(ctx context.Context, c Consultation, spec *draftSpec) (Draft, error) {
	if c.DraftID == nil {
		return Draft{}, domain.NoSuch("draft")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	g, err := drafts.GetGenerated(ctx, s.db, *c.DraftID)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{ID: g.ID, Text: c.Answer, QualityScore: g.QualityScore, Warnings: g.Warnings, Model: c.Model, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}
	d.Citations = draftCitations(d.Text, spec)
	return d, json.Unmarshal(g.Sections, &d.Sections)
}
