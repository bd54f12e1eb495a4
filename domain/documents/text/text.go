// Package text reads the text of PDF and Word files that strangers made.
//
// Isolated does so in processes of their own, which a file can end by the memory or the time it takes;
// Reader is what works in them. PDFs are read by PDFium, compiled to WebAssembly: whatever a file does to it
// stays within 256 MB of memory of its own. It takes seconds to make ready, the first time ever, and
// stays so. Word files are XML and are read within limits.
package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"counsel/domain/documents"
	"counsel/domain/isolation"
)

const (
	maxMemory = 256 << 20        // bytes that PDFium may use
	maxPages  = 2000             // of a PDF
	maxBytes  = 10 << 20         // of a file's text; what comes later is not read
	maxXML    = 50 << 20         // of a Word file's main part
	maxDepth  = 200              // of its elements
	openWait  = 60 * time.Second // for PDFium to be ready
)

// Reader reads texts in this process, one file at a time. Close it.
type Reader struct {
	dir    string // of compiled code; "": none is kept
	pool   pdfium.Pool
	code   wazero.CompilationCache // of the pool; nil when none is kept
	memory memory
}

// New makes a reader. It costs nothing until the first PDF comes. In dir it keeps PDFium compiled,
// some 20 MB, so that making that ready again is quick; nobody else may be able to write there. With
// "", or when that fails, it is compiled each time.
func New(dir string) *Reader { return &Reader{dir: dir} }

// Close lets go of what is held.
func (r *Reader) Close() error {
	if r.pool == nil {
		return nil
	}
	err := r.pool.Close()
	if r.code != nil {
		err = errors.Join(err, r.code.Close(context.Background()))
	}
	r.pool, r.code = nil, nil
	return err
}

// Pages reads the text of each page of a file. A Word file, which has no pages of its own, is cut into
// them where it says that one ends.
func (r *Reader) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (documents.Text, error) {
	switch contentType {
	case documents.PDF:
		pages, err := r.pdf(ctx, file, size)
		return documents.Text{Pages: pages}, err
	case documents.DOCX:
		return docx(ctx, file, size)
	}
	return documents.Text{}, nil
}

func (r *Reader) pdf(ctx context.Context, file io.ReaderAt, size int64) (pages []string, err error) {
	if err := r.ready(); err != nil {
		return nil, err
	}
	r.memory.exhausted = false
	instance, err := r.pool.GetInstance(openWait)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pdf: %w", err), r.Close())
	}
	defer func() {
		if p := recover(); p != nil { // the library's own mistakes
			pages, err = nil, fmt.Errorf("pdf: panic: %T", p)
		}
		if r.memory.exhausted && len(strings.Join(pages, "")) == 0 {
			pages, err = nil, isolation.ErrMemory
		}
		if cerr := instance.Close(); err != nil || cerr != nil {
			err = errors.Join(err, cerr, r.Close()) // in what state it is nobody knows
		}
	}()
	doc, err := instance.OpenDocument(&requests.OpenDocument{FileReader: io.NewSectionReader(file, 0, size), FileReaderSize: size})
	if err != nil {
		return nil, nil //nolint:nilerr // broken, or locked by a password: it has no text
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	reader := newPageReader(instance, doc.Document)
	total := 0
	for i := range min(count.PageCount, maxPages) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text, _ := reader.text(i) // a broken page does not hide the others
		if total += len(text); total > maxBytes {
			break
		}
		pages = append(pages, text)
	}
	reader.close()
	joinWords(pages)
	_, err = instance.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	return pages, err
}

// ready makes PDFium, if it is not there.
func (r *Reader) ready() error {
	if r.pool != nil {
		return nil
	}
	config := engine().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	if r.dir != "" {
		if code, err := wazero.NewCompilationCacheWithDir(r.dir); err == nil {
			if r.pool, err = r.start(config.WithCompilationCache(code)); err == nil {
				r.code = code
				return nil
			}
			_ = code.Close(context.Background())
			_ = os.RemoveAll(r.dir) // damaged, or the disk is full
		}
	}
	var err error
	r.pool, err = r.start(config)
	return err
}

func (r *Reader) start(config wazero.RuntimeConfig) (pdfium.Pool, error) {
	pool, err := webassembly.Init(webassembly.Config{
		Context: experimental.WithMemoryAllocator(context.Background(), &r.memory),
		MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // it sees no files
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		ReuseWorkers:  false, // each file meets a fresh one
		RuntimeConfig: config,
	})
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return pool, nil
}
