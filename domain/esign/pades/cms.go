package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

var (
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimeStampToken       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

// signingCertificateV2 is RFC 5035's, with SHA-256, which is its default and so not written.
type signingCertificateV2 struct{ Certs []essCertIDv2 }

type essCertIDv2 struct{ CertHash []byte }

// Detached signs data; the CMS that comes out does not hold them.
func (s *Seal) Detached(ctx context.Context, data []byte) ([]byte, error) { return s.sign(ctx, data) }

func (s *Seal) sign(ctx context.Context, data []byte) ([]byte, error) {
	sd, err := pkcs7.NewSignedData(data)
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	own := sha256.Sum256(s.chain[0].Raw)
	err = sd.AddSignerChain(s.chain[0], s.key, s.chain[1:], pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{
		{Type: oidSigningCertificateV2, Value: signingCertificateV2{[]essCertIDv2{{own[:]}}}},
	}})
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	info := &sd.GetSignedData().SignerInfos[0]
	// The library states the time, which PAdES has stand in the PDF alone: without it, anew.
	kept := info.AuthenticatedAttributes[:0]
	for _, a := range info.AuthenticatedAttributes {
		if !a.Type.Equal(pkcs7.OIDAttributeSigningTime) {
			kept = append(kept, a)
		}
	}
	info.AuthenticatedAttributes = kept
	der, err := asn1.MarshalWithParams(kept, "set")
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	digest := sha256.Sum256(der)
	if info.EncryptedDigest, err = s.key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	if s.stamp != nil {
		imprint := sha256.Sum256(info.EncryptedDigest)
		token, err := s.stamp.Timestamp(ctx, imprint[:])
		if err != nil {
			return nil, err
		}
		err = info.SetUnauthenticatedAttributes([]pkcs7.Attribute{{Type: oidTimeStampToken, Value: asn1.RawValue{FullBytes: token}}})
		if err != nil {
			return nil, fmt.Errorf("pades: %w", err)
		}
	}
	sd.Detach()
	out, err := sd.Finish()
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	return out, nil
}

// VerifyDetached checks what Detached made: the signature is the certificate's, over these very
// data. It says nothing of whether the certificate is to be trusted, or a timestamp authority. Zeros
// may follow the CMS, nothing else. The signature does not cover attributes that are not signed:
// there may be one timestamp of it, and that must fit.
func VerifyDetached(cms, data []byte) (*x509.Certificate, error) {
	var whole asn1.RawValue
	rest, err := asn1.Unmarshal(cms, &whole)
	if err != nil {
		return nil, fmt.Errorf("pades: the signature cannot be read: %w", err)
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, errors.New("pades: something follows the signature")
	}
	p7, err := parseCMS(whole.FullBytes)
	if err != nil {
		return nil, fmt.Errorf("pades: the signature cannot be read: %w", err)
	}
	p7.Content = data
	if err := p7.Verify(); err != nil {
		return nil, fmt.Errorf("pades: the signature does not fit: %w", err)
	}
	c := p7.GetOnlySigner()
	if c == nil {
		return nil, errors.New("pades: the signature has not one signer")
	}
	var named signingCertificateV2
	if err := p7.UnmarshalSignedAttribute(oidSigningCertificateV2, &named); err != nil || len(named.Certs) != 1 {
		return nil, errors.New("pades: the signature does not name its certificate")
	}
	if own := sha256.Sum256(c.Raw); subtle.ConstantTimeCompare(named.Certs[0].CertHash, own[:]) != 1 {
		return nil, errors.New("pades: the signature names another certificate")
	}
	return c, checkUnsigned(p7)
}

// checkUnsigned checks what a CMS holds that its signature does not cover.
func checkUnsigned(p7 *pkcs7.PKCS7) error {
	if len(p7.CRLs) > 0 {
		return errors.New("pades: the signature holds what it does not cover")
	}
	signer := &p7.Signers[0]
	if len(signer.UnauthenticatedAttributes) == 0 {
		return nil
	}
	if len(signer.UnauthenticatedAttributes) > 1 || !signer.UnauthenticatedAttributes[0].Type.Equal(oidTimeStampToken) {
		return errors.New("pades: the signature holds what it does not cover")
	}
	var token asn1.RawValue
	rest, err := asn1.Unmarshal(signer.UnauthenticatedAttributes[0].Value.Bytes, &token)
	if err != nil || len(rest) > 0 {
		return errors.New("pades: the timestamp of the signature cannot be read")
	}
	if err := CheckTimestamp(token.FullBytes); err != nil {
		return fmt.Errorf("pades: the timestamp of the signature cannot be read: %w", err)
	}
	stamp, err := timestamp.Parse(token.FullBytes) // checks its signature, if it has a certificate
	if err != nil {
		return fmt.Errorf("pades: the timestamp of the signature does not hold: %w", err)
	}
	imprint := sha256.Sum256(signer.EncryptedDigest)
	if len(stamp.Certificates) == 0 || stamp.HashAlgorithm != crypto.SHA256 || !bytes.Equal(stamp.HashedMessage, imprint[:]) {
		return errors.New("pades: the timestamp is not of this signature")
	}
	return nil
}
