package esign

import (
	"bytes"
	"context"
	"errors"
	"io"

	"counsel/domain"
	"counsel/domain/files"
)

// Why a document can never be signed or sealed. The values are logged and in the contract.
const (
	reasonGone             = "document_gone"    // the document or its file does not exist
	reasonCorrupt          = "document_corrupt" // its bytes are not those that were sent
	reasonUnfit            = "document_unfit"   // it cannot be sealed, or the certificate cannot be rendered
	reasonSealingTimeout   = "sealing_timeout"  // sealing failed for sealTimeout
	reasonProviderRejected = "provider_refused" // the provider did not accept it
)

// original returns the document of a request. Conflict: it is missing, or is not the one that was sent.
func (s *Service) original(ctx context.Context, r Request) (files.File, error) {
	d, err := s.files.Get(ctx, domain.System(r.UserID), r.DocumentID)
	if domain.CodeOf(err) == domain.NotFound {
		return files.File{}, errUnsignable(reasonGone, err)
	}
	if err == nil && d.SHA256 != r.DocumentSum {
		return files.File{}, errUnsignable(reasonCorrupt, errors.New("esign: the document is not the one that was sent"))
	}
	return d, err
}

// errUnsignable is the Conflict for a document that can no longer be signed.
func errUnsignable(reason string, cause error) error {
	message := "The document no longer exists. Please ask the sender."
	if reason == reasonCorrupt {
		message = "The stored document is damaged, so it cannot be signed. Please ask the sender to send it again."
	}
	return &domain.Error{Code: domain.Conflict, Reason: reason, Message: message, Err: cause}
}

// unsignableError converts an error of reading a file: if the file is missing or damaged, to errUnsignable.
func unsignableError(err error) error {
	switch {
	case errors.Is(err, files.ErrMissing):
		return errUnsignable(reasonGone, err)
	case errors.Is(err, files.ErrCorrupt):
		return errUnsignable(reasonCorrupt, err)
	}
	return err
}

// checkOriginal reads the whole document of a request and checks its checksum.
func (s *Service) checkOriginal(ctx context.Context, r Request) error {
	d, err := s.original(ctx, r)
	if err != nil {
		return err
	}
	body, err := s.files.Open(ctx, d, 0, -1)
	if err != nil {
		return unsignableError(err)
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(unsignableError(err), body.Close())
}

// readOriginal returns the bytes of the document of a request.
func (s *Service) readOriginal(ctx context.Context, r Request) ([]byte, error) {
	d, err := s.original(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.readAll(ctx, d)
}

// readAll reads a whole file. Its checksum is verified while it is read.
func (s *Service) readAll(ctx context.Context, d files.File) ([]byte, error) {
	body, err := s.files.Open(ctx, d, 0, -1)
	if err != nil {
		return nil, unsignableError(err)
	}
	defer body.Close()
	b := bytes.NewBuffer(make([]byte, 0, d.Size+bytes.MinRead))
	_, err = io.Copy(b, body)
	return b.Bytes(), unsignableError(err)
}

// extractedText returns the text that was extracted for the search, page by page; nil: none yet.
func (s *Service) extractedText(ctx context.Context, document domain.ID) ([]string, error) {
	texts, err := s.files.PageTexts(ctx, document)
	if err != nil {
		return nil, err
	}
	var pages []string
	for _, r := range texts {
		for len(pages) < r.Number-1 { // pages without text
			pages = append(pages, "")
		}
		pages = append(pages, r.Text)
	}
	return pages, nil
}
