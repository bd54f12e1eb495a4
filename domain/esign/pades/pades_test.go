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
	"counsel/domain/documents"
	"counsel/domain/esign/pades"
	"counsel/domain/isolation"
)

func TestMain(m *testing.M) {
	isolation.ServeIfChild(pades.Tasks())
	m.Run()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t testing.TB, stamp pades.Timestamper) *pades.Seal {
	t.Helper()
	certificate, key, err := pades.SelfSigned("Counsel test", time.Now())
	must(t, err)
	s, err := pades.New(certificate, key, stamp)
	must(t, err)
	pool := isolation.New(isolation.Config{Size: 2, Memory: 512 << 20, Time: 30 * time.Second})
	t.Cleanup(func() { pool.Close() })
	return s.Isolated(pool)
}

func render(t testing.TB, blocks ...documents.Block) []byte {
	t.Helper()
	engine, err := pdf.New(pdf.Config{})
	must(t, err)
	var b bytes.Buffer
	must(t, engine.Render(context.Background(), documents.Document{Meta: documents.Meta{Title: "Test", Created: time.Unix(0, 0)}, Blocks: blocks}, &b))
	return b.Bytes()
}

func paragraph(words string) documents.Block {
	return documents.Paragraph{Text: []documents.Span{{Text: words}}}
}

// contract has some pages with a text on each.
func contract(t testing.TB, pages int) []byte {
	t.Helper()
	var blocks []documents.Block
	for i := range pages {
		if i > 0 {
			blocks = append(blocks, documents.PageBreak{})
		}
		blocks = append(blocks, documents.Heading{Level: 2, Text: []documents.Span{{Text: fmt.Sprintf("Part %d", i+1)}}}, paragraph(fmt.Sprintf("Obligation number %d of this contract.", i+1)))
	}
	return render(t, blocks...)
}

func certificate(t testing.TB) []byte {
	return render(t, documents.Heading{Level: 1, Text: []documents.Span{{Text: "Certificate of completion"}}}, paragraph("Zoë Müller signed, Σίσυφος too."), documents.PageBreak{}, paragraph("A second page of it."))
}

var about = pades.About{At: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), Name: "Counsel (für Zoë)", Reason: "Sealed after all had signed"}

// tool runs a program that reads PDFs.
func tool(t testing.TB, name string, args ...string) string {
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

func saved(t testing.TB, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pdf")
	must(t, os.WriteFile(path, file, 0o600))
	return path
}

// through lets qpdf write a file anew.
func through(t testing.TB, file []byte, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.pdf")
	tool(t, "qpdf", append(append(args, saved(t, file)), out)...)
	b, err := os.ReadFile(out)
	must(t, err)
	return b
}

func TestSign(t *testing.T) {
	plain := contract(t, 3)
	for name, file := range map[string][]byte{
		"our own":          plain,
		"200 pages":        contract(t, 200),
		"xref stream":      through(t, plain, "--object-streams=generate"),
		"xref table":       through(t, plain, "--object-streams=disable", "--qdf"),
		"linearized":       through(t, plain, "--linearize", "--object-streams=generate"),
		"no last new line": bytes.TrimRight(plain, "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s := seal(t, nil)
			report, err := s.Check(t.Context(), file)
			must(t, err)
			before := report.Pages
			if len(report.Findings) > 0 {
				t.Errorf("found %+v", report.Findings)
			}
			out, err := s.Sign(t.Context(), file, certificate(t), about)
			must(t, err)
			if !bytes.HasPrefix(out, file) {
				t.Error("the original's bytes are not the beginning")
			}
			got, err := pades.Verify(out)
			must(t, err)
			if got.Pages != before+2 || !got.At.Equal(about.At) || !got.Certificate.Equal(s.Certificate()) {
				t.Errorf("found %d pages, %v, %v", got.Pages, got.At, got.Certificate.Subject)
			}

			path := saved(t, out)
			said := tool(t, "pdfsig", "-nocert", path)
			for _, want := range []string{"Signature is Valid.", "Total document signed", "ETSI.CAdES.detached", "Signer Certificate Common Name: Counsel test", "Signing Hash Algorithm: SHA-256"} {
				if !strings.Contains(said, want) {
					t.Errorf("pdfsig does not say %q:\n%s", want, said)
				}
			}
			words := tool(t, "pdftotext", path, "-")
			for _, want := range []string{"Obligation number 1 of", fmt.Sprintf("Obligation number %d of", before), "Certificate of completion", "Zoë Müller signed, Σίσυφος too.", "A second page of it."} {
				if !strings.Contains(words, want) {
					t.Errorf("the text %q is not there", want)
				}
			}
			tool(t, "qpdf", "--check", path)
			if said := tool(t, "qpdf", "--qdf", path, "-"); !strings.Contains(said, "/DocMDP") || !strings.Contains(said, "/P 1") {
				t.Error("the seal does not say that nothing may be changed")
			}
			if _, err := s.Sign(t.Context(), out, certificate(t), about); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "signed already") && !strings.Contains(err.Error(), "digital signature already") {
				t.Errorf("is sealed twice: %v", err)
			}
		})
	}
}

