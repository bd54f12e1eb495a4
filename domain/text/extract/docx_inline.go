package extract

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// readInline reads an inline element.
func (s *story) readInline(e xml.StartElement) {
	name := e.Name.Local
	if strings.HasSuffix(e.Name.Space, "/math") && s.readMath(name) {
		return
	}
	switch name {
	case "p", "tr", "tc":
		s.readBlock(e)
	case "r":
		s.readRun()
	case "t":
		s.write(plainChars.Replace(s.charData()))
	case "ins", "moveTo":
		if name == "ins" {
			s.doc.changes.Insertions++
		}
		s.forEachChild(s.readBlock)
	case "del", "moveFrom":
		if name == "del" {
			s.doc.changes.Deletions++
		} else {
			s.doc.changes.Moves++
		}
		s.deletedDepth++
		s.forEachChild(s.readBlock)
		s.deletedDepth--
	case "sdt":
		s.readContentControl()
	case "AlternateContent":
		s.readAlternateContent()
	case "drawing", "pict", "object":
		s.readDrawing()
	case "fldChar":
		s.readFieldChar(&e)
	case "instrText":
		if text := s.charData(); len(s.fields) > 0 && s.deletedDepth == 0 {
			if f := s.fields[len(s.fields)-1]; f.inInstruction && f.instruction.Len() < 4096 {
				f.instruction.WriteString(text)
			}
		}
	case "footnoteReference":
		s.readNoteReference(&e, s.doc.footnotes, 0)
	case "endnoteReference":
		s.readNoteReference(&e, s.doc.endnotes, 1)
	case "commentReference":
		s.readCommentReference(attr(&e, "id"))
		s.skip()
	default:
		if text, known := leafText[name]; known {
			s.write(text)
			s.skip()
			return
		}
		s.readLeaf(e)
	}
}

// plainChars replaces characters that only control line breaking.
var plainChars = strings.NewReplacer("\u00ad", "", "\u2011", "-", "\r", "", "\n", " ")

// leafText is the text of elements without text content; "" if they show nothing.
var leafText = map[string]string{
	"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "",
	"delText": "", "delInstrText": "", "rPr": "", "pPr": "", "rt": "", "tblPr": "", "tblGrid": "",
	"rPrChange": "", "pPrChange": "", "sdtPr": "", "sdtEndPr": "", "ffData": "", "fldData": "", "binData": "",
	"footnoteRef": "", "endnoteRef": "", "annotationRef": "", "customXmlPr": "", "smartTagPr": "", "rubyPr": "", "altChunk": "",
}

func (s *story) readLeaf(e xml.StartElement) {
	switch e.Name.Local {
	case "br":
		if attr(&e, "type") == "page" {
			if s.visible() {
				s.writeNumber()
				s.breakPage(breakManual)
			}
		} else {
			s.write("\n")
		}
		s.skip()
	case "lastRenderedPageBreak":
		s.breakPage(breakRendered)
		s.skip()
	case "textpath": // WordArt, such as a DRAFT watermark
		s.write(attr(&e, "string"))
		s.skip()
	case "sym":
		if code, err := strconv.ParseUint(attr(&e, "char"), 16, 32); err == nil {
			s.write(symbolText(attr(&e, "font"), rune(code)))
		}
		s.skip()
	default:
		s.forEachChild(s.readBlock)
	}
}

// breakPage ends a page of the body; elsewhere it is a line break.
func (s *story) breakPage(c pageBreak) {
	if !s.isBody {
		s.write("\n")
		return
	}
	if len(s.out.segments) >= 2*maxPages {
		s.stop()
		return
	}
	s.out.breakPage(c)
}

func (s *story) readRun() {
	hidden, style := s.hidden, ""
	if s.para != nil {
		style = s.para.style
		s.hidden = hidden || s.para.hidden
	}
	s.forEachChild(func(e xml.StartElement) {
		if e.Name.Local != "rPr" {
			s.readInline(e)
			return
		}
		props := s.readRunProps(nil)
		s.hidden = hidden || s.doc.styles.hidden(&props, style)
	})
	s.hidden = hidden
}

// readMath reads an OMML element that adds signs of its own. It reports whether it consumed the
// element.
func (s *story) readMath(name string) bool {
	writeOperands := func(before, sign, after string) bool {
		s.write(before)
		n := 0
		s.forEachChild(func(e xml.StartElement) {
			if strings.HasSuffix(e.Name.Local, "Pr") {
				s.skip()
				return
			}
			if n++; n > 1 {
				s.write(sign)
			}
			s.readInline(e)
		})
		s.write(after)
		return true
	}
	switch name {
	case "f":
		return writeOperands("", "/", "")
	case "sSup":
		return writeOperands("", "^", "")
	case "sSub":
		return writeOperands("", "_", "")
	case "d":
		return writeOperands("(", ", ", ")")
	case "rad":
		return writeOperands("√(", "", ")")
	}
	return false
}

// readContentControl reads a content control (sdt), without an unfilled placeholder.
func (s *story) readContentControl() {
	unfilled := s.placeholderDepth
	s.forEachChild(func(e xml.StartElement) {
		if e.Name.Local != "sdtPr" {
			s.readBlock(e)
			return
		}
		s.forEachChild(func(e xml.StartElement) {
			if e.Name.Local == "showingPlcHdr" && (&val{attr(&e, "val")}).on() {
				s.placeholderDepth++
			}
			s.skip()
		})
	})
	s.placeholderDepth = unfilled
}

// readAlternateContent reads the first choice that current versions of Word support, or the fallback.
func (s *story) readAlternateContent() {
	done := false
	s.forEachChild(func(e xml.StartElement) {
		switch {
		case done, e.Name.Local == "Choice" && !s.supportsNamespaces(attr(&e, "Requires")):
			s.skip()
		default:
			done = true
			s.forEachChild(s.readBlock)
		}
	})
}

// supportsNamespaces reports whether Word supports the namespaces of all these prefixes, which it does
// if they are Office's.
func (s *story) supportsNamespaces(prefixes string) bool {
	for prefix := range strings.FieldsSeq(prefixes) {
		uri := s.doc.namespaces[prefix]
		if !strings.HasPrefix(uri, "http://schemas.microsoft.com/office/") && !strings.HasPrefix(uri, "http://schemas.openxmlformats.org/") &&
			!strings.HasPrefix(uri, "http://purl.oclc.org/ooxml/") {
			return false
		}
	}
	return true
}

// readDrawing reads a drawing or text box. Its text follows the paragraph it is anchored in.
func (s *story) readDrawing() {
	inner := &story{doc: s.doc, decoder: s.decoder, counters: s.counters, depth: s.depth, stopped: s.stopped}
	inner.forEachChild(inner.readBlock)
	inner.finish()
	s.stopped = inner.stopped
	if !s.visible() {
		return
	}
	s.out.hasGraphics = true
	if text := strings.TrimSpace(inner.out.text()); text != "" {
		s.deferred = append(s.deferred, text)
	}
	s.endnotes = append(s.endnotes, inner.endnotes...)
}
