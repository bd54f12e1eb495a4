package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"counsel/domain/isolation"
)

func (r *Reader) readPDF(ctx context.Context, file io.ReaderAt, size int64) (pages []string, err error) {
	if err := r.start(); err != nil {
		return nil, err
	}
	r.allocator.exhausted = false
	instance, err := r.pool.GetInstance(poolTimeout)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pdf: %w", err), r.Close())
	}
	defer func() {
		if p := recover(); p != nil { // a bug in the library
			pages, err = nil, fmt.Errorf("pdf: panic: %T", p)
		}
		if r.allocator.exhausted && len(strings.Join(pages, "")) == 0 {
			pages, err = nil, isolation.ErrMemory
		}
		if cerr := instance.Close(); err != nil || cerr != nil {
			err = errors.Join(err, cerr, r.Close()) // its state is unknown
		}
	}()
	doc, err := instance.OpenDocument(&requests.OpenDocument{FileReader: io.NewSectionReader(file, 0, size), FileReaderSize: size})
	if err != nil {
		return nil, nil //nolint:nilerr // broken or password-protected: it has no text
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
		text, _ := reader.read(i) // skip a broken page
		if total += len(text); total > maxTextBytes {
			break
		}
		pages = append(pages, text)
	}
	reader.close()
	dehyphenate(pages)
	_, err = instance.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	return pages, err
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
