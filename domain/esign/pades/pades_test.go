package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"counsel/clients/pdf"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/esign/pades"
	"counsel/domain/isolation"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) {
	isolation.ServeIfChild(pades.Tasks())
	m.Run()
}

func newSealer(t testing.TB, timestamper pades.Timestamper) *pades.Sealer {
	t.Helper()
	certificate, key, err := pades.SelfSigned("Counsel test", time.Now())
	testkit.Must(t, err)
	s, err := pades.New(certificate, key, timestamper)
	testkit.Must(t, err)
	pool := isolation.New(isolation.Config{MaxChildren: 2, Memory: 512 << 20, Timeout: 30 * time.Second})
	t.Cleanup(func() { pool.Close() })
	return s.WithPool(pool)
}

func renderPDF(t testing.TB, blocks ...doc.Block) []byte {
	t.Helper()
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	var b bytes.Buffer
	testkit.Must(t, engine.Render(context.Background(), doc.Document{Meta: doc.Meta{Title: "Test", Created: time.Unix(0, 0)}, Blocks: blocks}, &b))
	return b.Bytes()
}

func paragraph(text string) doc.Block {
	return doc.Paragraph{Text: []doc.Span{{Text: text}}}
}

// contractPDF returns a PDF with numbered text on each page.
func contractPDF(t testing.TB, pages int) []byte {
	t.Helper()
	var blocks []doc.Block
	for i := range pages {
		if i > 0 {
			blocks = append(blocks, doc.PageBreak{})
		}
		blocks = append(blocks, doc.Heading{Level: 2, Text: []doc.Span{{Text: fmt.Sprintf("Part %d", i+1)}}}, paragraph(fmt.Sprintf("Obligation number %d of this contract.", i+1)))
	}
	return renderPDF(t, blocks...)
}

func certificatePDF(t testing.TB) []byte {
	return renderPDF(t, doc.Heading{Level: 1, Text: []doc.Span{{Text: "Certificate of completion"}}}, paragraph("Zoë Müller signed, Σίσυφος too."), doc.PageBreak{}, paragraph("A second page of it."))
}

var info = pades.SignatureInfo{SignedAt: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), Name: "Counsel (für Zoë)", Reason: "Sealed after all had signed"}

// runTool runs a PDF program and returns its output.
func runTool(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: scripts/setup pdf", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func writeTemp(t testing.TB, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pdf")
	testkit.Must(t, os.WriteFile(path, file, 0o600))
	return path
}

// qpdf rewrites a file with qpdf.
func qpdf(t testing.TB, file []byte, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	runTool(t, "qpdf", append(append(args, writeTemp(t, file)), out)...)
	b, err := os.ReadFile(out)
	testkit.Must(t, err)
	return b
}

func TestSeal(t *testing.T) {
	plain := contractPDF(t, 3)
	for name, file := range map[string][]byte{
		"rendered here":    plain,
		"200 pages":        contractPDF(t, 200),
		"xref stream":      qpdf(t, plain, "--object-streams=generate"),
		"xref table":       qpdf(t, plain, "--object-streams=disable", "--qdf"),
		"linearized":       qpdf(t, plain, "--linearize", "--object-streams=generate"),
		"no final newline": bytes.TrimRight(plain, "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSealer(t, nil)
			report, err := s.Inspect(t.Context(), file)
			testkit.Must(t, err)
			pages := report.Pages
			if len(report.Findings) > 0 {
				t.Errorf("found %+v", report.Findings)
			}
			out, err := s.Seal(t.Context(), file, certificatePDF(t), info)
			testkit.Must(t, err)
			if !bytes.HasPrefix(out, file) {
				t.Error("the file does not start with the original")
			}
			got, err := pades.Verify(out)
			testkit.Must(t, err)
			if got.Pages != pages+2 || !got.SignedAt.Equal(info.SignedAt) || !got.Certificate.Equal(s.Certificate()) {
				t.Errorf("found %d pages, %v, %v", got.Pages, got.SignedAt, got.Certificate.Subject)
			}

			path := writeTemp(t, out)
			output := runTool(t, "pdfsig", "-nocert", path)
			for _, want := range []string{"Signature is Valid.", "Total document signed", "ETSI.CAdES.detached", "Signer Certificate Common Name: Counsel test", "Signing Hash Algorithm: SHA-256"} {
				if !strings.Contains(output, want) {
					t.Errorf("pdfsig does not report %q:\n%s", want, output)
				}
			}
			text := runTool(t, "pdftotext", path, "-")
			for _, want := range []string{"Obligation number 1 of", fmt.Sprintf("Obligation number %d of", pages), "Certificate of completion", "Zoë Müller signed, Σίσυφος too.", "A second page of it."} {
				if !strings.Contains(text, want) {
					t.Errorf("the text %q is missing", want)
				}
			}
			runTool(t, "qpdf", "--check", path)
			if output := runTool(t, "qpdf", "--qdf", path, "-"); !strings.Contains(output, "/DocMDP") || !strings.Contains(output, "/P 1") {
				t.Error("the signature does not forbid changes")
			}
			if _, err := s.Seal(t.Context(), out, certificatePDF(t), info); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "already has a digital signature") {
				t.Errorf("a sealed file was sealed again: %v", err)
			}
		})
	}
}

