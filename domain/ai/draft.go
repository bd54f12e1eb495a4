package ai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/drafts"
	"counsel/domain/masking"
	"counsel/gen/query"
)

// DraftRequest asks for a document.
type DraftRequest struct {
	ID      domain.ID      // of its consultation, optional as that of Question
	DraftID domain.ID      // optional likewise
	Type    string         // id of a document type
	Inputs  map[string]any // as encoding/json decodes them
	Tone    string         // formal, plain, firm, friendly; "": formal
	Locale  string         // BCP 47; "": English
	Policy  string         // the rule set the draft is held against; "": none
	CaseID  *domain.ID     // the case that the draft and the consultation are to belong to; nil: none
}

// Draft is a drafted document, as it was stored.
type Draft struct {
	ID             domain.ID
	Text           string // the whole draft, Markdown
	Sections       []Section
	QualityScore   float64 // 0..1, computed from the draft
	Warnings       []string
	TokensUsed     int
	Cached         bool
	ConsultationID domain.ID
}

// Section is one section of a draft, in the order of the document.
type Section struct {
	ID      string `json:"id"`
	Heading string `json:"heading"`
	Body    string `json:"body"` // Markdown
}

// GenerateDocument drafts a document for the caller. Errors: Invalid (/type, /inputs/…,
// /tone, /locale, /policy), NotFound for a case that is not open to the caller, Forbidden or
// Conflict for one in which they may not draft, and those of Model.
func (s *Service) GenerateDocument(ctx context.Context, caller domain.Principal, r DraftRequest) (Draft, error) {
	if err := s.begin(); err != nil {
		return Draft{}, err
	}
	defer s.end()
	asked := s.Clock()
	t, ok := s.Prompts.Type(r.Type)
	if !ok {
		return Draft{}, domain.InvalidField("/type", "is not a document type")
	}
	tone, ok := prompts.ParseTone(r.Tone)
	if !ok {
		return Draft{}, domain.InvalidField("/tone", "must be one of formal, plain, firm, friendly")
	}
	tag, err := parseLocale(r.Locale)
	if err != nil {
		return Draft{}, err
	}
	var rules *policy.Policy
	if r.Policy != "" {
		if rules, ok = s.Policies.Policy(r.Policy); !ok {
			return Draft{}, domain.InvalidField("/policy", "is not a policy")
		}
	}
	if fields := t.Validate(r.Inputs); len(fields) > 0 {
		return Draft{}, &domain.Error{Code: domain.Invalid, Message: "The inputs do not fit the document type.", Fields: fields}
	}

	if c, ok, err := s.existing(ctx, caller, r.ID); ok || err != nil {
		if err != nil {
			return Draft{}, err
		}
		return s.storedDraft(ctx, c)
	}
	if r.CaseID != nil {
		if err := s.mayDraftIn(ctx, caller, *r.CaseID); err != nil {
			return Draft{}, err
		}
	}
	session := s.Masker.NewSession()
	started := s.Clock()
	var facts any = r.Inputs
	if isEnglish(tag) {
		facts = spelled(s.shapes[t.ID], r.Inputs)
	}
	// The fields that name somebody come first, so that the free texts are searched for them.
	_, err = maskInputs(session, s.shapes[t.ID], facts, "/inputs", true)
	var masked any
	if err == nil {
		masked, err = maskInputs(session, s.shapes[t.ID], facts, "/inputs", false)
	}
	s.Metrics.Masked(s.Clock().Sub(started), session.Found())
	if err != nil {
		return Draft{}, err
	}
	inputs, _ := masked.(map[string]any)
	p, err := t.Prompt(prompts.DraftParams{Inputs: inputs, Locale: tag, Tone: tone})
	if err != nil {
		return Draft{}, &domain.Error{Code: domain.Internal, Message: "The document could not be asked for.", Err: err}
	}

	// From here on the request is carried to its end, whatever becomes of ctx.
	a := &ask{
		kind: KindDocument, user: caller.UserID, ttl: s.DraftTTL, at: asked,
		key: keyOf(string(KindDocument), s.Model.Name(), p.Version, t.ID+"@"+t.Version, p.User, "", tag.String(), string(tone),
			partition(session.Found() == 0, caller.UserID, r.CaseID)),
		build: func() (Request, error) { return structured(p), nil },
		check: func(text string) error { return checkDraft(t, p, text) },
	}
	usage := domain.UsageFrom(ctx)
	e, cached, err := s.obtain(ctx, a, usage, nil)
	if err != nil {
		return Draft{}, err
	}
	if err := restorable(session, KindDocument, e.Text); err != nil {
		return Draft{}, err
	}
	written, err := readDraft(t, e.Text)
	if err != nil {
		return Draft{}, badAnswer(err)
	}
	written.restore(session, p.User)
	d := Draft{ID: cmp.Or(r.DraftID, s.NewID()), Text: written.markdown(), Sections: written.sections, TokensUsed: usage.Tokens, Cached: cached}
	d.QualityScore, d.Warnings = judge(written, d.Text, t, s.shapes[t.ID], r.Inputs, tag)
	if rules != nil {
		d.Warnings = append(d.Warnings, policyWarnings(rules, d.Text, t.Contract)...)
	}
	d.Warnings = tidyWarnings(d.Warnings)

	row := s.consultation(r.ID, a, e, cached)
	row.UserID, row.ActorID, row.Locale, row.PromptVersion, row.DraftID = caller.UserID, caller.UserID, tag.String(), p.Version, &d.ID
	row.CaseID = r.CaseID
	question, err := json.Marshal(r.Inputs)
	if err != nil {
		return Draft{}, domain.InvalidField("/inputs", "must be JSON data")
	}
	row.Excerpt, row.Question, row.Answer = excerpt(t.Title+": "+written.title), string(question), d.Text
	d.ConsultationID = row.ID
	if err := s.storeDraft(caller, row, d, written.title, t, tone); err != nil {
		return Draft{}, err
	}
	return d, nil
}

