package ai

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/citation"
	"counsel/domain/masking"
)

// Citation is a statute, act or decision that an answer names.
type Citation struct {
	Text     string         `json:"text"`
	Kind     citation.Kind  `json:"kind"`  // Statute, Act or Case
	Start    int            `json:"start"` // in UTF-16 code units
	End      int            `json:"end"`
	Verified bool           `json:"verified"`         // it stands in what the model was given; otherwise nothing vouches for it
	Source   CitationSource `json:"source,omitempty"` // where it stands, if Verified

	DocumentID domain.ID `json:"documentId,omitzero"` // of CitedInDocument
	Page       int       `json:"page,omitempty"`
}

// CitationSource is where a verified citation stands.
type CitationSource string

// The sources of citations, in the order in which they are searched.
const (
	CitedInDocument CitationSource = "document" // a passage of a document
	CitedInContext  CitationSource = "context"  // the facts, the case, or the previous question
	CitedInQuestion CitationSource = "question" // the question, or the inputs of a draft
)

// maxAnswerCitations is the maximum number of citations of an answer.
const maxAnswerCitations = 200

// givenText is a text that was given to the model.
type givenText struct {
	source     CitationSource
	documentID domain.ID
	page       int
	text       string
}

// findCitations returns the citations of a text and looks each up in what was given. Doctrines and courts are
// not looked up. What an earlier answer said proves nothing and is not given.
func findCitations(text string, given []givenText) (out []Citation) {
	sources := make([]*citation.Source, len(given))
	offsets := utf16Counter{text: text}
	for _, c := range citation.FindAll(text) {
		if c.Kind != citation.Statute && c.Kind != citation.Act && c.Kind != citation.Case || len(out) == maxAnswerCitations {
			continue
		}
		cited := Citation{Text: domain.Truncate(text[c.Start:c.End], maxCitationText), Kind: c.Kind, Start: offsets.at(c.Start), End: offsets.at(c.End)}
		for i, g := range given {
			if sources[i] == nil {
				sources[i] = citation.NewSource(g.text)
			}
			if sources[i].Contains(text[c.Start:c.End]) {
				cited.Verified, cited.Source, cited.DocumentID, cited.Page = true, g.source, g.documentID, g.page
				break
			}
		}
		out = append(out, cited)
	}
	return out
}

// maxCitationText is the maximum length of the text of a citation, in characters.
const maxCitationText = 500

// given returns everything that a question gave to the model, unmasked.
func (c questionContext) given(session *masking.Session, q Question, m maskedQuestion) (out []givenText) {
	for _, p := range m.passages {
		document, page, text := p.Location()
		out = append(out, givenText{CitedInDocument, document, page, session.Restore(text)})
	}
	if q.Context != nil {
		out = append(out, givenText{source: CitedInContext, text: q.Context.Facts})
	}
	if c.previous != nil {
		out = append(out, givenText{source: CitedInContext, text: c.previous.Question})
	}
	return append(out, givenText{source: CitedInContext, text: c.caseText}, givenText{source: CitedInQuestion, text: q.Message})
}

// draftCitations returns the citations of a draft and looks each up in the inputs.
func draftCitations(text string, d *draftSpec) []Citation {
	var inputs strings.Builder
	for _, l := range inputTexts(nil, d.schema, d.Inputs, "/inputs") {
		inputs.WriteString(l.text + "\n")
	}
	return findCitations(text, []givenText{{source: CitedInQuestion, text: inputs.String()}})
}

// citationWarnings returns a warning for each citation of a draft that is not among its inputs.
func citationWarnings(citations []Citation) (warnings []string) {
	for _, c := range citations {
		if !c.Verified {
			warnings = append(warnings, fmt.Sprintf("The draft cites %s, which is not among the inputs. Check that it exists and says so.", c.Text))
		}
	}
	return warnings
}

// reviewCitations returns what the model's review of a text cites and the text does not.
func reviewCitations(review, text string) []Citation {
	return slices.DeleteFunc(findCitations(review, []givenText{{source: CitedInDocument, text: text}}), func(c Citation) bool { return c.Verified })
}

// maxReviewCitations is the maximum number of warnings about the citations of a review.
const maxReviewCitations = 10

// reviewCitationWarnings returns a warning for each citation of a review that is not in the text.
func reviewCitationWarnings(citations []Citation) (warnings []string) {
	for _, c := range citations {
		w := fmt.Sprintf("The review cites %s, which is not in the text. Check that it exists and says so.", c.Text)
		if len(warnings) < maxReviewCitations && !slices.Contains(warnings, w) {
			warnings = append(warnings, w)
		}
	}
	return warnings
}

// utf16Counter converts non-decreasing byte offsets of a text to UTF-16 code units.
type utf16Counter struct {
	text        string
	bytes, code int
}

func (u *utf16Counter) at(offset int) int {
	for u.bytes < offset {
		r, size := utf8.DecodeRuneInString(u.text[u.bytes:])
		u.code++
		if r > 0xFFFF {
			u.code++
		}
		u.bytes += size
	}
	return u.code
}
