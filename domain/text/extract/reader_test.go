package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
)

func TestMain(m *testing.M) {
	isolation.ServeIfChild(Tasks())
	goleak.VerifyTestMain(m)
}

func readPages(t *testing.T, r *Reader, contentType, content string) []string {
	t.Helper()
	got, err := r.Pages(t.Context(), contentType, strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return got.Pages
}

// pdfWithText builds a PDF with one page per text, in a standard font.
func pdfWithText(texts ...string) string {
	streams := make([]string, len(texts))
	for i, text := range texts {
		streams[i] = "BT /F1 12 Tf 72 720 Td (" + text + ") Tj ET"
	}
	return pdfWithStreams("", streams...)
}

// pdfWithStreams builds a PDF with one page per content stream, encoded as filter says.
func pdfWithStreams(filter string, streams ...string) string {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(offsets)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n")
	var kids strings.Builder
	for i := range streams {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), len(streams))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i, stream := range streams {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", 5+2*i)
		object("<< /Length %d %s >>\nstream\n%s\nendstream", len(stream), filter, stream)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.String()
}

func docxWithBody(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body+`</w:body></w:document>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPDF(t *testing.T) {
	r := New(compiledDir(t))
	defer r.Close()
	got := readPages(t, r, filetype.PDF, pdfWithText("The first page.", "Termination notice", ""))
	if len(got) != 3 || strings.TrimSpace(got[0]) != "The first page." || strings.TrimSpace(got[1]) != "Termination notice" || strings.TrimSpace(got[2]) != "" {
		t.Fatalf("read %q", got)
	}

	pdf := pdfWithText("words")
	for name, content := range map[string]string{
		"nothing": "", "no PDF": "hello", "only a head": "%PDF-1.7\n%%EOF", "half of one": pdf[:len(pdf)/2],
		"a page tree in a circle": strings.Replace(pdf, "/Kids [4 0 R ]", "/Kids [2 0 R ]", 1),
		"a stream without end":    strings.Replace(pdf, "/Length", "/Length 99999999 %", 1),
		"no font":                 strings.ReplaceAll(pdf, "/F1 3 0 R", "/F1 9 0 R"),
		"thousands of brackets":   "%PDF-1.4\n1 0 obj\n" + strings.Repeat("[", 10_000) + "\n%%EOF",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := r.Pages(t.Context(), filetype.PDF, strings.NewReader(content), int64(len(content))); err != nil && len(got.Pages) > 0 {
				t.Errorf("both %q and %v", got.Pages, err)
			}
		})
	}
	if got := readPages(t, r, filetype.PDF, pdf); len(got) != 1 || strings.TrimSpace(got[0]) != "words" {
		t.Errorf("after the broken files: %q", got)
	}
}

func TestDOCX(t *testing.T) {
	r := New("")
	defer r.Close()
	got := readPages(t, r, filetype.DOCX, docxWithBody(t, `
		<w:p><w:r><w:t>Dear </w:t></w:r><w:r><w:t xml:space="preserve">Zoë &amp; Co,</w:t></w:r></w:p>
		<w:p><w:r><w:delText>struck out</w:delText><w:instrText>PAGE</w:instrText><w:t>kept</w:t></w:r><w:r><w:tab/><w:t>right</w:t></w:r></w:p>
		<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
		<w:p><w:r><w:br w:type="page"/><w:t>second page</w:t></w:r></w:p>`))
	if len(got) != 2 || !strings.HasPrefix(got[0], "Dear Zoë & Co,\nkept\tright\ncell") || strings.Contains(got[0], "struck") || strings.Contains(got[0], "PAGE") || strings.TrimSpace(got[1]) != "second page" {
		t.Errorf("read %q", got)
	}

	bomb := docxWithBody(t, strings.Repeat("<w:p><w:r><w:t>"+strings.Repeat("x", 1<<20)+"</w:t></w:r></w:p>", 60))
	total := 0
	for _, p := range readPages(t, r, filetype.DOCX, bomb) {
		total += len(p)
	}
	if total == 0 || total > maxTextBytes+2<<20 {
		t.Errorf("a bomb of %d bytes has %d bytes of text", len(bomb), total)
	}
	for name, content := range map[string]string{
		"nothing": "", "no zip": "PK\x03\x04", "no text": docxWithBody(t, ""),
		"no XML":   docxWithBody(t, "<w:p><w:r><w:t>&laughs;</w:t>"),
		"too deep": docxWithBody(t, strings.Repeat("<a>", 100_000)),
	} {
		if got := readPages(t, r, filetype.DOCX, content); strings.TrimSpace(strings.Join(got, "")) != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := readPages(t, r, filetype.PNG, "\x89PNG"); got != nil {
		t.Errorf("an image has text %q", got)
	}
}
