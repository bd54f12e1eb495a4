package esign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"counsel/domain"
	"counsel/domain/esign/blanks"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
)

// risks are properties of a document that a sender must accept, because a signer may not notice them. The
// text is a predicate of the document. It is printed in certificates.
var risks = []struct{ reason, text string }{
	{blanks.Blank, "has a blank that is to be filled in"},
	{blanks.Draft, "is marked as a draft"},
	{unreadable, "has a text that cannot be read, so that nobody could look for blanks in it"},
	{pades.EmptyField, "has a required form field that is empty"},
	{pades.JavaScript, "holds a script"},
	{pades.Launch, "starts a program or opens a file"},
	{pades.Link, "holds a link"},
	{pades.FormAction, "sends, fills or empties its form"},
	{pades.ExternalDocument, "leads into another file, or takes contents from one"},
	{pades.OtherAction, "shows, hides or prints something by itself"},
	{pades.Attachment, "holds another file"},
	{pades.Media, "holds sound, film or 3D"},
	{pades.Layers, "holds layers that are hidden, or print otherwise than they show"},
}

// unreadable is the reason of a document whose text cannot be extracted.
const unreadable = "unreadable"

// riskText returns the text of a risk; ok is false for an unknown reason.
func riskText(reason string) (text string, ok bool) {
	for _, r := range risks {
		if r.reason == reason {
			return r.text, true
		}
	}
	return reason, false
}

func riskTexts(reasons []string) []string {
	texts := make([]string, len(reasons))
	for i, reason := range reasons {
		texts[i], _ = riskText(reason)
	}
	return texts
}

// extractTimeout limits the extraction of a document's text before it is sent.
const extractTimeout = time.Minute

// ReasonUnfit is the reason of the Invalid for a document with risks that the sender did not accept.
const ReasonUnfit = "document_unfit"

// checkFit returns the risks of a document that the sender accepts. Invalid, with ReasonUnfit: it has
// others, each named with its page. Unavailable, Timeout: the text could not be extracted.
func (s *Service) checkFit(ctx context.Context, d files.File, file []byte, report pades.Report, accept []string) (accepted []string, err error) {
	findings := slices.Clone(report.Findings)
	pages, err := s.textOf(ctx, d, file)
	switch {
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTimeout), errors.Is(err, isolation.ErrCrash):
		findings = append(findings, pades.Finding{Reason: unreadable})
	case err != nil:
		return nil, extractError(err)
	}
	for _, f := range blanks.Find(pages) {
		findings = append(findings, pades.Finding{Reason: f.Reason, Page: f.Page, Quote: f.Quote})
	}
	var faults []domain.Field
	for _, r := range risks {
		ok := slices.Contains(accept, r.reason)
		for _, f := range findings {
			switch {
			case f.Reason != r.reason:
			case !ok:
				faults = append(faults, domain.Field{Pointer: "/docId", Detail: describe(f), Reason: f.Reason, Page: f.Page, Quote: f.Quote})
			case !slices.Contains(accepted, r.reason):
				accepted = append(accepted, r.reason)
			}
		}
	}
	if len(faults) > 0 {
		return nil, &domain.Error{Code: domain.Invalid, Reason: ReasonUnfit, Fields: faults,
			Message: "The document cannot be sent for signature as it is. Correct it, or list the reasons that you accept in acceptRisks."}
	}
	return accepted, nil
}

// textOf returns the text of each page of a document: what was extracted for the search, if it is complete.
func (s *Service) textOf(ctx context.Context, d files.File, file []byte) ([]string, error) {
	switch {
	case d.Text == files.TextIndexed:
		if pages, err := s.extractedText(ctx, d.ID); err != nil || files.Complete(pages) {
			return pages, err
		}
	case d.Text == files.TextUnreadable:
		return nil, isolation.ErrCrash // or one of the others: extracting it again would fail again
	}
	ctx, cancel := context.WithTimeout(ctx, extractTimeout)
	defer cancel()
	return s.files.ExtractPages(ctx, filetype.PDF, bytes.NewReader(file), int64(len(file)))
}

func describe(f pades.Finding) string {
	text, _ := riskText(f.Reason)
	if f.Page > 0 {
		text += fmt.Sprintf(", on page %d", f.Page)
	}
	if f.Quote != "" {
		text += ": “" + f.Quote + "”"
	}
	return text
}

func extractError(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &domain.Error{Code: domain.Timeout, Message: "The text of the document could not be extracted in time.", Err: err}
	}
	return &domain.Error{Code: domain.Unavailable, Message: "The text of the document could not be extracted right now, please try again.", Err: err}
}

// checkRisks returns a fault for each unknown reason.
func checkRisks(accept []string) (faults []domain.Field) {
	for i, reason := range accept {
		if _, ok := riskText(reason); !ok {
			faults = append(faults, domain.Field{Pointer: fmt.Sprintf("/acceptRisks/%d", i), Detail: "is not a risk that can be accepted"})
		}
	}
	return faults
}