// mayDraftIn tells whether the caller may have something drafted in a case.
func (s *Service) mayDraftIn(ctx context.Context, caller domain.Principal, matter domain.ID) error {
	if s.Cases == nil {
		return domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	return s.Cases.Authorize(ctx, caller, matter, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceDraft})
}

// storeDraft puts a draft and its consultation on record, both or neither; in a case together with
// the entry in its timeline. The caller's part in the case may have changed since they asked: then it
// is refused here.
func (s *Service) storeDraft(caller domain.Principal, row query.Consultation, d Draft, title string, t *prompts.DocumentType, tone prompts.Tone) error {
	sections, err := json.Marshal(d.Sections)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.base, writeTimeout)
	defer cancel()
	write := func(tx db.Tx) error {
		if err := drafts.CreateGenerated(ctx, tx, s.Events, drafts.NewGeneratedDraft{
			ID: d.ID, UserID: row.UserID, CaseID: row.CaseID, Type: t.ID, TemplateVersion: t.Version, Title: title, Body: d.Text, Locale: row.Locale, Tone: string(tone),
			Sections: sections, Warnings: d.Warnings, QualityScore: d.QualityScore, CreatedAt: row.CreatedAt,
		}); err != nil {
			return err
		}
		return query.New(tx).CreateConsultation(ctx, query.CreateConsultationParams(row))
	}
	if row.CaseID == nil {
		return s.record.told(db.WithTx(ctx, s.DB, write))
	}
	act := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceDraft, ID: &d.ID, Detail: "consultation " + row.ID.String()}
	err = s.Cases.AuthorizedTx(ctx, caller, *row.CaseID, &act, write)
	switch domain.CodeOf(err) {
	case domain.NotFound, domain.Forbidden, domain.Conflict:
		return err
	}
	return s.record.told(err)
}

// storedDraft is the draft of a consultation as it was stored.
func (s *Service) storedDraft(ctx context.Context, c Consultation) (Draft, error) {
	if c.DraftID == nil {
		return Draft{}, domain.NoSuch("draft")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	r, err := query.New(s.DB).GetDraft(ctx, *c.DraftID)
	if err != nil {
		return Draft{}, db.Error(err)
	}
	d := Draft{ID: *c.DraftID, Text: c.Answer, QualityScore: r.Draft.QualityScore.Float64, TokensUsed: c.TokensUsed, Cached: c.Cached, ConsultationID: c.ID}
	if err := json.Unmarshal(r.Draft.Sections, &d.Sections); err != nil {
		return Draft{}, err
	}
	return d, json.Unmarshal(r.Draft.Warnings, &d.Warnings)
}

// structured is the request for an answer that is a JSON document.
func structured(p prompts.Prompt) Request {
	return Request{
		Messages: []Message{{Author: System, Text: p.System}, {Author: User, Text: p.User}},
		Schema:   &Schema{Name: p.SchemaName, JSON: p.Schema},
	}
}

// fieldTypes are the values of the annotation x-personal: what a field of a form holds, whatever
// it looks like. Of a "party" it is not known whether it is a person or a firm; of a "place"
// the names of countries and towns are no secret.
var fieldTypes = map[string]masking.Type{
	"person": masking.Person, "party": masking.Organization, "address": masking.Address, "date": masking.Date, "id": masking.ID,
}

// maskInputs masks every text of the inputs but those that can only be words of a fixed list
// or dates that say nothing of a person; with named, only the fields that are annotated. The
// order is fixed, so that equal inputs get equal placeholders.
func maskInputs(session *masking.Session, shape map[string]any, v any, pointer string, named bool) (any, error) {
	switch v := v.(type) {
	case string:
		return maskField(session, shape, v, pointer, named)
	case []any:
		item, _ := shape["items"].(map[string]any)
		list := make([]any, len(v))
		for i, e := range v {
			m, err := maskInputs(session, item, e, pointer+"/"+strconv.Itoa(i), named)
			if err != nil {
				return nil, err
			}
			list[i] = m
		}
		return list, nil
	case map[string]any:
		properties, _ := shape["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property, _ := properties[name].(map[string]any)
			m, err := maskInputs(session, property, v[name], pointer+"/"+name, named)
			if err != nil {
				return nil, err
			}
			object[name] = m
		}
		return object, nil
	}
	return v, nil
}

func maskField(session *masking.Session, shape map[string]any, text, pointer string, named bool) (string, error) {
	kind, _ := shape["x-personal"].(string)
	t, whole := fieldTypes[kind]
	switch {
	case whole:
		if kind == "party" && session.IsPerson(text) {
			t = masking.Person
		}
		m, err := session.MaskAs(text, t)
		return m.Text, maskError(err, pointer)
	case named, shape["enum"] != nil, shape["const"] != nil, shape["format"] == "iso-4217", shape["format"] == "date":
		return text, nil
	case kind == "place":
		m, err := session.MaskExcept(text, masking.Location)
		return m.Text, maskError(err, pointer)
	}
	m, err := mask(session, text, pointer)
	return m.Text, err
}

// spelled is v with the dates that will be masked written out in English: no model can do so
// later, since they come back as they went in.
func spelled(shape map[string]any, v any) any {
	switch v := v.(type) {
	case string:
		if day, err := time.Parse(time.DateOnly, v); err == nil && shape["x-personal"] == "date" {
			return day.Format("2 January 2006")
		}
	case []any:
		item, _ := shape["items"].(map[string]any)
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = spelled(item, e)
		}
		return list
	case map[string]any:
		properties, _ := shape["properties"].(map[string]any)
		object := make(map[string]any, len(v))
		for name, e := range v {
			property, _ := properties[name].(map[string]any)
			object[name] = spelled(property, e)
		}
		return object
	}
	return v
}

