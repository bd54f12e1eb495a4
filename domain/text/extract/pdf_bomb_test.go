//go:build !race

// Under the race detector PDFium is interpreted, and decompression takes minutes.

package extract

import (
	"bytes"
	"compress/zlib"
	"errors"
	"strings"
	"sync"
	"testing"

	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
)

// deflate compresses a text with zlib.
func deflate(t *testing.T, plain string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDecompressionBomb checks that bombs fail with ErrMemory and that files read at the same time do
// not.
func TestDecompressionBomb(t *testing.T) {
	r := newIsolated(t)
	content := pdfWithText("next")
	if _, err := r.read(t, filetype.PDF, content); err != nil {
		t.Fatal(err)
	}
	once := deflate(t, strings.Repeat(" ", 300<<20)) // more than PDFium's memory
	bombs := map[string]string{
		"300 KB": pdfWithStreams("/Filter /FlateDecode", once),
		"2 KB":   pdfWithStreams("/Filter [/FlateDecode /FlateDecode]", deflate(t, once)),
	}
	var all sync.WaitGroup
	for name, bomb := range bombs {
		all.Go(func() {
			if got, err := r.read(t, filetype.PDF, bomb); !errors.Is(err, isolation.ErrMemory) {
				t.Errorf("%s: text %q, error %v, want ErrMemory", name, got, err)
			}
		})
		all.Go(func() {
			if got, err := r.read(t, filetype.PDF, content); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "next" {
				t.Errorf("a file read beside %s: %q, %v", name, got, err)
			}
		})
	}
	all.Wait()
}
