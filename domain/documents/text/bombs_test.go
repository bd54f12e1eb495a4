//go:build !race

// Under the race detector PDFium is interpreted, and unpacking takes minutes.

package text

import (
	"bytes"
	"compress/zlib"
	"errors"
	"strings"
	"sync"
	"testing"

	"counsel/domain/documents"
	"counsel/domain/isolation"
)

// packed is a text as zlib packs it.
func packed(t *testing.T, plain string) string {
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

// TestFilesThatUnpackToFarMoreThanTheyAre are unreadable by the memory they take, and the files that are
// read beside them are not.
func TestFilesThatUnpackToFarMoreThanTheyAre(t *testing.T) {
	r := newIsolated(t)
	content := pdfOf("next")
	if _, err := r.read(t, documents.PDF, content); err != nil {
		t.Fatal(err)
	}
	once := packed(t, strings.Repeat(" ", 300<<20)) // more than there is
	bombs := map[string]string{
		"300 KB": pdfWith("/Filter /FlateDecode", once),
		"2 KB":   pdfWith("/Filter [/FlateDecode /FlateDecode]", packed(t, once)),
	}
	var all sync.WaitGroup
	for name, bomb := range bombs {
		all.Go(func() {
			if got, err := r.read(t, documents.PDF, bomb); !errors.Is(err, isolation.ErrMemory) {
				t.Errorf("%s reads %q, %v", name, got, err)
			}
		})
		all.Go(func() {
			if got, err := r.read(t, documents.PDF, content); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "next" {
				t.Errorf("beside %s reads %q, %v", name, got, err)
			}
		})
	}
	all.Wait()
}
