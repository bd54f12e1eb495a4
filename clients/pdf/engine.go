// Package pdf renders documents as PDF (ISO 32000). maroto composes the pages: each line box is a
// maroto row and its columns are cells. The file is written by canvas, this package's implementation
// of maroto's core.Provider; the package's benchmark compares it with the one maroto ships.
//
// Rendering has four steps:
//
//  1. shaper checks every character against the fonts and measures it.
//  2. layout breaks paragraphs into lines and turns blocks into line boxes.
//  3. paginate distributes the line boxes over pages.
//  4. canvas draws maroto's pages and writes the file.
//
// Everything that can be wrong with a document is found in the first two steps, before a byte is
// written.
//
// The output is deterministic: it depends only on the document, not on the clock, random numbers or
// map order. Fonts are parsed once per process and shared; a file embeds only the glyphs it uses.
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
	"counsel/domain/doc"
)

// Config configures an Engine. The zero value is a good default.
type Config struct {
	Engine   string // PDF_ENGINE: "maroto" or empty; there is no other engine
	Workers  int    // documents rendered concurrently, others wait; 0: GOMAXPROCS
	MaxPages int    // page limit of a document; 0: 2,000
	MaxText  int    // text limit of a document, in bytes; 0: 16 MiB
}

// Engine renders PDF files. It is safe for concurrent use.
type Engine struct {
	fonts     [4]*font
	supported *[1 << 16]bool
	slots     chan struct{}
	maxPages  int
	maxText   int
}

var _ doc.Renderer = (*Engine)(nil)

// New makes an Engine. An unknown engine name is an error.
func New(c Config) (*Engine, error) {
	if c.Engine != "" && c.Engine != "maroto" {
		return nil, fmt.Errorf("unknown PDF_ENGINE %q: only maroto is supported", c.Engine)
	}
	fonts, err := loadFonts()
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
		fonts: fonts, supported: supportedRunes(),
		slots:    make(chan struct{}, orElse(c.Workers, runtime.GOMAXPROCS(0))),
		maxPages: orElse(c.MaxPages, 2000),
		maxText:  orElse(c.MaxText, 16<<20),
	}, nil
}

// Render implements doc.Renderer. It writes nothing to w unless the whole document could be
// rendered. A document that cannot be is domain.Invalid, with a field for each problem; one over the
// limits is domain.TooLarge; a canceled ctx is domain.Timeout.
func (e *Engine) Render(ctx context.Context, d doc.Document, w io.Writer) error {
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return timeoutError(ctx.Err())
	}
	defer func() { <-e.slots }()
	b, err := e.render(ctx, d)
	if err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return timeoutError(err)
		}
		return err
	}
	_, err = w.Write(b)
	return err
}

func timeoutError(err error) error {
	return &domain.Error{Code: domain.Timeout, Message: "The document was not rendered in time.", Err: err}
}

func (e *Engine) render(ctx context.Context, d doc.Document) ([]byte, error) {
	if n := d.TextSize(); n > e.maxText {
		return nil, domain.Errorf(domain.TooLarge, "The document has %d bytes of text; %d are allowed.", n, e.maxText)
	}
	outline, err := d.Outline()
	if err != nil {
		return nil, err
	}
	shaper := newShaper(e.fonts, e.supported, outline)
	page := shaper.pageGeometry(d.Page, d.Meta.Source)
	width := page.width - page.margins.Left - page.margins.Right
	header := shaper.runningText(d.Header, d.Meta.Title, width, true)
	footer := shaper.runningText(d.Footer, d.Meta.Title, width, false)
	body := page.height - page.margins.Top - page.margins.Bottom - header.height() - footer.height()
	var watermark *watermarkComponent
	if d.Watermark != "" {
		watermark = &watermarkComponent{shaper.shapeString(d.Watermark, d.Meta.Source, bold)}
	}
	if err := shaper.errs.err(); err != nil {
		return nil, err
	}

	shaper.retainArena() // the watermark is drawn on every page
	layout := &layout{ctx: ctx, shaper: shaper, rules: d.Rules, width: width}
	if err := layout.addBlocks(d.Blocks, outline); err != nil {
		return nil, err
	}
	if d.VerifyURL != "" {
		layout.addVerification(d.VerifyURL, d.Meta.Source)
	}
	if err := shaper.errs.err(); err != nil {
		return nil, err
	}
	pages := paginate(layout.boxes, body)
	if len(pages) > e.maxPages {
		return nil, domain.Errorf(domain.TooLarge, "The document has %d pages; %d are allowed.", len(pages), e.maxPages)
	}

	cfg := config.NewBuilder().
		WithDimensions(page.width, page.height).WithMaxGridSize(gridUnits).WithCompression(true).
		WithTitle(d.Meta.Title, true).WithAuthor(d.Meta.Author, true).WithSubject(d.Meta.Subject, true).
		WithKeywords(strings.Join(d.Meta.Keywords, ", "), true).WithCreationDate(d.Meta.Created).
		Build()
	cfg.Margins = &page.margins
	canvas := newCanvas(shaper, page.width, page.height, page.margins)
	canvas.SetMetadata(cfg.Metadata)
	canvas.info.language = d.Meta.Language
	root := entity.NewRootCell(page.width, page.height, page.margins)
	for i, boxes := range pages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := compose(boxes, body, cfg, watermark, header.row(shaper, i+1, len(pages)), footer.row(shaper, i+1, len(pages)))
		p.SetNumber(i+1, len(pages))
		canvas.drawPage(p, root)
		pages[i] = nil
		shaper.resetArena() // of the header and footer
	}
	return canvas.GenerateBytes()
}