// TestForm keeps the fields that a file has.
func TestForm(t *testing.T) {
	file := object(`<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 90/MediaBox[0 0 300 300]>>`,
		`<</Type/Page/Parent 2 0 R/Annots[5 0 R]>>`, `<</Fields 6 0 R>>`, `<</Type/Annot/Subtype/Widget/FT/Tx/T(name \(first\))/Rect[0 0 10 10]/P 3 0 R>>`, `[5 0 R]`)
	out, err := seal(t, nil).Sign(t.Context(), file, certificate(t), about)
	must(t, err)
	said := tool(t, "qpdf", "--json", saved(t, out))
	if !strings.Contains(said, "name (first)") || !strings.Contains(said, "Counsel-") {
		t.Error("a field is gone")
	}
	if said := tool(t, "pdfinfo", "-f", "1", "-l", "3", saved(t, out)); !strings.Contains(said, "Page    1 rot:   90") || !strings.Contains(said, "Page    2 rot:   0") {
		t.Errorf("the added pages take after the original's:\n%s", said)
	}
}

// TestEmptySignatureField seals what waits for a signature, in each way that programs write it.
func TestEmptySignatureField(t *testing.T) {
	const pages, page = `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots[4 0 R]>>`
	const widget = `/Type/Annot/Subtype/Widget/Rect[10 10 90 40]/P 3 0 R`
	for name, file := range map[string][]byte{
		"merged with its widget": object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)`+widget+`>>`),
		"append only":            object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)`+widget+`>>`),
		"widgets below it":       object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[5 0 R]>>>>`, pages, page, `<</Parent 5 0 R`+widget+`>>`, `<</FT/Sig/T(Buyer)/Kids[4 0 R]>>`),
		"a value that is null":   object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(Buyer)/V null`+widget+`>>`),
		"a form of its own":      object(`<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>`, pages, page, `<</FT/Sig/T(Buyer)/Lock<</Type/SigFieldLock/Action/All>>`+widget+`>>`, `<</SigFlags 1/Fields[4 0 R]>>`),
		"flags without a field":  object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 1/Fields[]>>>>`, pages, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>`),
	} {
		t.Run(name, func(t *testing.T) {
			out, err := seal(t, nil).Sign(t.Context(), file, certificate(t), about)
			must(t, err)
			_, err = pades.Verify(out)
			must(t, err)
			said := tool(t, "pdfsig", "-nocert", saved(t, out))
			if !strings.Contains(said, "Signature is Valid.") || !strings.Contains(said, "Total document signed") {
				t.Error(said)
			}
			tool(t, "qpdf", "--check", saved(t, out))
		})
	}
}

