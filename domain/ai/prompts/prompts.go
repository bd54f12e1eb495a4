// Package prompts holds what the service says to a language model, as Markdown files built
// into the program: one for chat, one for the analysis of a contract, and one for each type
// of document that can be drafted. A type's file also carries the JSON Schema of its inputs,
// an example of them and the sections the draft must have.
//
// Load reads and checks all of it once; a mistake in a file is an error there, not later.
// What Load returns is immutable and safe for concurrent use. Building a prompt does no I/O.
//
// The main text of a file is the same in every prompt. What varies is in its named pieces:
// "request" sees .Inputs, "style" the locale and tone. A value printed there is a JSON string.
//
// Whatever a user or a document says is data: it is never parsed as a template, and it stands
// between delimiters that it cannot close. The pieces of a prompt go from the most to the
// least stable, so that a provider's prompt cache can reuse the beginning.
package prompts

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"counsel/domain/ai/policy"
	"counsel/domain/schema"

	"go.yaml.in/yaml/v3"
)

//go:embed chat.md analyze.md draft.md types/*.md
var files embed.FS

// Set is every prompt there is.
type Set struct {
	chat, analyze               *file
	chatVersion, analyzeVersion string
	findings                    *answerSchema
	types                       []*DocumentType
	byID                        map[string]*DocumentType
}

// DocumentType is one type of document that can be drafted.
type DocumentType struct {
	ID           string
	Title        string
	Description  string
	Version      string          // the author's version, such as "1"
	InputsSchema json.RawMessage // draft 2020-12, properties in the order a form should ask them
	Example      json.RawMessage // inputs that Validate accepts
	Sections     []SectionSpec   // in the order of the document
	Contract     bool            // two sides sign it; false for a letter of one side or a power of attorney

	rules  *file // what holds for a draft of any type
	file   *file
	title  *template.Template
	inputs *schema.Schema
	shape  map[string]any // InputsSchema decoded: decides which values are sent
	answer *answerSchema

	system  string // the system text up to the style
	version string // of a prompt
}

// SectionSpec is one section a draft must have.
type SectionSpec struct {
	ID      string   `yaml:"id"`
	Heading string   `yaml:"heading"`
	Covers  []string `yaml:"covers"` // the points the section must deal with
}

// file is one Markdown file: YAML front matter, then a text/template.
type file struct {
	meta struct {
		ID            string        `yaml:"id"`
		Title         string        `yaml:"title"`
		Description   string        `yaml:"description"`
		Version       string        `yaml:"version"`
		Contract      *bool         `yaml:"contract"` // of a type; absent: true
		TitleTemplate string        `yaml:"titleTemplate"`
		Sections      []SectionSpec `yaml:"sections"`
		Inputs        yaml.Node     `yaml:"inputs"`
		Example       yaml.Node     `yaml:"example"`
	}
	body *template.Template
	main string // the body outside its named pieces, the same in every prompt
	raw  []byte
}

// Load reads every prompt built into the program. It fails when a file cannot be parsed, a
// schema does not compile, an example does not validate, or a template does not execute.
func Load() (*Set, error) {
	s := &Set{byID: map[string]*DocumentType{}}
	var err error
	if s.chat, err = readFile("chat.md"); err != nil {
		return nil, err
	}
	if s.analyze, err = readFile("analyze.md"); err != nil {
		return nil, err
	}
	s.chatVersion = s.chat.meta.Version + "-" + fingerprint(s.chat.raw)
	rules, err := readFile("draft.md")
	if err != nil {
		return nil, err
	}
	if s.findings, err = findingsSchema(); err != nil {
		return nil, err
	}
	s.analyzeVersion = s.analyze.meta.Version + "-" + fingerprint(s.analyze.raw, s.findings.raw)
	entries, err := files.ReadDir("types")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := path.Join("types", e.Name())
		f, err := readFile(name)
		if err != nil {
			return nil, err
		}
		t, err := newType(f, rules)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if t.ID+".md" != e.Name() || s.byID[t.ID] != nil {
			return nil, fmt.Errorf("%s: its id is %q", name, t.ID)
		}
		s.types = append(s.types, t)
		s.byID[t.ID] = t
	}
	slices.SortFunc(s.types, func(a, b *DocumentType) int { return strings.Compare(a.ID, b.ID) })
	return s, nil
}

