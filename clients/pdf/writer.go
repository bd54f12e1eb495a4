package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zlib"
)

// docInfo is the document information dictionary, and the document's language.
type docInfo struct {
	title, author, subject, keywords, creator, language string
	created                                             time.Time
}

// compressors pools zlib writers, which are expensive to make. They come from a pinned module, not
// the standard library, so that a new Go version does not change the bytes of old documents.
var compressors = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.DefaultCompression)
	if err != nil {
		panic(err) // only an unknown level is an error
	}
	return w
}}

func deflate(b []byte) []byte {
	w := compressors.Get().(*zlib.Writer)
	defer compressors.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(b) // a Buffer never fails
	_ = w.Close()
	return out.Bytes()
}

// writeFile writes the whole file: catalog, fonts, pages with their link annotations, outline,
// cross-reference table and trailer.
func (c *canvas) writeFile() []byte {
	o := &objects{}
	size := 1 << 17 // estimate for fonts and the rest
	for _, p := range c.pages {
		size += len(p.content) + 256
	}
	o.buf.Grow(size)
	o.buf.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	catalog, tree, infoDict := o.reserve(), o.reserve(), o.reserve()

	var fonts strings.Builder
	for i, f := range c.subsets {
		if len(f.chars) > 0 {
			fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, o.writeFont(f))
		}
	}
	resources := o.reserve()
	o.writeObject(resources, "<</Font<<%s>>>>", fonts.String())

	pages := make([]int, len(c.pages))
	for i := range pages {
		pages[i] = o.reserve()
	}
	var kids strings.Builder
	for i, p := range c.pages {
		fmt.Fprintf(&kids, "%d 0 R ", pages[i])
		content := o.writeStream("", p.content)
		var annots strings.Builder
		for _, l := range p.links {
			n := o.reserve()
			rect := appendRect(nil, l.x, l.y, l.x+l.w, l.y+l.h)
			if l.anchor != "" {
				to := c.destinations[l.anchor]
				o.writeObject(n, "<</Type/Annot/Subtype/Link/Border[0 0 0]/F 4/Rect%s/Dest%s>>", rect, explicitDest(pages, to))
			} else {
				o.writeObject(n, "<</Type/Annot/Subtype/Link/Border[0 0 0]/F 4/Rect%s/A<</S/URI/URI %s>>>>", rect, literalString(l.uri))
			}
			fmt.Fprintf(&annots, "%d 0 R ", n)
		}
		links := ""
		if annots.Len() > 0 {
			links = "/Annots[" + annots.String() + "]"
		}
		o.writeObject(pages[i], "<</Type/Page/Parent %d 0 R/MediaBox%s/Resources %d 0 R/Contents %d 0 R%s>>",
			tree, appendRect(nil, 0, 0, c.width, c.height), resources, content, links)
	}
	o.writeObject(tree, "<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String())

	catalogEntries := ""
	if n := o.writeOutlines(c.bookmarks, pages); n != 0 {
		catalogEntries += fmt.Sprintf("/Outlines %d 0 R/PageMode/UseOutlines", n)
	}
	if c.info.language != "" {
		catalogEntries += "/Lang" + literalString(c.info.language)
	}
	if c.info.title != "" {
		catalogEntries += "/ViewerPreferences<</DisplayDocTitle true>>"
	}
	o.writeObject(catalog, "<</Type/Catalog/Pages %d 0 R%s>>", tree, catalogEntries)
	o.writeObject(infoDict, "<<%s>>", c.info.dictionary())
	return o.writeTrailer(catalog, infoDict)
}

func (m docInfo) dictionary() string {
	var b strings.Builder
	for _, e := range []struct{ key, value string }{
		{"Title", m.title}, {"Author", m.author}, {"Subject", m.subject}, {"Keywords", m.keywords}, {"Creator", m.creator}, {"Producer", "Counsel"},
	} {
		if e.value != "" {
			fmt.Fprintf(&b, "/%s%s", e.key, textString(e.value))
		}
	}
	if !m.created.IsZero() {
		at := m.created.UTC().Format("(D:20060102150405Z)")
		b.WriteString("/CreationDate" + at + "/ModDate" + at)
	}
	return b.String()
}

func appendRect(b []byte, values ...float64) []byte {
	b = append(b, '[')
	for i, f := range values {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendNumber(b, f)
	}
	return append(b, ']')
}

func explicitDest(pages []int, p destination) string {
	return fmt.Sprintf("[%d 0 R/XYZ null %s null]", pages[p.page], appendNumber(nil, p.y))
}

// textString encodes a text string (ISO 32000, 7.9.2.2) as UTF-16 in hexadecimal.
func textString(text string) []byte {
	const digits = "0123456789ABCDEF"
	b := append(make([]byte, 0, 6+4*len(text)), "<FEFF"...)
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return append(b, '>')
}

