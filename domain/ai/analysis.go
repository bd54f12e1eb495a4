package ai

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/findings"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/ai/sources"
	"counsel/domain/langid"
	"counsel/domain/masking"
	query "counsel/gen/query/ai"

	"golang.org/x/text/language"
)

// AnalysisRequest asks for the review of a text or a document.
type AnalysisRequest struct {
	ID         domain.ID // optional id of its consultation, see Question.ID
	Text       string
	DocumentID *domain.ID // instead of Text
	Policy     string     // name of the policy; "": default
	Locale     string     // of rationale and suggestion; "": English
}

// Analysis is the review of a text.
type Analysis struct {
	findings.Report
	Model          string // that reviewed the text; "" if only the rules did
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
}

// A long text is reviewed by the model in parts, several at a time, and by the rules as a whole. Parts that
// the limits leave out are reviewed by the rules only.
const (
	maxPart       = 100_000 // bytes of masked text
	maxParts      = 20
	parallelParts = 4
	partsDeadline = 2 * time.Minute // no part is begun after that
)

// Warnings of an analysis.
const (
	warningNoModel  = "The AI could not be asked. Only the rules reviewed the text."
	warningNoBoxes  = "The document could not be read again, so the findings have no boxes."
	warningLanguage = "The language of the text is none that the rules know, so they may miss clauses and do not report missing ones."
)

// Analyze reviews a text or a document for the caller. If the model fails, the rules alone review it. Errors:
// Invalid (/text, /policy, /locale), those of loadDocument, and RateLimited beyond Config.MaxFlights.
func (s *Service) Analyze(ctx context.Context, caller domain.Principal, a AnalysisRequest) (Analysis, error) {
	if err := s.begin(); err != nil {
		return Analysis{}, err
	}
	defer s.end()
	arrived := s.clock()
	switch {
	case a.DocumentID == nil && strings.TrimSpace(a.Text) == "":
		return Analysis{}, domain.InvalidField("/text", "must not be blank, unless there is a docId")
	case a.DocumentID != nil && a.Text != "":
		return Analysis{}, domain.InvalidField("/text", "must be absent if there is a docId")
	}
	rules, err := s.policyOf(ctx, caller, cmp.Or(a.Policy, "default"))
	if err != nil {
		return Analysis{}, err
	}
	tag := parseLocale(a.Locale)
	if c, ok, err := s.findRecorded(ctx, caller, a.ID); ok || err != nil {
		out := Analysis{Model: c.Model, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}
		if err == nil {
			err = json.Unmarshal([]byte(c.Answer), &out.Report)
		}
		return out, err
	}
	var document *reviewedDocument
	if a.DocumentID != nil {
		if document, err = s.loadDocument(ctx, caller, *a.DocumentID); err != nil {
			return Analysis{}, err
		}
		a.Text = document.text
	}
	session, err := s.newSession(ctx)
	if err != nil {
		return Analysis{}, err
	}
	session.SetLocale(tag.String())
	started := s.clock()
	masked, playbook, err := maskReview(session, a.Text, rules)
	s.metrics.Masked(s.clock().Sub(started), session.Found())
	if err != nil {
		return Analysis{}, err
	}

	// From here on the request runs to its end, even if ctx is canceled.
	m := &modelReview{
		service: s, caller: caller, caseID: document.caseID(), arrived: arrived, policy: rules, locale: tag, masked: masked, playbook: playbook,
		scope: cacheScope(session.Found() == 0 && document == nil, caller.UserID, document.caseID()),
	}
	if err := m.run(ctx); err != nil {
		return Analysis{}, err
	}
	base, _ := tag.Base()
	review := findings.New(a.Text, rules, base.String())
	var cited []Citation
	for _, p := range m.parts {
		if p.err == nil {
			p.err = checkRestoredLen(session, KindAnalysis, p.entry.Text)
		}
		if p.err == nil {
			p.err = review.AddModel(p.entry.Text, masked, p.start, p.end, session)
		}
		if p.err == nil {
			cited = append(cited, reviewCitations(session.Restore(p.entry.Text), a.Text)...)
		}
	}
	out := Analysis{Report: review.Report()}
	answered := m.summarize(domain.UsageFrom(ctx))
	out.ModelUsed, out.Model, out.TokensUsed, out.Cached = answered.parts > 0, answered.model, answered.tokens, answered.cached
	out.Warnings = append(out.Warnings, warnings(answered.parts, len(m.parts), policy.Language(a.Text))...)
	out.Warnings = append(out.Warnings, reviewCitationWarnings(cited)...)
	if document != nil && !s.locate(ctx, document, out.Findings) {
		out.Warnings = append(out.Warnings, warningNoBoxes)
	}
	row, err := m.consultation(a, out, document)
	if err != nil {
		return Analysis{}, err
	}
	if row.CaseID == nil {
		err = s.recorder.write(row)
	} else {
		err = s.recordInCase(ctx, caller, *row.CaseID, row)
	}
	if err != nil {
		return Analysis{}, err
	}
	out.ConsultationID = row.ID
	return out, nil
}

// maskReview masks a text and the playbook of its review, "" without one. The playbook is masked before the text,
// so that a name in it is found in the text, and after it, so that a name in the text is found in the playbook.
func maskReview(session *masking.Session, text string, rules *policy.Policy) (masked masking.Masked, playbook string, err error) {
	maskString := func(s string) (string, error) { return mask(session, s, "/policy") }
	if _, err = rules.PlaybookJSON(maskString); err != nil {
		return masked, "", err
	}
	if masked, err = session.Mask(text); err != nil {
		return masked, "", masking.FieldError(err, "/text")
	}
	playbook, err = rules.PlaybookJSON(maskString)
	return masked, playbook, err
}

