package doc

import "cmp"

// Block is one part of a document: Heading, Clause, Paragraph, List, Quote, Table, SignatureBlock,
// Drawing, PageBreak or Rule.
type Block interface{ block() }

// Span is a run of text in one style. "\n" in Text breaks the line.
type Span struct {
	Text   string
	Bold   bool
	Italic bool
	Link   string // http, https or mailto target; empty: none
	// Ref is a cross-reference to the Anchor of a heading or clause: its number is shown in place
	// of Text, as a link. "see clause 4.2" is {Text: "see clause "}, {Ref: "payment"}.
	Ref    string
	Source string // JSON Pointer to the value the text came from; empty: that of its block
}

// Heading opens a section of the document and is a bookmark of the file.
type Heading struct {
	Level int // 1, the largest, to 6
	// Depth numbers the heading in the one outline that headings and clauses share: 1 gives 1.,
	// 2 gives 1.1, 3 gives (a), 4 gives (i), 5 gives (A). 0: no number.
	Depth  int
	Number string // replaces the automatic number, which is still counted: "Schedule 1"
	Anchor string // the target of references; unique in the document
	Text   []Span
	Source string
}

// Clause is a numbered paragraph, numbered like a Heading.
type Clause struct {
	Depth  int // 1 to 5
	Number string
	Anchor string
	Title  []Span // set in bold before the text; may be empty
	Text   []Span
	Source string
}

// Align is the horizontal alignment of text.
type Align int

// The alignments.
const (
	Left Align = iota
	Center
	Right
	Justify // in a table cell the same as Left
)

// Paragraph is running text.
type Paragraph struct {
	Align  Align
	Text   []Span
	Source string
}

// List is a bulleted list, or a numbered one when Ordered. After a Clause it is indented like the
// clause's text, and so are a Quote and a Plain table.
type List struct {
	Ordered bool
	Start   int // the first number; 0 is 1
	Items   []Item
	Source  string
}

// Item holds any blocks but Heading, Clause, SignatureBlock and PageBreak.
type Item struct{ Blocks []Block }

// Quote is an indented block quotation; it holds what an Item may hold.
type Quote struct{ Blocks []Block }

// Table has a head, repeated on each page it reaches, and rows. A row is split over pages when it
// is taller than the rest of one.
type Table struct {
	Columns []Column // 1 to 20
	Head    []Cell   // as many as Columns, or none
	Rows    [][]Cell // each as many as Columns
	Plain   bool     // no rules between rows: a layout table, such as names beside roles
	Source  string
}

// Column says how the cells of a column are set.
type Column struct {
	Align Align
	// Width is the column's share of the table, in any unit common to the table's columns.
	// 0 for all: distributed by content. 0 for only some is Invalid.
	Width float64
}

// Cell is one cell of a table.
type Cell struct {
	Text   []Span
	Source string
}

// SignatureBlock is where the parties sign: for each a line to sign on, with name, title, place
// and date. A party is never split over pages.
type SignatureBlock struct {
	Parties []Party
	Labels  SignatureLabels
	Source  string
}

// SignatureLabels are the labels beside the lines of a signature block, in the document's
// language. Empty ones are English.
type SignatureLabels struct {
	Name, Title, Place, Date string
}

// Party is somebody who signs. Empty fields are left blank, to be filled in by hand.
type Party struct {
	Role   string // "For the Supplier"; stands above
	Name   string // of the signatory
	Title  string // of the signatory: "Managing Director"
	Place  string
	Date   string
	Source string
}

// Drawing is freehand strokes, such as a drawn signature, in the blue of a pen.
type Drawing struct {
	Strokes [][]Point
	// Width and Height are those of the field it was drawn in, in the unit of its points, above
	// 0. It is scaled to fit the column, 80 points high at most.
	Width, Height float64
	Source        string
}

// Point is a position in a field, from its upper left corner.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// PageBreak begins a new page.
type PageBreak struct{}

// Rule is a horizontal line.
type Rule struct{}

func (Heading) block()        {}
func (Clause) block()         {}
func (Paragraph) block()      {}
func (List) block()           {}
func (Quote) block()          {}
func (Table) block()          {}
func (SignatureBlock) block() {}
func (PageBreak) block()      {}
func (Rule) block()           {}
func (Drawing) block()        {}

// EachSpan calls f with every span of the document, in order, and the JSON Pointer that names it.
func (d Document) EachSpan(f func(s Span, source string)) {
	for _, b := range d.Blocks {
		blockSpans(b, "", f)
	}
}

func blockSpans(b Block, parent string, f func(Span, string)) {
	spans := func(source string, list []Span) {
		for _, s := range list {
			f(s, cmp.Or(s.Source, source, parent))
		}
	}
	switch b := b.(type) {
	case Heading:
		spans(b.Source, b.Text)
	case Clause:
		spans(b.Source, b.Title)
		spans(b.Source, b.Text)
	case Paragraph:
		spans(b.Source, b.Text)
	case List:
		for _, item := range b.Items {
			for _, c := range item.Blocks {
				blockSpans(c, cmp.Or(b.Source, parent), f)
			}
		}
	case Quote:
		for _, c := range b.Blocks {
			blockSpans(c, parent, f)
		}
	case Table:
		for _, row := range append([][]Cell{b.Head}, b.Rows...) {
			for _, c := range row {
				spans(cmp.Or(c.Source, b.Source), c.Text)
			}
		}
	}
}
