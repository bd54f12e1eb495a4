package esign_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/sandbox/testkit"
)

const (
	signatureRoom = 24 << 10
	commentRoom   = signatureRoom + sha256.Size
)

// TestForged hides a second zip, whose manifest names another signer, in the comment, which the signature
// does not cover.
func TestForged(t *testing.T) {
	f := newFixture(t)
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	f.sign("ada@example.com", typedSignature)
	bundle, err := f.Evidence(t.Context(), f.lena, r.ID)
	testkit.Must(t, err)
	for name, hide := range map[string]func(signer, payload []byte) []byte{
		"in an unsigned attribute": func(signer, payload []byte) []byte {
			oid, err := asn1.Marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 55555, 1})
			testkit.Must(t, err)
			return tlv(0x30, inner(signer), tlv(0xa1, tlv(0x30, oid, tlv(0x31, tlv(0x04, payload)))))
		},
		"behind the signer": func(signer, payload []byte) []byte { // ASN.1 parsers skip it
			return tlv(0x30, inner(signer), tlv(0x04, payload))
		},
	} {
		forged := forge(t, bundle, hide)
		if z, err := zip.NewReader(bytes.NewReader(forged), int64(len(forged))); err != nil {
			t.Fatalf("%s: the forgery is not a zip: %v", name, err)
		} else if m, err := z.Open("manifest.json"); err != nil {
			t.Fatal(err)
		} else if manifest, err := io.ReadAll(m); err != nil || !bytes.Contains(manifest, []byte("Mallory")) {
			t.Fatalf("%s: readers do not see the forged manifest: %v", name, err)
		}
		if found, err := evidence.Verify(forged); err == nil {
			t.Errorf("%s: verifies, signed by %q", name, found.Signers)
		} else if name == "in an unsigned attribute" && !strings.Contains(err.Error(), "does not cover") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := evidence.Verify(bundle); err != nil {
		t.Error(err)
	}
}

// forge returns a bundle with an unchanged body and the end of another zip.
func forge(t *testing.T, bundle []byte, hide func(signer, payload []byte) []byte) []byte {
	t.Helper()
	body, cms := bundle[:len(bundle)-commentRoom], bundle[len(bundle)-commentRoom:]
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	testkit.Must(t, err)
	payload := func(base int) []byte {
		var out, fakeAccounts []byte
		for _, f := range z.File {
			r, err := f.Open()
			testkit.Must(t, err)
			content, err := io.ReadAll(r)
			testkit.Must(t, err)
			at, err := f.DataOffset()
			testkit.Must(t, err)
			at -= 30 + int64(len(f.Name)+len(f.Extra))
			if f.Name == "manifest.json" {
				var m map[string]any
				testkit.Must(t, json.Unmarshal(content, &m))
				m["sender"] = "Mallory"
				m["signers"].([]any)[0].(map[string]any)["name"] = "Mallory"
				content, err = json.Marshal(m)
				testkit.Must(t, err)
				at = int64(base + len(out))
				out = append(out, record("PK\x03\x04", uint16(20), uint16(0), uint16(0), uint32(0), crc32.ChecksumIEEE(content), uint32(len(content)), uint32(len(content)), uint16(len(f.Name)), uint16(0))...)
				out = append(append(out, f.Name...), content...)
			}
			fakeAccounts = append(fakeAccounts, record("PK\x01\x02", uint16(20), uint16(20), uint16(0), uint16(0), uint32(0), crc32.ChecksumIEEE(content), uint32(len(content)), uint32(len(content)),
				uint16(len(f.Name)), uint16(0), uint16(0), uint16(0), uint16(0), uint32(0), uint32(at))...)
			fakeAccounts = append(fakeAccounts, f.Name...)
		}
		end := base + len(out) + len(fakeAccounts) + 22
		return slices.Concat(out, fakeAccounts, record("PK\x05\x06", uint16(0), uint16(0), uint16(len(z.File)), uint16(len(z.File)), uint32(len(fakeAccounts)), uint32(base+len(out)), uint16(len(bundle)-end)))
	}
	size := len(payload(0))
	trial := inject(t, cms, bytes.Repeat([]byte{0xaa}, size), hide)
	at := bytes.Index(trial, bytes.Repeat([]byte{0xaa}, size))
	changed := inject(t, cms, payload(len(body)+at), hide)
	if len(changed) != len(trial) || len(changed) > signatureRoom {
		t.Fatalf("a forgery of %d bytes", len(changed))
	}
	out := slices.Concat(body, changed, make([]byte, signatureRoom-len(changed)))
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

// inject changes the signer of a CMS.
func inject(t *testing.T, cms, payload []byte, hide func(signer, payload []byte) []byte) []byte {
	t.Helper()
	info := parts(t, cms)              // contentType, [0] content
	data := parts(t, inner(info[1]))   // version, algorithms, content, certificates, signers
	signer := inner(data[len(data)-1]) // the only one
	data[len(data)-1] = tlv(0x31, hide(signer, payload))
	return tlv(0x30, info[0], tlv(0xa0, tlv(0x30, data...)))
}

func parts(t *testing.T, der []byte) (all [][]byte) {
	t.Helper()
	for rest := inner(der); len(rest) > 0; {
		var one asn1.RawValue
		var err error
		rest, err = asn1.Unmarshal(rest, &one)
		testkit.Must(t, err)
		all = append(all, one.FullBytes)
	}
	return all
}

func inner(der []byte) []byte {
	var one asn1.RawValue
	if _, err := asn1.Unmarshal(der, &one); err != nil {
		panic(err)
	}
	return one.Bytes
}

func tlv(tag byte, content ...[]byte) []byte {
	all := slices.Concat(content...)
	if len(all) < 128 {
		return append([]byte{tag, byte(len(all))}, all...)
	}
	size := bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, uint32(len(all))), "\x00")
	return slices.Concat([]byte{tag, 0x80 | byte(len(size))}, size, all)
}

func record(signature string, fields ...any) []byte {
	b := []byte(signature)
	for _, f := range fields {
		b, _ = binary.Append(b, binary.LittleEndian, f)
	}
	return b
}

// TestOtherCertificate: the service gets another certificate after it has sealed a file.
func TestOtherCertificate(t *testing.T) {
	f := newFixture(t)
	r := f.send(esign.NewRequest{Signers: twoSigners()[:1]})
	f.sign("ada@example.com", typedSignature)
	before := f.config.Sealer
	f.restart(func(c *esign.Config) { c.Sealer = newSealer(t, "Another", f.now) })
	bundle, err := f.Evidence(t.Context(), f.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(t, err)
	if !found.Certificate.Equal(f.config.Sealer.Certificate()) || found.Signed == nil || !found.Signed.Equal(before.Certificate()) {
		t.Errorf("sealed by %s, the file by %v", found.Certificate.Subject, found.Signed)
	}
}
