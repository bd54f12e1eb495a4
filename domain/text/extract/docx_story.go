package extract

import (
	"encoding/xml"
)

// story reads one stream of text (a "story" in ECMA-376): the body, a header, a note or a text box.
type story struct {
	doc      *docxReader
	decoder  *xml.Decoder
	counters *counters
	isBody   bool // it is the main document story

	out              textBuilder
	depth            int
	stopped          bool
	deletedDepth     int // number of enclosing deletions
	hidden           bool
	placeholderDepth int // number of enclosing unfilled placeholders
	fields           []*field
	para             *paragraph
	row              *row
	continued        bool     // the previous paragraph continues in this one
	deferred         []string // written after the current paragraph
	endnotes         []string
	noteCounts       [2]int // footnotes and endnotes numbered so far
	sections         []sectionProps
}

// finish completes the text.
func (s *story) finish() {
	s.writeDeferred()
	s.out.breakPage(breakNone)
}

func (s *story) stop() { s.stopped = true }

// nextToken returns the next token, or nil at the end or if the XML is broken.
func (s *story) nextToken() xml.Token {
	if s.stopped {
		return nil
	}
	t, err := s.decoder.Token()
	if err != nil {
		s.stop()
		return nil
	}
	if e, ok := t.(xml.StartElement); ok {
		for _, a := range e.Attr {
			if a.Name.Space == "xmlns" {
				s.doc.namespaces[a.Name.Local] = a.Value
			}
		}
	}
	return t
}

// forEachChild calls handle for each child of the open element. handle must consume the element.
func (s *story) forEachChild(handle func(xml.StartElement)) {
	if s.depth++; s.depth > maxElementDepth {
		s.stop()
	}
	defer func() { s.depth-- }()
	for {
		switch t := s.nextToken().(type) {
		case nil, xml.EndElement:
			return
		case xml.StartElement:
			handle(t)
		}
	}
}

// forEachOfRoot calls handle for each child of the first element.
func (s *story) forEachOfRoot(handle func(xml.StartElement)) {
	s.forEachChild(func(xml.StartElement) { s.forEachChild(handle) })
}

func (s *story) skip() {
	if !s.stopped && s.decoder.Skip() != nil {
		s.stop()
	}
}

// charData returns the text of the open element.
func (s *story) charData() string {
	out := ""
	for {
		switch t := s.nextToken().(type) {
		case nil, xml.EndElement:
			return out
		case xml.StartElement:
			s.skip()
		case xml.CharData:
			if out == "" {
				out = string(t)
			} else {
				out += string(t)
			}
		}
	}
}

func (s *story) inFieldInstruction() bool {
	for _, f := range s.fields {
		if f.inInstruction {
			return true
		}
	}
	return false
}

func (s *story) visible() bool {
	return s.deletedDepth == 0 && !s.hidden && s.placeholderDepth == 0 && !s.inFieldInstruction()
}

// write appends text if it is visible, after the paragraph's number.
func (s *story) write(text string) {
	if text == "" || !s.visible() {
		return
	}
	for _, f := range s.fields {
		f.hasResult = true
	}
	s.writeNumber()
	s.out.write(text)
	if s.doc.budget -= len(text); s.doc.budget < 0 {
		s.stop()
	}
}

// writeNumber writes the number or bullet of the paragraph, once.
func (s *story) writeNumber() {
	p := s.para
	if p == nil || p.started {
		return
	}
	p.started = true
	if p.list != nil && !s.continued {
		s.out.write(s.counters.next(p.listID, p.list, p.depth))
	}
	s.continued = false
}

// writeDeferred writes footnotes, comments and text boxes after their paragraph.
func (s *story) writeDeferred() {
	for _, text := range s.deferred {
		s.out.writeLine(text)
	}
	s.deferred = nil
}

// readBlock reads a block-level element.
func (s *story) readBlock(e xml.StartElement) {
	switch e.Name.Local {
	case "p":
		s.readParagraph()
	case "tr":
		s.readTableRow()
	case "tc":
		s.readCell()
	case "sectPr":
		s.readSection()
	case "tblPr", "tblGrid", "tblPrEx", "sdtEndPr", "customXmlPr", "smartTagPr", "altChunk", "background":
		s.skip()
	default:
		s.readInline(e)
	}
}

func (s *story) readSection() {
	var props sectionProps
	s.decode(&props)
	if s.isBody {
		s.sections = append(s.sections, props)
	}
}

func (s *story) decode(target any) {
	// The start element is already consumed; DecodeElement needs one, of any name.
	if start := (xml.StartElement{Name: xml.Name{Local: "x"}}); !s.stopped && s.decoder.DecodeElement(target, &start) != nil {
		s.stop()
	}
}
