// Package prompts builds the prompts for the language model from embedded Markdown files: one for chat,
// one for contract analysis, one for all drafts, and one for each document type. The file of a type also
// contains the JSON Schema of its inputs, an example and the required sections. Files in types/de and the like
// are translations: the same sections with headings, points and instructions in that language.
//
// Load reads and validates all files once and reports any mistake in them. What Load returns is immutable
// and safe for concurrent use. Building a prompt does no I/O.
//
// The main text of a file is the same in every prompt. The variable parts are its named templates:
// "request" gets .Inputs, "style" the locale and tone. User values print as JSON strings.
//
// Text from users and documents is data. It is never parsed as a template, and it is enclosed in delimiters
// that it cannot forge. The parts of a prompt are ordered from the most to the least stable, so that the
// provider's prompt cache can reuse the common prefix.
package prompts

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"counsel/domain/ai/policy"
	"counsel/domain/schema"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed *.md types
var files embed.FS

// Set holds all prompts.
type Set struct {
	chat             *chatPrompt
	chats            map[language.Base]*chatPrompt // translations
	analysis         *promptFile
	analyzeVersion   string
	answer, findings *answerSchema
	types            []*DocumentType
	byID             map[string]*DocumentType
}

// chatPrompt is the prompt for questions in one language.
type chatPrompt struct {
	*promptFile
	version string
}

// DocumentType is a type of document that can be drafted.
type DocumentType struct {
	ID           string
	Language     language.Tag // of Title, Description, Sections and the prompt
	Title        string
	Description  string
	Version      string          // the author's version, such as "1"
	InputsSchema json.RawMessage // draft 2020-12; properties are in the order of a form
	Example      json.RawMessage // inputs that Validate accepts
	Sections     []SectionSpec   // in document order
	Contract     bool            // signed by two parties; false for a letter or a power of attorney

	common    *promptFile // common to all drafts
	file      *promptFile
	title     *template.Template
	inputs    *schema.Schema
	schemaDoc map[string]any // InputsSchema, decoded; only values that it defines are sent
	answer    *answerSchema

	system  string // the system prompt without the style
	version string // of the prompt

	translations map[language.Base]*DocumentType
}

// SectionSpec describes a required section of a draft.
type SectionSpec struct {
	ID      string   `yaml:"id"`
	Heading string   `yaml:"heading"`
	Covers  []string `yaml:"covers"` // points that the section must cover
}

// promptFile is one Markdown file: YAML front matter followed by a text/template.
type promptFile struct {
	meta struct {
		ID            string        `yaml:"id"`
		Language      string        `yaml:"language"` // BCP 47; "": English
		Title         string        `yaml:"title"`
		Description   string        `yaml:"description"`
		Version       string        `yaml:"version"`
		Contract      *bool         `yaml:"contract"` // only for document types; default true
		TitleTemplate string        `yaml:"titleTemplate"`
		Sections      []SectionSpec `yaml:"sections"`
		Inputs        yaml.Node     `yaml:"inputs"`
		Example       yaml.Node     `yaml:"example"`
	}
	body *template.Template
	text string // output of the body without its named templates; the same in every prompt
	raw  []byte
}

// Load reads the embedded files. It fails if a file cannot be parsed, a schema does not compile, an
// example is not valid, or a template cannot be executed.
func Load() (*Set, error) {
	s := &Set{byID: map[string]*DocumentType{}}
	var err error
	if s.analysis, err = readFile("analyze.md"); err != nil {
		return nil, err
	}
	if s.answer, err = chatSchema(); err != nil {
		return nil, err
	}
	if err := s.loadChats(); err != nil {
		return nil, err
	}
	rules, err := readFile("draft.md")
	if err != nil {
		return nil, err
	}
	if s.findings, err = findingsSchema(); err != nil {
		return nil, err
	}
	s.analyzeVersion = s.analysis.meta.Version + "-" + fingerprint(s.analysis.raw, s.findings.raw)
	entries, err := files.ReadDir("types")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue // translations
		}
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
			return nil, fmt.Errorf("%s: id %q does not match the file name", name, t.ID)
		}
		s.types = append(s.types, t)
		s.byID[t.ID] = t
	}
	if err := s.loadTranslations(rules); err != nil {
		return nil, err
	}
	slices.SortFunc(s.types, func(a, b *DocumentType) int { return strings.Compare(a.ID, b.ID) })
	return s, nil
}

