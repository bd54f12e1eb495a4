// Package doc is the model of a document before it becomes a file: a tree of blocks that says
// what the document contains, but not how it is drawn. ParseMarkdown reads one from Markdown,
// Document.HTML writes one as HTML, and a Renderer, such as the PDF engine, writes it as a file.
//
// A Document is built once, from a template or a draft, and then rendered. The numbers of headings
// and clauses, and the targets of cross-references, are resolved here (Document.Outline), so that
// every output shows the same ones. The package keeps no state. It fails with *domain.Error only:
// Invalid, naming the part by JSON Pointer, and TooLarge.
package doc

import (
	"context"
	"io"
	"time"
)

// Document is everything that determines a rendered file.
type Document struct {
	Rules  RulesVersion
	Meta   Meta
	Page   Page
	Header RunningText
	Footer RunningText

	// Watermark is printed large and pale across every page, such as DRAFT. Empty: none.
	Watermark string
	// VerifyURL is where the reader can have the file verified. It is printed as a QR code
	// with the address beneath it, after the last block. Empty: none.
	VerifyURL string

	Blocks []Block
}

// Renderer turns documents into files. It is safe for concurrent use.
type Renderer interface {
	// Render writes the file to w. The same Document gives the same bytes, in any process.
	// No content is dropped: what cannot be rendered correctly is an error, and then nothing
	// at all has been written to w.
	//
	// Errors are *domain.Error:
	//   - Invalid: its fields name the Source of each offending part and, where the fault is a
	//     character, that character as U+XXXX with its name. It covers characters the fonts
	//     lack, scripts that cannot be laid out, cross-references without a target, duplicate
	//     anchors and model values out of range.
	//   - TooLarge: more pages or text than the renderer's limits allow
	//   - Timeout: ctx ended
	//
	// An error of w is returned as it is.
	Render(ctx context.Context, d Document, w io.Writer) error
}

// Meta is the metadata of the file.
type Meta struct {
	Title    string
	Author   string
	Subject  string
	Keywords []string
	Language string // BCP 47, such as en-GB; empty: not stated
	// Created is both the creation and the modification time in the file. It is part of what is
	// rendered: callers pass a fixed time, not the current one.
	Created time.Time
	Source  string // JSON Pointer to where the metadata come from, for errors
}

// PageSize is a paper size.
type PageSize string

// The paper sizes.
const (
	A4     PageSize = "A4"
	Letter PageSize = "Letter"
)

// Page is the page setup. Its zero value is A4 portrait, with margins of 25 mm left and right and
// 20 mm top and bottom.
type Page struct {
	Size      PageSize
	Landscape bool
	Margins   Margins
}

// Margins are in millimeters, 10 to 60. All zero: the default. Header and footer stand at the
// edge of the top and bottom margin; the text begins below the header.
type Margins struct {
	Left, Top, Right, Bottom float64
}

// RunningText is the header or footer of every page. {page}, {pages} and {title} are replaced.
// Parts that are too long to stand side by side are wrapped, to at most six lines.
type RunningText struct {
	Left, Center, Right string
	Source              string // JSON Pointer, for errors
}

// TextSize is the number of bytes of text in the document.
func (d Document) TextSize() int {
	n := len(d.Meta.Title) + len(d.Watermark) + len(d.VerifyURL)
	for _, r := range []RunningText{d.Header, d.Footer} {
		n += len(r.Left) + len(r.Center) + len(r.Right)
	}
	d.EachSpan(func(s Span, _ string) { n += len(s.Text) })
	for _, b := range d.Blocks {
		if s, ok := b.(SignatureBlock); ok {
			for _, p := range s.Parties {
				n += len(p.Role) + len(p.Name) + len(p.Title) + len(p.Place) + len(p.Date)
			}
		}
	}
	return n
}