// writtenDraft is a draft as the model wrote it: the sections the type has, in its order.
type writtenDraft struct {
	title    string
	sections []Section
	missing  []string // headings of the sections that are absent or empty
	repeated []string // headings of the sections that came more than once
	unknown  int      // placeholders that no input gave out
}

// What a contract of the API promises of the parts of a draft, in characters.
const (
	maxTitle = 300
	maxBody  = 100_000
)

// checkDraft tells whether a model's answer can be given as a draft.
func checkDraft(t *prompts.DocumentType, p prompts.Prompt, text string) error {
	if err := p.Check([]byte(text)); err != nil {
		return err
	}
	_, err := readDraft(t, text)
	return err
}

func readDraft(t *prompts.DocumentType, text string) (*writtenDraft, error) {
	var answer struct {
		Title    string    `json:"title"`
		Sections []Section `json:"sections"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, errors.New("ai: the draft is not the JSON that was asked for")
	}
	d := &writtenDraft{title: oneLine(answer.Title)}
	byID := map[string]Section{}
	for _, section := range answer.Sections {
		section.Heading, section.Body = oneLine(section.Heading), strings.TrimSpace(section.Body)
		if utf8.RuneCountInString(section.Body) > maxBody {
			return nil, errors.New("ai: a section of the draft is too long")
		}
		if first, ok := byID[section.ID]; ok && first.Body != "" {
			d.repeated = append(d.repeated, section.ID)
			continue
		}
		byID[section.ID] = section
	}
	for _, spec := range t.Sections {
		section := byID[spec.ID]
		if section.Body == "" {
			d.missing = append(d.missing, spec.Heading)
			continue
		}
		if section.Heading == "" {
			section.Heading = spec.Heading
		}
		d.sections = append(d.sections, section)
	}
	if d.title == "" || len(d.sections) == 0 {
		return nil, errors.New("ai: the draft has no title or no section")
	}
	return d, nil
}

var placeholder = regexp.MustCompile(`\[[A-Z]+(?:_[A-Z]+)*_\d+[A-Z]*\]`)

// restore puts the originals back in each part. sent is what the model was told: a placeholder
// that is not in there is its own invention.
func (d *writtenDraft) restore(session *masking.Session, sent string) {
	part := func(s string) string {
		for _, p := range placeholder.FindAllString(s, -1) {
			if !strings.Contains(sent, p) {
				d.unknown++
			}
		}
		return session.Restore(s)
	}
	d.title = cut(oneLine(part(d.title)), maxTitle)
	for i := range d.sections {
		section := &d.sections[i]
		section.Heading = cut(oneLine(part(section.Heading)), maxTitle)
		section.Body = part(section.Body)
	}
}

func (d *writtenDraft) markdown() string {
	var b strings.Builder
	b.WriteString("# " + d.title)
	for i, section := range d.sections {
		b.WriteString("\n\n## " + strconv.Itoa(i+1) + ". " + section.Heading + "\n\n" + section.Body)
	}
	b.WriteByte('\n')
	return b.String()
}

// oneLine is s without line breaks and without the marks of a heading.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.TrimLeft(strings.TrimSpace(s), "# ")), " ")
}
