package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"text/template"

	"golang.org/x/text/language"
)

// loadTranslations reads types/*/*.md. A translation has a prompt, headings and points of its own; the inputs are
// those of the English file.
func (s *Set) loadTranslations(rules *promptFile) error {
	names, err := fs.Glob(files, "types/*/*.md")
	if err != nil {
		return err
	}
	translatedRules := map[string]*promptFile{} // by language
	for _, name := range names {
		f, err := readFile(name)
		if err != nil {
			return err
		}
		original := s.byID[f.meta.ID]
		tag, err := language.Parse(f.meta.Language)
		if err != nil || original == nil || name != path.Join("types", f.meta.Language, f.meta.ID+".md") {
			return fmt.Errorf("%s: id or language does not match the file name", name)
		}
		if translatedRules[f.meta.Language] == nil {
			if translatedRules[f.meta.Language], err = readTranslation("draft", f.meta.Language, rules); err != nil {
				return err
			}
		}
		t, err := newTranslation(original, f, translatedRules[f.meta.Language], tag)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		base, _ := tag.Base()
		original.translations[base] = t
	}
	return nil
}

// readTranslation reads the translation of a prompt, such as draft.de.md, which has the named templates of the original.
func readTranslation(id, language string, original *promptFile) (*promptFile, error) {
	name := id + "." + language + ".md"
	f, err := readFile(name)
	if err != nil {
		return nil, err
	}
	if f.meta.ID != id || f.meta.Language != language {
		return nil, fmt.Errorf("%s: id or language does not match the file name", name)
	}
	for _, t := range original.body.Templates() {
		if t.Name() != original.body.Name() && f.body.Lookup(t.Name()) == nil {
			return nil, fmt.Errorf("%s: the template %q is missing", name, t.Name())
		}
	}
	return f, nil
}

// In returns the document type in the language of a locale, or in English.
func (t *DocumentType) In(locale language.Tag) *DocumentType {
	base, _ := locale.Base()
	if translated, ok := t.translations[base]; ok {
		return translated
	}
	return t
}

// newTranslation returns a document type in another language. It has the sections of the original.
func newTranslation(original *DocumentType, f, rules *promptFile, tag language.Tag) (*DocumentType, error) {
	m := &f.meta
	t := *original
	t.Language, t.Title, t.Description, t.Version, t.Sections, t.file, t.translations = tag, m.Title, m.Description, m.Version, m.Sections, f, nil
	if t.Title == "" || t.Description == "" || m.TitleTemplate == "" || len(t.Sections) != len(original.Sections) {
		return nil, errors.New("title, description, titleTemplate and all sections are required")
	}
	for i, section := range t.Sections {
		if section.ID != original.Sections[i].ID {
			return nil, fmt.Errorf("section %q stands where the original has %q", section.ID, original.Sections[i].ID)
		}
	}
	var err error
	if t.title, err = template.New("title").Option("missingkey=zero").Parse(m.TitleTemplate); err != nil {
		return nil, err
	}
	if err := t.compose(rules); err != nil {
		return nil, err
	}
	var example map[string]any
	if err := json.Unmarshal(t.Example, &example); err != nil {
		return nil, err
	}
	_, err = t.Prompt(DraftParams{Inputs: example, Locale: tag})
	return &t, err
}