// Types returns every document type, sorted by id.
func (s *Set) Types() []*DocumentType { return slices.Clone(s.types) }

// Type returns the document type with that id.
func (s *Set) Type(id string) (*DocumentType, bool) {
	t, ok := s.byID[id]
	return t, ok
}

// ChatVersion is the Version of every prompt that Chat builds, for a cache key before there is one.
func (s *Set) ChatVersion() string { return s.chatVersion }

// AnalyzeVersion is the Version of every prompt that Analyze builds under the policy.
func (s *Set) AnalyzeVersion(p *policy.Policy) string { return s.analyzeVersion + "-" + p.Version() }

// PromptVersion is the Version of every prompt of this type.
func (t *DocumentType) PromptVersion() string { return t.version }

func readFile(name string) (*file, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := parseFile(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func parseFile(raw []byte) (*file, error) {
	rest, ok := bytes.CutPrefix(raw, []byte("---\n"))
	head, body, found := bytes.Cut(rest, []byte("\n---\n"))
	if !ok || !found {
		return nil, errors.New("no front matter between two lines of ---")
	}
	f := &file{raw: raw}
	if err := yaml.Unmarshal(head, &f.meta); err != nil {
		return nil, err
	}
	if f.meta.ID == "" || f.meta.Version == "" {
		return nil, errors.New("id and version are required")
	}
	var err error
	if f.body, err = template.New(f.meta.ID).Option("missingkey=zero").Parse(string(body)); err != nil {
		return nil, err
	}
	f.main, err = render(f.body, "", struct{}{})
	return f, err
}

func newType(f, rules *file) (*DocumentType, error) {
	m := &f.meta
	t := &DocumentType{ID: m.ID, Title: m.Title, Description: m.Description, Version: m.Version, Sections: m.Sections, Contract: m.Contract == nil || *m.Contract, rules: rules, file: f}
	if t.Title == "" || t.Description == "" || m.TitleTemplate == "" || len(t.Sections) == 0 {
		return nil, errors.New("title, description, titleTemplate and sections are required")
	}
	var err error
	if t.title, err = template.New("title").Option("missingkey=zero").Parse(m.TitleTemplate); err != nil {
		return nil, err
	}
	if t.InputsSchema, err = orderedJSON(&m.Inputs); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if t.Example, err = orderedJSON(&m.Example); err != nil {
		return nil, fmt.Errorf("example: %w", err)
	}
	if t.inputs, err = schema.Compile(m.ID+".inputs.json", t.InputsSchema); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if err := json.Unmarshal(t.InputsSchema, &t.shape); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if t.answer, err = draftSchema(t.ID, t.Sections); err != nil {
		return nil, fmt.Errorf("sections: %w", err)
	}
	sections, err := render(rules.body, "sections", t.Sections)
	if err != nil {
		return nil, err
	}
	t.system = strings.Join([]string{rules.main, f.main, sections}, "\n\n")
	t.version = t.Version + "-" + fingerprint(rules.raw, f.raw, t.answer.raw)

	var example map[string]any
	if err := json.Unmarshal(t.Example, &example); err != nil {
		return nil, fmt.Errorf("example: %w", err)
	}
	if bad := t.Validate(example); len(bad) > 0 {
		return nil, fmt.Errorf("example: %s %s", bad[0].Pointer, bad[0].Detail)
	}
	if _, err := t.Prompt(DraftParams{Inputs: example}); err != nil {
		return nil, err
	}
	return t, nil
}

// fingerprint names the content of a prompt: any edit of a part gives another one.
func fingerprint(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
