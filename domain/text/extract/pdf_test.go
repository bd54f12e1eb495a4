package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"counsel/domain/files/filetype"
)

// pdfFile builds a PDF of objects, the first of which is the catalog.
func pdfFile(objects ...string) string {
	var b bytes.Buffer
	offsets := make([]int, len(objects))
	b.WriteString("%PDF-1.7\n")
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.String()
}

func streamObject(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

// pdfWithForm builds a PDF of one page with lines of text at x 72, from y 700 down in steps of 30, and
// annotations, which are objects 7 and up. form and page are further entries of those dictionaries.
func pdfWithForm(form, page string, lines []string, annotations ...string) string {
	var content, kids strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&content, "BT /F1 12 Tf 1 0 0 1 72 %d Tm (%s) Tj ET\n", 700-30*i, line)
	}
	for i := range annotations {
		fmt.Fprintf(&kids, "%d 0 R ", 7+i)
	}
	catalog := "<< /Type /Catalog /Pages 2 0 R"
	if form != "" {
		catalog += " /AcroForm << /Fields [" + kids.String() + "] /DA (/Helv 0 Tf 0 g) /DR << /Font << /Helv 3 0 R >> >> " + form + " >>"
	}
	return pdfFile(append([]string{catalog + " >>", "<< /Type /Pages /Kids [4 0 R] /Count 1 >>", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R /Annots [" + kids.String() + "] " + page + " >>",
		streamObject("", content.String()), streamObject("/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 3 0 R >> >>", "BT /F1 12 Tf 2 4 Td (drawn) Tj ET")}, annotations...)...)
}

func annotationObject(kind, rect, more string) string {
	return "<< /Type /Annot /Subtype /" + kind + " /Rect [" + rect + "] /P 4 0 R " + more + " >>"
}

func TestPDFAnnotations(t *testing.T) {
	r := New("")
	defer r.Close()
	const yes, no = "/FT /Btn /T (a) /V /Yes /AS /Yes /AP << /N << /Yes 6 0 R /Off 6 0 R >> >>", "/FT /Btn /T (b) /V /Off /AS /Off /AP << /N << /Yes 6 0 R /Off 6 0 R >> >>"
	for name, c := range map[string]struct{ file, want string }{
		"fields at their place": {pdfWithForm(" ", "", []string{"Name:", "Rent: _____ per month", "The end."},
			annotationObject("Widget", "150 695 300 715", "/F 4 /FT /Tx /T (name) /V (Wilhelmina Ferndale) /AP << /N 6 0 R >>"),
			annotationObject("Widget", "110 667 140 680", "/F 4 /FT /Tx /T (rent) /V (950)")),
			"Name: drawn\nRent: _____ 950 per month\nThe end."},
		"a form that readers draw": {pdfWithForm("/NeedAppearances true", "", []string{"Name:", "City:"},
			annotationObject("Widget", "150 695 300 715", "/F 4 /FT /Tx /T (name) /DA (/Helv 12 Tf 0 g) /V (Ada)"),
			annotationObject("Widget", "150 665 300 685", "/F 4 /FT /Ch /Ff 131072 /T (city) /DA (/Helv 12 Tf 0 g) /Opt [(Leeds) (Berlin)] /V (Berlin)")),
			"Name: Ada\nCity: Berlin"},
		"boxes":               {pdfWithForm(" ", "", []string{"      yes", "no"}, annotationObject("Widget", "72 698 84 712", "/F 4 "+yes), annotationObject("Widget", "100 668 112 682", "/F 4 "+no)), "[x] yes\nno [ ]"},
		"a password":          {pdfWithForm(" ", "", []string{"Key:"}, annotationObject("Widget", "150 695 300 715", "/F 4 /FT /Tx /Ff 8192 /T (p) /V (secret)")), "Key:"},
		"hidden ones":         {pdfWithForm(" ", "", []string{"a"}, annotationObject("Widget", "150 695 300 715", "/F 2 /FT /Tx /T (x) /V (hidden) /AP << /N 6 0 R >>"), annotationObject("FreeText", "150 665 300 685", "/F 32 /Contents (unseen) /AP << /N 6 0 R >>"), annotationObject("Text", "300 600 320 620", "/F 2 /Contents (unseen)")), "a"},
		"notes":               {pdfWithForm("", "", []string{"the first", "the second"}, annotationObject("FreeText", "300 600 500 620", "/F 4 /Contents (freely)"), annotationObject("Stamp", "150 665 350 685", "/F 4 /AP << /N 6 0 R >>"), annotationObject("Highlight", "72 695 90 715", "/F 4 /QuadPoints [72 715 90 715 72 695 90 695] /T (Ada) /Contents (Too low?)"), annotationObject("Link", "72 600 90 620", "/Contents (a link)")), "the first\nthe second drawn\nfreely\n[Comment by Ada: Too low?]"},
		"outside of the page": {pdfWithForm("", "/CropBox [0 0 612 680]", []string{"cut off", "seen"}), "seen"},
		"rotated":             {strings.Replace(pdfWithStreams("", "BT /F1 12 Tf 0 1 -1 0 100 72 Tm (first line) Tj ET BT /F1 12 Tf 0 1 -1 0 120 72 Tm (second line) Tj ET"), "/MediaBox", "/Rotate 90 /MediaBox", 1), "first line\nsecond line"},
		"drawn invisibly":     {pdfWithStreams("", "BT /F1 12 Tf 3 Tr 72 720 Td (scanned) Tj ET"), "scanned"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.TrimSpace(strings.Join(readPages(t, r, filetype.PDF, c.file), "\n---\n")); got != c.want {
				t.Errorf("read %q, want %q", got, c.want)
			}
		})
	}
}

