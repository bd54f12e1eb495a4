package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"counsel/domain"
)

// raw writes a PDF of these objects, with what is to follow the size in its trailer.
func raw(trailer string, bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(bodies))
	for i, body := range bodies {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size %d %s>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, strings.ReplaceAll(trailer, "START", fmt.Sprint(start)), start)
	return b.Bytes()
}

// TestHostile: files that are made to recurse, to go in circles or to claim much end neither this process
// nor the patience of whoever waits, and the next file is read.
func TestHostile(t *testing.T) {
	s := seal(t, nil)
	catalog, pages, page := "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
	deep := 2_000_000
	tree := []string{catalog}
	for i := range 3000 {
		tree = append(tree, fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count 1>>", i+3))
	}
	for name, file := range map[string][]byte{
		"arrays in arrays":             raw("", catalog, pages, page, strings.Repeat("[", deep)+strings.Repeat("]", deep)),
		"dictionaries in dictionaries": raw("", catalog, pages, page, strings.Repeat("<</A", deep)+" 1"+strings.Repeat(">>", deep)),
		"a catalog of arrays":          raw("", "<</Type/Catalog/Pages 2 0 R/A "+strings.Repeat("[", deep)+strings.Repeat("]", deep)+">>", pages, page),
		"a page tree in a circle":      raw("", catalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
		"a deep page tree":             raw("", append(tree, page)...),
		"sections in a circle":         raw("/Prev START", catalog, pages, page),
		"a length of gigabytes":        raw("", catalog, pages, page, "<</Length 99999999999>>\nstream\nx\nendstream"),
		"a length in a circle":         raw("", catalog, pages, page, "<</Length 4 0 R>>\nstream\nx\nendstream"),
		"millions of pages":            raw("", catalog, "<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", page),
		"a large size":                 bytes.Replace(raw("", catalog, pages, page), []byte("/Size 4"), []byte("/Size 2000000000"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := s.Check(t.Context(), file)
			if err != nil && domain.CodeOf(err) != domain.Invalid {
				t.Errorf("refused with %v", err)
			}
			if took := time.Since(began); took > 40*time.Second {
				t.Errorf("it takes %s", took)
			}
			t.Logf("%d bytes, %s: %v", len(file), time.Since(began), err)
		})
	}
	if _, err := s.Check(t.Context(), raw("", catalog, pages, page)); err != nil {
		t.Errorf("the next file: %v", err)
	}
}
