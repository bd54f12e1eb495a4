package ai

import (
	"context"

	"counsel/domain"
)

// DraftRequest asks for a document.
type DraftRequest struct {
	Type   string         // id of a document type
	Inputs map[string]any // as encoding/json decodes them
	Tone   string         // formal, plain, firm, friendly; "": formal
	Locale string         // BCP 47; "": English
	Policy string         // the rule set the draft is held against; "": none
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
// /tone, /locale, /policy) and those of Model.
func (s *Service) GenerateDocument(ctx context.Context, caller domain.Principal, r DraftRequest) (Draft, error) {
	return Draft{}, domain.Errorf(domain.Unavailable, UnavailableMessage)
}
