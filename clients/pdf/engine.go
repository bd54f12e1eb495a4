// Package pdf makes PDF files of documents, with maroto composing the pages: each line of text is
// a row of maroto's, its columns are cells, its pages are what is drawn. Beneath maroto lies a
// provider of this package's own (sheet), which writes the file; what it does better than the one
// maroto brings is measured in the package's benchmark.
//
// A document goes through four steps. Its texts are checked character by character and measured
// (scribe); blocks become strips, each one line high (flow); strips are dealt out to pages
// (paginate); maroto's pages draw themselves on a sheet. Everything that may be wrong with a
// document is found in the first two, before a byte is written.
//
// The file depends on the document alone: no clock, no random numbers, no order of maps. The
// fonts are parsed once a process and shared; a file holds the glyphs it uses.
package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"

	"counsel/domain"
	"counsel/domain/documents"
)

// Config sets the engine up. Its zero value is right for most.
type Config struct {
	Engine   string // PDF_ENGINE; maroto, also when empty, is the one there is
	Workers  int    // documents made at a time, others wait; 0: one a processor
	MaxPages int    // of a document; 0: 2,000
	MaxText  int    // bytes of a document's text; 0: 16 MiB
}

// Engine makes PDF files. It is safe for concurrent use.
type Engine struct {
	faces    [4]*face
	ok       *[1 << 16]bool
	workers  chan struct{}
	maxPages int
	maxText  int
}

var _ documents.Renderer = (*Engine)(nil)

// New makes an engine. It fails on an engine it does not know.
func New(c Config) (*Engine, error) {
	if c.Engine != "" && c.Engine != "maroto" {
		return nil, fmt.Errorf("PDF_ENGINE is maroto, not %q", c.Engine)
	}
	faces, err := loadFaces()
	if err != nil {
		return nil, err
	}
	orElse := func(n, other int) int {
		if n > 0 {
			return n
		}
		return other
	}
	return &Engine{
		faces: faces, ok: drawable(),
		workers:  make(chan struct{}, orElse(c.Workers, runtime.GOMAXPROCS(0))),
		maxPages: orElse(c.MaxPages, 2000),
		maxText:  orElse(c.MaxText, 16<<20),
	}, nil
}

// Render fulfils documents.Renderer.
func (e *Engine) Render(ctx context.Context, d documents.Document, w io.Writer) error {
	select {
	case e.workers <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx.Err())
	}
	defer func() { <-e.workers }()
	b, err := e.render(ctx, d)
	if err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return ended(err)
		}
		return err
	}
	_, err = w.Write(b)
	return err
}

func ended(err error) error {
	return &domain.Error{Code: domain.Timeout, Message: "The document was not made in time.", Err: err}
}

func (e *Engine) render(ctx context.Context, d documents.Document) ([]byte, error) {
	if n := d.Size(); n > e.maxText {
		return nil, domain.Errorf(domain.TooLarge, "The document has %d bytes of text; %d are allowed.", n, e.maxText)
	}
	outline, err := d.Outline()
	if err != nil {
		return nil, err
	}
	s := newScribe(e.faces, e.ok, outline)
	page := s.paper(d.Page, d.Meta.Source)
	width := page.width - page.margins.Left - page.margins.Right
	head := s.running(d.Header, d.Meta.Title, width, true)
	foot := s.running(d.Footer, d.Meta.Title, width, false)
	body := page.height - page.margins.Top - page.margins.Bottom - head.height() - foot.height()
	var watermark *mark
	if d.Watermark != "" {
		watermark = &mark{s.plain(d.Watermark, d.Meta.Source, bold)}
	}
	if err := s.faults.err(); err != nil {
		return nil, err
	}

	s.keep() // the watermark
	f := &flow{ctx: ctx, scribe: s, rules: d.Rules, width: width}
	if err := f.blocks(d.Blocks, outline); err != nil {
		return nil, err
	}
	if d.VerifyURL != "" {
		f.verify(d.VerifyURL, d.Meta.Source)
	}
	if err := s.faults.err(); err != nil {
		return nil, err
	}
	pages := paginate(f.strips, body)
	if len(pages) > e.maxPages {
		return nil, domain.Errorf(domain.TooLarge, "The document has %d pages; %d are allowed.", len(pages), e.maxPages)
	}

	cfg := config.NewBuilder().
		WithDimensions(page.width, page.height).WithMaxGridSize(grid).WithCompression(true).
		WithTitle(d.Meta.Title, true).WithAuthor(d.Meta.Author, true).WithSubject(d.Meta.Subject, true).
		WithKeywords(strings.Join(d.Meta.Keywords, ", "), true).WithCreationDate(d.Meta.Created).
		Build()
	cfg.Margins = &page.margins
	sh := newSheet(s, page.width, page.height, page.margins)
	sh.SetMetadata(cfg.Metadata)
	sh.meta.language = d.Meta.Language
	root := entity.NewRootCell(page.width, page.height, page.margins)
	for i, strips := range pages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := compose(strips, body, cfg, watermark, head.row(s, i+1, len(pages)), foot.row(s, i+1, len(pages)))
		p.SetNumber(i+1, len(pages))
		sh.draw(p, root)
		pages[i] = nil
		s.turn() // header and footer
	}
	return sh.GenerateBytes()
}
