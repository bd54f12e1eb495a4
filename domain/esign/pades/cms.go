package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// Limits of an untrusted CMS.
const (
	maxCertificates = 20
	maxKeyBits      = 8192 // of RSA
)

var (
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimeStampToken       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

// signingCertificateV2 is the attribute of RFC 5035. The hash algorithm is SHA-256, which is the
// default and must be omitted.
type signingCertificateV2 struct{ Certs []essCertIDv2 }

type essCertIDv2 struct{ CertHash []byte }

// SignDetached signs data. The result is a CMS (RFC 5652) that does not contain the data, with a
// timestamp if the Sealer has a Timestamper. Errors: those of Timestamper.
func (s *Sealer) SignDetached(ctx context.Context, data []byte) ([]byte, error) {
	sd, err := pkcs7.NewSignedData(data)
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	certHash := sha256.Sum256(s.chain[0].Raw)
	err = sd.AddSignerChain(s.chain[0], s.key, s.chain[1:], pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{
		{Type: oidSigningCertificateV2, Value: signingCertificateV2{[]essCertIDv2{{certHash[:]}}}},
	}})
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	signer := &sd.GetSignedData().SignerInfos[0]
	// PAdES forbids the signing-time attribute, which the library always adds. Remove it and sign
	// the remaining attributes.
	attributes := signer.AuthenticatedAttributes[:0]
	for _, a := range signer.AuthenticatedAttributes {
		if !a.Type.Equal(pkcs7.OIDAttributeSigningTime) {
			attributes = append(attributes, a)
		}
	}
	signer.AuthenticatedAttributes = attributes
	der, err := asn1.MarshalWithParams(attributes, "set")
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	digest := sha256.Sum256(der)
	if signer.EncryptedDigest, err = s.key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	if s.timestamp != nil {
		imprint := sha256.Sum256(signer.EncryptedDigest)
		token, err := s.timestamp.Timestamp(ctx, imprint[:])
		if err != nil {
			return nil, err
		}
		err = signer.SetUnauthenticatedAttributes([]pkcs7.Attribute{{Type: oidTimeStampToken, Value: asn1.RawValue{FullBytes: token}}})
		if err != nil {
			return nil, fmt.Errorf("pades: %w", err)
		}
	}
	sd.Detach()
	cms, err := sd.Finish()
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	return cms, nil
}

// VerifyDetached verifies a CMS made by SignDetached: it is a signature of exactly these data by the
// returned certificate. It does not check whether that certificate, or the timestamp authority, is
// trusted. Only zeros may follow the CMS. The only unsigned attribute may be one timestamp of this
// signature.
func VerifyDetached(cms, data []byte) (*x509.Certificate, error) {
	var whole asn1.RawValue
	rest, err := asn1.Unmarshal(cms, &whole)
	if err != nil {
		return nil, fmt.Errorf("pades: the signature cannot be parsed: %w", err)
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, errors.New("pades: the signature is followed by other data")
	}
	p7, err := parseCMS(whole.FullBytes)
	if err != nil {
		return nil, fmt.Errorf("pades: the signature cannot be parsed: %w", err)
	}
	p7.Content = data
	if err := p7.Verify(); err != nil {
		return nil, fmt.Errorf("pades: the signature does not match: %w", err)
	}
	c := p7.GetOnlySigner()
	if c == nil {
		return nil, errors.New("pades: the signature does not have exactly one signer")
	}
	var signing signingCertificateV2
	if err := p7.UnmarshalSignedAttribute(oidSigningCertificateV2, &signing); err != nil || len(signing.Certs) != 1 {
		return nil, errors.New("pades: the signature does not name its certificate")
	}
	if certHash := sha256.Sum256(c.Raw); subtle.ConstantTimeCompare(signing.Certs[0].CertHash, certHash[:]) != 1 {
		return nil, errors.New("pades: the signature names another certificate")
	}
	return c, checkUnsigned(p7)
}

// checkUnsigned checks the parts of a CMS that its signature does not cover.
func checkUnsigned(p7 *pkcs7.PKCS7) error {
	if len(p7.CRLs) > 0 {
		return errors.New("pades: the signature contains data that it does not cover")
	}
	signer := &p7.Signers[0]
	if len(signer.UnauthenticatedAttributes) == 0 {
		return nil
	}
	if len(signer.UnauthenticatedAttributes) > 1 || !signer.UnauthenticatedAttributes[0].Type.Equal(oidTimeStampToken) {
		return errors.New("pades: the signature contains data that it does not cover")
	}
	var token asn1.RawValue
	rest, err := asn1.Unmarshal(signer.UnauthenticatedAttributes[0].Value.Bytes, &token)
	if err != nil || len(rest) > 0 {
		return errors.New("pades: the signature's timestamp cannot be parsed")
	}
	if err := CheckTimestamp(token.FullBytes); err != nil {
		return fmt.Errorf("pades: the signature's timestamp cannot be parsed: %w", err)
	}
	ts, err := timestamp.Parse(token.FullBytes) // verifies its signature, if it has a certificate
	if err != nil {
		return fmt.Errorf("pades: the signature's timestamp is not valid: %w", err)
	}
	imprint := sha256.Sum256(signer.EncryptedDigest)
	if len(ts.Certificates) == 0 || ts.HashAlgorithm != crypto.SHA256 || !bytes.Equal(ts.HashedMessage, imprint[:]) {
		return errors.New("pades: the timestamp is not of this signature")
	}
	return nil
}

// parseCMS parses an untrusted CMS, within limits. It verifies nothing.
func parseCMS(der []byte) (*pkcs7.PKCS7, error) {
	if err := CheckASN1(der); err != nil {
		return nil, err
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, err
	}
	if len(p7.Signers) != 1 || len(p7.Certificates) > maxCertificates {
		return nil, fmt.Errorf("pades: the CMS has %d signers and %d certificates", len(p7.Signers), len(p7.Certificates))
	}
	for _, c := range p7.Certificates { // verifying with a large key takes long
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() > maxKeyBits {
			return nil, fmt.Errorf("pades: the CMS has a key of %d bits", k.N.BitLen())
		}
	}
	return p7, nil
}

// CheckTimestamp checks that a timestamp token (RFC 3161) is within limits. Call it before verifying
// an untrusted token.
func CheckTimestamp(der []byte) error {
	_, err := parseCMS(der)
	return err
}
