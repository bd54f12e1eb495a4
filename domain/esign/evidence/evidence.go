// Package evidence proves what happened to a document that was sent for signature. It has three parts:
//
//   - the log: an append-only list of events, each with the hash of the previous one (log.go)
//   - the certificate of completion: the pages that are appended to the signed file (certificate.go)
//   - the bundle: a signed zip with the files, the log and a manifest (bundle.go), which Verify
//     checks without a network or a database (verify.go)
//
// The package stores nothing and makes no decisions. It gets a Record. Formats and hashes are fixed:
// evidence that was issued must verify with every later version.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"counsel/domain"
)

// Record is everything that evidence states about a signature request.
type Record struct {
	RequestID domain.ID
	Status    string
	Workflow  string
	Test      bool   // a test account sent it: it proves nothing
	Provider  string // the outside service that collected the signatures; "": none
	Sender    string // name
	CreatedAt time.Time
	ExpiresAt time.Time
	Document  Document
	Signers   []Signer
	Log       []Event // nil: not yet known, for a trial rendering of the certificate
}

// Document is the document that was sent for signature.
type Document struct {
	ID     domain.ID
	Name   string
	Size   int64 // bytes
	SHA256 [sha256.Size]byte
}

// StatusSigned is the status of a signer who has signed.
const StatusSigned = "signed"

// Signer is a signer of the request, as the manifest names them.
type Signer struct {
	Number     int        `json:"number"` // 1, 2, 3 …
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Status     string     `json:"status"`
	Disclosure string     `json:"disclosure,omitempty"` // the version they consented to
	SignedAt   *time.Time `json:"signedAt,omitempty"`
	Reason     string     `json:"reason,omitempty"`    // why they declined
	Signature  *Signature `json:"signature,omitempty"` // nil until they signed here
}

// SignedAs returns the name that the signer typed as a signature, if it differs from their own; "" otherwise.
func (s Signer) SignedAs() string {
	if s.Signature == nil || s.Signature.Typed == "" || sameName(s.Signature.Typed, s.Name) {
		return ""
	}
	return s.Signature.Typed
}

// checksum returns the SHA-256 of b as text.
func checksum(b []byte) string { return checksumText(sha256.Sum256(b)) }

func checksumText(sum [sha256.Size]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

// hexBytes are encoded as hexadecimal digits.
type hexBytes []byte

// MarshalText implements encoding.TextMarshaler.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}
