// Package text describes the text of files, as package extract reads it: the text of each page of a
// PDF or Word file, for the search index and for questions about documents. Package opc below it
// opens Word files.
package text

import (
	"context"
	"io"
)

// Text is the text of a file.
type Text struct {
	Pages   []string // in order; none when the file has no text that can be extracted
	Changes Changes
}

// Changes count the tracked changes and comments of a Word file. The extracted text is that with all
// changes accepted.
type Changes struct {
	Insertions int `json:"insertions"`
	Deletions  int `json:"deletions"`
	Moves      int `json:"moves"`
	Comments   int `json:"comments"` // included in the text
}

// Extractor extracts the text of files. It is safe for concurrent use.
type Extractor interface {
	// Pages returns the text of each page of a file, in order; none when it has no text that can be
	// extracted. Errors: isolation.ErrMemory and isolation.ErrTime when the file exceeds its limits;
	// any other error is temporary, and the caller tries again later. ctx cancels it.
	Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (Text, error)
}

// Quote is a passage of the text of one page.
type Quote struct {
	Page   int    // from 1
	Before string // the text of the page before the passage
	Text   string
}

// Box is a rectangle on a page of a PDF, in points (1/72 inch) of the page's user space: the origin is at the
// lower left, before any rotation.
type Box struct {
	Left   float64 `json:"left"`
	Bottom float64 `json:"bottom"`
	Right  float64 `json:"right"`
	Top    float64 `json:"top"`
}

// Locator finds where on the page quotes are drawn. It is safe for concurrent use.
type Locator interface {
	// Locate returns for each quote the box around it, nil where it is not known: in files without pages,
	// and for text that is not drawn. Errors are as for Extractor.
	Locate(ctx context.Context, contentType string, file io.ReaderAt, size int64, quotes []Quote) ([]*Box, error)
}
