package documents

import (
	"context"
	"crypto/sha256"
	"io"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
)

// Verification is what a stored document's bytes were found to be.
type Verification struct {
	Intact  bool      // they are those that were recorded
	SHA256  *Checksum // of the bytes that are there; nil: there are none
	Size    int64     // of the bytes that are there
	Checked time.Time
}

// Verify reads a document's bytes and compares them with what was recorded. NotFound: as Get.
func (a *Archive) Verify(ctx context.Context, caller domain.Principal, id domain.ID) (Stored, Verification, error) {
	s, err := a.show(ctx, caller, id, cases.VerbRead, "verify")
	if err != nil {
		return Stored{}, Verification{}, err
	}
	v := Verification{Checked: a.Clock()}
	defer func() { domain.UsageFrom(ctx).Upstream += a.Clock().Sub(v.Checked) }()
	r, err := a.Files.Get(ctx, fileKey(id), 0, -1)
	if domain.CodeOf(err) == domain.NotFound {
		a.Log.ErrorContext(ctx, "a document's file is missing", "document", id.String())
		return s, v, nil
	}
	if err != nil {
		return Stored{}, Verification{}, err
	}
	defer r.Close()
	hash := sha256.New()
	if v.Size, err = io.Copy(hash, r); err != nil {
		return Stored{}, Verification{}, err
	}
	sum := Checksum(hash.Sum(nil))
	v.SHA256, v.Intact = &sum, sum == s.SHA256
	if !v.Intact {
		a.Log.ErrorContext(ctx, "a document's file is not what was recorded", "document", id.String())
	}
	return s, v, nil
}
