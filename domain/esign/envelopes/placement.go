package envelopes

import (
	"strconv"
	"time"

	"counsel/domain/doc"
)

// The layout of signatures on the added pages: two columns, five rows.
const (
	columns, rows   = 2, 5
	perPage         = columns * rows
	top, left       = 0.36, 0.12 // fractions of the page
	width, height   = 0.36, 0.095
	columnGap       = 0.04
	rowGap          = 0.012
	signaturesTitle = "Signatures"
)

// Boxes returns where each of n signers signs, if SignaturePages are appended to a document with so many
// pages.
func Boxes(n, pages int) []Box {
	boxes := make([]Box, n)
	for i := range boxes {
		at := i % perPage
		boxes[i] = Box{Page: pages + 1 + i/perPage, W: width, H: height,
			X: left + float64(at%columns)*(width+columnGap), Y: top + float64(at/columns)*(height+rowGap)}
	}
	return boxes
}

// Cover is what the signature pages say about the document.
type Cover struct {
	RequestID string
	Document  string // name
	Checksum  string // SHA-256, grouped for reading
	Sender    string
	CreatedAt time.Time
}

// SignaturePages returns the pages with room for n signatures. The provider adds the signatures and
// names.
func SignaturePages(c Cover, n int) doc.Document {
	span := func(text string) []doc.Span { return []doc.Span{{Text: text}} }
	d := doc.Document{
		Meta:   doc.Meta{Title: signaturesTitle, Created: c.CreatedAt, Language: "en-GB"},
		Footer: doc.RunningText{Left: signaturesTitle, Right: c.RequestID},
	}
	pages := (n + perPage - 1) / perPage
	for i := range pages {
		if i > 0 {
			d.Blocks = append(d.Blocks, doc.PageBreak{})
		}
		d.Blocks = append(d.Blocks, doc.Heading{Level: 1, Text: span(signaturesTitle)},
			doc.Table{Plain: true, Columns: []doc.Column{{Width: 1}, {Width: 4}}, Rows: [][]doc.Cell{
				{{Text: span("Document")}, {Text: span(c.Document)}},
				{{Text: span("SHA-256")}, {Text: span(c.Checksum)}},
				{{Text: span("Sent by")}, {Text: span(c.Sender)}},
				{{Text: span("Page")}, {Text: span(strconv.Itoa(i+1) + " of " + strconv.Itoa(pages))}},
			}})
	}
	return d
}
