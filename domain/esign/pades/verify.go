package pades

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"counsel/domain/esign/pades/pdfobject"
)

// Signature is the verified signature of a sealed file.
type Signature struct {
	Certificate *x509.Certificate
	SignedAt    time.Time // as the file states it
	Pages       int       // of the file
}

// Verify checks a file that a Sealer sealed: its signature covers every byte except its own Contents,
// matches them, and was made with the certificate. It does not check whether the certificate is trusted.
func Verify(file []byte) (s Signature, err error) {
	defer recoverPanic(&err)
	d, err := readDocument(context.Background(), file)
	if err != nil {
		return Signature{}, err
	}
	form, err := d.DereferenceDict(d.root["AcroForm"])
	if err != nil || form == nil {
		return Signature{}, errors.Join(errors.New("pades: the file is not signed"), err)
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil || len(fields) == 0 {
		return Signature{}, errors.Join(errors.New("pades: the file is not signed"), err)
	}
	field, err := d.DereferenceDict(fields[len(fields)-1])
	if err != nil {
		return Signature{}, err
	}
	signature, err := d.DereferenceDict(field["V"])
	if err != nil || signature == nil {
		return Signature{}, errors.Join(errors.New("pades: the file is not signed"), err)
	}
	contents, err := d.signatureContents(signature)
	if err != nil {
		return Signature{}, err
	}
	written := string(file[contents.start+1 : contents.end-1])
	cms, err := hex.DecodeString(written)
	if err != nil {
		return Signature{}, errors.New("pades: the signature is not hexadecimal")
	}
	// Only lower case is accepted, so that no digit can be changed unnoticed.
	if hex.EncodeToString(cms) != written {
		return Signature{}, errors.New("pades: the signature is not in the encoding that a Sealer writes")
	}
	c, err := VerifyDetached(cms, signedBytes(file, contents))
	if err != nil {
		return Signature{}, err
	}
	s = Signature{Certificate: c, Pages: len(d.pages)}
	if m, ok := signature["M"].(pdfobject.String); ok {
		if signedAt, err := time.Parse("D:20060102150405Z", m.Text()); err == nil {
			s.SignedAt = signedAt
		}
	}
	return s, nil
}

// signatureContents finds a signature's Contents by its ByteRange, which must cover the whole file.
func (d *document) signatureContents(signature pdfobject.Dict) (byteSpan, error) {
	byteRange, err := d.DereferenceArray(signature["ByteRange"])
	if err != nil || len(byteRange) != 4 {
		return byteSpan{}, errors.Join(errors.New("pades: the signature has no valid ByteRange"), err)
	}
	var r [4]int // offset and length, twice
	for i, o := range byteRange {
		n, ok := o.(pdfobject.Integer)
		if !ok {
			return byteSpan{}, errors.New("pades: the signature has no valid ByteRange")
		}
		r[i] = int(n)
	}
	contents, size := byteSpan{r[1], r[2]}, len(d.bytes)
	if r[0] != 0 || contents.start < 0 || contents.end < contents.start+2 || contents.end > size || r[3] != size-contents.end {
		return byteSpan{}, errors.New("pades: the signature does not cover the whole file")
	}
	if d.bytes[contents.start] != '<' || d.bytes[contents.end-1] != '>' {
		return byteSpan{}, errors.New("pades: the ByteRange leaves out more than the signature")
	}
	if contents.end-contents.start > 2*maxASN1 {
		return byteSpan{}, errors.New("pades: the signature is too large")
	}
	return contents, nil
}
