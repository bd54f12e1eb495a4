package text

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counsel/domain/documents"
)

// What is kept of PDFium is used again; damaged, it is made anew.
func TestCompiledCodeIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pdfium")
	read := func() time.Duration {
		t.Helper()
		began := time.Now()
		r := New(dir)
		if got := pages(t, r, documents.PDF, pdfOf("hello")); len(got) != 1 || strings.TrimSpace(got[0]) != "hello" {
			t.Fatalf("reads %q", got)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	kept := func() (path string, at time.Time) {
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
	path, made := kept()
	if path == "" {
		t.Skip("this engine compiles nothing")
	}
	t.Logf("made ready in %s, and again in %s", first, read())
	if _, at := kept(); !at.Equal(made) {
		t.Error("it was compiled again")
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
