// Package extract is the text extraction of untrusted PDF and Word (DOCX) files.
//
// Isolated is what the service uses: it runs a Reader in child processes, so that a file that takes too
// much memory or time ends only its child. PDFs are read by PDFium, compiled to WebAssembly and
// sandboxed in 256 MB of memory. Compiling it takes seconds; the result is cached on disk. Word files
// are XML and are read within limits.
package extract

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/tetratelabs/wazero"

	"counsel/domain/files/filetype"
	"counsel/domain/text"
)

const (
	maxPDFiumMemory = 256 << 20        // memory limit of PDFium, in bytes
	maxPages        = 2000             // of a file; later ones are not read
	maxTextBytes    = 10 << 20         // of a file's text; the rest is not read
	maxDocumentXML  = 50 << 20         // of the main part of a Word file, in bytes
	maxElementDepth = 200              // of XML elements in a Word file
	poolTimeout     = 60 * time.Second // for an instance of PDFium to become available
)

// Reader extracts text in this process, one file at a time. It is not safe for concurrent use. Close
// it after use.
type Reader struct {
	cacheDir  string // of the compiled PDFium; "": no cache
	pool      pdfium.Pool
	cache     wazero.CompilationCache // of the pool; nil without a cache
	allocator allocator
}

// New makes a Reader. It starts PDFium with the first PDF, and caches the compiled code, about 20 MB,
// in cacheDir, which must not be writable by others. With "", or if the cache cannot be used, PDFium
// is compiled each time.
func New(cacheDir string) *Reader { return &Reader{cacheDir: cacheDir} }

// Close stops PDFium and closes the cache. The Reader can be used again.
func (r *Reader) Close() error {
	if r.pool == nil {
		return nil
	}
	err := r.pool.Close()
	if r.cache != nil {
		err = errors.Join(err, r.cache.Close(context.Background()))
	}
	r.pool, r.cache = nil, nil
	return err
}

// Pages extracts the text of each page of a file. A Word file is split at its page breaks, explicit and
// last rendered. A file that is broken or password-protected, or of another type, has no pages and is
// no error.
func (r *Reader) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (text.Text, error) {
	switch contentType {
	case filetype.PDF:
		pages, err := r.readPDF(ctx, file, size)
		return text.Text{Pages: pages}, err
	case filetype.DOCX:
		return readDOCX(ctx, file, size)
	}
	return text.Text{}, nil
}
