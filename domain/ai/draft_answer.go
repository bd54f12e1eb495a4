package ai

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"
)

// parsedDraft is the model's answer: the sections of the document type, in its order.
type parsedDraft struct {
	title    string
	sections []Section
	missing  []string // headings of sections that are absent or empty
	repeated []string // ids of sections that occur more than once
	unknown  int      // invented placeholders
}

// Limits of the API in characters.
const (
	maxTitle = 300
	maxBody  = 100_000
)

// checkDraft returns an error if the model's answer is not a usable draft.
func checkDraft(t *prompts.DocumentType, p prompts.Prompt, text string) error {
	if err := p.Check([]byte(text)); err != nil {
		return err
	}
	_, err := parseDraft(t, text)
	return err
}

// parseDraft parses the model's answer.
func parseDraft(t *prompts.DocumentType, text string) (*parsedDraft, error) {
	var answer struct {
		Title    string    `json:"title"`
		Sections []Section `json:"sections"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, errors.New("ai: the draft is not the expected JSON")
	}
	d := &parsedDraft{title: oneLine(answer.Title)}
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

// restore restores each part and counts the placeholders that the model invented.
func (d *parsedDraft) restore(session *masking.Session) {
	restorePart := func(s string) string {
		d.unknown += session.CountUnknown(s)
		return session.Restore(s)
	}
	d.title = domain.Truncate(oneLine(restorePart(d.title)), maxTitle)
	for i := range d.sections {
		section := &d.sections[i]
		section.Heading = domain.Truncate(oneLine(restorePart(section.Heading)), maxTitle)
		section.Body = restorePart(section.Body)
	}
}

func (d *parsedDraft) markdown() string {
	var b strings.Builder
	b.WriteString("# " + d.title)
	for i, section := range d.sections {
		b.WriteString("\n\n## " + strconv.Itoa(i+1) + ". " + section.Heading + "\n\n" + section.Body)
	}
	b.WriteByte('\n')
	return b.String()
}

// oneLine returns s without line breaks and without Markdown heading marks.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.TrimLeft(strings.TrimSpace(s), "# ")), " ")
}
