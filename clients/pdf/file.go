package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zlib"
)

// info is what the file says of itself.
type info struct {
	title, author, subject, keywords, creator, language string
	created                                             time.Time
}

// writers are costly to make. The compression is a module's, not Go's own, so that a newer Go does
// not change the bytes of old documents.
var writers = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.DefaultCompression)
	if err != nil {
		panic(err) // only an unknown level is an error
	}
	return w
}}

func deflate(b []byte) []byte {
	w := writers.Get().(*zlib.Writer)
	defer writers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(b) // a Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// file lays out the objects: the page tree first, then fonts, pages with their links, bookmarks.
func (s *sheet) file() []byte {
	o := &objects{}
	size := 1 << 17 // fonts and the rest
	for _, p := range s.pages {
		size += len(p.content) + 256
	}
	o.buf.Grow(size)
	o.buf.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	catalog, tree, about := o.next(), o.next(), o.next()

	var fonts strings.Builder
	for i, f := range s.fonts {
		if len(f.chars) > 0 {
			fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, o.font(f))
		}
	}
	resources := o.next()
	o.object(resources, "<</Font<<%s>>>>", fonts.String())

	pages := make([]int, len(s.pages))
	for i := range pages {
		pages[i] = o.next()
	}
	var kids strings.Builder
	for i, p := range s.pages {
		fmt.Fprintf(&kids, "%d 0 R ", pages[i])
		content := o.stream("", p.content)
		var annots strings.Builder
		for _, l := range p.links {
			n := o.next()
			rect := appendRect(nil, l.x, l.y, l.x+l.w, l.y+l.h)
			if l.ref != "" {
				to := s.places[l.ref]
				o.object(n, "<</Type/Annot/Subtype/Link/Border[0 0 0]/F 4/Rect%s/Dest%s>>", rect, destination(pages, to))
			} else {
				o.object(n, "<</Type/Annot/Subtype/Link/Border[0 0 0]/F 4/Rect%s/A<</S/URI/URI %s>>>>", rect, literal(l.uri))
			}
			fmt.Fprintf(&annots, "%d 0 R ", n)
		}
		links := ""
		if annots.Len() > 0 {
			links = "/Annots[" + annots.String() + "]"
		}
		o.object(pages[i], "<</Type/Page/Parent %d 0 R/MediaBox%s/Resources %d 0 R/Contents %d 0 R%s>>",
			tree, appendRect(nil, 0, 0, s.width, s.height), resources, content, links)
	}
	o.object(tree, "<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String())

	more := ""
	if n := o.outlines(s.bookmarks, pages); n != 0 {
		more += fmt.Sprintf("/Outlines %d 0 R/PageMode/UseOutlines", n)
	}
	if s.meta.language != "" {
		more += "/Lang" + literal(s.meta.language)
	}
	if s.meta.title != "" {
		more += "/ViewerPreferences<</DisplayDocTitle true>>"
	}
	o.object(catalog, "<</Type/Catalog/Pages %d 0 R%s>>", tree, more)
	o.object(about, "<<%s>>", s.meta.dictionary())
	return o.finish(catalog, about)
}

func (m info) dictionary() string {
	var b strings.Builder
	for _, e := range []struct{ key, value string }{
		{"Title", m.title}, {"Author", m.author}, {"Subject", m.subject}, {"Keywords", m.keywords}, {"Creator", m.creator}, {"Producer", "Counsel"},
	} {
		if e.value != "" {
			fmt.Fprintf(&b, "/%s%s", e.key, pdfText(e.value))
		}
	}
	if !m.created.IsZero() {
		at := m.created.UTC().Format("(D:20060102150405Z)")
		b.WriteString("/CreationDate" + at + "/ModDate" + at)
	}
	return b.String()
}

func appendRect(b []byte, v ...float64) []byte {
	b = append(b, '[')
	for i, f := range v {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendNumber(b, f)
	}
	return append(b, ']')
}

func destination(pages []int, p place) string {
	return fmt.Sprintf("[%d 0 R/XYZ null %s null]", pages[p.page], appendNumber(nil, p.y))
}

// literal is a string of ASCII; what is not, is written as it is in a URI.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c <= ' ' || c >= 0x7F:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(')')
	return b.String()
}

// objects is a file being written.
type objects struct {
	buf     bytes.Buffer
	offsets []int // by number-1
}

func (o *objects) next() int {
	o.offsets = append(o.offsets, 0)
	return len(o.offsets)
}

func (o *objects) object(n int, format string, args ...any) {
	o.offsets[n-1] = o.buf.Len()
	fmt.Fprintf(&o.buf, "%d 0 obj\n", n)
	fmt.Fprintf(&o.buf, format, args...)
	o.buf.WriteString("\nendobj\n")
}

