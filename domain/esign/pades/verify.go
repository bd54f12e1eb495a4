package pades

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Signature is what was found to hold in a sealed file.
type Signature struct {
	Certificate *x509.Certificate
	At          time.Time // as the file states it
	Pages       int
}

// Verify checks a file that was sealed here: its signature covers every byte but its own, fits
// them, and is the certificate's. It says nothing of whether the certificate is to be trusted.
func Verify(file []byte) (s Signature, err error) {
	defer mend(&err)
	d, err := read(context.Background(), file)
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
	value, err := d.DereferenceDict(field["V"])
	if err != nil || value == nil {
		return Signature{}, errors.Join(errors.New("pades: the file is not signed"), err)
	}
	r, err := d.DereferenceArray(value["ByteRange"])
	if err != nil || len(r) != 4 {
		return Signature{}, errors.Join(errors.New("pades: the signature does not say what it covers"), err)
	}
	var at [4]int
	for i, o := range r {
		n, ok := o.(types.Integer)
		if !ok {
			return Signature{}, errors.New("pades: the signature does not say what it covers")
		}
		at[i] = n.Value()
	}
	hole := span{at[1], at[2]}
	if at[0] != 0 || hole.start < 0 || hole.end < hole.start+2 || hole.end > len(file) || at[3] != len(file)-hole.end {
		return Signature{}, errors.New("pades: the signature does not cover the whole file")
	}
	if file[hole.start] != '<' || file[hole.end-1] != '>' {
		return Signature{}, errors.New("pades: the signature leaves out more than itself")
	}
	if hole.end-hole.start > 2*maxASN1 {
		return Signature{}, errors.New("pades: the signature is too large")
	}
	written := string(file[hole.start+1 : hole.end-1])
	cms, err := hex.DecodeString(written)
	if err != nil {
		return Signature{}, errors.New("pades: the signature cannot be read")
	}
	// One way to write it, so that no digit can be changed unnoticed.
	if hex.EncodeToString(cms) != written {
		return Signature{}, errors.New("pades: the signature is written otherwise than here")
	}
	c, err := VerifyDetached(cms, around(file, hole))
	if err != nil {
		return Signature{}, err
	}
	s = Signature{Certificate: c, Pages: d.pages}
	if m := value.StringLiteralEntry("M"); m != nil {
		if when, err := time.Parse("D:20060102150405Z", m.Value()); err == nil {
			s.At = when
		}
	}
	return s, nil
}
