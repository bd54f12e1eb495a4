package extract

import (
	"strings"
)

// pageBreak is why a page may end.
type pageBreak int

const (
	breakNone     pageBreak = iota
	breakManual             // typed page break
	breakRendered           // where Word last ended a page when it rendered the file
	breakBefore             // paragraph with pageBreakBefore
	breakSection            // end of a section
)

// segment is the text between two possible page breaks.
type segment struct {
	preceding   pageBreak // the break before it
	text        string
	hasGraphics bool // it contains a drawing, so its page is not empty
}

// textBuilder collects the text of a story.
type textBuilder struct {
	segments        []segment
	current         strings.Builder
	preceding       pageBreak
	hasGraphics     bool
	pendingNewlines int // line ends to write before the next text
	size            int
}

const maxNewlines = 2 // consecutive line ends

func (o *textBuilder) write(s string) {
	for ; o.pendingNewlines > 0; o.pendingNewlines-- {
		o.current.WriteByte('\n')
		o.size++
	}
	o.current.WriteString(s)
	o.size += len(s)
}

func (o *textBuilder) endLine() { o.pendingNewlines = min(o.pendingNewlines+1, maxNewlines) }

// writeLine writes text on its own line.
func (o *textBuilder) writeLine(s string) {
	if o.current.Len() > 0 && o.pendingNewlines == 0 {
		o.pendingNewlines = 1
	}
	o.write(s)
	o.endLine()
}

func (o *textBuilder) breakPage(c pageBreak) {
	o.segments = append(o.segments, segment{o.preceding, o.current.String(), o.hasGraphics})
	o.current.Reset()
	o.preceding, o.hasGraphics, o.pendingNewlines = c, false, 0
}

// text returns everything, for a story without pages.
func (o *textBuilder) text() string {
	if len(o.segments) == 0 {
		return o.current.String()
	}
	var b strings.Builder
	for _, c := range o.segments {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.text)
	}
	return b.String()
}
