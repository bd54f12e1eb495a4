// Package documents holds what a document is before it becomes a file: a tree of blocks
// that says what stands where, and nothing of how it is drawn.
//
// A Document is made once, from a template or a draft, and handed to a Renderer. Numbers of
// headings and clauses, and what cross-references resolve to, are worked out here
// (Document.Outline), so that every reader of a document sees the same ones.
package documents

import (
	"context"
	"io"
	"time"
)

// Renderer turns documents into files. It is safe for concurrent use.
type Renderer interface {
	// Render writes the file to w. The same Document gives the same bytes, in any process.
	// Nothing is lost on the way: what cannot be shown as it should be is an error, and then
	// nothing at all was written to w.
	//
	// The errors it promises, all *domain.Error:
	//   - Invalid, its fields naming Source of the offending part and, where it is about a
	//     character, the character as U+XXXX with its name: for what the fonts cannot show and
	//     scripts that cannot be set right, for a cross-reference without target, an anchor
	//     that stands twice, a value of the model out of its range
	//   - TooLarge: more pages or text than the renderer's limits allow
	//   - Timeout: ctx ended
	//
	// An error of w is returned as it is.
	Render(ctx context.Context, d Document, w io.Writer) error
}

// Document is everything that determines a rendered file.
type Document struct {
	Rules  RulesVersion
	Meta   Meta
	Page   Page
	Header Running
	Footer Running

	// Watermark is written large and pale across every page: DRAFT. Empty: none.
	Watermark string
	// VerifyURL is where the reader can have the file verified; it is printed as a QR code
	// with the address beneath, after the last block. Empty: none.
	VerifyURL string

	Blocks []Block
}

// Meta is what a file says of itself.
type Meta struct {
	Title    string
	Author   string
	Subject  string
	Keywords []string
	Language string // BCP 47, such as en-GB; empty: not said
	// Created is the time of creation and of the last change in the file. It is part of what is
	// rendered: callers pass a fixed time, not the present one.
	Created time.Time
	Source  string // JSON Pointer to where the metadata come from, for errors
}

// PageSize is a size of paper.
type PageSize string

// The sizes there are.
const (
	A4     PageSize = "A4"
	Letter PageSize = "Letter"
)

// Page is the paper. Its zero value is A4, upright, with margins of 25 mm to the sides and 20 mm
// above and below.
type Page struct {
	Size      PageSize
	Landscape bool
	Margins   Margins
}

// Margins are in millimetres, 10 to 60. All zero: the default. Header and footer stand at the
// edge of the upper and lower margin; the text begins below the header.
type Margins struct {
	Left, Top, Right, Bottom float64
}

// Running stands on every page, above or below. In its texts {page}, {pages} and {title} are
// replaced. Parts too long to stand beside one another are broken into lines, six at most.
type Running struct {
	Left, Center, Right string
	Source              string // JSON Pointer, for errors
}

// Block is one part of a document: Heading, Clause, Paragraph, List, Quote, Table, Signatures,
// Ink, PageBreak or Rule.
type Block interface{ block() }

// Span is a run of text in one style. "\n" in Text breaks the line.
type Span struct {
	Text   string
	Bold   bool
	Italic bool
	Link   string // http, https or mailto address the text leads to; empty: none
	// Ref names the Anchor of a heading or clause: its number is shown in place of Text, and
	// leads there. "see clause 4.2" is {Text: "see clause "}, {Ref: "payment"}.
	Ref    string
	Source string // JSON Pointer to the value the text came from; empty: its block's
}

// Heading opens a part of the document and is a bookmark of the file.
type Heading struct {
	Level int // 1, the largest, to 6
	// Depth numbers the heading in the one outline that headings and clauses share: 1 gives 1.,
	// 2 gives 1.1, 3 gives (a), 4 gives (i), 5 gives (A). 0: no number.
	Depth  int
	Number string // in place of the number that Depth gives; it still counts. "Schedule 1"
	Anchor string // what references name; once in a document
	Text   []Span
	Source string
}

// Clause is a numbered paragraph, numbered as a Heading is.
type Clause struct {
	Depth  int // 1 to 5
	Number string
	Anchor string
	Title  []Span // set in bold before the text; may be empty
	Text   []Span
	Source string
}

// Align is how text stands between its edges.
type Align int

// The ways to align.
const (
	Left Align = iota
	Center
	Right
	Justify // in a table's cell the same as Left
)

// Paragraph is running text.
type Paragraph struct {
	Align  Align
	Text   []Span
	Source string
}

// List is a list of items with bullets, or with numbers when Ordered. After a Clause it stands
// indented as the clause's text does, as do a Quote and a Plain table.
type List struct {
	Ordered bool
	Start   int // the first number; 0 is 1
	Items   []Item
	Source  string
}

// Item holds any blocks but Heading, Clause, Signatures and PageBreak.
type Item struct{ Blocks []Block }

// Quote is indented; it holds what an Item may hold.
type Quote struct{ Blocks []Block }

// Table has a head, repeated on each page it reaches, and rows, split over pages where a row is
// taller than what is left of one.
type Table struct {
	Columns []Column // 1 to 20
	Head    []Cell   // as many as Columns, or none
	Rows    [][]Cell // each as many as Columns
	Plain   bool     // no lines between rows: a layout, such as names beside roles
	Source  string
}

// Column says how a column's cells stand.
type Column struct {
	Align Align
	// Width is the column's share of the table, in any unit the table's columns have in common.
	// 0 for all: shared out by what the cells hold. 0 for some is Invalid.
	Width float64
}

// Cell is one cell of a table.
type Cell struct {
	Text   []Span
	Source string
}

// Signatures is the place where parties sign: a line for each with name, title, place and date.
// A party is never split over pages.
type Signatures struct {
	Parties []Party
	Labels  Labels
	Source  string
}

// Labels are the words beside the lines of a signature, in the document's language. Empty ones are
// English.
type Labels struct {
	Name, Title, Place, Date string
}

// Party signs. Empty parts are left for the pen.
type Party struct {
	Role   string // "For the Supplier"; stands above
	Name   string // of who signs
	Title  string // of who signs: "Managing Director"
	Place  string
	Date   string
	Source string
}

// Ink is what a hand drew, in the blue of a pen.
type Ink struct {
	Strokes [][]Point
	// Width and Height of the field it was drawn in, in the unit of its points, above 0. It is
	// made to fit the column, 80 points high at most.
	Width, Height float64
	Source        string
}

// Point is a place in a field, from its upper left corner.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// PageBreak begins a new page.
type PageBreak struct{}

// Rule is a line across the page.
type Rule struct{}

func (Heading) block()    {}
func (Clause) block()     {}
func (Paragraph) block()  {}
func (List) block()       {}
func (Quote) block()      {}
func (Table) block()      {}
func (Signatures) block() {}
func (PageBreak) block()  {}
func (Rule) block()       {}
func (Ink) block()        {}
