package esign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign/evidence"
)

// Evidence returns the evidence bundle of a request (package evidence), a signed zip, and its size. The
// caller closes it. Only a completed request has a signed file in it; documents that were deleted are left
// out. Errors: as for Get; Unavailable when there is no certificate, or too many bundles are being built.
func (s *Service) Evidence(ctx context.Context, caller domain.Principal, id domain.ID) (file io.ReadCloser, size int64, err error) {
	r, err := s.find(ctx, caller, id, cases.VerbDownload)
	if err != nil {
		return nil, 0, err
	}
	if s.sealerFor(r.UserID) == nil {
		return nil, 0, &domain.Error{Code: domain.Unavailable, Message: "Evidence is not available: the service has no certificate to sign it with."}
	}
	release, err := acquire(ctx, s.bundleSlots)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	bundle, err := s.buildBundle(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	return toTempFile(bundle)
}

// toTempFile writes bytes to an unlinked temporary file, so that a slow reader does not hold memory.
func toTempFile(b []byte) (io.ReadCloser, int64, error) {
	f, err := os.CreateTemp("", "counsel-evidence-*") // mode 0600
	if err != nil {
		return nil, 0, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, int64(len(b)), nil
}

// buildBundle collects the files of a request. It takes the memory of several documents.
func (s *Service) buildBundle(ctx context.Context, r Request) ([]byte, error) {
	log, err := readLog(ctx, s.queries, r.ID)
	if err != nil {
		return nil, err
	}
	if err := evidence.CheckChain(r.ID, log, r.lastSeq, r.lastHash); err != nil {
		return nil, &domain.Error{Code: domain.Internal, Message: "The log of the request was tampered with.", Err: fmt.Errorf("esign: request %s: %w", r.ID, err)}
	}
	contents := evidence.Files{ConsentTexts: map[string]string{}}
	if r.Status == Completed {
		d, err := s.files.Get(ctx, domain.System(r.UserID), *r.SignedID)
		if err == nil {
			contents.Signed, err = s.readAll(ctx, d)
		}
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return nil, err
		}
	}
	if r.Provider != Builtin {
		if contents.ProviderRecord, err = s.providerRecord(ctx, r); err != nil {
			return nil, err
		}
	}
	if contents.Signed != nil && r.Provider == Builtin {
		contents.Original = contents.Signed[:r.DocumentSize]
	} else if b, err := s.readOriginal(ctx, r); err == nil {
		contents.Original = b
	} else if domain.CodeOf(err) != domain.Conflict { // a Conflict: deleted or lost
		return nil, err
	}
	for _, signer := range r.Signers {
		if signer.Disclosure == "" {
			continue
		}
		if text, ok := DisclosureText(signer.Disclosure); ok {
			contents.ConsentTexts[signer.Disclosure] = text
		}
	}
	return evidence.Bundle(ctx, s.sealerFor(r.UserID), r.record(log), contents, s.clock())
}