// literalString encodes a URI or other ASCII text as a literal string. Spaces, control characters
// and non-ASCII bytes are percent-encoded.
func literalString(s string) string {
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

// objects writes indirect objects and remembers their offsets.
type objects struct {
	buf     bytes.Buffer
	offsets []int // by object number minus one
}

func (o *objects) reserve() int {
	o.offsets = append(o.offsets, 0)
	return len(o.offsets)
}

func (o *objects) writeObject(n int, format string, args ...any) {
	o.offsets[n-1] = o.buf.Len()
	fmt.Fprintf(&o.buf, "%d 0 obj\n", n)
	fmt.Fprintf(&o.buf, format, args...)
	o.buf.WriteString("\nendobj\n")
}

// writeStream writes a stream object whose data is already deflated, and returns its number.
func (o *objects) writeStream(entries string, compressed []byte) int {
	n := o.reserve()
	o.offsets[n-1] = o.buf.Len()
	fmt.Fprintf(&o.buf, "%d 0 obj\n<</Filter/FlateDecode/Length %d%s>>\nstream\n", n, len(compressed), entries)
	o.buf.Write(compressed)
	o.buf.WriteString("\nendstream\nendobj\n")
	return n
}

// writeFont writes a Type 0 font (Identity-H) with its descendant, descriptor, font program and
// ToUnicode CMap, and returns its object number.
func (o *objects) writeFont(f *subset) int {
	program := f.trueType()
	// The subset tag: six letters, different for different subsets of a font.
	sum := sha256.Sum256(program)
	name := make([]byte, 6, 40)
	for i := range name {
		name[i] = 'A' + sum[i]%26
	}
	name = append(append(name, '+'), f.font.name...)

	data := o.writeStream(fmt.Sprintf("/Length1 %d", len(program)), deflate(program))
	unicode := o.writeStream("", deflate(f.toUnicode()))
	descriptor, cid, font := o.reserve(), o.reserve(), o.reserve()
	flags := 4 | 2 // Symbolic, as glyphs are addressed by number; Serif
	if f.font.italicAngle != 0 {
		flags |= 64
	}
	stem := 80
	if strings.Contains(f.font.name, "Bold") {
		stem = 140
	}
	box := f.font.bbox
	o.writeObject(descriptor, "<</Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle %d/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>",
		name, flags, box[0], box[1], box[2], box[3], f.font.italicAngle, f.font.ascent, f.font.descent, f.font.capHeight, stem, data)
	widths := []byte{}
	for _, r := range f.chars {
		widths = appendNumber(widths, float64(f.font.advance(r))*1000/unitsPerEm)
		widths = append(widths, ' ')
	}
	o.writeObject(cid, "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[1[%s]]>>",
		name, descriptor, widths)
	o.writeObject(font, "<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", name, cid, unicode)
	return font
}

// toUnicode returns the ToUnicode CMap, which maps codes to characters for search and copy.
func (f *subset) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for i := 0; i < len(f.chars); i += 100 { // a bfchar block has at most 100 entries
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

// writeOutlines writes the bookmarks as an outline tree, nested by level, and returns the number of
// its root, or 0 if there are no bookmarks.
func (o *objects) writeOutlines(bookmarks []bookmark, pages []int) int {
	if len(bookmarks) == 0 {
		return 0
	}
	type node struct{ number, parent, prev, next, first, last, count int }
	root := o.reserve()
	nodes := make([]node, len(bookmarks))
	ancestors := []int{} // indexes of the ancestors of the current bookmark
	top := node{number: root}
	nodeAt := func(i int) *node {
		if i < 0 {
			return &top
		}
		return &nodes[i]
	}
	for i, m := range bookmarks {
		for len(ancestors) > 0 && bookmarks[ancestors[len(ancestors)-1]].level >= m.level {
			ancestors = ancestors[:len(ancestors)-1]
		}
		parent := -1
		if len(ancestors) > 0 {
			parent = ancestors[len(ancestors)-1]
		}
		n := &nodes[i]
		n.number, n.parent = o.reserve(), nodeAt(parent).number
		if last := nodeAt(parent).last; last != 0 {
			n.prev = last
			for j := i - 1; j >= 0; j-- {
				if nodes[j].number == last {
					nodes[j].next = n.number
					break
				}
			}
		} else {
			nodeAt(parent).first = n.number
		}
		nodeAt(parent).last = n.number
		nodeAt(-1).count++
		for _, a := range ancestors {
			nodes[a].count++
		}
		ancestors = append(ancestors, i)
	}
	o.writeObject(root, "<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>", top.first, top.last, top.count)
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
		o.writeObject(n.number, "<</Title%s/Parent %d 0 R/Dest%s%s>>", textString(bookmarks[i].title), n.parent, explicitDest(pages, bookmarks[i].dest), more.String())
	}
	return root
}

// writeTrailer writes the cross-reference table and the trailer and returns the file. The file
// identifier is a hash of the content.
func (o *objects) writeTrailer(catalog, infoDict int) []byte {
	id := sha256.Sum256(o.buf.Bytes())
	xref := o.buf.Len()
	fmt.Fprintf(&o.buf, "xref\n0 %d\n0000000000 65535 f \n", len(o.offsets)+1)
	for _, off := range o.offsets {
		fmt.Fprintf(&o.buf, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&o.buf, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%X><%X>]>>\nstartxref\n%d\n%%%%EOF\n", len(o.offsets)+1, catalog, infoDict, id[:16], id[:16], xref)
	return o.buf.Bytes()
}
