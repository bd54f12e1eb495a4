package esign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/esign/blanks"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
)

// risks are what a document may hold that nobody should sign unawares, and how that is said. A sender
// who knows of one can accept it.
var risks = []struct{ reason, words string }{
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

// unreadable is the reason of a document whose text is there, and cannot be read.
const unreadable = "unreadable"

func wordsOf(reason string) string {
	for _, r := range risks {
		if r.reason == reason {
			return r.words
		}
	}
	return reason
}

// textTime bounds the reading of a document's text before it is sent.
const textTime = time.Minute

// ReasonUnfit is the reason of the Invalid for a document that holds what the sender did not accept.
const ReasonUnfit = "document_unfit"

// inspect looks for what makes a document unfit to be signed, and returns what of it the sender accepts.
// Invalid, with the reason ReasonUnfit: there is more, each named with its place. Unavailable, Timeout:
// the text could not be read.
func (s *Service) inspect(ctx context.Context, d files.File, file []byte, report pades.Report, accept []string) (accepted []string, err error) {
	found := slices.Clone(report.Findings)
	pages, err := s.textOf(ctx, d, file)
	switch {
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTimeout), errors.Is(err, isolation.ErrCrash):
		found = append(found, pades.Finding{Reason: unreadable})
	case err != nil:
		return nil, unread(err)
	}
	for _, f := range blanks.Find(pages) {
		found = append(found, pades.Finding{Reason: f.Reason, Page: f.Page, Quote: f.Quote})
	}
	var faults []domain.Field
	for _, r := range risks {
		ok := slices.Contains(accept, r.reason)
		for _, f := range found {
			switch {
			case f.Reason != r.reason:
			case !ok:
				faults = append(faults, domain.Field{Pointer: "/docId", Detail: detail(f), Reason: f.Reason, Page: f.Page, Quote: f.Quote})
			case !slices.Contains(accepted, r.reason):
				accepted = append(accepted, r.reason)
			}
		}
	}
	if len(faults) > 0 {
		return nil, &domain.Error{Code: domain.Invalid, Reason: ReasonUnfit, Fields: faults,
			Message: "The document is not fit to be signed as it is. Mend it, or name in acceptRisks the reasons that you accept."}
	}
	return accepted, nil
}

// textOf is the text of each page of a document: as it was read for the search, if that is done.
func (s *Service) textOf(ctx context.Context, d files.File, file []byte) ([]string, error) {
	switch {
	case d.Text == files.TextIndexed:
		if pages, err := s.storedText(ctx, d.ID); err != nil || files.Complete(pages) {
			return pages, err
		}
	case d.Text == files.TextUnreadable:
		return nil, isolation.ErrCrash // or another of them: reading it again would take as long as then
	}
	ctx, cancel := context.WithTimeout(ctx, textTime)
	defer cancel()
	return s.Archive.ExtractPages(ctx, filetype.PDF, bytes.NewReader(file), int64(len(file)))
}

func detail(f pades.Finding) string {
	d := wordsOf(f.Reason)
	if f.Page > 0 {
		d += fmt.Sprintf(", on page %d", f.Page)
	}
	if f.Quote != "" {
		d += ": “" + f.Quote + "”"
	}
	return d
}

func unread(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	if errors.Is(err, isolation.ErrMemory) || errors.Is(err, isolation.ErrTimeout) {
		refused := domain.InvalidField("/docId", "has text that takes too much memory or time to be read; print it to a new PDF file")
		refused.Err = err
		return refused
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &domain.Error{Code: domain.Timeout, Message: "The text of the document could not be read in time.", Err: err}
	}
	return &domain.Error{Code: domain.Unavailable, Message: "The text of the document could not be read right now, please try again.", Err: err}
}

// checkRisks checks which risks a sender names.
func checkRisks(accept []string) (faults []domain.Field) {
	for i, a := range accept {
		if wordsOf(a) == a {
			faults = append(faults, domain.Field{Pointer: fmt.Sprintf("/acceptRisks/%d", i), Detail: "is no risk that can be accepted"})
		}
	}
	return faults
}

// acceptedRisks is what the sender of a request accepted, by its log.
func acceptedRisks(log []Event) []string {
	for _, e := range log {
		if e.Kind == EventRisks {
			return strings.Split(e.Detail, ",")
		}
	}
	return nil
}
