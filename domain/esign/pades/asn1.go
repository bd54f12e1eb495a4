package pades

import (
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/digitorus/pkcs7"
)

// Limits of ASN.1 that strangers made. A CMS with a timestamp and a chain of certificates has a depth
// of 15 and fewer than a thousand elements.
const (
	maxASN1         = 256 << 10 // bytes
	maxDepth        = 32
	maxElements     = 10_000
	maxCertificates = 20   // of a CMS
	maxKeyBits      = 8192 // of RSA
)

var errASN1 = errors.New("pades: the ASN.1 is broken")

// CheckASN1 bounds the element of ASN.1 (BER) at the beginning of b before any parser sees it. Parsers
// recurse over elements without an end, and over parts of those that reach beyond the one around them
// several times. It takes one pass and no memory that grows.
func CheckASN1(b []byte) error {
	if len(b) > maxASN1 {
		return fmt.Errorf("pades: ASN.1 of %d bytes is too large", len(b))
	}
	type frame struct {
		end   int  // no element in it reaches beyond
		open  bool // its length is indefinite: two zeros end it
		empty bool
	}
	var around [maxDepth]frame
	depth, at := 0, 0
	for range maxElements {
		limit := len(b)
		if depth > 0 {
			limit = around[depth-1].end //nolint:gosec // depth is 1 to maxDepth here, and below
		}
		e, ok := readElement(b[at:limit])
		if !ok {
			return errASN1
		}
		at += e.head
		if e.zeros { // an empty element of indefinite length is read in two ways
			if depth == 0 || !around[depth-1].open || around[depth-1].empty { //nolint:gosec // as above
				return errASN1
			}
			depth--
		} else if depth > 0 {
			around[depth-1].empty = false //nolint:gosec // as above
		}
		switch {
		case !e.constructed:
			at += e.length
		case depth == maxDepth:
			return errors.New("pades: the ASN.1 is nested too deeply")
		case e.open:
			around[depth] = frame{end: limit, open: true, empty: true}
			depth++
		default:
			around[depth] = frame{end: at + e.length}
			depth++
		}
		for depth > 0 && !around[depth-1].open && around[depth-1].end == at {
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
	return errors.New("pades: the ASN.1 has too many elements")
}

// element is the head of one.
type element struct {
	head, length             int
	constructed, open, zeros bool
}

// readElement reads the head of the element that b begins with. It fits into b.
func readElement(b []byte) (e element, ok bool) {
	if len(b) < 2 {
		return e, false
	}
	e.constructed = b[0]&0x20 != 0
	e.head = 1
	if b[0]&0x1f == 0x1f { // the tag goes on
		for e.head < len(b) && b[e.head]&0x80 != 0 {
			e.head++
		}
		e.head++
	}
	if e.head >= len(b) {
		return e, false
	}
	first := b[e.head]
	e.head++
	switch {
	case first < 0x80:
		e.length = int(first)
	case first == 0x80:
		e.open = true
	case first > 0x84 || len(b)-e.head < int(first&0x7f):
		return e, false
	default:
		for _, c := range b[e.head : e.head+int(first&0x7f)] {
			e.length = e.length<<8 | int(c)
		}
		e.head += int(first & 0x7f)
	}
	e.zeros = b[0] == 0 && b[1] == 0
	return e, e.length >= 0 && e.length <= len(b)-e.head && (e.constructed || !e.open)
}

// parseCMS reads a CMS that a stranger made, within limits. What it holds is not verified.
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
	for _, c := range p7.Certificates { // a large key takes long
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() > maxKeyBits {
			return nil, fmt.Errorf("pades: the CMS has a key of %d bits", k.N.BitLen())
		}
	}
	return p7, nil
}

// CheckTimestamp bounds a timestamp token (RFC 3161), before it is verified.
func CheckTimestamp(der []byte) error {
	_, err := parseCMS(der)
	return err
}
