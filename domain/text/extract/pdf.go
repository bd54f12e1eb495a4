package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"counsel/domain/isolation"
)

func (r *Reader) readPDF(ctx context.Context, file io.ReaderAt, size int64) (pages []string, err error) {
	err = r.withPDF(file, size, func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error {
		count, err := pdf.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc})
		if err != nil {
			return fmt.Errorf("pdf: %w", err)
		}
		reader := newPageReader(pdf, doc)
		total := 0
		for i := range min(count.PageCount, maxPages) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			text, _ := reader.read(i) // skip a broken page
			if total += len(text); total > maxTextBytes {
				break
			}
			pages = append(pages, text)
		}
		reader.close()
		dehyphenate(pages)
		return nil
	})
	if r.allocator.exhausted && len(strings.Join(pages, "")) == 0 {
		return nil, isolation.ErrMemory
	}
	if err != nil {
		return nil, err
	}
	return pages, nil
}

// withPDF opens a file and calls fn, unless the file is broken or password-protected. After any error
// PDFium is stopped, because its state is unknown.
func (r *Reader) withPDF(file io.ReaderAt, size int64, fn func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error) (err error) {
	if err := r.start(); err != nil {
		return err
	}
	r.allocator.exhausted = false
	instance, err := r.pool.GetInstance(poolTimeout)
	if err != nil {
		return errors.Join(fmt.Errorf("pdf: %w", err), r.Close())
	}
	defer func() {
		if p := recover(); p != nil { // a bug in the library
			err = fmt.Errorf("pdf: panic: %T", p)
		}
		if cerr := instance.Close(); err != nil || cerr != nil {
			err = errors.Join(err, cerr, r.Close())
		}
	}()
	doc, err := instance.OpenDocument(&requests.OpenDocument{FileReader: io.NewSectionReader(file, 0, size), FileReaderSize: size})
	if err != nil {
		return nil //nolint:nilerr // broken or password-protected: it has no text
	}
	if err := fn(instance, doc.Document); err != nil {
		return err
	}
	_, err = instance.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	return err
}

// start starts PDFium unless it is running. If the cache is unusable, it is removed.
func (r *Reader) start() error {
	if r.pool != nil {
		return nil
	}
	config := runtimeConfig().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	if r.cacheDir != "" {
		if cache, err := wazero.NewCompilationCacheWithDir(r.cacheDir); err == nil {
			if r.pool, err = r.newPool(config.WithCompilationCache(cache)); err == nil {
				r.cache = cache
				return nil
			}
			_ = cache.Close(context.Background())
			_ = os.RemoveAll(r.cacheDir) // damaged, or the disk is full
		}
	}
	var err error
	r.pool, err = r.newPool(config)
	return err
}

func (r *Reader) newPool(config wazero.RuntimeConfig) (pdfium.Pool, error) {
	pool, err := webassembly.Init(webassembly.Config{
		Context: experimental.WithMemoryAllocator(context.Background(), &r.allocator),
		MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // no file access
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		ReuseWorkers:  false, // a fresh instance for each file
		RuntimeConfig: config,
	})
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return pool, nil
}