// Types returns all document types, sorted by id.
func (s *Set) Types() []*DocumentType { return slices.Clone(s.types) }

// Type returns the document type with that id.
func (s *Set) Type(id string) (*DocumentType, bool) {
	t, ok := s.byID[id]
	return t, ok
}

// loadChats reads chat.md and its translations.
func (s *Set) loadChats() error {
	original, err := readFile("chat.md")
	if err != nil {
		return err
	}
	s.chat = &chatPrompt{original, original.meta.Version + "-" + fingerprint(original.raw, s.answer.raw)}
	s.chats = map[language.Base]*chatPrompt{}
	names, err := fs.Glob(files, "chat.*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		tag, err := language.Parse(strings.TrimSuffix(strings.TrimPrefix(name, "chat."), ".md"))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f, err := readTranslation("chat", tag.String(), original)
		if err != nil {
			return err
		}
		base, _ := tag.Base()
		s.chats[base] = &chatPrompt{f, tag.String() + f.meta.Version + "-" + fingerprint(f.raw, s.answer.raw)}
	}
	return nil
}

// chatIn returns the chat prompt in the language of a locale, or in English.
func (s *Set) chatIn(locale language.Tag) *chatPrompt {
	base, _ := locale.Base()
	if c, ok := s.chats[base]; ok {
		return c
	}
	return s.chat
}

// ChatVersion returns the Version of all prompts that Chat builds for a locale. It is part of the cache key.
func (s *Set) ChatVersion(locale language.Tag) string { return s.chatIn(locale).version }

// AnalyzeVersion returns the Version of all prompts that Analyze builds for the policy.
func (s *Set) AnalyzeVersion(p *policy.Policy) string { return s.analyzeVersion + "-" + p.Version() }

// Versions returns the versions of all prompts by name. That of the analysis has no policy.
func (s *Set) Versions() map[string]string {
	versions := map[string]string{"chat": s.chat.version, "analyze": s.analyzeVersion}
	for base, c := range s.chats {
		versions["chat "+base.String()] = c.version
	}
	for _, t := range s.types {
		versions[t.ID] = t.version
		for base, translated := range t.translations {
			versions[t.ID+" "+base.String()] = translated.version
		}
	}
	return versions
}

// PromptVersion returns the Version of all prompts of this type.
func (t *DocumentType) PromptVersion() string { return t.version }

func readFile(name string) (*promptFile, error) {
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

func parseFile(raw []byte) (*promptFile, error) {
	rest, ok := bytes.CutPrefix(raw, []byte("---\n"))
	head, body, found := bytes.Cut(rest, []byte("\n---\n"))
	if !ok || !found {
		return nil, errors.New("front matter between two lines of --- is missing")
	}
	f := &promptFile{raw: raw}
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
	f.text, err = render(f.body, "", struct{}{})
	return f, err
}

func newType(f, rules *promptFile) (*DocumentType, error) {
	m := &f.meta
	t := &DocumentType{ID: m.ID, Title: m.Title, Description: m.Description, Version: m.Version, Sections: m.Sections, Contract: m.Contract == nil || *m.Contract, file: f, Language: language.English, translations: map[language.Base]*DocumentType{}}
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
	if err := json.Unmarshal(t.InputsSchema, &t.schemaDoc); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if err := t.compose(rules); err != nil {
		return nil, err
	}

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

// compose sets the answer's schema, the system prompt and its version.
func (t *DocumentType) compose(rules *promptFile) (err error) {
	if t.answer, err = draftSchema(t.ID, t.Sections); err != nil {
		return fmt.Errorf("sections: %w", err)
	}
	sections, err := render(rules.body, "sections", t.Sections)
	if err != nil {
		return err
	}
	t.common = rules
	t.system = strings.Join([]string{rules.text, t.file.text, sections}, "\n\n")
	t.version = t.Version + "-" + fingerprint(rules.raw, t.file.raw, t.answer.raw)
	return nil
}

// fingerprint hashes the parts of a prompt for its version.
func fingerprint(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
