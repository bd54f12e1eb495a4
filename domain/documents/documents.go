// Package documents holds the names that package text below it still uses.
package documents

import (
	"counsel/domain/files/filetype"
	"counsel/domain/text"
)

// PDF and DOCX are those of package filetype.
const (
	PDF  = filetype.PDF
	DOCX = filetype.DOCX
	PNG  = filetype.PNG
)

// Text, Changes and TextReader are those of package text.
type (
	Text       = text.Text
	Changes    = text.Changes
	TextReader = text.Extractor
)
