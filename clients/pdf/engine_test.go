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
	d "counsel/domain/documents"
	"counsel/domain/locale"
)

func engine(t testing.TB) *pdf.Engine {
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
	if err := engine(t).Render(t.Context(), doc, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// refused renders what must be refused, and returns why.
func refused(t testing.TB, doc d.Document) *domain.Error {
	t.Helper()
	var b bytes.Buffer
	err := engine(t).Render(t.Context(), doc, &b)
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Invalid || len(e.Fields) == 0 {
		t.Fatalf("error %v, want Invalid with fields", err)
	}
	if b.Len() > 0 {
		t.Error("something was written of a document that was refused")
	}
	return e
}

func document(blocks ...d.Block) d.Document { return d.Document{Blocks: blocks} }

func par(words string) d.Block { return d.Paragraph{Text: say(words), Source: "/data/words"} }

// tool runs a program of poppler or qpdf over a file.
func tool(t testing.TB, file []byte, name string, args ...string) string {
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

// words are those of a file in the order they are drawn, and every one of them is checked to stand
// inside the margins of its page.
func words(t testing.TB, file []byte) []string {
	t.Helper()
	onPage(t, file)
	return strings.Fields(tool(t, file, "pdftotext", "-raw", "FILE", "-"))
}

var bbox = regexp.MustCompile(`<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">`)

func onPage(t testing.TB, file []byte) {
	t.Helper()
	const side, edge = 25 * 72 / 25.4, 20 * 72 / 25.4
	for _, m := range bbox.FindAllStringSubmatch(tool(t, file, "pdftotext", "-bbox", "FILE", "-"), -1) {
		var x1, y1, x2, y2 float64
		if _, err := fmt.Sscan(strings.Join(m[1:], " "), &x1, &y1, &x2, &y2); err != nil {
			t.Fatal(err)
		}
		if x1 < side-1 || x2 > 595.3-side+1 || y1 < edge-2 || y2 > 841.9-edge+2 {
			t.Fatalf("a word stands outside the margins: %s", m[0])
		}
	}
}

func TestSampleIsAFileThatToolsAccept(t *testing.T) {
	file := render(t, contract())
	if out := tool(t, file, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Error(out)
	}
	about := tool(t, file, "pdfinfo", "FILE")
	for _, want := range []string{"Services Agreement", "Novák & Partners", "Hosting and maintenance", "services, hosting", "Mar  2 09:00:00 2026", "Pages:           3", "595.28 x 841.89"} {
		if !strings.Contains(about, want) {
			t.Errorf("pdfinfo does not say %q:\n%s", want, about)
		}
	}
	fonts := tool(t, file, "pdffonts", "FILE")
	if n := strings.Count(fonts, "yes yes yes"); n != 4 {
		t.Errorf("%d fonts are embedded as subsets with Unicode, want 4:\n%s", n, fonts)
	}
	got := tool(t, file, "pdftotext", "FILE", "-")
	for _, want := range []string{"Σίσυφος Α.Ε.", "Ольга Иванова", "Nguyễn Văn Đức", "Page 2 of 3", "clause 2.1(c)", "99.9 %", "£ 12,400.00", "Johanna Müller-Lüdenscheidt"} {
		if !strings.Contains(got, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	for _, want := range []string{"/Lang(en-GB)", "/URI (https://www.ons.gov.uk/)", "/PageMode/UseOutlines", "/Dest[", "/Filter/FlateDecode"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("the file lacks %s", want)
		}
	}
	if n := bytes.Count(file, []byte("/Parent")) - 3; n != 9 { // pages aside
		t.Errorf("%d bookmarks, want one for each of 9 headings", n)
	}
	if len(file) > 60_000 {
		t.Errorf("%d bytes", len(file))
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	e, doc := engine(t), contract()
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
				if err := e.Render(t.Context(), contract(), &b); err != nil {
					t.Error(err)
				}
				if sha256.Sum256(b.Bytes()) != want {
					t.Error("the same document gave other bytes")
				}
			}
		})
	}
	wg.Wait()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSameDocumentSameBytes$")
	child.Env = append(os.Environ(), "PDF_TEST_CHILD=1")
	out, err := child.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("sum="+hex.EncodeToString(want[:]))) {
		t.Errorf("another process gave other bytes (%v): %s", err, out)
	}
	doc.Meta.Title += "."
	if sha256.Sum256(render(t, doc)) == want {
		t.Error("another document gave the same bytes")
	}
}

