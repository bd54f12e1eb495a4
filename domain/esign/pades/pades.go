// Package pades seals PDF files: it appends pages and signs the whole file with a PAdES signature
// (ETSI EN 319 142-1, level B-B; B-T with a timestamp). It also inspects files before they are sealed
// and verifies the seal. The original bytes are kept: they are the beginning of the sealed file, and
// everything new follows as one incremental update (ISO 32000-2, 7.5.6).
//
// Package pdfobject parses the files, within limits, and go-pkcs7 creates the signature (CMS, RFC 5652). A file is rejected as Invalid, with
// a reason for its sender, when it is encrypted, already signed (added pages would invalidate that
// signature), an XFA form, or has a broken cross-reference table (readers repair such files in
// different ways, so no signature on top of one is reliable).
package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"counsel/domain"
	"counsel/domain/isolation"
)

// Sealer is a signing key with its certificate. It is safe for concurrent use.
type Sealer struct {
	key       crypto.Signer
	chain     []*x509.Certificate // the key's certificate first
	timestamp Timestamper         // nil: signatures have no timestamp
	pool      *isolation.Pool     // parses files; nil: this process does
	slots     chan struct{}       // one for each file in work, which takes several times its size in memory
}

// maxConcurrent is how many files are worked on at a time. Other calls wait.
const maxConcurrent = 2

// Timestamper is a timestamp authority (RFC 3161).
type Timestamper interface {
	// Timestamp returns a DER-encoded timestamp token for a SHA-256 digest. Errors: Unavailable
	// when the authority cannot be reached, Upstream when it does not return a valid token.
	Timestamp(ctx context.Context, digest []byte) ([]byte, error)
}

// New returns a Sealer for a certificate chain and a private key in PEM: RSA of at least 2048 bits,
// or ECDSA. The first certificate is the key's, and each one is issued by the next. It fails when
// they do not match. timestamper may be nil.
func New(certificates, key string, timestamper Timestamper) (*Sealer, error) {
	pair, err := tls.X509KeyPair([]byte(certificates), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	s := &Sealer{timestamp: timestamper, slots: make(chan struct{}, maxConcurrent)}
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("pades: %w", err)
		}
		s.chain = append(s.chain, c)
	}
	for i, c := range s.chain[1:] {
		if err := s.chain[i].CheckSignatureFrom(c); err != nil {
			return nil, fmt.Errorf("pades: certificate %d was not issued by the next one: %w", i+1, err)
		}
	}
	switch k := pair.PrivateKey.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return nil, errors.New("pades: an RSA key must have at least 2048 bits")
		}
		s.key = k
	case *ecdsa.PrivateKey:
		s.key = k
	default:
		return nil, fmt.Errorf("pades: the key has type %T, but must be RSA or ECDSA", k)
	}
	return s, nil
}

// Certificate returns the certificate of the signing key.
func (s *Sealer) Certificate() *x509.Certificate { return s.chain[0] }

// SignatureInfo is what a signature dictionary says about the signature.
type SignatureInfo struct {
	SignedAt time.Time
	Name     string // the signer's
	Reason   string
}

// Inspect checks that a file can be sealed, and reports what it contains besides its pages. Invalid:
// it cannot be sealed; the message says why.
func (s *Sealer) Inspect(ctx context.Context, file []byte) (Report, error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return Report{}, err
	}
	defer release()
	parts, err := s.run(ctx, taskInspect, taskArgs{}, file)
	if err != nil {
		return Report{}, err
	}
	var r Report
	err = decodeFirst(parts, 1, &r)
	return r, err
}

// Seal appends all pages of another PDF to a file, signs the result, and verifies the signature. The
// pages must come from a trusted renderer. Invalid: as for Inspect. Unavailable, Upstream: the
// timestamp authority failed.
func (s *Sealer) Seal(ctx context.Context, file, pages []byte, info SignatureInfo) (sealed []byte, err error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	reserved := s.reservedBytes()
	parts, err := s.run(ctx, taskPrepare, taskArgs{pages, info, reserved}, file)
	if err != nil {
		return nil, err
	}
	offset := 0
	if err := decodeFirst(parts, 2, &offset); err != nil {
		return nil, err
	}
	sealed = slices.Concat(file, parts[1])
	contents := byteSpan{len(file) + offset, len(file) + offset + 2*reserved + 2}
	if offset < 0 || contents.end > len(sealed) {
		return nil, errors.New("pades: the signature's Contents lie outside the file")
	}
	signature, err := s.SignDetached(ctx, signedBytes(sealed, contents))
	if err != nil {
		return nil, err
	}
	if len(signature) > reserved {
		return nil, fmt.Errorf("pades: the signature has %d bytes, but only %d are reserved", len(signature), reserved)
	}
	hex.Encode(sealed[contents.start+1:], signature)
	if _, err := s.run(ctx, taskVerify, taskArgs{}, sealed); err != nil {
		return nil, fmt.Errorf("pades: the sealed file does not verify: %w", err)
	}
	return sealed, nil
}

// AppendPages appends all pages of another PDF to a file without signing it, for a file that is signed
// elsewhere. The pages must come from a trusted renderer. Invalid: as for Inspect.
func (s *Sealer) AppendPages(ctx context.Context, file, pages []byte) (out []byte, err error) {
	release, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	parts, err := s.run(ctx, taskAppend, taskArgs{Pages: pages}, file)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		return nil, errTaskResult
	}
	return slices.Concat(file, parts[0]), nil
}

// acquire waits for a slot. The caller releases it.
func (s *Sealer) acquire(ctx context.Context) (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, errTimeout(ctx)
	}
}

// reservedBytes is how many bytes are reserved for a signature.
func (s *Sealer) reservedBytes() int {
	n := 4096
	for _, c := range s.chain {
		n += len(c.Raw)
	}
	if s.timestamp != nil {
		n += 16 << 10
	}
	return n
}

// byteSpan is a range of bytes in a file. A signature's Contents span from its < past its >.
type byteSpan struct{ start, end int }

// signedBytes are the bytes that a signature covers: everything except its Contents.
func signedBytes(file []byte, contents byteSpan) []byte {
	return bytes.Join([][]byte{file[:contents.start], file[contents.end:]}, nil)
}

var errTaskResult = errors.New("pades: a task returned an unexpected result")

// decodeFirst decodes the first of want parts.
func decodeFirst(parts [][]byte, want int, v any) error {
	if len(parts) != want || json.Unmarshal(parts[0], v) != nil {
		return errTaskResult
	}
	return nil
}

// reasonBroken is the reason of a file that cannot be parsed.
const reasonBroken = "broken"

// unsignable rejects a file. reason is stable; why is for people.
func unsignable(reason, why string) *domain.Error {
	return &domain.Error{Code: domain.Invalid, Reason: reason, Message: "The document cannot be signed: " + why}
}

func withCause(e *domain.Error, err error) *domain.Error {
	e.Err = err
	return e
}

func errTimeout(ctx context.Context) error {
	return &domain.Error{Code: domain.Timeout, Message: "The file could not be processed in time.", Err: ctx.Err()}
}
