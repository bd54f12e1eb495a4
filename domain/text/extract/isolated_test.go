package extract

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/domain/files/filetype"
)

// compiledDir is the cache of the compiled PDFium, shared by test runs.
func compiledDir(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "counsel", "pdfium")
}

func newIsolated(t *testing.T) *Isolated {
	t.Helper()
	i := NewIsolated(compiledDir(t), 2)
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
	for contentType, content := range map[string]string{filetype.PDF: pdfWithText("some words"), filetype.DOCX: docxWithBody(t, "<w:p><w:r><w:t>some words</w:t></w:r></w:p>")} {
		if got, err := r.read(t, contentType, content); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "some words" {
			t.Errorf("%s reads %q, %v", contentType, got, err)
		}
	}
	if got, err := r.read(t, filetype.PNG, "\x89PNG"); err != nil || len(got) != 0 {
		t.Errorf("an image has text %q, error %v", got, err)
	}
}

// TestCancel cancels while a file is read, and reads the next file.
func TestCancel(t *testing.T) {
	r := newIsolated(t)
	many := make([]string, 1500)
	for i := range many {
		many[i] = strings.Repeat("word ", 200)
	}
	content := pdfWithText(many...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := r.Pages(ctx, filetype.PDF, strings.NewReader(content), int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("with a canceled context: %d pages, error %v", len(got.Pages), err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	file := &cancelingFile{Reader: strings.NewReader(content), cancel: cancel}
	if got, err := r.Pages(ctx, filetype.PDF, file, int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled while reading: %d pages, error %v", len(got.Pages), err)
	}
	if got, err := r.read(t, filetype.PDF, pdfWithText("next")); err != nil || len(got) != 1 || strings.TrimSpace(got[0]) != "next" {
		t.Errorf("the next file: %q, error %v", got, err)
	}
}

// cancelingFile cancels a context when it has been read to the end.
type cancelingFile struct {
	*strings.Reader
	cancel context.CancelFunc
}

func (f *cancelingFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.Reader.ReadAt(p, off)
	if off+int64(n) == f.Size() {
		f.cancel()
	}
	return n, err
}