// lorem is n bytes of different words or a little more.
func lorem(n int) []string {
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

func same(t *testing.T, got, want []string) {
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

func TestParagraphOfAMegabyteLosesNothing(t *testing.T) {
	want := lorem(1 << 20)
	for _, align := range []d.Align{d.Left, d.Justify} {
		file := render(t, document(d.Paragraph{Align: align, Text: say(strings.Join(want, " "))}))
		same(t, words(t, file), want)
	}
}

func TestLineOfManyStylesLosesNothing(t *testing.T) {
	want := lorem(20_000)
	var spans []d.Span
	for i, w := range want {
		spans = append(spans, d.Span{Text: w + " ", Bold: i%2 == 0, Italic: i%3 == 0})
	}
	same(t, words(t, render(t, document(d.Paragraph{Align: d.Justify, Text: spans}))), want)
	// A style may change within a word, which does not part it.
	file := render(t, document(d.Paragraph{Text: []d.Span{{Text: "in"}, {Text: "separ", Bold: true}, {Text: "able", Italic: true}}}))
	same(t, words(t, file), []string{"inseparable"})
}

func TestLongWordsAreBrokenNotCut(t *testing.T) {
	long := strings.Repeat("Donaudampfschiffahrt", 300)
	file := render(t, document(
		par(long),
		d.Clause{Depth: 1, Text: say(long)},
		d.List{Items: []d.Item{{Blocks: []d.Block{par(long)}}}},
		d.Table{Columns: []d.Column{{}, {}}, Rows: [][]d.Cell{{{Text: say(long)}, {Text: say("b")}}}},
		d.Heading{Level: 1, Text: say(long)},
		d.Signatures{Parties: []d.Party{{Name: long}}},
	))
	got := strings.Join(words(t, file), "")
	if n := strings.Count(got, "Donau"); n > 6*300 || n < 6*300*2/3 { // some are broken
		t.Errorf("%d of %d words are whole", n, 6*300)
	}
	if n := strings.Count(got, "D"); n != 6*300+1 { // and the label of the date
		t.Errorf("%d of %d beginnings are left", n, 6*300)
	}
	if n := strings.Count(got, "t"); n < 6*300 {
		t.Errorf("%d of %d ends are left", n, 6*300)
	}
}

func TestTableOfTenThousandRows(t *testing.T) {
	table := d.Table{
		Columns: []d.Column{{}, {Align: d.Right}, {}},
		Head:    []d.Cell{{Text: say("HeadA")}, {Text: say("HeadB")}, {Text: say("HeadC")}},
	}
	var want []string
	for i := range 10_000 {
		row := []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("c%d", i)}
		want = append(want, row...)
		table.Rows = append(table.Rows, []d.Cell{{Text: say(row[0])}, {Text: say(row[1])}, {Text: say(row[2])}})
	}
	file := render(t, document(table))
	pages := bytes.Count(file, []byte("/Type/Page/"))
	var got []string
	heads := 0
	for _, w := range words(t, file) {
		if strings.HasPrefix(w, "Head") {
			heads++
			continue
		}
		got = append(got, w)
	}
	same(t, got, want)
	if pages < 100 || heads != 3*pages {
		t.Errorf("%d cells of heads on %d pages, want a head on each", heads, pages)
	}
}

func TestRowTallerThanAPageFlowsOn(t *testing.T) {
	want := lorem(30_000)
	file := render(t, document(d.Table{
		Columns: []d.Column{{Width: 1}, {Width: 3}},
		Head:    []d.Cell{{Text: say("HeadA")}, {Text: say("HeadB")}},
		Rows:    [][]d.Cell{{{Text: say("side")}, {Text: say(strings.Join(want, " "))}}},
	}))
	var got []string
	for _, w := range words(t, file) {
		if w != "side" && !strings.HasPrefix(w, "Head") {
			got = append(got, w)
		}
	}
	same(t, got, want)
	// A head that would fill the page is not repeated, and not lost either.
	head := lorem(20_000)
	file = render(t, document(d.Table{Columns: []d.Column{{}}, Head: []d.Cell{{Text: say(strings.Join(head, " "))}}, Rows: [][]d.Cell{{{Text: say("end")}}}}))
	same(t, words(t, file), append(head, "end"))
}

func TestManyPartiesAndNestedListsLoseNothing(t *testing.T) {
	var s d.Signatures
	inner := par("innermost")
	for i := range 9 {
		inner = d.List{Ordered: i%2 == 0, Items: []d.Item{{Blocks: []d.Block{par(fmt.Sprintf("level%d", i)), inner}}, {}}}
	}
	for i := range 41 {
		s.Parties = append(s.Parties, d.Party{Role: fmt.Sprintf("Role%d", i), Name: fmt.Sprintf("Name%d", i), Title: fmt.Sprintf("Title%d", i), Place: fmt.Sprintf("Place%d", i), Date: fmt.Sprintf("Date%d", i)})
	}
	file := render(t, document(inner, d.Quote{Blocks: []d.Block{par("quoted"), d.Rule{}}}, d.Rule{}, d.PageBreak{}, s))
	got := strings.Join(words(t, file), " ") + " "
	for i := range 9 {
		if want := fmt.Sprintf("level%d ", i); !strings.Contains(got, want) {
			t.Errorf("%s is lost", want)
		}
	}
	for i := range s.Parties {
		for _, f := range []string{"Role", "Name", "Title", "Place", "Date"} {
			if want := fmt.Sprintf("%s%d ", f, i); !strings.Contains(got, want) {
				t.Errorf("%s is lost", want)
			}
		}
	}
	for i, page := range strings.Split(tool(t, file, "pdftotext", "FILE", "-"), "\f") {
		if strings.Count(page, "Role") != strings.Count(page, "Date")/2 { // the label and the value
			t.Errorf("a party is split over pages %d and its neighbour", i+1)
		}
	}
}

func TestRulesOfPages(t *testing.T) {
	// Wherever on the page it comes to stand, a heading is never the last thing on it.
	for filler := 30; filler < 50; filler++ {
		var blocks []d.Block
		for range filler {
			blocks = append(blocks, par("filler"))
		}
		blocks = append(blocks, d.Heading{Level: 2, Depth: 1, Text: say("HEADING")}, d.Clause{Depth: 2, Text: say(strings.Repeat("words of the clause ", 30))})
		for _, page := range strings.Split(tool(t, render(t, document(blocks...)), "pdftotext", "-raw", "FILE", "-"), "\f") {
			if strings.HasSuffix(strings.TrimSpace(page), "HEADING") {
				t.Fatalf("with %d paragraphs before it, a heading stands alone at the foot", filler)
			}
		}
	}
	file := render(t, document(par("one"), d.PageBreak{}, par("two"), d.PageBreak{}, d.PageBreak{}, par("four")))
	if got := strings.Count(tool(t, file, "pdftotext", "FILE", "-"), "\f"); got != 4 {
		t.Errorf("%d pages, want 4", got)
	}
	if n := bytes.Count(render(t, document()), []byte("/Type/Page/")); n != 1 {
		t.Errorf("a document of nothing has %d pages, want 1", n)
	}
}

func TestHeaderAndFooter(t *testing.T) {
	doc := document(par("one"), d.PageBreak{}, par("two"))
	doc.Meta.Title = "Title {page}"
	doc.Header = d.Running{Left: "{title}", Center: "mid", Right: "p. {page}/{pages}"}
	doc.Footer = d.Running{Left: strings.Repeat("long footer ", 20), Right: "right"}
	got := strings.Join(strings.Fields(tool(t, render(t, doc), "pdftotext", "-raw", "FILE", "-")), " ")
	for _, want := range []string{"Title {page} mid p. 1/2", "Title {page} mid p. 2/2", "right"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if n := strings.Count(got, "long footer"); n != 40 {
		t.Errorf("%d parts of the footers, want 40", n)
	}
	onPage(t, render(t, doc))
	doc.Header = d.Running{Left: strings.Repeat("too long ", 200), Source: "/options/header"}
	if e := refused(t, doc); e.Fields[0].Pointer != "/options/header" {
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
			if e := refused(t, doc); e.Fields[0].Pointer != "/x" {
				t.Errorf("fields %v", e.Fields)
			}
		})
	}
	nested := par("x")
	for range 12 {
		nested = d.Quote{Blocks: []d.Block{nested}}
	}
	refused(t, document(nested))
	if _, err := pdf.New(pdf.Config{Engine: "latex"}); err == nil {
		t.Error("an unknown engine was accepted")
	}

	e, err := pdf.New(pdf.Config{MaxPages: 2, MaxText: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []d.Document{document(d.PageBreak{}, d.PageBreak{}, par("x")), document(par(strings.Repeat("x", 1001)))} {
		if err := e.Render(t.Context(), doc, &bytes.Buffer{}); domain.CodeOf(err) != domain.TooLarge {
			t.Errorf("error %v, want TooLarge", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Render(ctx, document(par("x")), &bytes.Buffer{}); domain.CodeOf(err) != domain.Timeout {
		t.Errorf("error %v, want Timeout", err)
	}
	if err := e.Render(t.Context(), document(par("x")), full{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the writer's", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestMemoryStaysFlat(t *testing.T) {
	e, doc := engine(t), contract()
	heap := func(renders int) uint64 {
		for range renders {
			if err := e.Render(t.Context(), doc, &bytes.Buffer{}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.GC() // what pools hold goes with the second
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

// TestLongWordInATable leaves the dates and sums beside it on one line. By the first rules it did
// not, and such a document is still rendered as it was.
func TestLongWordInATable(t *testing.T) {
	row := func(cells ...string) (out []d.Cell) {
		for _, c := range cells {
			out = append(out, d.Cell{Text: say(c)})
		}
		return out
	}
	table := d.Table{
		Columns: make([]d.Column, 4), Head: row("Datum", "Gegenstand", "Bemerkung", "Betrag"),
		Rows: [][]d.Cell{row("24. September 2026", strings.Repeat("Haftungsausschluss", 20), strings.Repeat("Vertragsanpassung", 4), "12.400,00\u00a0EUR")},
	}
	text := func(rules d.RulesVersion) string {
		return strings.ReplaceAll(tool(t, render(t, d.Document{Rules: rules, Blocks: []d.Block{table}}), "pdftotext", "-layout", "FILE", "-"), "\u00a0", " ")
	}
	now := text(d.CurrentRules)
	for _, whole := range []string{"24. September 2026", "12.400,00 EUR"} {
		if !strings.Contains(now, whole) {
			t.Errorf("%q is broken:\n%s", whole, now)
		}
	}
	if first := text(d.FirstRules); strings.Contains(first, "24. September 2026") {
		t.Errorf("by the first rules the date was broken:\n%s", first)
	}
}

// TestFontsPrintEveryLanguage that templates may be written in.
func TestFontsPrintEveryLanguage(t *testing.T) {
	for _, tag := range locale.Languages() {
		f, _ := locale.Lookup(language.MustParse(tag))
		var lines []d.Block
		for month := time.January; month <= time.December; month++ {
			lines = append(lines, par(f.Date(time.Date(2026, month, 28, 0, 0, 0, 0, time.UTC))))
		}
		lines = append(lines, par(f.Number("-1234567.5", true)), par(f.Sum(-123456789, "EUR")), par(f.List([]string{"a", "b", "c"})))
		render(t, document(lines...))
	}
}
