package pades_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"

	"counsel/domain"
	"counsel/domain/esign/pades"
	"counsel/sandbox/testkit"
)

// nestedASN1 returns nested sequences, all of definite or all of indefinite length.
func nestedASN1(depth int, indefinite bool) []byte {
	if indefinite {
		return slices.Concat(bytes.Repeat([]byte{0x30, 0x80}, depth), []byte{5, 0}, bytes.Repeat([]byte{0, 0}, depth))
	}
	heads, size := make([][]byte, depth), 0 // from the inside
	for i := range heads {
		raw, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: make([]byte, size)})
		if err != nil {
			panic(err)
		}
		heads[i] = raw[:len(raw)-size]
		size = len(raw)
	}
	slices.Reverse(heads)
	return bytes.Join(heads, nil)
}

func TestCheckASN1(t *testing.T) {
	for name, b := range map[string][]byte{
		"null": {5, 0}, "sequence": {0x30, 2, 5, 0}, "empty sequence": {0x30, 0}, "deepest": nestedASN1(32, false), "deepest, indefinite lengths": nestedASN1(32, true),
		"trailing data": {0x30, 2, 5, 0, 1, 2, 3}, "long tag": {0x1f, 0x81, 1, 1, 0}, "two elements in one of indefinite length": {0x30, 0x80, 5, 0, 5, 0, 0, 0},
		"indefinite length in definite length": {0x30, 6, 0x30, 0x80, 5, 0, 0, 0},
	} {
		if err := pades.CheckASN1(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"no data": {}, "half a header": {0x30}, "no length": {0x1f, 0x81}, "length past the end": {4, 5, 0}, "length in five bytes": {4, 0x85, 0, 0, 0, 0, 1, 0},
		"too deep": nestedASN1(33, false), "too deep, indefinite lengths": nestedASN1(33, true), "length past the parent": {0x30, 2, 4, 4, 1, 2, 3, 4},
		"no end-of-contents": {0x30, 0x80, 5, 0}, "empty, indefinite length": {0x30, 0x80, 0, 0}, "end-of-contents in definite length": {0x30, 2, 0, 0}, "only end-of-contents": {0, 0},
		"primitive of indefinite length": {4, 0x80, 0, 0}, "too many elements": slices.Concat([]byte{0x30, 0x82, 0x75, 0x30}, bytes.Repeat([]byte{4, 1, 7}, 10_000)),
		"too large": append([]byte{4, 0x83, 4, 0, 0}, make([]byte, 256<<10)...),
	} {
		if err := pades.CheckASN1(b); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestNestedCMS: without the limits, the first would overflow the parser's stack, and another take minutes.
func TestNestedCMS(t *testing.T) {
	for name, b := range map[string][]byte{
		"12 MB of tags": bytes.Repeat([]byte{0x30, 0x80}, 6<<20), "200,000 tags": nestedASN1(200_000, true), "definite lengths": nestedASN1(5_000, false),
		"many siblings": slices.Concat([]byte{0x30, 0x80}, bytes.Repeat([]byte{4, 1, 7}, 80_000), []byte{0, 0}),
	} {
		start := time.Now()
		if _, err := pades.VerifyDetached(b, nil); err == nil {
			t.Errorf("%s is accepted", name)
		}
		if err := pades.CheckTimestamp(b); err == nil {
			t.Errorf("%s is accepted as a timestamp", name)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// FuzzCheckASN1: the CMS parser handles everything that CheckASN1 accepts quickly.
func FuzzCheckASN1(f *testing.F) {
	certificate, key, err := pades.SelfSigned("Counsel", domain.SystemClock())
	testkit.Must(f, err)
	s, err := pades.New(certificate, key, nil)
	testkit.Must(f, err)
	cms, err := s.SignDetached(f.Context(), []byte("data"))
	testkit.Must(f, err)
	sum := sha256.Sum256([]byte("data"))
	f.Add(cms)
	f.Add(append(cms, sum[:]...))
	f.Add(nestedASN1(20, true))
	f.Add(nestedASN1(20, false))
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 5, 0, 0, 0, 0, 0})
	f.Add([]byte{0x30, 6, 0x3f, 0x81, 1, 2, 5, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if pades.CheckASN1(b) != nil {
			return
		}
		start := time.Now()
		_, _ = pkcs7.Parse(b)
		_ = pades.CheckTimestamp(b)
		_, _ = pades.VerifyDetached(b, []byte("data"))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("parsing took %s", took)
		}
	})
}
