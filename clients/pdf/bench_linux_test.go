package pdf_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"golang.org/x/sys/unix"

	d "counsel/domain/doc"
)

// cpuTime returns the CPU time of the process or the calling thread, which does not depend on the
// load of the machine.
func cpuTime(t testing.TB, clock int32) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// reportPerDocument reports the CPU time per iteration since start.
func reportPerDocument(b *testing.B, start time.Duration) {
	b.ReportMetric(float64(cpuTime(b, unix.CLOCK_PROCESS_CPUTIME_ID)-start)/float64(b.N)/1e6, "cpu-ms/doc")
}

// BenchmarkContract renders the sample contract: three pages, four fonts, watermark and QR code.
func BenchmarkContract(b *testing.B) {
	e, doc := newEngine(b), sampleContract()
	b.ReportAllocs()
	start := cpuTime(b, unix.CLOCK_PROCESS_CPUTIME_ID)
	for b.Loop() {
		if err := e.Render(b.Context(), doc, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	reportPerDocument(b, start)
}

// BenchmarkText renders only the text of the sample contract, like the two benchmarks below.
func BenchmarkText(b *testing.B) {
	e := newEngine(b)
	var doc d.Document
	for _, p := range sampleParagraphs() {
		doc.Blocks = append(doc.Blocks, d.Paragraph{Text: []d.Span{{Text: p.words, Bold: p.bold}}})
	}
	start := cpuTime(b, unix.CLOCK_PROCESS_CPUTIME_ID)
	for b.Loop() {
		if err := e.Render(b.Context(), doc, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	reportPerDocument(b, start)
}

// BenchmarkMaroto renders the same text with maroto's own provider.
func BenchmarkMaroto(b *testing.B) {
	dir := unpackFonts(b)
	var fonts []*entity.CustomFont
	for style, name := range map[fontstyle.Type]string{fontstyle.Normal: "Regular", fontstyle.Bold: "Bold"} {
		data, err := os.ReadFile(filepath.Join(dir, name+".ttf"))
		if err != nil {
			b.Fatal(err)
		}
		fonts = append(fonts, &entity.CustomFont{Family: "serif", Style: style, Bytes: data})
	}
	start := cpuTime(b, unix.CLOCK_PROCESS_CPUTIME_ID)
	for b.Loop() {
		m := maroto.New(config.NewBuilder().WithCustomFonts(fonts).WithCompression(true).
			WithDefaultFont(&props.Font{Family: "serif", Size: 11}).Build())
		for _, p := range sampleParagraphs() {
			style := fontstyle.Normal
			if p.bold {
				style = fontstyle.Bold
			}
			m.AddRows(text.NewAutoRow(p.words, props.Text{Family: "serif", Style: style, Size: 11, Bottom: 2}))
		}
		if _, err := m.Generate(); err != nil {
			b.Fatal(err)
		}
	}
	reportPerDocument(b, start)
}

// BenchmarkReportLab renders the same text with the same fonts in ReportLab.
func BenchmarkReportLab(b *testing.B) {
	const python = "/usr/bin/python3" // Debian's, where the package python3-reportlab installs
	if exec.Command(python, "-c", "import reportlab").Run() != nil {
		b.Skip("python3-reportlab is not installed")
	}
	dir := unpackFonts(b)
	var in strings.Builder
	for _, p := range sampleParagraphs() {
		fmt.Fprintf(&in, "%t\t%s\n", p.bold, p.words)
	}
	cmd := exec.CommandContext(b.Context(), python, "-c", reportLab, dir, strconv.Itoa(30))
	cmd.Stdin = strings.NewReader(in.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err, stderr.String())
	}
	ms, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(ms, "cpu-ms/doc")
	b.ReportMetric(0, "ns/op")
}

const reportLab = `
import sys, io, time
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import SimpleDocTemplate, Paragraph
from reportlab.lib.styles import ParagraphStyle
from xml.sax.saxutils import escape
paras = [line.rstrip('\n').split('\t') for line in io.TextIOWrapper(sys.stdin.buffer, 'utf-8')]
for name in ('Regular', 'Bold'):
    pdfmetrics.registerFont(TTFont(name, sys.argv[1] + '/' + name + '.ttf'))
styles = {k: ParagraphStyle(k, fontName=f, fontSize=11, leading=14, spaceAfter=6) for k, f in (('false', 'Regular'), ('true', 'Bold'))}
def make():
    out = io.BytesIO()
    SimpleDocTemplate(out, leftMargin=71, rightMargin=71, topMargin=57, bottomMargin=57, pageCompression=1).build(
        [Paragraph(escape(words), styles[bold]) for bold, words in paras])
    return out
make()
n = int(sys.argv[2])
start = time.process_time()
for _ in range(n):
    make()
print((time.process_time() - start) / n * 1000)
`

type sampleParagraph struct {
	words string
	bold  bool
}

// sampleParagraphs are the paragraphs of the sample, three pages of them.
func sampleParagraphs() []sampleParagraph {
	var out []sampleParagraph
	var add func(blocks []d.Block)
	join := func(spans ...[]d.Span) string {
		var b strings.Builder
		for _, list := range spans {
			for _, s := range list {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	add = func(blocks []d.Block) {
		for _, b := range blocks {
			switch b := b.(type) {
			case d.Heading:
				out = append(out, sampleParagraph{join(b.Text), true})
			case d.Clause:
				out = append(out, sampleParagraph{join(b.Title, b.Text), false})
			case d.Paragraph:
				out = append(out, sampleParagraph{join(b.Text), false})
			case d.List:
				for _, i := range b.Items {
					add(i.Blocks)
				}
			case d.Table:
				for _, r := range b.Rows {
					for _, c := range r {
						out = append(out, sampleParagraph{join(c.Text), false})
					}
				}
			}
		}
	}
	add(sampleContract().Blocks)
	return out
}

// unpackFonts unpacks the embedded fonts for others to read.
func unpackFonts(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	for _, name := range []string{"Regular", "Bold"} {
		f, err := os.Open("fonts/LiberationSerif-" + name + ".ttf.gz")
		if err != nil {
			b.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			b.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
		if err := os.WriteFile(filepath.Join(dir, name+".ttf"), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// TestTimeIsLinearInPages checks that ten times the pages take at most about ten times as long.
func TestTimeIsLinearInPages(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e := newEngine(t)
	measure := func(clauses int) (time.Duration, int) {
		doc := document()
		for i := range clauses {
			doc.Blocks = append(doc.Blocks, d.Clause{Depth: 1, Anchor: strconv.Itoa(i), Title: plainSpans("Title"), Text: []d.Span{{Text: strings.Repeat("The Supplier shall provide the Services as clause ", 6)}, {Ref: strconv.Itoa(i / 2)}, {Text: " says."}}})
		}
		least, pages := time.Hour, 0
		for range 7 {
			var b bytes.Buffer
			start := cpuTime(t, unix.CLOCK_THREAD_CPUTIME_ID)
			if err := e.Render(t.Context(), doc, &b); err != nil {
				t.Fatal(err)
			}
			least = min(least, cpuTime(t, unix.CLOCK_THREAD_CPUTIME_ID)-start)
			pages = bytes.Count(b.Bytes(), []byte("/Type/Page/"))
		}
		return least, pages
	}
	ten, p10 := measure(110)
	hundred, p100 := measure(1100)
	t.Logf("%d pages in %v, %d pages in %v", p10, ten, p100, hundred)
	if p10 < 9 || p10 > 11 || p100 != 10*p10 && p100 < 10*p10-9 {
		t.Fatalf("%d and %d pages, want about 10 and ten times as many", p10, p100)
	}
	if hundred > 11*ten { // with 10% tolerance
		t.Errorf("%d pages took %v, %d pages %v", p100, hundred, p10, ten)
	}
}
