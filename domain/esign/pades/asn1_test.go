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
)

// nested is so many elements in each other, each with its length, or none of them with one.
func nested(depth int, indefinite bool) []byte {
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
		"a null": {5, 0}, "a sequence": {0x30, 2, 5, 0}, "an empty one": {0x30, 0}, "deep": nested(32, false), "deep, without lengths": nested(32, true),
		"what follows": {0x30, 2, 5, 0, 1, 2, 3}, "a long tag": {0x1f, 0x81, 1, 1, 0}, "two in one without a length": {0x30, 0x80, 5, 0, 5, 0, 0, 0},
		"one without a length in one with": {0x30, 6, 0x30, 0x80, 5, 0, 0, 0},
	} {
		if err := pades.CheckASN1(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"nothing": {}, "half a head": {0x30}, "no length": {0x1f, 0x81}, "longer than all": {4, 5, 0}, "a length of five bytes": {4, 0x85, 0, 0, 0, 0, 1, 0},
		"too deep": nested(33, false), "too deep, without lengths": nested(33, true), "beyond the one around": {0x30, 2, 4, 4, 1, 2, 3, 4},
		"without an end": {0x30, 0x80, 5, 0}, "empty, without a length": {0x30, 0x80, 0, 0}, "an end of nothing": {0x30, 2, 0, 0}, "only zeros": {0, 0},
		"a primitive without a length": {4, 0x80, 0, 0}, "many": slices.Concat([]byte{0x30, 0x82, 0x75, 0x30}, bytes.Repeat([]byte{4, 1, 7}, 10_000)),
		"large": append([]byte{4, 0x83, 4, 0, 0}, make([]byte, 256<<10)...),
	} {
		if err := pades.CheckASN1(b); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestNestedCMS: a parser that recurses would end the process over the one, and take minutes over the other.
func TestNestedCMS(t *testing.T) {
	for name, b := range map[string][]byte{
		"12 MB of tags": bytes.Repeat([]byte{0x30, 0x80}, 6<<20), "tags": nested(200_000, true), "with lengths": nested(5_000, false),
		"many, wide": slices.Concat([]byte{0x30, 0x80}, bytes.Repeat([]byte{4, 1, 7}, 80_000), []byte{0, 0}),
	} {
		began := time.Now()
		if _, err := pades.VerifyDetached(b, nil); err == nil {
			t.Errorf("%s is taken", name)
		}
		if err := pades.CheckTimestamp(b); err == nil {
			t.Errorf("%s is taken for a timestamp", name)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s takes %s", name, took)
		}
	}
}

// FuzzCheckASN1: what is taken is read by the parser of CMS in no time.
func FuzzCheckASN1(f *testing.F) {
	certificate, key, err := pades.SelfSigned("Counsel", domain.SystemClock())
	must(f, err)
	s, err := pades.New(certificate, key, nil)
	must(f, err)
	cms, err := s.Detached(f.Context(), []byte("data"))
	must(f, err)
	sum := sha256.Sum256([]byte("data"))
	f.Add(cms)
	f.Add(append(cms, sum[:]...))
	f.Add(nested(20, true))
	f.Add(nested(20, false))
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 5, 0, 0, 0, 0, 0})
	f.Add([]byte{0x30, 6, 0x3f, 0x81, 1, 2, 5, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if pades.CheckASN1(b) != nil {
			return
		}
		began := time.Now()
		_, _ = pkcs7.Parse(b)
		_ = pades.CheckTimestamp(b)
		_, _ = pades.VerifyDetached(b, []byte("data"))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it takes %s", took)
		}
	})
}