// TestForm: sealing keeps the form's fields, and the added pages inherit nothing.
func TestForm(t *testing.T) {
	file := rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 90/MediaBox[0 0 300 300]>>`,
		`<</Type/Page/Parent 2 0 R/Annots[5 0 R]>>`, `<</Fields 6 0 R>>`, `<</Type/Annot/Subtype/Widget/FT/Tx/T(name \(first\))/Rect[0 0 10 10]/P 3 0 R>>`, `[5 0 R]`)
	out, err := newSealer(t, nil).Seal(t.Context(), file, certificatePDF(t), info)
	testkit.Must(t, err)
	output := runTool(t, "qpdf", "--json", writeTemp(t, out))
	if !strings.Contains(output, "name (first)") || !strings.Contains(output, "Counsel-") {
		t.Error("a field is missing")
	}
	if output := runTool(t, "pdfinfo", "-f", "1", "-l", "3", writeTemp(t, out)); !strings.Contains(output, "Page    1 rot:   90") || !strings.Contains(output, "Page    2 rot:   0") {
		t.Errorf("the added pages inherit the original's rotation:\n%s", output)
	}
}

// TestEmptySignatureField: a file with an empty signature field is sealed, however the field is written.
func TestEmptySignatureField(t *testing.T) {
	const pages, page = `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots[4 0 R]>>`
	const widget = `/Type/Annot/Subtype/Widget/Rect[10 10 90 40]/P 3 0 R`
	for name, file := range map[string][]byte{
		"merged with its widget": rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)`+widget+`>>`),
		"append only":            rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)`+widget+`>>`),
		"separate widget":        rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[5 0 R]>>>>`, pages, page, `<</Parent 5 0 R`+widget+`>>`, `<</FT/Sig/T(Buyer)/Kids[4 0 R]>>`),
		"null value":             rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)/V null`+widget+`>>`),
		"indirect form":          rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>`, pages, page, `<</FT/Sig/T(Buyer)/Lock<</Type/SigFieldLock/Action/All>>`+widget+`>>`, `<</SigFlags 1/Fields[4 0 R]>>`),
		"flags without fields":   rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[]>>>>`, pages, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>`),
	} {
		t.Run(name, func(t *testing.T) {
			out, err := newSealer(t, nil).Seal(t.Context(), file, certificatePDF(t), info)
			testkit.Must(t, err)
			_, err = pades.Verify(out)
			testkit.Must(t, err)
			output := runTool(t, "pdfsig", "-nocert", writeTemp(t, out))
			if !strings.Contains(output, "Signature is Valid.") || !strings.Contains(output, "Total document signed") {
				t.Error(output)
			}
			runTool(t, "qpdf", "--check", writeTemp(t, out))
		})
	}
}