// stream writes one whose data are compressed already.
func (o *objects) stream(entries string, compressed []byte) int {
	n := o.next()
	o.offsets[n-1] = o.buf.Len()
	fmt.Fprintf(&o.buf, "%d 0 obj\n<</Filter/FlateDecode/Length %d%s>>\nstream\n", n, len(compressed), entries)
	o.buf.Write(compressed)
	o.buf.WriteString("\nendstream\nendobj\n")
	return n
}

// font writes a composite font whose codes are glyph numbers.
func (o *objects) font(f *subset) int {
	file := f.file()
	// A subset's name begins with six letters that tell subsets of one font apart.
	sum := sha256.Sum256(file)
	name := make([]byte, 6, 40)
	for i := range name {
		name[i] = 'A' + sum[i]%26
	}
	name = append(append(name, '+'), f.face.name...)

	data := o.stream(fmt.Sprintf("/Length1 %d", len(file)), deflate(file))
	unicode := o.stream("", deflate(f.toUnicode()))
	descriptor, cid, font := o.next(), o.next(), o.next()
	flags := 4 | 2 // symbolic, as glyphs are named by number; with serifs
	if f.face.angle != 0 {
		flags |= 64
	}
	stem := 80
	if strings.Contains(f.face.name, "Bold") {
		stem = 140
	}
	box := f.face.bbox
	o.object(descriptor, "<</Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle %d/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>",
		name, flags, box[0], box[1], box[2], box[3], f.face.angle, f.face.ascent, f.face.descent, f.face.capital, stem, data)
	widths := []byte{}
	for _, r := range f.chars {
		widths = appendNumber(widths, float64(f.face.width(r))*1000/upem)
		widths = append(widths, ' ')
	}
	o.object(cid, "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[1[%s]]>>",
		name, descriptor, widths)
	o.object(font, "<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", name, cid, unicode)
	return font
}

// toUnicode says which character each code is, for searching and copying.
func (f *subset) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for i := 0; i < len(f.chars); i += 100 { // no more in one block
		part := f.chars[i:min(i+100, len(f.chars))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(part))
		for j, r := range part {
			fmt.Fprintf(&b, "<%04X> <%04X>\n", i+j+1, r)
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// outlines writes the bookmarks as a tree by their levels; 0 if there are none.
func (o *objects) outlines(marks []bookmark, pages []int) int {
	if len(marks) == 0 {
		return 0
	}
	type node struct{ number, parent, prev, next, first, last, count int }
	root := o.next()
	nodes := make([]node, len(marks))
	open := []int{} // indexes of the marks above the present one
	top := node{number: root}
	at := func(i int) *node {
		if i < 0 {
			return &top
		}
		return &nodes[i]
	}
	for i, m := range marks {
		for len(open) > 0 && marks[open[len(open)-1]].level >= m.level {
			open = open[:len(open)-1]
		}
		parent := -1
		if len(open) > 0 {
			parent = open[len(open)-1]
		}
		n := &nodes[i]
		n.number, n.parent = o.next(), at(parent).number
		if last := at(parent).last; last != 0 {
			n.prev = last
			for j := i - 1; j >= 0; j-- {
				if nodes[j].number == last {
					nodes[j].next = n.number
					break
				}
			}
		} else {
			at(parent).first = n.number
		}
		at(parent).last = n.number
		at(-1).count++
		for _, a := range open {
			nodes[a].count++
		}
		open = append(open, i)
	}
	o.object(root, "<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>", top.first, top.last, top.count)
	for i, n := range nodes {
		var more strings.Builder
		for _, e := range []struct {
			key string
			ref int
		}{{"Prev", n.prev}, {"Next", n.next}, {"First", n.first}, {"Last", n.last}} {
			if e.ref != 0 {
				fmt.Fprintf(&more, "/%s %d 0 R", e.key, e.ref)
			}
		}
		if n.count > 0 {
			fmt.Fprintf(&more, "/Count %d", n.count)
		}
		o.object(n.number, "<</Title%s/Parent %d 0 R/Dest%s%s>>", pdfText(marks[i].title), n.parent, destination(pages, marks[i].place), more.String())
	}
	return root
}

// finish writes the table of objects and the trailer. The file's id is its own hash.
func (o *objects) finish(catalog, about int) []byte {
	id := sha256.Sum256(o.buf.Bytes())
	at := o.buf.Len()
	fmt.Fprintf(&o.buf, "xref\n0 %d\n0000000000 65535 f \n", len(o.offsets)+1)
	for _, off := range o.offsets {
		fmt.Fprintf(&o.buf, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&o.buf, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%X><%X>]>>\nstartxref\n%d\n%%%%EOF\n", len(o.offsets)+1, catalog, about, id[:16], id[:16], at)
	return o.buf.Bytes()
}
