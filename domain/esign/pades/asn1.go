package pades

import (
	"errors"
	"fmt"
)

// Limits of untrusted ASN.1. A CMS with a timestamp and a chain of certificates has a depth of 15
// and fewer than a thousand elements.
const (
	maxASN1     = 256 << 10 // bytes
	maxDepth    = 32
	maxElements = 10_000
)

var errASN1 = errors.New("pades: the ASN.1 is malformed")

// CheckASN1 checks that the ASN.1 element (BER) at the beginning of b is well-formed and within limits.
// Call it before parsing untrusted data: parsers recurse without a limit, and read an element that
// extends past its parent several times. It takes one pass and constant memory.
func CheckASN1(b []byte) error {
	if len(b) > maxASN1 {
		return fmt.Errorf("pades: ASN.1 of %d bytes is too large", len(b))
	}
	type frame struct {
		end        int  // no child extends past it
		indefinite bool // its length; end-of-contents ends it
		empty      bool
	}
	var parents [maxDepth]frame
	depth, at := 0, 0
	for range maxElements {
		limit := len(b)
		if depth > 0 {
			limit = parents[depth-1].end //nolint:gosec // depth is 1 to maxDepth here, and below
		}
		h, ok := readHeader(b[at:limit])
		if !ok {
			return errASN1
		}
		at += h.size
		if h.endOfContents { // parsers disagree about an empty element of indefinite length
			if depth == 0 || !parents[depth-1].indefinite || parents[depth-1].empty { //nolint:gosec // as above
				return errASN1
			}
			depth--
		} else if depth > 0 {
			parents[depth-1].empty = false //nolint:gosec // as above
		}
		switch {
		case !h.constructed:
			at += h.length
		case depth == maxDepth:
			return errors.New("pades: the ASN.1 is nested too deeply")
		case h.indefinite:
			parents[depth] = frame{end: limit, indefinite: true, empty: true}
			depth++
		default:
			parents[depth] = frame{end: at + h.length}
			depth++
		}
		for depth > 0 && !parents[depth-1].indefinite && parents[depth-1].end == at {
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
	return errors.New("pades: the ASN.1 has too many elements")
}

// header is the tag and length of an element.
type header struct {
	size, length                           int // of the header, of the contents
	constructed, indefinite, endOfContents bool
}

// readHeader reads the header of the element at the beginning of b, which must contain all of it.
func readHeader(b []byte) (h header, ok bool) {
	if len(b) < 2 {
		return h, false
	}
	h.constructed = b[0]&0x20 != 0
	h.size = 1
	if b[0]&0x1f == 0x1f { // a tag of several bytes
		for h.size < len(b) && b[h.size]&0x80 != 0 {
			h.size++
		}
		h.size++
	}
	if h.size >= len(b) {
		return h, false
	}
	first := b[h.size]
	h.size++
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		h.indefinite = true
	case first > 0x84 || len(b)-h.size < int(first&0x7f):
		return h, false
	default:
		for _, c := range b[h.size : h.size+int(first&0x7f)] {
			h.length = h.length<<8 | int(c)
		}
		h.size += int(first & 0x7f)
	}
	h.endOfContents = b[0] == 0 && b[1] == 0
	return h, h.length >= 0 && h.length <= len(b)-h.size && (h.constructed || !h.indefinite)
}
