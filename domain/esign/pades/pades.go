// Package pades seals PDF files: it adds pages at the end and signs the whole, as PAdES has it
// (ETSI EN 319 142-1, level B-B; B-T with a timestamp). The file that is given stays as it is,
// byte for byte, at the beginning of the one that comes out; all that is new follows it as one
// incremental update.
//
// pdfcpu reads the files, within limits, and go-pkcs7 makes the signature; what is written by
// hand is the update, which neither offers. A file is refused, with words for whoever sent it,
// when it is encrypted, when it is signed already (more pages would break that signature), when
// it is a form of the XFA kind, and when its cross-reference table is broken: readers mend such
// a file each in its own way, and nothing that holds can be put on top of that.
package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/isolation"
)

// Timestamper is a timestamp authority (RFC 3161).
type Timestamper interface {
	// Timestamp returns the DER of a token over the SHA-256 digest. It fails with Unavailable
	// when the authority cannot be reached, with Upstream when its answer is none.
	Timestamp(ctx context.Context, digest []byte) ([]byte, error)
}

// Seal is a key with its certificate. It is safe for concurrent use.
type Seal struct {
	key   crypto.Signer
	chain []*x509.Certificate // the key's own first
	stamp Timestamper         // nil: none
	pool  *isolation.Pool     // reads files; nil: this process does
	work  chan struct{}       // files in hand; each takes several times its size in memory
}

// atOnce is how many files are worked on at a time; others wait.
const atOnce = 2

// New makes a seal of certificates and a private key in PEM: RSA of 2048 bits or more, or ECDSA.
// The first certificate is the key's own, those after it lead towards its root. It fails when
// they do not fit together.
func New(certificates, key string, stamp Timestamper) (*Seal, error) {
	pair, err := tls.X509KeyPair([]byte(certificates), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	s := &Seal{stamp: stamp, work: make(chan struct{}, atOnce)}
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("pades: %w", err)
		}
		s.chain = append(s.chain, c)
	}
	for i, c := range s.chain[1:] {
		if err := s.chain[i].CheckSignatureFrom(c); err != nil {
			return nil, fmt.Errorf("pades: certificate %d was not issued by the one after it: %w", i+1, err)
		}
	}
	switch k := pair.PrivateKey.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return nil, errors.New("pades: an RSA key needs 2048 bits or more")
		}
		s.key = k
	case *ecdsa.PrivateKey:
		s.key = k
	default:
		return nil, fmt.Errorf("pades: a key of type %T cannot sign here: RSA or ECDSA", k)
	}
	return s, nil
}

// Certificate is the seal's own.
func (s *Seal) Certificate() *x509.Certificate { return s.chain[0] }

// SelfSigned makes a key and a certificate for it that nobody vouches for, in PEM.
func SelfSigned(name string, now time.Time) (certificate, key string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("pades: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return "", "", fmt.Errorf("pades: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		return "", "", fmt.Errorf("pades: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", fmt.Errorf("pades: %w", err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", private), nil
}

// About is what a signature says of itself.
type About struct {
	At     time.Time
	Name   string // of who seals
	Reason string
}

// Check tells whether a file can be sealed, and what it holds besides its pages. Invalid: it cannot,
// and the message says why.
func (s *Seal) Check(ctx context.Context, file []byte) (Report, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return Report{}, err
	}
	defer leave()
	parts, err := s.do(ctx, taskInspect, addition{}, file)
	if err != nil {
		return Report{}, err
	}
	var r Report
	err = decode(parts, 1, &r)
	return r, err
}

// Sign adds the pages of another PDF, one that was made here, to a file, and seals both.
// Invalid: as Check. Unavailable, Upstream: the timestamp authority. What comes out was verified.
func (s *Seal) Sign(ctx context.Context, file, pages []byte, about About) (out []byte, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	room := s.room()
	parts, err := s.do(ctx, taskPrepare, addition{pages, about, room}, file)
	if err != nil {
		return nil, err
	}
	at := 0
	if err := decode(parts, 2, &at); err != nil {
		return nil, err
	}
	sealed, hole := slices.Concat(file, parts[1]), span{len(file) + at, len(file) + at + 2*room + 2}
	if at < 0 || hole.end > len(sealed) {
		return nil, errors.New("pades: the signature has no place")
	}
	signature, err := s.sign(ctx, around(sealed, hole))
	if err != nil {
		return nil, err
	}
	if len(signature) > room {
		return nil, fmt.Errorf("pades: a signature of %d bytes does not fit into %d", len(signature), room)
	}
	hex.Encode(sealed[hole.start+1:], signature)
	if _, err := s.do(ctx, taskVerify, addition{}, sealed); err != nil {
		return nil, fmt.Errorf("pades: the sealed file does not hold: %w", err)
	}
	return sealed, nil
}

// Append adds the pages of another PDF, one that was made here, to a file, and seals nothing: somebody
// else will sign it. Invalid: as Check.
func (s *Seal) Append(ctx context.Context, file, pages []byte) (out []byte, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	parts, err := s.do(ctx, taskExtend, addition{Pages: pages}, file)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		return nil, errAnswer
	}
	return slices.Concat(file, parts[0]), nil
}

var errAnswer = errors.New("pades: the process that reads files answers something else")

// decode reads the first of so many parts.
func decode(parts [][]byte, want int, v any) error {
	if len(parts) != want || json.Unmarshal(parts[0], v) != nil {
		return errAnswer
	}
	return nil
}

func (s *Seal) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.work <- struct{}{}:
		return func() { <-s.work }, nil
	case <-ctx.Done():
		return nil, &domain.Error{Code: domain.Timeout, Message: "The file could not be worked on in time.", Err: ctx.Err()}
	}
}

// room is how many bytes a signature may have.
func (s *Seal) room() int {
	n := 4096
	for _, c := range s.chain {
		n += len(c.Raw)
	}
	if s.stamp != nil {
		n += 16 << 10
	}
	return n
}

// span is where a signature stands in a file: from its < to past its >.
type span struct{ start, end int }

func around(file []byte, hole span) []byte {
	return bytes.Join([][]byte{file[:hole.start], file[hole.end:]}, nil)
}

// broken is the reason of a file that cannot be read as it should.
const broken = "broken"

// unfit refuses a file. reason is stable, why for people.
func unfit(reason, why string) *domain.Error {
	return &domain.Error{Code: domain.Invalid, Reason: reason, Message: "The document cannot be signed: " + why}
}

func because(e *domain.Error, err error) *domain.Error {
	e.Err = err
	return e
}

// Fingerprint is the SHA-256 of a certificate, as people compare it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