// rawPDF returns a file with these objects, numbered from 1. The first is the catalog.
func rawPDF(bodies ...string) []byte {
	b := []byte("%PDF-1.6\n")
	var at []int
	for i, body := range bodies {
		at = append(at, len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := len(b)
	b = fmt.Appendf(b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		b = fmt.Appendf(b, "%010d 00000 n \n", o)
	}
	return fmt.Appendf(b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF", len(at)+1, start)
}

func TestRejected(t *testing.T) {
	plain := contractPDF(t, 1)
	const pages, page = `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>`
	for name, c := range map[string]struct {
		file    []byte
		message string
	}{
		"empty":                    {nil, "not a PDF"},
		"text":                     {[]byte("Dear Sirs"), "not a PDF"},
		"leading bytes":            {append([]byte("\n\n"), plain...), "not a PDF"},
		"truncated":                {plain[:len(plain)/2], "broken"},
		"wrong startxref":          {bytes.Replace(plain, []byte("startxref\n"), []byte("startxref\n1"), 1), "broken"},
		"encrypted":                {qpdf(t, plain, "--encrypt", "", "owner", "256", "--"), "encrypted"},
		"encrypted, user password": {qpdf(t, plain, "--encrypt", "user", "owner", "256", "--"), "encrypted"},
		"encrypted, direct dictionary": {bytes.Replace(rawPDF(`<</Type/Catalog/Pages 2 0 R>>`, pages, page), []byte("/Root"),
			[]byte("/ID[<00><00>]/Encrypt <</Filter/Standard/V 1/R 2/P -4/O<28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A>/U<28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A>>>/Root"), 1), "encrypted"},
		"encrypted, RC4":          {qpdf(t, plain, "--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"), "encrypted"},
		"XFA":                     {rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 4 0 R/Fields[]>>>>`, pages, page, `[]`), "XFA"},
		"certified":               {rawPDF(`<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 4 0 R>>>>`, pages, page, `<</Type/Sig>>`), "already has a digital signature"},
		"signed field":            {rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>>>`), "already has a digital signature"},
		"one signed field of two": {rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R 5 0 R]>>>>`, pages, page, `<</FT/Sig/T(a)>>`, `<</FT/Sig/T(b)/V 6 0 R>>`, `<</Type/Sig/Contents<00>>>`), "already has a digital signature"},
		"signed child field":      {rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(a)/Kids[5 0 R]>>`, `<</T(b)/V<</ByteRange[0 1 2 3]>>>>`), "already has a digital signature"},
		"field cycle":             {rawPDF(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/Kids[4 0 R]>>`), "already has a digital signature"},
		"no pages":                {rawPDF(`<</Type/Catalog>>`), "pages"},
		"page tree is a page":     {rawPDF(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Page/MediaBox[0 0 9 9]/Count 1>>`), "pages"},
		"page tree cycle":         {rawPDF(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[2 0 R]/Count 1>>`), "pages"},
		"deep nesting":            {rawPDF(`<</Type/Catalog/Pages 2 0 R/X `+strings.Repeat("[", 200_000)+`>>`, pages, page), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newSealer(t, nil).Seal(t.Context(), c.file, certificatePDF(t), info)
			e, ok := errors.AsType[*domain.Error](err)
			if !ok || e.Code != domain.Invalid || !strings.Contains(e.Message, c.message) {
				t.Errorf("got %v, want a message with %q", err, c.message)
			}
		})
	}
}

// TestBroken: files with random changes are either sealed or rejected.
func TestBroken(t *testing.T) {
	plain := contractPDF(t, 2)
	s, pages := newSealer(t, nil), certificatePDF(t)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	for _, file := range [][]byte{plain, qpdf(t, plain, "--object-streams=generate")} {
		sealed := 0
		for range 150 {
			f := bytes.Clone(file)
			for range 1 + random.IntN(8) {
				at := random.IntN(len(f))
				if random.IntN(2) == 0 { // where the structure is
					at = len(f) - 1 - random.IntN(min(600, len(f)))
				}
				f[at] = byte(random.IntN(256))
			}
			out, err := s.Seal(t.Context(), f, pages, info)
			if err != nil {
				if domain.CodeOf(err) != domain.Invalid && !strings.Contains(err.Error(), "does not verify") {
					t.Fatalf("%v", err)
				}
				continue
			}
			if sealed++; !bytes.HasPrefix(out, f) {
				t.Fatal("the file does not start with the original")
			}
		}
		if sealed == 0 {
			t.Error("no file was sealed, so the test checks nothing")
		}
	}
}

// TestEveryByte: a change of any byte of a sealed file is detected.
func TestEveryByte(t *testing.T) {
	out, err := newSealer(t, nil).Seal(t.Context(), contractPDF(t, 1), certificatePDF(t), info)
	testkit.Must(t, err)
	random := mathrand.New(mathrand.NewPCG(3, 4))
	at := []int{0, len(out) - 1}
	for range 300 {
		at = append(at, random.IntN(len(out)))
	}
	contents := bytes.Index(out, []byte("/Contents<")) + len("/Contents")
	end := contents + bytes.IndexByte(out[contents:], '>')
	for i := range 50 { // the padding after the signature, and around it
		at = append(at, end-i)
	}
	for _, i := range append(at, contents, end+1) {
		if i > contents && i < end-1000 { // some versions and algorithm names in a CMS do not matter
			continue
		}
		f := bytes.Clone(out)
		f[i] ^= 1 << random.IntN(8)
		if _, err := pades.Verify(f); err == nil {
			t.Errorf("a change of byte %d, %q to %q, is not detected", i, out[i], f[i])
		}
	}
	if _, err := pades.Verify(append(bytes.Clone(out), '\n')); err == nil {
		t.Error("an appended byte is not detected")
	}
}

// fakeTimestamper is a timestamp authority.
type fakeTimestamper struct {
	key  crypto.Signer
	cert *x509.Certificate
	err  error

	digest        []byte // timestamped instead of the requested one; nil: none
	noCertificate bool
}

func (a *fakeTimestamper) Timestamp(_ context.Context, digest []byte) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	if a.digest != nil {
		digest = a.digest
	}
	ts := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: digest, Time: time.Now(), Policy: []int{1, 2, 3}, AddTSACertificate: !a.noCertificate}
	response, err := ts.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	parsed, err := timestamp.ParseResponse(response)
	if err != nil {
		return nil, err
	}
	return parsed.RawToken, nil
}

func newFakeTimestamper(t *testing.T) *fakeTimestamper {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test timestamp authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	testkit.Must(t, err)
	cert, err := x509.ParseCertificate(der)
	testkit.Must(t, err)
	return &fakeTimestamper{key: key, cert: cert}
}

func TestTimestamp(t *testing.T) {
	a := newFakeTimestamper(t)
	out, err := newSealer(t, a).Seal(t.Context(), contractPDF(t, 1), certificatePDF(t), info)
	testkit.Must(t, err)
	if output := runTool(t, "pdfsig", "-nocert", writeTemp(t, out)); !strings.Contains(output, "Signature is Valid.") {
		t.Error(output)
	}
	_, err = pades.Verify(out)
	testkit.Must(t, err)
	for name, wrong := range map[string]*fakeTimestamper{"of another digest": {key: a.key, cert: a.cert, digest: make([]byte, 32)}, "without its certificate": {key: a.key, cert: a.cert, noCertificate: true}} {
		data := []byte("signed data")
		cms, err := newSealer(t, wrong).SignDetached(t.Context(), data)
		testkit.Must(t, err)
		if _, err := pades.VerifyDetached(cms, data); err == nil || !strings.Contains(err.Error(), "not of this signature") {
			t.Errorf("a timestamp %s: %v", name, err)
		}
	}
	a.err = &domain.Error{Code: domain.Unavailable, Message: "down"}
	if _, err := newSealer(t, a).Seal(t.Context(), contractPDF(t, 1), certificatePDF(t), info); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("sealed without a timestamp: %v", err)
	}
}

func TestKeys(t *testing.T) {
	issue := func(key crypto.Signer, name string, issuer *x509.Certificate, issuerKey crypto.Signer) (*x509.Certificate, string) {
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			BasicConstraintsValid: true, IsCA: issuer == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
		if issuer == nil {
			issuer, issuerKey = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
		testkit.Must(t, err)
		c, err := x509.ParseCertificate(der)
		testkit.Must(t, err)
		return c, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	encodeKey := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		testkit.Must(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	root, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	testkit.Must(t, err)
	authority, authorityPEM := issue(root, "A root", nil, nil)
	leaf, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	_, leafPEM := issue(leaf, "Counsel RSA", authority, root)

	s, err := pades.New(leafPEM+authorityPEM, encodeKey(leaf), nil)
	testkit.Must(t, err)
	out, err := s.Seal(t.Context(), contractPDF(t, 1), certificatePDF(t), info)
	testkit.Must(t, err)
	if output := runTool(t, "pdfsig", "-nocert", writeTemp(t, out)); !strings.Contains(output, "Signature is Valid.") || !strings.Contains(output, "Counsel RSA") {
		t.Error(output)
	}

	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil { // Go may refuse to generate it
		_, weakPEM := issue(weak, "weak", nil, nil)
		if _, err := pades.New(weakPEM, encodeKey(weak), nil); err == nil {
			t.Error("a key of 1,024 bits is accepted")
		}
	}
	if _, err := pades.New(authorityPEM, encodeKey(leaf), nil); err == nil {
		t.Error("a certificate of another key is accepted")
	}
	if _, err := pades.New(leafPEM+leafPEM, encodeKey(leaf), nil); err == nil {
		t.Error("an invalid chain is accepted")
	}
	if _, err := pades.New("", "", nil); err == nil {
		t.Error("no certificate and key are accepted")
	}
}

func TestDetached(t *testing.T) {
	s := newSealer(t, nil)
	cms, err := s.SignDetached(t.Context(), []byte("evidence"))
	testkit.Must(t, err)
	c, err := pades.VerifyDetached(append(bytes.Clone(cms), 0, 0), []byte("evidence"))
	testkit.Must(t, err)
	if !c.Equal(s.Certificate()) {
		t.Error("got another certificate")
	}
	if _, err := pades.VerifyDetached(cms, []byte("evidencE")); err == nil {
		t.Error("a signature of other data is accepted")
	}
	if _, err := pades.VerifyDetached(append(cms, 1), []byte("evidence")); err == nil {
		t.Error("trailing data is accepted")
	}
}

func FuzzSeal(f *testing.F) {
	f.Add(rawPDF(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>`))
	s := newSealer(f, nil)
	pages := certificatePDF(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := s.Seal(context.Background(), file, pages, info)
		if err == nil && !bytes.HasPrefix(out, file) {
			t.Error("the file does not start with the original")
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	s, file, pages := newSealer(b, nil), contractPDF(b, 200), certificatePDF(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := s.Seal(b.Context(), file, pages, info); err != nil {
			b.Fatal(err)
		}
	}
}
