package prompts

import (
	"encoding/json"
	"fmt"
	"strings"

	"counsel/domain/ai/policy"
	"counsel/domain/schema"
)

// answerSchema is the schema of a model's answer. It is sent with the request and validates the answer.
type answerSchema struct {
	name     string
	raw      json.RawMessage
	compiled *schema.Schema
}

func newAnswerSchema(name string, shape map[string]any) (*answerSchema, error) {
	raw, err := json.Marshal(shape)
	if err != nil {
		return nil, err
	}
	compiled, err := schema.Compile(name+".answer.json", raw)
	return &answerSchema{name: name, raw: raw, compiled: compiled}, err
}

// objectSchema returns a JSON Schema object for strict structured output: all properties required, no others.
func objectSchema(required []string, props map[string]any) map[string]any {
	return map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
}

// stringSchema returns the JSON Schema of a string.
func stringSchema(description string) map[string]any {
	return map[string]any{"type": "string", "description": description}
}

// draftSchema returns the schema of the answer for a draft with these sections.
func draftSchema(id string, sections []SectionSpec) (*answerSchema, error) {
	ids := make([]string, 0, len(sections))
	seen := map[string]bool{}
	for _, s := range sections {
		if s.ID == "" || s.Heading == "" || len(s.Covers) == 0 || seen[s.ID] {
			return nil, fmt.Errorf("section %q needs a unique id, a heading and points to cover", s.ID)
		}
		seen[s.ID] = true
		ids = append(ids, s.ID)
	}
	return newAnswerSchema("draft_"+strings.ReplaceAll(id, "-", "_"), objectSchema([]string{"title", "sections"}, map[string]any{
		"title": stringSchema("The title of the document."),
		"sections": map[string]any{"type": "array", "items": objectSchema([]string{"id", "heading", "body"}, map[string]any{
			"id":      map[string]any{"type": "string", "enum": ids, "description": "The id of the section as given in the instructions."},
			"heading": stringSchema("The heading of the section, in the language of the document, without a number."),
			"body":    stringSchema("The text of the section in Markdown, without its heading."),
		})},
	}))
}

// chatSchema returns the schema of the answer to a question. The answer comes first, so that it can be shown
// while it is written.
func chatSchema() (*answerSchema, error) {
	return newAnswerSchema("legal_answer", objectSchema([]string{"answer", "clarifications"}, map[string]any{
		"answer": stringSchema("The whole answer, in Markdown."),
		"clarifications": map[string]any{"type": "array", "description": "What the person must tell for the answer to hold; empty if nothing.", "items": objectSchema(
			[]string{"about", "question"}, map[string]any{
				"about":    map[string]any{"type": "string", "enum": []string{"jurisdiction", "dates", "facts"}, "description": "What is missing: whose law applies, a date, or another fact."},
				"question": stringSchema("One short question to the person, in the language of the answer."),
			})},
	}))
}

// findingsSchema returns the schema of the answer for an analysis.
func findingsSchema() (*answerSchema, error) {
	return newAnswerSchema("contract_findings", objectSchema([]string{"findings"}, map[string]any{
		"findings": map[string]any{"type": "array", "items": objectSchema(
			[]string{"clauseType", "quote", "severity", "confidence", "rationale", "suggestion"}, map[string]any{
				"clauseType": map[string]any{"type": "string", "enum": policy.ClauseTypes(), "description": "The category of the clause."},
				"quote":      stringSchema("The passage, copied character by character from the document."),
				"severity":   map[string]any{"type": "string", "enum": []string{"low", "medium", "high"}},
				"confidence": map[string]any{"type": "number", "minimum": 0, "maximum": 1},
				"rationale":  stringSchema("Why the passage matters to the party for whom it is reviewed."),
				"suggestion": stringSchema("What to ask for, or the wording to propose instead."),
			})},
	}))
}