// object makes a file of objects numbered from 1, the first its catalog.
func object(bodies ...string) []byte {
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

func TestRefused(t *testing.T) {
	plain := contract(t, 1)
	const pages, page = `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>`
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"nothing":               {nil, "no PDF"},
		"text":                  {[]byte("Dear Sirs"), "no PDF"},
		"bytes before":          {append([]byte("\n\n"), plain...), "no PDF"},
		"half":                  {plain[:len(plain)/2], "broken"},
		"a shifted table":       {bytes.Replace(plain, []byte("startxref\n"), []byte("startxref\n1"), 1), "broken"},
		"encrypted":             {through(t, plain, "--encrypt", "", "owner", "256", "--"), "encrypted"},
		"encrypted, a password": {through(t, plain, "--encrypt", "user", "owner", "256", "--"), "encrypted"},
		"encrypted, in the trailer": {bytes.Replace(object(`<</Type/Catalog/Pages 2 0 R>>`, pages, page), []byte("/Root"),
			[]byte("/ID[<00><00>]/Encrypt <</Filter/Standard/V 1/R 2/P -4/O<28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A>/U<28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A>>>/Root"), 1), "encrypted"},
		"encrypted in the old":    {through(t, plain, "--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"), "encrypted"},
		"XFA":                     {object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 4 0 R/Fields[]>>>>`, pages, page, `[]`), "XFA"},
		"certified":               {object(`<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 4 0 R>>>>`, pages, page, `<</Type/Sig>>`), "digital signature already"},
		"a signed field":          {object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>>>`), "digital signature already"},
		"a signed field of two":   {object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R 5 0 R]>>>>`, pages, page, `<</FT/Sig/T(a)>>`, `<</FT/Sig/T(b)/V 6 0 R>>`, `<</Type/Sig/Contents<00>>>`), "digital signature already"},
		"a signed field below":    {object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/T(a)/Kids[5 0 R]>>`, `<</T(b)/V<</ByteRange[0 1 2 3]>>>>`), "digital signature already"},
		"fields within fields":    {object(`<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>`, pages, page, `<</FT/Sig/Kids[4 0 R]>>`), "digital signature already"},
		"no pages":                {object(`<</Type/Catalog>>`), "pages"},
		"pages that are a page":   {object(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Page/MediaBox[0 0 9 9]/Count 1>>`), "pages"},
		"pages within themselves": {object(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[2 0 R]/Count 1>>`), "pages"},
		"a tower":                 {object(`<</Type/Catalog/Pages 2 0 R/X `+strings.Repeat("[", 200_000)+`>>`, pages, page), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := seal(t, nil).Sign(t.Context(), c.file, certificate(t), about)
			e, ok := errors.AsType[*domain.Error](err)
			if !ok || e.Code != domain.Invalid || !strings.Contains(e.Message, c.says) {
				t.Errorf("said %v, want something about %q", err, c.says)
			}
		})
	}
}

// TestBroken changes bytes of files at random: what comes of it is sealed or refused, nothing else.
func TestBroken(t *testing.T) {
	plain := contract(t, 2)
	s, pages := seal(t, nil), certificate(t)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	for _, file := range [][]byte{plain, through(t, plain, "--object-streams=generate")} {
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
			out, err := s.Sign(t.Context(), f, pages, about)
			if err != nil {
				if domain.CodeOf(err) != domain.Invalid && !strings.Contains(err.Error(), "does not hold") {
					t.Fatalf("%v", err)
				}
				continue
			}
			if sealed++; !bytes.HasPrefix(out, f) {
				t.Fatal("the original is not the beginning")
			}
		}
		if sealed == 0 {
			t.Error("not one was sealed: the test tries nothing")
		}
	}
}

// TestEveryByte changes a sealed file byte by byte.
func TestEveryByte(t *testing.T) {
	out, err := seal(t, nil).Sign(t.Context(), contract(t, 1), certificate(t), about)
	must(t, err)
	random := mathrand.New(mathrand.NewPCG(3, 4))
	at := []int{0, len(out) - 1}
	for range 300 {
		at = append(at, random.IntN(len(out)))
	}
	hole := bytes.Index(out, []byte("/Contents<")) + len("/Contents")
	end := hole + bytes.IndexByte(out[hole:], '>')
	for i := range 50 { // the zeros behind the signature, and around it
		at = append(at, end-i)
	}
	for _, i := range append(at, hole, end+1) {
		if i > hole && i < end-1000 { // a CMS has versions and names of algorithms that nothing rests on
			continue
		}
		f := bytes.Clone(out)
		f[i] ^= 1 << random.IntN(8)
		if _, err := pades.Verify(f); err == nil {
			t.Errorf("a change of byte %d, %q to %q, is not found", i, out[i], f[i])
		}
	}
	if _, err := pades.Verify(append(bytes.Clone(out), '\n')); err == nil {
		t.Error("a byte added at the end is not found")
	}
}

// authority is a timestamp authority.
type authority struct {
	key  crypto.Signer
	cert *x509.Certificate
	err  error

	digest []byte // stamped instead of what was asked for
	bare   bool   // gives no certificate
}