func TestPDFDehyphenation(t *testing.T) {
	r := New("")
	defer r.Close()
	lines := func(all ...string) string {
		var b strings.Builder
		for i, line := range all {
			fmt.Fprintf(&b, "BT /F1 12 Tf 1 0 0 1 72 %d Tm (%s) Tj ET\n", 720-14*i, line)
		}
		return pdfWithStreams("", b.String())
	}
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{"keeps all infor-", "mation secret"}, "keeps all information secret"},
		{[]string{"Ms Wilhelmina Fern-", "dale signs"}, "Ms Wilhelmina Ferndale signs"},
		{[]string{"Mr Fairweather-", "Smythe sells"}, "Mr Fairweather-Smythe sells"},
		{[]string{"CONFI-", "DENTIAL"}, "CONFIDENTIAL"},
		{[]string{"in twenty-", "one days"}, "in twenty-one days"},
		{[]string{"a 30-", "day notice"}, "a 30-day notice"},
		{[]string{"a non-", "compete clause"}, "a non-compete clause"},
		{[]string{"by e-", "mail to"}, "by e-mail to"},
		{[]string{"his mother-in-", "law"}, "his mother-in-law"},
		{[]string{"the Miet-", "und Pachtvertrag"}, "the Miet- und Pachtvertrag"},
		{[]string{"see www.ferndale-", "law.example/a-", "b for more"}, "see www.ferndale-law.example/a-b for more"},
		{[]string{"long-lived and long-", "lived things"}, "long-lived and long-lived things"},
		{[]string{"noncompete or non-", "compete"}, "noncompete or noncompete"},
		{[]string{"a dash -", "like this"}, "a dash -\nlike this"},
		{[]string{"no hyphen", "here"}, "no hyphen\nhere"},
	} {
		got := strings.TrimSpace(strings.Join(readPages(t, r, filetype.PDF, lines(c.lines...)), ""))
		if got != c.want {
			t.Errorf("%q is read %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestDehyphenate(t *testing.T) {
	for page, want := range map[string]string{
		"Baden-\r\nWürttemberg":         "Baden-Württemberg",
		"Größ\ufffeter Schuld":          "Größter Schuld",
		"termi\u00adnate":               "terminate",
		"thirty\u00adone":               "thirty-one",
		"4\u00ad5 a\u00ad":              "4-5 a",
		"ﬁnal oﬃce, ½ of m² ™ ĳ":        "final office, ½ of m² ™ ĳ",
		"AT&T\ufffeVertrag":             "AT&T-Vertrag",
		"ends with infor\ufffe":         "ends with infor-",
		"\ufffe":                        "-",
		"- item\n- item":                "- item\n- item",
		"pre\ufffeand post-agreement":   "pre- and post-agreement",
		"SARS-CoV\ufffe2":               "SARS-CoV-2",
		"über\ufffemäßig\r\nund weiter": "übermäßig\nund weiter",
	} {
		pages := []string{page}
		if dehyphenate(pages); pages[0] != want {
			t.Errorf("%q becomes %q, want %q", page, pages[0], want)
		}
	}
}

func BenchmarkPDF(b *testing.B) {
	texts := make([]string, 20)
	for i := range texts {
		texts[i] = strings.Repeat("The tenant pays the rent.) Tj 0 -14 Td (", 50)
	}
	content := pdfWithText(texts...)
	r := New(b.TempDir())
	defer r.Close()
	read := func() {
		if _, err := r.Pages(b.Context(), filetype.PDF, strings.NewReader(content), int64(len(content))); err != nil {
			b.Fatal(err)
		}
	}
	read()
	for b.Loop() {
		read()
	}
}
