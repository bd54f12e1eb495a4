package text

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"counsel/domain/documents"
	"counsel/domain/isolation"
)

// compiled is where PDFium is kept compiled from run to run.
func compiled(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "counsel", "pdfium")
}

func newIsolated(t *testing.T) *Isolated {
	t.Helper()
	i := NewIsolated(compiled(t), 2)
	t.Cleanup(func() { i.Close() })
	return i
}

func (i *Isolated) read(t *testing.T, contentType, content string) ([]string, error) {
	t.Helper()
	got, err := i.Pages(t.Context(), contentType, strings.NewReader(content), int64(len(content)))
	return got.Pages, err
}

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

func TestIsolated(t *testing.T) {
	r := newIsolated(t)
	for contentType, content := range map[string]string{documents.PDF: pdfOf("some words"), documents.DOCX: docxOf(t, "<w:p><w:r><w:t>some words</w:t></w:r></w:p>")} {
		if got, err := r.read(t, contentType, content); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "some words" {
			t.Errorf("%s reads %q, %v", contentType, got, err)
		}
	}
	if got, err := r.read(t, documents.PNG, "\x89PNG"); err != nil || len(got) != 0 {
		t.Errorf("of a picture: %q, %v", got, err)
	}
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

// TestPatience gives up in the middle of a file: reading ends, and the next file is read all the same.
func TestPatience(t *testing.T) {
	r := newIsolated(t)
	many := make([]string, 1500)
	for i := range many {
		many[i] = strings.Repeat("word ", 200)
	}
	content := pdfOf(many...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := r.Pages(ctx, documents.PDF, strings.NewReader(content), int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("reads %d pages for nobody, %v", len(got.Pages), err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	file := &fading{Reader: strings.NewReader(content), gone: cancel}
	if got, err := r.Pages(ctx, documents.PDF, file, int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("%d pages, %v", len(got.Pages), err)
	}
	if got, err := r.read(t, documents.PDF, pdfOf("next")); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "next" {
		t.Errorf("the next file reads %q, %v", got, err)
	}
}

// fading is a file whose reader loses patience once it has come to the end.
type fading struct {
	*strings.Reader
	gone context.CancelFunc
}

func (f *fading) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.Reader.ReadAt(p, off)
	if off+int64(n) == f.Size() {
		f.gone()
	}
	return n, err
}