func (a *authority) Timestamp(_ context.Context, digest []byte) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	if a.digest != nil {
		digest = a.digest
	}
	stamp := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: digest, Time: time.Now(), Policy: []int{1, 2, 3}, AddTSACertificate: !a.bare}
	response, err := stamp.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	parsed, err := timestamp.ParseResponse(response)
	if err != nil {
		return nil, err
	}
	return parsed.RawToken, nil
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A timestamp authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return &authority{key: key, cert: cert}
}

func TestTimestamp(t *testing.T) {
	a := newAuthority(t)
	out, err := seal(t, a).Sign(t.Context(), contract(t, 1), certificate(t), about)
	must(t, err)
	if said := tool(t, "pdfsig", "-nocert", saved(t, out)); !strings.Contains(said, "Signature is Valid.") {
		t.Error(said)
	}
	_, err = pades.Verify(out)
	must(t, err)
	for name, wrong := range map[string]*authority{"of something else": {key: a.key, cert: a.cert, digest: make([]byte, 32)}, "without its certificate": {key: a.key, cert: a.cert, bare: true}} {
		data := []byte("what is signed")
		cms, err := seal(t, wrong).Detached(t.Context(), data)
		must(t, err)
		if _, err := pades.VerifyDetached(cms, data); err == nil || !strings.Contains(err.Error(), "not of this signature") {
			t.Errorf("a timestamp %s: %v", name, err)
		}
	}
	a.err = &domain.Error{Code: domain.Unavailable, Message: "down"}
	if _, err := seal(t, a).Sign(t.Context(), contract(t, 1), certificate(t), about); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("sealed without a timestamp: %v", err)
	}
}

func TestKeys(t *testing.T) {
	issue := func(key crypto.Signer, name string, by *x509.Certificate, with crypto.Signer) (*x509.Certificate, string) {
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
		if by == nil {
			by, with = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), with)
		must(t, err)
		c, err := x509.ParseCertificate(der)
		must(t, err)
		return c, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	private := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	root, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(t, err)
	authority, authorityPEM := issue(root, "A root", nil, nil)
	leaf, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	_, leafPEM := issue(leaf, "Counsel RSA", authority, root)

	s, err := pades.New(leafPEM+authorityPEM, private(leaf), nil)
	must(t, err)
	out, err := s.Sign(t.Context(), contract(t, 1), certificate(t), about)
	must(t, err)
	if said := tool(t, "pdfsig", "-nocert", saved(t, out)); !strings.Contains(said, "Signature is Valid.") || !strings.Contains(said, "Counsel RSA") {
		t.Error(said)
	}

	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil { // Go may refuse to make one
		_, weakPEM := issue(weak, "weak", nil, nil)
		if _, err := pades.New(weakPEM, private(weak), nil); err == nil {
			t.Error("a key of 1,024 bits is taken")
		}
	}
	if _, err := pades.New(authorityPEM, private(leaf), nil); err == nil {
		t.Error("a key and the certificate of another are taken")
	}
	if _, err := pades.New(leafPEM+leafPEM, private(leaf), nil); err == nil {
		t.Error("a chain that is none is taken")
	}
	if _, err := pades.New("", "", nil); err == nil {
		t.Error("nothing is taken")
	}
}

func TestDetached(t *testing.T) {
	s := seal(t, nil)
	cms, err := s.Detached(t.Context(), []byte("evidence"))
	must(t, err)
	c, err := pades.VerifyDetached(append(bytes.Clone(cms), 0, 0), []byte("evidence"))
	must(t, err)
	if !c.Equal(s.Certificate()) {
		t.Error("another certificate")
	}
	if _, err := pades.VerifyDetached(cms, []byte("evidencE")); err == nil {
		t.Error("other data are taken")
	}
	if _, err := pades.VerifyDetached(append(cms, 1), []byte("evidence")); err == nil {
		t.Error("what follows is taken")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(object(`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>`))
	s := seal(f, nil)
	pages := certificate(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := s.Sign(context.Background(), file, pages, about)
		if err == nil && !bytes.HasPrefix(out, file) {
			t.Error("the original is not the beginning")
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s, file, pages := seal(b, nil), contract(b, 200), certificate(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := s.Sign(b.Context(), file, pages, about); err != nil {
			b.Fatal(err)
		}
	}
}
