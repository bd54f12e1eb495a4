package esign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
)

// sealAttempts is after how many attempts a missing or damaged file is considered lost.
const sealAttempts = 3

// seal is one attempt to complete a request that everyone has signed. It ends the request when no attempt
// can succeed, and returns other errors to be retried.
func (s *Service) seal(ctx context.Context, id domain.ID, attempt int) error {
	err := s.complete(ctx, id)
	reason := permanentReason(err)
	if reason == "" || reason != reasonUnfit && attempt < sealAttempts {
		return err
	}
	s.logger.ErrorContext(ctx, "a signed document cannot be sealed", "signature_request_id", id.String(), "reason", reason, "error", err.Error())
	return s.failSealing(ctx, id, reason)
}

// permanentReason returns why sealing can never succeed after err; "": it may.
func permanentReason(err error) string {
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case !ok:
		return ""
	case e.Code == domain.Invalid:
		return reasonUnfit
	case e.Reason == reasonGone, e.Reason == reasonCorrupt:
		return e.Reason
	}
	return ""
}

// failSealing ends a request that cannot be sealed, and notifies everyone.
func (s *Service) failSealing(ctx context.Context, id domain.ID, reason string) error {
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	return s.asSystem(ctx, r, "failed "+reason, func(tx db.Tx, r *Request) error {
		if r.Status != Sealing {
			return errNoChange
		}
		r.SignedID = nil
		return s.end(ctx, tx, r, Failed, evidence.Event{Kind: evidence.EventFailed, Detail: reason}, noticeFailed)
	})
}

// complete stores the signed file and completes the request. It is idempotent: the file's id was chosen
// when the last signer signed.
func (s *Service) complete(ctx context.Context, id domain.ID) error {
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	if r.Status != Sealing {
		return nil
	}
	signed, err := s.files.Get(ctx, domain.System(r.UserID), *r.SignedID)
	if domain.CodeOf(err) == domain.NotFound {
		if r.Provider == Builtin {
			signed, err = s.storeSealed(ctx, r)
		} else {
			signed, err = s.storeDownloaded(ctx, r)
		}
	}
	if err != nil {
		return err
	}
	return s.asSystem(ctx, r, "completed "+signed.ID.String(), func(tx db.Tx, r *Request) error {
		if r.Status != Sealing {
			return errNoChange
		}
		return s.end(ctx, tx, r, Completed, evidence.Event{Kind: evidence.EventCompleted, Detail: signed.SHA256.String()}, noticeCompleted)
	})
}

// storeSealed appends the certificate to the document, seals it and stores it.
func (s *Service) storeSealed(ctx context.Context, r Request) (files.File, error) {
	sealer := s.sealerFor(r.UserID)
	if sealer == nil {
		return files.File{}, &domain.Error{Code: domain.Unavailable, Message: "The service has no certificate to seal documents with."}
	}
	original, err := s.readOriginal(ctx, r)
	if err != nil {
		return files.File{}, err
	}
	log, err := readLog(ctx, s.queries, r.ID)
	if err != nil {
		return files.File{}, err
	}
	var pages bytes.Buffer
	if err := s.renderer.Render(ctx, evidence.Certificate(r.record(log), riskTexts(evidence.AcceptedRisks(log))), &pages); err != nil {
		return files.File{}, err
	}
	file, err := sealer.Seal(ctx, original, pages.Bytes(), pades.SignatureInfo{SignedAt: s.clock(), Name: sealer.Certificate().Subject.CommonName,
		Reason: fmt.Sprintf("Sealed after all %d signers had signed, request %s", len(r.Signers), r.ID)})
	if err != nil {
		return files.File{}, err
	}
	return s.storeSigned(ctx, r, *r.SignedID, signedName(r.DocumentName), file)
}

// storeSigned stores a signed file, or the provider's record, under an id that was chosen before.
func (s *Service) storeSigned(ctx context.Context, r Request, id domain.ID, name string, file []byte) (files.File, error) {
	return s.files.Create(ctx, files.NewFile{
		ID: id, UserID: r.UserID, CaseID: r.CaseID, By: domain.System(r.UserID), Name: name, ContentType: filetype.PDF, Kind: files.Signed,
		Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file),
	})
}

func signedName(name string) string {
	name = strings.TrimSuffix(name, ".pdf")
	for len(name) > 200 {
		name = name[:strings.LastIndexFunc(name[:200], func(rune) bool { return true })]
	}
	return name + " (signed).pdf"
}
