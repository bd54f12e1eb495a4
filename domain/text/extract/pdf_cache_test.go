package extract

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counsel/domain/files/filetype"
)

// TestCompilationCache checks that the compiled PDFium is reused, and rebuilt if it is damaged.
func TestCompilationCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pdfium")
	read := func() time.Duration {
		t.Helper()
		start := time.Now()
		r := New(dir)
		if got := readPages(t, r, filetype.PDF, pdfWithText("hello")); len(got) != 1 || strings.TrimSpace(got[0]) != "hello" {
			t.Fatalf("reads %q", got)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	cached := func() (path string, at time.Time) {
		t.Helper()
		_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				info, err := d.Info()
				if err != nil {
					return err
				}
				path, at = p, info.ModTime()
			}
			return nil
		})
		return path, at
	}
	first := read()
	path, compiledAt := cached()
	if path == "" {
		t.Skip("PDFium is interpreted on this platform")
	}
	t.Logf("start without cache: %s, with cache: %s", first, read())
	if _, at := cached(); !at.Equal(compiledAt) {
		t.Error("PDFium was compiled again")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4096 {
		raw[len(raw)/2+i] ^= 0xff
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	read()
	read()
}
