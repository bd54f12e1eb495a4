package pdf_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/language"

	"counsel/clients/pdf"
	"counsel/domain"
	d "counsel/domain/doc"
	"counsel/domain/locale"
)

func newEngine(t testing.TB) *pdf.Engine {
	t.Helper()
	e, err := pdf.New(pdf.Config{Engine: "maroto"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func render(t testing.TB, doc d.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := newEngine(t).Render(t.Context(), doc, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// renderInvalid renders a document that must be rejected as Invalid, and returns the error.
func renderInvalid(t testing.TB, doc d.Document) *domain.Error {
	t.Helper()
	var b bytes.Buffer
	err := newEngine(t).Render(t.Context(), doc, &b)
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Invalid || len(e.Fields) == 0 {
		t.Fatalf("error %v, want Invalid with fields", err)
	}
	if b.Len() > 0 {
		t.Error("part of a rejected document was written")
	}
	return e
}

func document(blocks ...d.Block) d.Document { return d.Document{Blocks: blocks} }

func paragraph(words string) d.Block {
	return d.Paragraph{Text: plainSpans(words), Source: "/data/words"}
}

// runTool runs a program of poppler or qpdf on a file, whose path replaces the argument FILE.
func runTool(t testing.TB, file []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	path := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// extractWords returns the words of a file in drawing order, and checks that each is inside the
// margins.
func extractWords(t testing.TB, file []byte) []string {
	t.Helper()
	requireInsideMargins(t, file)
	return strings.Fields(runTool(t, file, "pdftotext", "-raw", "FILE", "-"))
}

var bbox = regexp.MustCompile(`<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">`)

func requireInsideMargins(t testing.TB, file []byte) {
	t.Helper()
	const side, edge = 25 * 72 / 25.4, 20 * 72 / 25.4
	for _, m := range bbox.FindAllStringSubmatch(runTool(t, file, "pdftotext", "-bbox", "FILE", "-"), -1) {
		var x1, y1, x2, y2 float64
		if _, err := fmt.Sscan(strings.Join(m[1:], " "), &x1, &y1, &x2, &y2); err != nil {
			t.Fatal(err)
		}
		if x1 < side-1 || x2 > 595.3-side+1 || y1 < edge-2 || y2 > 841.9-edge+2 {
			t.Fatalf("a word is outside the margins: %s", m[0])
		}
	}
}

func TestSampleIsValidPDF(t *testing.T) {
	file := render(t, sampleContract())
	if out := runTool(t, file, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	about := runTool(t, file, "pdfinfo", "FILE")
	for _, want := range []string{"Services Agreement", "Novák & Partners", "Hosting and maintenance", "services, hosting", "Mar  2 09:00:00 2026", "Pages:           3", "595.28 x 841.89"} {
		if !strings.Contains(about, want) {
			t.Errorf("pdfinfo does not show %q:\n%s", want, about)
		}
	}
	fonts := runTool(t, file, "pdffonts", "FILE")
	if n := strings.Count(fonts, "yes yes yes"); n != 4 {
		t.Errorf("%d fonts are embedded as subsets with Unicode, want 4:\n%s", n, fonts)
	}
	got := runTool(t, file, "pdftotext", "FILE", "-")
	for _, want := range []string{"Σίσυφος Α.Ε.", "Ольга Иванова", "Nguyễn Văn Đức", "Page 2 of 3", "clause 2.1(c)", "99.9 %", "£ 12,400.00", "Johanna Müller-Lüdenscheidt"} {
		if !strings.Contains(got, want) {
			t.Errorf("the text does not contain %q", want)
		}
	}
	for _, want := range []string{"/Lang(en-GB)", "/URI (https://www.ons.gov.uk/)", "/PageMode/UseOutlines", "/Dest[", "/Filter/FlateDecode"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("the file does not contain %s", want)
		}
	}
	if n := bytes.Count(file, []byte("/Parent")) - 3; n != 9 { // without the pages
		t.Errorf("%d bookmarks, want one for each of 9 headings", n)
	}
	if len(file) > 60_000 {
		t.Errorf("%d bytes, want at most 60,000", len(file))
	}
}

func TestOutputIsDeterministic(t *testing.T) {
	e, doc := newEngine(t), sampleContract()
	want := sha256.Sum256(render(t, doc))
	if os.Getenv("PDF_TEST_CHILD") != "" {
		fmt.Printf("sum=%x\n", want)
		return
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 {
				var b bytes.Buffer
				if err := e.Render(t.Context(), sampleContract(), &b); err != nil {
					t.Error(err)
				}
				if sha256.Sum256(b.Bytes()) != want {
					t.Error("the same document rendered to different bytes")
				}
			}
		})
	}
	wg.Wait()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "PDF_TEST_CHILD=1")
	out, err := child.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("sum="+hex.EncodeToString(want[:]))) {
		t.Errorf("another process rendered different bytes (%v): %s", err, out)
	}
	doc.Meta.Title += "."
	if sha256.Sum256(render(t, doc)) == want {
		t.Error("a different document rendered to the same bytes")
	}
}

// distinctWords returns at least n bytes of distinct words.
func distinctWords(n int) []string {
	var out []string
	for size := 0; size < n; {
		w := fmt.Sprintf("word%d", len(out))
		switch len(out) % 7 {
		case 3:
			w = fmt.Sprintf("Ärger%dς", len(out))
		case 5:
			w = fmt.Sprintf("(закон:%d)", len(out))
		}
		out = append(out, w)
		size += len(w) + 1
	}
	return out
}

func requireSameWords(t *testing.T, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("word %d is %q, want %q", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d words, want %d", len(got), len(want))
	}
}

func TestMegabyteParagraphKeepsAllText(t *testing.T) {
	want := distinctWords(1 << 20)
	for _, align := range []d.Align{d.Left, d.Justify} {
		file := render(t, document(d.Paragraph{Align: align, Text: plainSpans(strings.Join(want, " "))}))
		requireSameWords(t, extractWords(t, file), want)
	}
}

func TestManyStylesKeepAllText(t *testing.T) {
	want := distinctWords(20_000)
	var spans []d.Span
	for i, w := range want {
		spans = append(spans, d.Span{Text: w + " ", Bold: i%2 == 0, Italic: i%3 == 0})
	}
	requireSameWords(t, extractWords(t, render(t, document(d.Paragraph{Align: d.Justify, Text: spans}))), want)
	// A style change within a word does not split it.
	file := render(t, document(d.Paragraph{Text: []d.Span{{Text: "in"}, {Text: "separ", Bold: true}, {Text: "able", Italic: true}}}))
	requireSameWords(t, extractWords(t, file), []string{"inseparable"})
}

func TestLongWordsWrap(t *testing.T) {
	long := strings.Repeat("Donaudampfschiffahrt", 300)
	file := render(t, document(
		paragraph(long),
		d.Clause{Depth: 1, Text: plainSpans(long)},
		d.List{Items: []d.Item{{Blocks: []d.Block{paragraph(long)}}}},
		d.Table{Columns: []d.Column{{}, {}}, Rows: [][]d.Cell{{{Text: plainSpans(long)}, {Text: plainSpans("b")}}}},
		d.Heading{Level: 1, Text: plainSpans(long)},
		d.SignatureBlock{Parties: []d.Party{{Name: long}}},
	))
	got := strings.Join(extractWords(t, file), "")
	if n := strings.Count(got, "Donau"); n > 6*300 || n < 6*300*2/3 { // some are broken across lines
		t.Errorf("%d of %d words are unbroken", n, 6*300)
	}
	if n := strings.Count(got, "D"); n != 6*300+1 { // and the label Date
		t.Errorf("%d of %d word beginnings are left", n, 6*300)
	}
	if n := strings.Count(got, "t"); n < 6*300 {
		t.Errorf("%d of %d word endings are left", n, 6*300)
	}
}

func TestLongTableRepeatsHead(t *testing.T) {
	table := d.Table{
		Columns: []d.Column{{}, {Align: d.Right}, {}},
		Head:    []d.Cell{{Text: plainSpans("HeadA")}, {Text: plainSpans("HeadB")}, {Text: plainSpans("HeadC")}},
	}
	var want []string
	for i := range 10_000 {
		row := []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("c%d", i)}
		want = append(want, row...)
		table.Rows = append(table.Rows, []d.Cell{{Text: plainSpans(row[0])}, {Text: plainSpans(row[1])}, {Text: plainSpans(row[2])}})
	}
	file := render(t, document(table))
	pages := bytes.Count(file, []byte("/Type/Page/"))
	var got []string
	heads := 0
	for _, w := range extractWords(t, file) {
		if strings.HasPrefix(w, "Head") {
			heads++
			continue
		}
		got = append(got, w)
	}
	requireSameWords(t, got, want)
	if pages < 100 || heads != 3*pages {
		t.Errorf("%d head cells on %d pages, want a head on each page", heads, pages)
	}
}

func TestRowTallerThanPageContinues(t *testing.T) {
	want := distinctWords(30_000)
	file := render(t, document(d.Table{
		Columns: []d.Column{{Width: 1}, {Width: 3}},
		Head:    []d.Cell{{Text: plainSpans("HeadA")}, {Text: plainSpans("HeadB")}},
		Rows:    [][]d.Cell{{{Text: plainSpans("side")}, {Text: plainSpans(strings.Join(want, " "))}}},
	}))
	var got []string
	for _, w := range extractWords(t, file) {
		if w != "side" && !strings.HasPrefix(w, "Head") {
			got = append(got, w)
		}
	}
	requireSameWords(t, got, want)
	// A head taller than half a page is not repeated, and not lost either.
	head := distinctWords(20_000)
	file = render(t, document(d.Table{Columns: []d.Column{{}}, Head: []d.Cell{{Text: plainSpans(strings.Join(head, " "))}}, Rows: [][]d.Cell{{{Text: plainSpans("end")}}}}))
	requireSameWords(t, extractWords(t, file), append(head, "end"))
}

func TestSignaturesAndNestedListsKeepAllText(t *testing.T) {
	var s d.SignatureBlock
	inner := paragraph("innermost")
	for i := range 9 {
		inner = d.List{Ordered: i%2 == 0, Items: []d.Item{{Blocks: []d.Block{paragraph(fmt.Sprintf("level%d", i)), inner}}, {}}}
	}
	for i := range 41 {
		s.Parties = append(s.Parties, d.Party{Role: fmt.Sprintf("Role%d", i), Name: fmt.Sprintf("Name%d", i), Title: fmt.Sprintf("Title%d", i), Place: fmt.Sprintf("Place%d", i), Date: fmt.Sprintf("Date%d", i)})
	}
	file := render(t, document(inner, d.Quote{Blocks: []d.Block{paragraph("quoted"), d.Rule{}}}, d.Rule{}, d.PageBreak{}, s))
	got := strings.Join(extractWords(t, file), " ") + " "
	for i := range 9 {
		if want := fmt.Sprintf("level%d ", i); !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for i := range s.Parties {
		for _, f := range []string{"Role", "Name", "Title", "Place", "Date"} {
			if want := fmt.Sprintf("%s%d ", f, i); !strings.Contains(got, want) {
				t.Errorf("%s is missing", want)
			}
		}
	}
	for i, page := range strings.Split(runTool(t, file, "pdftotext", "FILE", "-"), "\f") {
		if strings.Count(page, "Role") != strings.Count(page, "Date")/2 { // the label and its value
			t.Errorf("a signature block is split at page %d", i+1)
		}
	}
}

func TestPageBreaks(t *testing.T) {
	// A heading is never the last thing on a page.
	for count := 30; count < 50; count++ {
		var blocks []d.Block
		for range count {
			blocks = append(blocks, paragraph("filler"))
		}
		blocks = append(blocks, d.Heading{Level: 2, Depth: 1, Text: plainSpans("HEADING")}, d.Clause{Depth: 2, Text: plainSpans(strings.Repeat("words of the clause ", 30))})
		for _, page := range strings.Split(runTool(t, render(t, document(blocks...)), "pdftotext", "-raw", "FILE", "-"), "\f") {
			if strings.HasSuffix(strings.TrimSpace(page), "HEADING") {
				t.Fatalf("after %d paragraphs, a heading is the last thing on a page", count)
			}
		}
	}
	file := render(t, document(paragraph("one"), d.PageBreak{}, paragraph("two"), d.PageBreak{}, d.PageBreak{}, paragraph("four")))
	if got := strings.Count(runTool(t, file, "pdftotext", "FILE", "-"), "\f"); got != 4 {
		t.Errorf("%d pages, want 4", got)
	}
	if n := bytes.Count(render(t, document()), []byte("/Type/Page/")); n != 1 {
		t.Errorf("an empty document has %d pages, want 1", n)
	}
}

func TestHeaderAndFooter(t *testing.T) {
	doc := document(paragraph("one"), d.PageBreak{}, paragraph("two"))
	doc.Meta.Title = "Title {page}"
	doc.Header = d.RunningText{Left: "{title}", Center: "mid", Right: "p. {page}/{pages}"}
	doc.Footer = d.RunningText{Left: strings.Repeat("long footer ", 20), Right: "right"}
	got := strings.Join(strings.Fields(runTool(t, render(t, doc), "pdftotext", "-raw", "FILE", "-")), " ")
	for _, want := range []string{"Title {page} mid p. 1/2", "Title {page} mid p. 2/2", "right"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if n := strings.Count(got, "long footer"); n != 40 {
		t.Errorf("%d repetitions in the footers, want 40", n)
	}
	requireInsideMargins(t, render(t, doc))
	doc.Header = d.RunningText{Left: strings.Repeat("too long ", 200), Source: "/options/header"}
	if e := renderInvalid(t, doc); e.Fields[0].Pointer != "/options/header" {
		t.Errorf("fields %v", e.Fields)
	}
}

func TestErrors(t *testing.T) {
	for name, doc := range map[string]d.Document{
		"cross-reference": document(d.Paragraph{Source: "/x", Text: []d.Span{{Ref: "gone"}}}),
		"link":            document(d.Paragraph{Source: "/x", Text: []d.Span{{Text: "x", Link: "javascript:alert(1)"}}}),
		"page size":       {Meta: d.Meta{Source: "/x"}, Page: d.Page{Size: "A3"}},
		"margin":          {Meta: d.Meta{Source: "/x"}, Page: d.Page{Margins: d.Margins{Left: 300}}},
		"columns":         document(d.Table{Source: "/x"}),
		"cells":           document(d.Table{Source: "/x", Columns: make([]d.Column, 2), Rows: [][]d.Cell{{{}}}}),
		"head":            document(d.Table{Source: "/x", Columns: make([]d.Column, 2), Head: []d.Cell{{}}}),
		"widths":          document(d.Table{Source: "/x", Columns: []d.Column{{Width: 1}, {}}, Rows: [][]d.Cell{{{}, {}}}}),
		"narrow":          document(d.Table{Source: "/x", Columns: []d.Column{{Width: 1}, {Width: 1e9}}, Rows: [][]d.Cell{{{}, {}}}}),
		"heading in item": document(d.List{Source: "/x", Items: []d.Item{{Blocks: []d.Block{d.Heading{Level: 1}}}}}),
		"verify URL":      {Meta: d.Meta{Source: "/x"}, VerifyURL: "ftp://x"},
		"long verify URL": {Meta: d.Meta{Source: "/x"}, VerifyURL: "https://" + strings.Repeat("x", 500)},
		"watermark":       {Meta: d.Meta{Source: "/x"}, Watermark: "草稿"},
	} {
		t.Run(name, func(t *testing.T) {
			if e := renderInvalid(t, doc); e.Fields[0].Pointer != "/x" {
				t.Errorf("fields %v", e.Fields)
			}
		})
	}
	nested := paragraph("x")
	for range 12 {
		nested = d.Quote{Blocks: []d.Block{nested}}
	}
	renderInvalid(t, document(nested))
	if _, err := pdf.New(pdf.Config{Engine: "latex"}); err == nil {
		t.Error("an unknown engine was accepted")
	}

	e, err := pdf.New(pdf.Config{MaxPages: 2, MaxText: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []d.Document{document(d.PageBreak{}, d.PageBreak{}, paragraph("x")), document(paragraph(strings.Repeat("x", 1001)))} {
		if err := e.Render(t.Context(), doc, &bytes.Buffer{}); domain.CodeOf(err) != domain.TooLarge {
			t.Errorf("error %v, want TooLarge", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Render(ctx, document(paragraph("x")), &bytes.Buffer{}); domain.CodeOf(err) != domain.Timeout {
		t.Errorf("error %v, want Timeout", err)
	}
	if err := e.Render(t.Context(), document(paragraph("x")), fullDisk{}); !errors.Is(err, errDiskFull) {
		t.Errorf("error %v, want the writer's", err)
	}
}

var errDiskFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDiskFull }

func TestMemoryDoesNotGrow(t *testing.T) {
	e, doc := newEngine(t), sampleContract()
	heap := func(renders int) uint64 {
		for range renders {
			if err := e.Render(t.Context(), doc, &bytes.Buffer{}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.GC() // the second also clears pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	n := 100
	if os.Getenv("PDF_TEST_LONG") != "" {
		n = 10_000
	}
	before := heap(20)
	if after := heap(n); after > before+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes over %d documents", before, after, n)
	}
}

// TestTableColumnWidths checks that dates and amounts beside long words are not wrapped, except under
// the first rules, which stored documents still use.
func TestTableColumnWidths(t *testing.T) {
	row := func(cells ...string) (out []d.Cell) {
		for _, c := range cells {
			out = append(out, d.Cell{Text: plainSpans(c)})
		}
		return out
	}
	table := d.Table{
		Columns: make([]d.Column, 4), Head: row("Datum", "Gegenstand", "Bemerkung", "Betrag"),
		Rows: [][]d.Cell{row("24. September 2026", strings.Repeat("Haftungsausschluss", 20), strings.Repeat("Vertragsanpassung", 4), "12.400,00\u00a0EUR")},
	}
	text := func(rules d.RulesVersion) string {
		return strings.ReplaceAll(runTool(t, render(t, d.Document{Rules: rules, Blocks: []d.Block{table}}), "pdftotext", "-layout", "FILE", "-"), "\u00a0", " ")
	}
	now := text(d.CurrentRules)
	for _, whole := range []string{"24. September 2026", "12.400,00 EUR"} {
		if !strings.Contains(now, whole) {
			t.Errorf("%q is wrapped:\n%s", whole, now)
		}
	}
	if first := text(d.RulesV1); strings.Contains(first, "24. September 2026") {
		t.Errorf("the date is not wrapped; under the first rules it was:\n%s", first)
	}
}

// TestFontsCoverEveryLanguage checks the languages that templates may use.
func TestFontsCoverEveryLanguage(t *testing.T) {
	for _, tag := range locale.Languages() {
		f, _ := locale.Lookup(language.MustParse(tag))
		var lines []d.Block
		for month := time.January; month <= time.December; month++ {
			lines = append(lines, paragraph(f.Date(time.Date(2026, month, 28, 0, 0, 0, 0, time.UTC))))
		}
		lines = append(lines, paragraph(f.Number("-1234567.5", true)), paragraph(f.Amount(-123456789, "EUR")), paragraph(f.List([]string{"a", "b", "c"})))
		render(t, document(lines...))
	}
}