// policyOf returns a shipped policy, or that of a playbook.
func (s *Service) policyOf(ctx context.Context, caller domain.Principal, name string) (*policy.Policy, error) {
	if p, ok := s.policies.Policy(name); ok {
		return p, nil
	}
	unknown := domain.InvalidField("/policy", "is not a policy")
	id, err := domain.ParseID(name)
	if err != nil || !caller.Staff() {
		return nil, unknown
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	p, err := s.playbooks.Policy(ctx, caller, id)
	if domain.CodeOf(err) == domain.NotFound && err != nil {
		return nil, unknown
	}
	return p, err
}

// warnings returns what the reader should know about a review of which the model answered some parts.
func warnings(answered, parts int, of langid.Language) (list []string) {
	switch {
	case answered == 0:
		list = append(list, warningNoModel)
	case answered < parts:
		list = append(list, fmt.Sprintf("The AI reviewed %d of %d parts of the text, the rules all of it.", answered, parts))
	}
	if of == langid.Unknown {
		list = append(list, warningLanguage)
	}
	return list
}

// consultation returns the row of a review. That of a document has its name as the question: the text stays
// with the document.
func (m *modelReview) consultation(a AnalysisRequest, out Analysis, document *reviewedDocument) (query.Consultation, error) {
	answer, err := json.Marshal(out.Report)
	if err != nil {
		return query.Consultation{}, err
	}
	row := m.service.newConsultation(a.ID, &request{kind: KindAnalysis, arrived: m.arrived}, cache.Entry{Model: out.Model, Tokens: out.TokensUsed}, out.Cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion = m.caller.UserID, m.caller.UserID, m.locale.String(), m.promptVersion
	row.Question, row.Answer, row.CaseID = a.Text, string(answer), document.caseID()
	if document != nil {
		row.Question = document.file.Name
	}
	row.Excerpt = excerpt(row.Question)
	row.MaskedText = sql.NullString{Valid: document == nil}
	if document == nil {
		row.MaskedText.String = strings.TrimPrefix(m.playbook+"\n\n"+m.masked.Text, "\n\n")
	}
	return row, nil
}

// modelReview is the model's review of a masked text.
type modelReview struct {
	service       *Service
	caller        domain.Principal
	caseID        *domain.ID
	arrived       time.Time
	policy        *policy.Policy
	locale        language.Tag
	masked        masking.Masked
	playbook      string // masked; "": none
	scope         string // cacheScope
	promptVersion string
	parts         []*reviewPart
}

// reviewPart is one part of the text with the model's answer.
type reviewPart struct {
	start, end int // of masked.Text
	entry      cache.Entry
	usage      domain.Usage
	cached     bool
	err        error
}

// run asks the model about every part. It fails only with RateLimited; other failures are those of the parts.
func (m *modelReview) run(ctx context.Context) error {
	m.promptVersion = m.service.prompts.AnalyzeVersion(m.policy)
	for _, r := range sources.Split(m.masked.Text, maxPart) {
		m.parts = append(m.parts, &reviewPart{start: r[0], end: r[1], err: errPartLeftOut})
	}
	slots := make(chan struct{}, parallelParts)
	var group sync.WaitGroup
	for _, p := range m.parts[:min(len(m.parts), maxParts)] {
		slots <- struct{}{}
		if m.service.clock().Sub(m.arrived) > partsDeadline {
			break
		}
		group.Go(func() {
			defer func() { <-slots }()
			m.ask(ctx, p)
		})
	}
	group.Wait()
	for _, p := range m.parts {
		if domain.CodeOf(p.err) == domain.RateLimited {
			return p.err
		}
	}
	return nil
}

var errPartLeftOut = &domain.Error{Code: domain.TooLarge, Message: "The text is too long for the AI."}

func (m *modelReview) ask(ctx context.Context, part *reviewPart) {
	s := m.service
	text := m.masked.Text[part.start:part.end]
	p, err := s.prompts.Analyze(prompts.AnalyzeParams{Locale: m.locale, Policy: m.policy, Playbook: m.playbook, Text: text})
	if err != nil {
		part.err = err
		return
	}
	r := &request{
		kind: KindAnalysis, user: m.caller.UserID, caseID: m.caseID, arrived: s.clock(),
		fields: []string{p.Version, m.policy.Name + "@" + m.policy.Version(), text, m.playbook, m.locale.String(), "", m.scope},
		build:  func() (Request, error) { return structuredRequest(p), nil },
		check:  func(text string) error { return p.Check([]byte(text)) },
	}
	part.entry, part.cached, part.err = s.complete(ctx, r, &part.usage, nil)
}

// reviewSummary is what the model contributed.
type reviewSummary struct {
	parts, tokens int
	cached        bool // all of it
	model         string
}

// summarize adds up the parts and their usage.
func (m *modelReview) summarize(total *domain.Usage) reviewSummary {
	out := reviewSummary{cached: true}
	for _, p := range m.parts {
		total.Upstream += p.usage.Upstream
		total.Tokens += p.usage.Tokens
		if p.usage.Model != "" {
			total.Model = p.usage.Model
		}
		if p.err != nil {
			continue
		}
		out.parts++
		out.tokens += p.usage.Tokens
		out.cached = out.cached && p.cached
		out.model = p.entry.Model
	}
	out.cached = out.cached && out.parts > 0
	total.Cached = out.cached
	return out
}
