package extract

import (
	"encoding/xml"
)

// paragraph is the state of a paragraph being read.
type paragraph struct {
	style       string
	styles      []*style
	list        *resolvedNum
	listID      string
	depth       int
	hidden      bool // its style hides its runs
	markDeleted bool // its paragraph mark is deleted or hidden: it continues in the next paragraph
	started     bool
}

func (s *story) readParagraph() {
	if s.doc.ctx.Err() != nil {
		s.stop()
	}
	outer, hidden := s.para, s.hidden
	p := &paragraph{style: s.doc.styles.defaultParagraph}
	s.para, s.hidden = p, false
	resolved := false
	sections := len(s.sections)
	resolve := func(props paragraphProps) {
		if !resolved {
			resolved = true
			s.resolveStyle(p, props)
		}
	}
	s.forEachChild(func(e xml.StartElement) {
		if e.Name.Local == "pPr" {
			resolve(s.readParagraphProps(p))
			return
		}
		resolve(paragraphProps{})
		s.readInline(e)
	})
	resolve(paragraphProps{})
	s.hidden = false
	switch {
	case !p.markDeleted:
		if s.visible() {
			s.writeNumber() // an empty clause still has its number
			s.out.endLine()
		}
		s.writeDeferred()
	case p.started:
		s.continued = true
	}
	s.para, s.hidden = outer, hidden
	if len(s.sections) > sections {
		s.out.breakPage(breakSection)
	}
}

// resolveStyle sets what the paragraph inherits from its styles.
func (s *story) resolveStyle(p *paragraph, props paragraphProps) {
	p.styles = s.doc.styles.chain(p.style)
	p.listID, p.list, p.depth = s.doc.numbering.resolve(props.Num, p.styles)
	p.hidden = s.doc.styles.hidden(&runProps{}, p.style)
	if s.doc.styles.hidden(&props.ParagraphMark, p.style) {
		p.markDeleted = true
	}
	before := props.PageBreakBefore
	for _, st := range p.styles {
		if before == nil {
			before = st.Paragraph.PageBreakBefore
		}
	}
	if before.on() && s.isBody && s.row == nil && s.visible() {
		s.out.breakPage(breakBefore)
	}
}

// readParagraphProps reads pPr.
func (s *story) readParagraphProps(p *paragraph) (props paragraphProps) {
	s.forEachChild(func(e xml.StartElement) {
		switch e.Name.Local {
		case "pStyle":
			if id := attr(&e, "val"); s.doc.styles.byID[id] != nil {
				p.style = id
			}
			s.skip()
		case "numPr":
			props.Num = &numProps{}
			s.forEachChild(func(e xml.StartElement) {
				switch e.Name.Local {
				case "numId":
					props.Num.ID = &val{attr(&e, "val")}
				case "ilvl":
					props.Num.Level = &val{attr(&e, "val")}
				}
				s.skip()
			})
		case "pageBreakBefore":
			props.PageBreakBefore = &val{attr(&e, "val")}
			s.skip()
		case "rPr":
			props.ParagraphMark = s.readRunProps(&p.markDeleted)
		case "sectPr":
			s.readSection()
		default:
			s.skip()
		}
	})
	return props
}

// readRunProps reads rPr. markDeleted, if not nil, is set if the paragraph mark is deleted.
func (s *story) readRunProps(markDeleted *bool) (props runProps) {
	s.forEachChild(func(e xml.StartElement) {
		switch e.Name.Local {
		case "rStyle":
			props.Style = &val{attr(&e, "val")}
		case "vanish":
			props.Vanish = &val{attr(&e, "val")}
		case "webHidden":
			props.WebHidden = &val{attr(&e, "val")}
		case "rFonts":
			props.Fonts.ASCII = attr(&e, "ascii")
		case "del", "moveFrom":
			if markDeleted != nil {
				*markDeleted = true
			}
		}
		s.skip()
	})
	return props
}
