package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"counsel/domain"
)

// rawPDFWithTrailer writes a PDF with these objects and more entries in its trailer. START is replaced by
// the offset of the cross-reference table.
func rawPDFWithTrailer(trailer string, bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(bodies))
	for i, body := range bodies {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size %d %s>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, strings.ReplaceAll(trailer, "START", fmt.Sprint(start)), start)
	return b.Bytes()
}

// TestHostile: files with extreme nesting, cycles or sizes are rejected in time, and the next file is read.
func TestHostile(t *testing.T) {
	s := newSealer(t, nil)
	catalog, pages, page := "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
	deep := 2_000_000
	tree := []string{catalog}
	for i := range 3000 {
		tree = append(tree, fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count 1>>", i+3))
	}
	for name, file := range map[string][]byte{
		"nested arrays":                         rawPDFWithTrailer("", catalog, pages, page, strings.Repeat("[", deep)+strings.Repeat("]", deep)),
		"nested dictionaries":                   rawPDFWithTrailer("", catalog, pages, page, strings.Repeat("<</A", deep)+" 1"+strings.Repeat(">>", deep)),
		"nested arrays in the catalog":          rawPDFWithTrailer("", "<</Type/Catalog/Pages 2 0 R/A "+strings.Repeat("[", deep)+strings.Repeat("]", deep)+">>", pages, page),
		"page tree with a cycle":                rawPDFWithTrailer("", catalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
		"deep page tree":                        rawPDFWithTrailer("", append(tree, page)...),
		"cross-reference sections with a cycle": rawPDFWithTrailer("/Prev START", catalog, pages, page),
		"stream length of gigabytes":            rawPDFWithTrailer("", catalog, pages, page, "<</Length 99999999999>>\nstream\nx\nendstream"),
		"stream length that refers to itself":   rawPDFWithTrailer("", catalog, pages, page, "<</Length 4 0 R>>\nstream\nx\nendstream"),
		"millions of pages":                     rawPDFWithTrailer("", catalog, "<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", page),
		"large Size":                            bytes.Replace(rawPDFWithTrailer("", catalog, pages, page), []byte("/Size 4"), []byte("/Size 2000000000"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := s.Inspect(t.Context(), file)
			if err != nil && domain.CodeOf(err) != domain.Invalid {
				t.Errorf("rejected with %v", err)
			}
			if took := time.Since(start); took > 40*time.Second {
				t.Errorf("reading took %s", took)
			}
			t.Logf("%d bytes, %s: %v", len(file), time.Since(start), err)
		})
	}
	if _, err := s.Inspect(t.Context(), rawPDFWithTrailer("", catalog, pages, page)); err != nil {
		t.Errorf("the next file: %v", err)
	}
}
