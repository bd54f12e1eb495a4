package text

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Where a page may end.
type cut int

const (
	cutNone     cut = iota
	cutHard         // a page break that somebody typed
	cutRendered     // where a page ended when Word last laid the file out
	cutBefore       // a paragraph that begins a page
	cutSection      // the end of a section
)

// chunk is text up to where a page may end.
type chunk struct {
	cut   cut // what precedes it
	text  string
	solid bool // there is something on it that is no text
}

// output gathers the text of a story.
type output struct {
	chunks []chunk
	b      strings.Builder
	cut    cut
	solid  bool
	ends   int // of lines that are written before the next text
	size   int
}

const maxBlank = 2 // line ends in a row

func (o *output) write(s string) {
	for ; o.ends > 0; o.ends-- {
		o.b.WriteByte('\n')
		o.size++
	}
	o.b.WriteString(s)
	o.size += len(s)
}

func (o *output) endLine() { o.ends = min(o.ends+1, maxBlank) }

// line writes text as a line of its own.
func (o *output) line(s string) {
	if o.b.Len() > 0 && o.ends == 0 {
		o.ends = 1
	}
	o.write(s)
	o.endLine()
}

func (o *output) split(c cut) {
	o.chunks = append(o.chunks, chunk{o.cut, o.b.String(), o.solid})
	o.b.Reset()
	o.cut, o.solid, o.ends = c, false, 0
}

// text is all of it, for a story without pages.
func (o *output) text() string {
	if len(o.chunks) == 0 {
		return o.b.String()
	}
	var b strings.Builder
	for _, c := range o.chunks {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.text)
	}
	return b.String()
}

// story reads one stream of text: the body, a header, a note, a text box.
type story struct {
	w        *word
	d        *xml.Decoder
	counting *counting
	main     bool // it is the body

	out      output
	depth    int
	stopped  bool
	deleted  int // within so many deletions
	hidden   bool
	unfilled int // within so many placeholders
	fields   []*field
	p        *paragraph
	row      *row
	joined   bool     // the paragraph before goes on in this one
	after    []string // what follows the paragraph
	endnotes []string
	notes    [2]int // so many footnotes and endnotes are numbered
	sections []sectionProps
}

// paragraph is the one that is being read.
type paragraph struct {
	style  string
	chain  []*style
	list   *resolvedList
	listID string
	depth  int
	hidden bool // its style hides its runs
	gone   bool // the mark at its end is deleted or hidden: it goes on in the next paragraph
	wrote  bool
}

type row struct{ cells int }

// field is a complex field that is open.
type field struct {
	instruction bool // what comes is its instruction, not its result
	text        strings.Builder
	form        string // what a form's field shows that has no result
	wrote       bool
}

// finish ends the story.
func (s *story) finish() {
	s.flush()
	s.out.split(cutNone)
}

func (s *story) stop() { s.stopped = true }

// token is the next one; nil at the end, or when it is broken from here on.
func (s *story) token() xml.Token {
	if s.stopped {
		return nil
	}
	t, err := s.d.Token()
	if err != nil {
		s.stop()
		return nil
	}
	if e, ok := t.(xml.StartElement); ok {
		for _, a := range e.Attr {
			if a.Name.Space == "xmlns" {
				s.w.prefixes[a.Name.Local] = a.Value
			}
		}
	}
	return t
}

// children has handle read each element up to the end of the one that is open, or of the file.
func (s *story) children(handle func(xml.StartElement)) {
	if s.depth++; s.depth > maxDepth {
		s.stop()
	}
	defer func() { s.depth-- }()
	for {
		switch t := s.token().(type) {
		case nil, xml.EndElement:
			return
		case xml.StartElement:
			handle(t)
		}
	}
}

// root has handle read the children of the first element.
func (s *story) root(handle func(xml.StartElement)) {
	s.children(func(xml.StartElement) { s.children(handle) })
}

func (s *story) skip() {
	if !s.stopped && s.d.Skip() != nil {
		s.stop()
	}
}

