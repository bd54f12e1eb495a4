package text

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/domain/documents"
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
