// Package text reads the text of PDF and Word files that strangers made.
//
// PDFs are read by PDFium, compiled to WebAssembly: whatever a file does to it stays within 256
// MB of memory of its own and ends with the caller's patience. It takes seconds to make ready
// and much memory, so it is made at the first PDF and let go of when none came for a while.
// Word files are XML and are read here, within limits.
package text

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"counsel/domain/documents"
)

const (
	memoryPages = 4096             // of 64 KiB: what PDFium may use
	idle        = 2 * time.Minute  // without a PDF, until PDFium is let go of
	maxPages    = 2000             // of a PDF
	maxBytes    = 10 << 20         // of a file's text; what comes later is not read
	maxXML      = 50 << 20         // of a Word file's main part
	maxDepth    = 200              // of its elements
	openWait    = 60 * time.Second // for PDFium to be ready
)

// Reader fulfils documents.TextReader. It is safe for concurrent use; PDFs are read one after
// another. Close it.
type Reader struct {
	dir   string     // of compiled code; "": none is kept
	mu    sync.Mutex // one PDF at a time
	pool  pdfium.Pool
	code  wazero.CompilationCache // of the pool; nil when none is kept
	timer *time.Timer             // lets go of pool; nil when there is none
	uses  int                     // tells a timer whether it is out of date
}

var _ documents.TextReader = (*Reader)(nil)

// New makes a reader. It costs nothing until the first PDF comes. In dir it keeps PDFium compiled,
// some 20 MB, so that making that ready again is quick; nobody else may be able to write there. With
// "", or when that fails, it is compiled each time.
func New(dir string) *Reader { return &Reader{dir: dir} }

// Close lets go of what is held.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.release()
}

func (r *Reader) release() error {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
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

// Pages fulfils documents.TextReader. A Word file, which has no pages of its own, is cut into
// them where it says that one ends.
func (r *Reader) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (pages []string, err error) {
	switch contentType {
	case documents.PDF:
		return r.pdf(ctx, file, size)
	case documents.DOCX:
		return docx(ctx, file, size)
	}
	return nil, nil
}

func (r *Reader) pdf(ctx context.Context, file io.ReaderAt, size int64) (pages []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ready(); err != nil {
		return nil, err
	}
	r.uses++
	defer r.keep(r.uses)
	instance, err := r.pool.GetInstance(openWait)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pdf: %w", err), r.release())
	}
	// A file that PDFium hangs on is ended by ending PDFium.
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		_ = instance.Kill() // what is left of it goes with the pool
	})
	defer func() {
		if p := recover(); p != nil { // the library's own mistakes
			pages, err = nil, fmt.Errorf("pdf: panic: %T", p)
		}
		running := stop()
		if !running {
			<-killed
		}
		if !running || err != nil {
			err = errors.Join(err, ctx.Err(), r.release()) // in what state it is nobody knows
			return
		}
		if cerr := instance.Close(); cerr != nil {
			err = errors.Join(cerr, r.release())
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
	total := 0
	for i := range min(count.PageCount, maxPages) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text := ""
		page, err := instance.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}}})
		if err == nil { // a broken page does not hide the others
			text = strings.ReplaceAll(page.Text, "\r\n", "\n")
		}
		if total += len(text); total > maxBytes {
			break
		}
		pages = append(pages, text)
	}
	_, err = instance.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	return pages, err
}

// ready makes PDFium, if it is not there.
func (r *Reader) ready() error {
	if r.pool != nil {
		return nil
	}
	config := engine().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(true).
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	if r.dir != "" {
		if code, err := wazero.NewCompilationCacheWithDir(r.dir); err == nil {
			if r.pool, err = start(config.WithCompilationCache(code)); err == nil {
				r.code = code
				return nil
			}
			_ = code.Close(context.Background())
			_ = os.RemoveAll(r.dir) // damaged, or the disk is full
		}
	}
	var err error
	r.pool, err = start(config)
	return err
}

func start(config wazero.RuntimeConfig) (pdfium.Pool, error) {
	pool, err := webassembly.Init(webassembly.Config{
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

// keep lets go of PDFium a while after its use-th use, unless another came.
func (r *Reader) keep(use int) {
	if r.pool == nil {
		return
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timer = time.AfterFunc(idle, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.uses == use {
			_ = r.release()      // it holds memory only,
			debug.FreeOSMemory() // and several times what the rest of the service needs
		}
	})
}

// docx reads the text of a Word file: paragraphs a line each.
func docx(ctx context.Context, file io.ReaderAt, size int64) ([]string, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, nil //nolint:nilerr // broken: it has no text
	}
	main, err := z.Open("word/document.xml")
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	defer func() { _ = main.Close() }()
	d := xml.NewDecoder(io.LimitReader(main, maxXML))
	d.Entity = nil
	var pages []string
	var page strings.Builder
	total, depth := 0, 0
	next := func() {
		if total += page.Len(); strings.TrimSpace(page.String()) != "" || len(pages) > 0 {
			pages = append(pages, page.String())
		}
		page.Reset()
	}
	inText, inDeleted := false, 0
	for total+page.Len() < maxBytes && len(pages) < maxPages && ctx.Err() == nil {
		t, err := d.Token()
		if err != nil { // the end, or broken from here on
			break
		}
		switch e := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, nil
			}
			switch e.Name.Local {
			case "t":
				inText = true
			case "delText", "instrText":
				inDeleted++
			case "tab":
				page.WriteByte('\t')
			case "br":
				if attr(e, "type") == "page" {
					next()
				} else {
					page.WriteByte('\n')
				}
			case "lastRenderedPageBreak":
				next()
			}
		case xml.EndElement:
			depth--
			switch e.Name.Local {
			case "t":
				inText = false
			case "delText", "instrText":
				inDeleted--
			case "p", "tr":
				page.WriteByte('\n')
			case "tc":
				page.WriteByte('\t')
			}
		case xml.CharData:
			if inText && inDeleted == 0 {
				page.Write(e)
			}
		}
	}
	next()
	return pages, ctx.Err()
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