// chars is the text of the element that is open.
func (s *story) chars() string {
	out := ""
	for {
		switch t := s.token().(type) {
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

func (s *story) instruction() bool {
	for _, f := range s.fields {
		if f.instruction {
			return true
		}
	}
	return false
}

func (s *story) visible() bool {
	return s.deleted == 0 && !s.hidden && s.unfilled == 0 && !s.instruction()
}

// write adds text that is seen.
func (s *story) write(text string) {
	if text == "" || !s.visible() {
		return
	}
	for _, f := range s.fields {
		f.wrote = true
	}
	s.number()
	s.out.write(text)
	if s.w.left -= len(text); s.w.left < 0 {
		s.stop()
	}
}

// number writes what numbers the paragraph, if that is still to be done.
func (s *story) number() {
	p := s.p
	if p == nil || p.wrote {
		return
	}
	p.wrote = true
	if p.list != nil && !s.joined {
		s.out.write(s.counting.next(p.listID, p.list, p.depth))
	}
	s.joined = false
}

// flush writes what follows a paragraph.
func (s *story) flush() {
	for _, text := range s.after {
		s.out.line(text)
	}
	s.after = nil
}

// block reads an element that may hold paragraphs.
func (s *story) block(e xml.StartElement) {
	switch e.Name.Local {
	case "p":
		s.paragraph()
	case "tr":
		s.tableRow()
	case "tc":
		s.cell()
	case "sectPr":
		s.section()
	case "tblPr", "tblGrid", "tblPrEx", "sdtEndPr", "customXmlPr", "smartTagPr", "altChunk", "background":
		s.skip()
	default:
		s.inline(e)
	}
}

func (s *story) section() {
	var props sectionProps
	s.decode(&props)
	if s.main {
		s.sections = append(s.sections, props)
	}
}

func (s *story) decode(into any) {
	// The element's start is consumed, so a stand-in for it is given: its name is of no account.
	if start := (xml.StartElement{Name: xml.Name{Local: "x"}}); !s.stopped && s.d.DecodeElement(into, &start) != nil {
		s.stop()
	}
}

func (s *story) paragraph() {
	if s.w.ctx.Err() != nil {
		s.stop()
	}
	outer, hidden := s.p, s.hidden
	p := &paragraph{style: s.w.styles.ordinary}
	s.p, s.hidden = p, false
	begun := false
	sections := len(s.sections)
	begin := func(props paragraphProps) {
		if !begun {
			begun = true
			s.begin(p, props)
		}
	}
	s.children(func(e xml.StartElement) {
		if e.Name.Local == "pPr" {
			begin(s.paragraphProps(p))
			return
		}
		begin(paragraphProps{})
		s.inline(e)
	})
	begin(paragraphProps{})
	s.hidden = false
	switch {
	case !p.gone:
		if s.visible() {
			s.number() // an empty clause has its number all the same
			s.out.endLine()
		}
		s.flush()
	case p.wrote:
		s.joined = true
	}
	s.p, s.hidden = outer, hidden
	if len(s.sections) > sections {
		s.out.split(cutSection)
	}
}

// begin works out what a paragraph of these properties takes from its styles.
func (s *story) begin(p *paragraph, props paragraphProps) {
	p.chain = s.w.styles.chain(p.style)
	p.listID, p.list, p.depth = s.w.lists.find(props.Num, p.chain)
	p.hidden = s.w.styles.hidden(&runProps{}, p.style)
	if s.w.styles.hidden(&props.Mark, p.style) {
		p.gone = true
	}
	before := props.PageBreakBefore
	for _, st := range p.chain {
		if before == nil {
			before = st.Paragraph.PageBreakBefore
		}
	}
	if before.on() && s.main && s.row == nil && s.visible() {
		s.out.split(cutBefore)
	}
}

// paragraphProps reads pPr.
func (s *story) paragraphProps(p *paragraph) (props paragraphProps) {
	s.children(func(e xml.StartElement) {
		switch e.Name.Local {
		case "pStyle":
			if id := attr(&e, "val"); s.w.styles.byID[id] != nil {
				p.style = id
			}
			s.skip()
		case "numPr":
			props.Num = &numProps{}
			s.children(func(e xml.StartElement) {
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
			props.Mark = s.runProps(&p.gone)
		case "sectPr":
			s.section()
		default:
			s.skip()
		}
	})
	return props
}

// runProps reads rPr. gone is set when it is that of a paragraph's mark that a change took away.
func (s *story) runProps(gone *bool) (props runProps) {
	s.children(func(e xml.StartElement) {
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
			if gone != nil {
				*gone = true
			}
		}
		s.skip()
	})
	return props
}

func (s *story) tableRow() {
	outer := s.row
	s.row = &row{}
	deleted := s.deleted
	s.children(func(e xml.StartElement) {
		if e.Name.Local != "trPr" {
			s.block(e)
			return
		}
		s.children(func(e xml.StartElement) {
			switch e.Name.Local {
			case "del":
				s.w.changes.Deletions++
				s.deleted++
			case "ins":
				s.w.changes.Insertions++
			case "hidden":
				if (&val{attr(&e, "val")}).on() {
					s.deleted++
				}
			}
			s.skip()
		})
	})
	if s.deleted == deleted && s.visible() {
		s.out.ends = 0
		s.out.endLine()
	}
	s.deleted = deleted
	s.row = outer
}

func (s *story) cell() {
	deleted := s.deleted
	begun := false
	begin := func() {
		if begun = true; s.row == nil || s.deleted > 0 {
			return
		}
		if s.row.cells++; s.row.cells > 1 {
			s.out.ends = 0
			s.out.write("\t")
		}
	}
	s.children(func(e xml.StartElement) {
		if e.Name.Local == "tcPr" {
			s.children(func(e xml.StartElement) {
				switch e.Name.Local {
				case "cellDel":
					s.w.changes.Deletions++
					s.deleted++
				case "cellIns":
					s.w.changes.Insertions++
				}
				s.skip()
			})
			return
		}
		if !begun {
			begin()
		}
		s.block(e)
	})
	if !begun {
		begin()
	}
	s.deleted = deleted
}

// inline reads an element of a paragraph.
func (s *story) inline(e xml.StartElement) {
	name := e.Name.Local
	if strings.HasSuffix(e.Name.Space, "/math") && s.math(name) {
		return
	}
	switch name {
	case "p", "tr", "tc":
		s.block(e)
	case "r":
		s.run()
	case "t":
		s.write(plain.Replace(s.chars()))
	case "ins", "moveTo":
		if name == "ins" {
			s.w.changes.Insertions++
		}
		s.children(s.block)
	case "del", "moveFrom":
		if name == "del" {
			s.w.changes.Deletions++
		} else {
			s.w.changes.Moves++
		}
		s.deleted++
		s.children(s.block)
		s.deleted--
	case "sdt":
		s.control()
	case "AlternateContent":
		s.alternative()
	case "drawing", "pict", "object":
		s.box()
	case "fldChar":
		s.fieldChar(&e)
	case "instrText":
		if text := s.chars(); len(s.fields) > 0 && s.deleted == 0 {
			if f := s.fields[len(s.fields)-1]; f.instruction && f.text.Len() < 4096 {
				f.text.WriteString(text)
			}
		}
	case "footnoteReference":
		s.note(&e, s.w.footnotes, 0)
	case "endnoteReference":
		s.note(&e, s.w.endnotes, 1)
	case "commentReference":
		s.comment(attr(&e, "id"))
		s.skip()
	default:
		if text, known := leaves[name]; known {
			s.write(text)
			s.skip()
			return
		}
		s.leaf(e)
	}
}

// plain makes of characters that only say where lines may be divided what is seen of them.
var plain = strings.NewReplacer("\u00ad", "", "\u2011", "-", "\r", "", "\n", " ")

// leaves are the elements that stand for text, or for none.
var leaves = map[string]string{
	"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "",
	"delText": "", "delInstrText": "", "rPr": "", "pPr": "", "rt": "", "tblPr": "", "tblGrid": "",
	"rPrChange": "", "pPrChange": "", "sdtPr": "", "sdtEndPr": "", "ffData": "", "fldData": "", "binData": "",
	"footnoteRef": "", "endnoteRef": "", "annotationRef": "", "customXmlPr": "", "smartTagPr": "", "rubyPr": "", "altChunk": "",
}

func (s *story) leaf(e xml.StartElement) {
	switch e.Name.Local {
	case "br":
		if attr(&e, "type") == "page" {
			if s.visible() {
				s.number()
				s.cutPage(cutHard)
			}
		} else {
			s.write("\n")
		}
		s.skip()
	case "lastRenderedPageBreak":
		s.cutPage(cutRendered)
		s.skip()
	case "textpath": // WordArt, such as the word DRAFT across the page
		s.write(attr(&e, "string"))
		s.skip()
	case "sym":
		if code, err := strconv.ParseUint(attr(&e, "char"), 16, 32); err == nil {
			s.write(symbol(attr(&e, "font"), rune(code)))
		}
		s.skip()
	default:
		s.children(s.block)
	}
}

// cutPage ends a page of the body.
func (s *story) cutPage(c cut) {
	if !s.main {
		s.write("\n")
		return
	}
	if len(s.out.chunks) >= 2*maxPages {
		s.stop()
		return
	}
	s.out.split(c)
}

func (s *story) run() {
	hidden, style := s.hidden, ""
	if s.p != nil {
		style = s.p.style
		s.hidden = hidden || s.p.hidden
	}
	s.children(func(e xml.StartElement) {
		if e.Name.Local != "rPr" {
			s.inline(e)
			return
		}
		props := s.runProps(nil)
		s.hidden = hidden || s.w.styles.hidden(&props, style)
	})
	s.hidden = hidden
}

// math writes what a formula shows besides its letters. It reports whether the element is read.
func (s *story) math(name string) bool {
	between := func(before, sign, after string) bool {
		s.write(before)
		n := 0
		s.children(func(e xml.StartElement) {
			if strings.HasSuffix(e.Name.Local, "Pr") {
				s.skip()
				return
			}
			if n++; n > 1 {
				s.write(sign)
			}
			s.inline(e)
		})
		s.write(after)
		return true
	}
	switch name {
	case "f":
		return between("", "/", "")
	case "sSup":
		return between("", "^", "")
	case "sSub":
		return between("", "_", "")
	case "d":
		return between("(", ", ", ")")
	case "rad":
		return between("√(", "", ")")
	}
	return false
}

// control reads a content control. A placeholder that nobody filled in is no content.
func (s *story) control() {
	unfilled := s.unfilled
	s.children(func(e xml.StartElement) {
		if e.Name.Local != "sdtPr" {
			s.block(e)
			return
		}
		s.children(func(e xml.StartElement) {
			if e.Name.Local == "showingPlcHdr" && (&val{attr(&e, "val")}).on() {
				s.unfilled++
			}
			s.skip()
		})
	})
	s.unfilled = unfilled
}

// alternative reads one of the forms in which something is given: the first that today's Word
// understands, or what is meant for older ones.
func (s *story) alternative() {
	done := false
	s.children(func(e xml.StartElement) {
		switch {
		case done, e.Name.Local == "Choice" && !s.understood(attr(&e, "Requires")):
			s.skip()
		default:
			done = true
			s.children(s.block)
		}
	})
}

// understood reports whether Word knows the namespaces of these prefixes: those of Office.
func (s *story) understood(prefixes string) bool {
	for prefix := range strings.FieldsSeq(prefixes) {
		uri := s.w.prefixes[prefix]
		if !strings.HasPrefix(uri, "http://schemas.microsoft.com/office/") && !strings.HasPrefix(uri, "http://schemas.openxmlformats.org/") &&
			!strings.HasPrefix(uri, "http://purl.oclc.org/ooxml/") {
			return false
		}
	}
	return true
}

// box reads a drawing or a text box. Its text follows the paragraph that it is anchored in.
func (s *story) box() {
	inner := &story{w: s.w, d: s.d, counting: s.counting, depth: s.depth, stopped: s.stopped}
	inner.children(inner.block)
	inner.finish()
	s.stopped = inner.stopped
	if !s.visible() {
		return
	}
	s.out.solid = true
	if text := strings.TrimSpace(inner.out.text()); text != "" {
		s.after = append(s.after, text)
	}
	s.endnotes = append(s.endnotes, inner.endnotes...)
}

func (s *story) fieldChar(e *xml.StartElement) {
	kind := attr(e, "fldCharType")
	var opened *field
	if !s.w.flat {
		switch kind {
		case "begin":
			opened = &field{instruction: true}
			s.fields = append(s.fields, opened)
		case "separate":
			if n := len(s.fields); n > 0 {
				s.fields[n-1].instruction = false
			}
		case "end":
			s.endField()
		}
	}
	s.children(func(e xml.StartElement) {
		if e.Name.Local != "ffData" || opened == nil {
			s.skip()
			return
		}
		var form struct {
			CheckBox *struct {
				Checked *val `xml:"checked"`
				Default *val `xml:"default"`
			} `xml:"checkBox"`
			List *struct {
				Result  *val  `xml:"result"`
				Default *val  `xml:"default"`
				Entries []val `xml:"listEntry"`
			} `xml:"ddList"`
		}
		s.decode(&form)
		switch {
		case form.CheckBox != nil:
			checked := form.CheckBox.Default
			if form.CheckBox.Checked != nil {
				checked = form.CheckBox.Checked
			}
			if opened.form = "☐"; checked.on() {
				opened.form = "☒"
			}
		case form.List != nil:
			at := form.List.Result.number(form.List.Default.number(0))
			if at >= 0 && at < len(form.List.Entries) {
				opened.form = form.List.Entries[at].Val
			}
		}
	})
}

func (s *story) endField() {
	n := len(s.fields)
	if n == 0 {
		return
	}
	f := s.fields[n-1]
	s.fields = s.fields[:n-1]
	if f.wrote {
		return
	}
	if f.form != "" {
		s.write(f.form)
		return
	}
	// A button has no result: what it shows is the rest of its instruction.
	if words := strings.Fields(f.text.String()); len(words) > 2 && (strings.EqualFold(words[0], "MACROBUTTON") || strings.EqualFold(words[0], "GOTOBUTTON")) {
		s.write(strings.Join(words[2:], " "))
	}
}

// note marks a note where it is referred to.
func (s *story) note(e *xml.StartElement, from map[string]note, kind int) {
	custom := attr(e, "customMarkFollows")
	id := attr(e, "id")
	s.skip()
	n, found := from[id]
	if !found || !s.visible() {
		return
	}
	text := n.text
	if custom == "" || !(&val{custom}).on() { // else both have a mark of their own
		props, format := s.w.settings.Footnotes, "decimal"
		if kind == 1 {
			props, format = s.w.settings.Endnotes, "lowerRoman"
		}
		if props.Format != nil {
			format = props.Format.text()
		}
		mark := "[" + numeral(format, props.Start.number(1)+s.notes[kind]) + "]"
		s.notes[kind]++
		s.write(mark)
		text = mark + " " + text
	}
	if kind == 1 {
		s.endnotes = append(s.endnotes, text)
	} else {
		s.after = append(s.after, text)
	}
	s.w.left -= len(text)
}

func (s *story) comment(id string) {
	for i := range s.w.comments {
		if n := &s.w.comments[i]; n.id == id && !n.used {
			n.used = true
			s.after = append(s.after, n.comment())
			s.w.left -= len(n.text)
		}
	}
}
