package pades

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// incrementalUpdate is a file with the objects that are appended to it (ISO 32000-2, 7.5.6).
type incrementalUpdate struct {
	out         []byte
	nextObject  int         // the first free object number
	offsets     map[int]int // of the written objects, by object number
	generations map[int]int // by object number, where not 0
	err         error
}

// newUpdate starts an update that appends about size bytes.
func (d *document) newUpdate(size int) *incrementalUpdate {
	u := &incrementalUpdate{offsets: map[int]int{}, generations: map[int]int{}, nextObject: max(*d.Size, d.MaxObjNr+1)}
	u.out = make([]byte, len(d.bytes), len(d.bytes)+size+16<<10)
	copy(u.out, d.bytes)
	if !bytes.HasSuffix(u.out, []byte("\n")) {
		u.out = append(u.out, '\n')
	}
	return u
}

// appendPages returns the file with all pages of another appended.
func (d *document) appendPages(added *document) ([]byte, error) {
	u := d.newUpdate(len(added.bytes))
	if _, err := u.addPages(d, added, 0); err != nil {
		return nil, err
	}
	if u.err != nil {
		return nil, fmt.Errorf("pades: the pages to be added: %w", u.err)
	}
	u.writeXRefSection(d)
	return u.out, nil
}

// appendSignature returns the file with all pages of another appended, and a signature whose Contents
// has room for so many bytes and is still empty.
func (d *document) appendSignature(added *document, info SignatureInfo, reserved int) (file []byte, contents byteSpan, err error) {
	u := d.newUpdate(len(added.bytes) + 2*reserved)

	signature, widget := u.newObject(), u.newObject()
	pages, err := u.addPages(d, added, widget)
	if err != nil {
		return nil, byteSpan{}, err
	}

	contents.start = u.writeSignature(signature, info, reserved)
	contents.end = contents.start + 2*reserved + 2
	sum := sha256.Sum256(d.bytes)
	u.writeObject(widget, types.Dict{
		"Type": types.Name("Annot"), "Subtype": types.Name("Widget"), "FT": types.Name("Sig"),
		"T": types.StringLiteral("Counsel-" + hex.EncodeToString(sum[:6])), "V": ref(signature), "P": pages[0].(types.IndirectRef),
		"F": types.Integer(132), "Rect": types.Array{types.Integer(0), types.Integer(0), types.Integer(0), types.Integer(0)}, // flags: Print, Locked; no area, so invisible
	}.PDFString())
	if err := u.updateCatalog(d, widget, signature); err != nil {
		return nil, byteSpan{}, err
	}
	if u.err != nil {
		return nil, byteSpan{}, fmt.Errorf("pades: the pages to be added: %w", u.err)
	}
	u.writeXRefSection(d)
	u.writeByteRange(contents)
	return u.out, contents, nil
}

func (u *incrementalUpdate) newObject() int { u.nextObject++; return u.nextObject - 1 }

func (u *incrementalUpdate) writeObject(n int, body string) {
	u.offsets[n] = len(u.out)
	u.out = append(u.out, fmt.Sprintf("%d %d obj\n%s\nendobj\n", n, u.generations[n], body)...)
}

// replaceObject writes a new version of an object of the original.
func (u *incrementalUpdate) replaceObject(ref types.IndirectRef, body types.Dict) {
	n := ref.ObjectNumber.Value()
	if g := ref.GenerationNumber.Value(); g != 0 {
		u.generations[n] = g
	}
	u.writeObject(n, body.PDFString())
}

func ref(n int) types.IndirectRef { return *types.NewIndirectRef(n, 0) }

// copyObject copies an object of another file and everything it refers to. copied maps object numbers
// there to those here.
func (u *incrementalUpdate) copyObject(from *document, o types.Object, copied map[int]int) types.Object {
	switch o := o.(type) {
	case types.IndirectRef:
		old := o.ObjectNumber.Value()
		n, ok := copied[old]
		if !ok {
			n = u.newObject()
			copied[old] = n
			target, err := from.Dereference(o)
			u.err = errors.Join(u.err, err)
			if s, ok := target.(types.StreamDict); ok {
				d := u.copyObject(from, s.Dict, copied).(types.Dict)
				d["Length"] = types.Integer(len(s.Raw))
				u.writeObject(n, d.PDFString()+"stream\n"+string(s.Raw)+"\nendstream")
			} else {
				u.writeObject(n, serialize(u.copyObject(from, target, copied)))
			}
		}
		return ref(n)
	case types.Dict:
		c := make(types.Dict, len(o))
		for _, k := range slices.Sorted(maps.Keys(o)) {
			c[k] = u.copyObject(from, o[k], copied)
		}
		return c
	case types.Array:
		c := make(types.Array, len(o))
		for i, e := range o {
			c[i] = u.copyObject(from, e, copied)
		}
		return c
	}
	return o
}

func serialize(o types.Object) string {
	if o == nil {
		return "null"
	}
	return o.PDFString()
}

// addPages appends all pages of another file to the root node of the page tree. The first one gets the
// widget, unless that is 0.
func (u *incrementalUpdate) addPages(d, added *document, widget int) (refs types.Array, err error) {
	copied := map[int]int{}
	for i := 1; i <= added.pages; i++ {
		p, _, inherited, err := added.PageDict(i, false)
		if err != nil {
			return nil, fmt.Errorf("pades: the pages to be added: %w", err)
		}
		p = p.Clone().(types.Dict)
		for _, k := range []string{"Parent", "Annots", "StructParents", "Tabs"} {
			delete(p, k)
		}
		// Every inheritable attribute is set, so that nothing is inherited from the original's page tree.
		p["Rotate"] = types.Integer(inherited.Rotate)
		if p["Resources"] == nil {
			p["Resources"] = inherited.Resources
		}
		if inherited.MediaBox == nil {
			return nil, errors.New("pades: a page to be added has no MediaBox")
		}
		p["MediaBox"] = inherited.MediaBox.Array()
		if p["CropBox"] == nil {
			p["CropBox"] = p["MediaBox"]
		}
		n := u.newObject()
		p = u.copyObject(added, p, copied).(types.Dict)
		p["Parent"] = d.pageTreeRef
		if i == 1 && widget != 0 {
			p["Annots"] = types.Array{ref(widget)}
		}
		u.writeObject(n, p.PDFString())
		refs = append(refs, ref(n))
	}
	kids, err := d.DereferenceArray(d.pageTree["Kids"])
	if err != nil || len(kids) == 0 {
		return nil, withCause(unsignable(reasonBroken, "its pages cannot be found."), err)
	}
	tree := d.pageTree.Clone().(types.Dict)
	tree["Kids"] = append(slices.Clone(kids), refs...)
	tree["Count"] = types.Integer(d.pages + len(refs))
	u.replaceObject(d.pageTreeRef, tree)
	return refs, nil
}

// updateCatalog adds the signature field to the form and makes the signature the document's
// certification signature (DocMDP).
func (u *incrementalUpdate) updateCatalog(d *document, widget, signature int) error {
	old, err := d.DereferenceDict(d.root["AcroForm"])
	if err != nil {
		return withCause(unsignable(reasonBroken, "its form is broken. Print it to a new PDF file."), err)
	}
	form := types.Dict{}
	if old != nil {
		form = old.Clone().(types.Dict)
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil {
		return withCause(unsignable(reasonBroken, "its form is broken. Print it to a new PDF file."), err)
	}
	form["Fields"] = append(slices.Clone(fields), ref(widget))
	form["SigFlags"] = types.Integer(3) // SignaturesExist, AppendOnly
	root := d.root.Clone().(types.Dict)
	root["Perms"] = types.Dict{"DocMDP": ref(signature)}
	if formRef, ok := d.root["AcroForm"].(types.IndirectRef); ok && old != nil {
		u.replaceObject(formRef, form)
	} else {
		root["AcroForm"] = form
	}
	u.replaceObject(*d.Root, root)
	return nil
}

// byteRange has a fixed width, because it is filled in after the offsets are known.
const byteRange = "/ByteRange[0 %010d %010d %010d]"

// docMDP makes readers report any change to the sealed file, including annotations (ISO 32000-2,
// 12.8.2.2: DocMDP, P 1). Validation data may still be added.
const docMDP = "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P 1>>>>]"

// writeSignature writes the signature dictionary and returns the offset of its empty Contents.
func (u *incrementalUpdate) writeSignature(n int, info SignatureInfo, reserved int) int {
	u.writeObject(n, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"+
		"/M(D:"+info.SignedAt.UTC().Format("20060102150405")+"Z)/Name"+textString(info.Name)+"/Reason"+textString(info.Reason)+
		docMDP+fmt.Sprintf(byteRange, 0, 0, 0)+"/Contents<"+strings.Repeat("0", 2*reserved)+">>>")
	return bytes.LastIndex(u.out, []byte("/Contents<")) + len("/Contents")
}

func (u *incrementalUpdate) writeByteRange(contents byteSpan) {
	at := bytes.LastIndex(u.out[:contents.start], []byte("/ByteRange["))
	copy(u.out[at:], fmt.Sprintf(byteRange, contents.start, contents.end, len(u.out)-contents.end))
}

// writeXRefSection appends a cross-reference section and trailer, of the same kind as the file's last.
func (u *incrementalUpdate) writeXRefSection(d *document) {
	trailer := types.Dict{"Root": *d.Root, "Prev": types.Integer(d.xref)}
	if d.Info != nil {
		trailer["Info"] = *d.Info
	}
	sum := sha256.Sum256(u.out)
	id := types.NewHexLiteral(sum[:16])
	trailer["ID"] = types.Array{id, id}
	if len(d.ID) == 2 {
		trailer["ID"] = types.Array{d.ID[0], id}
	}
	start := len(u.out)
	if d.xrefStream {
		n := u.newObject()
		u.offsets[n] = start
		var index types.Array
		var rows []byte
		for _, subsection := range u.subsections() {
			index = append(index, types.Integer(subsection[0]), types.Integer(len(subsection)))
			for _, n := range subsection {
				rows = append(rows, 1)
				rows = binary.BigEndian.AppendUint32(rows, uint32(u.offsets[n]))
				rows = binary.BigEndian.AppendUint16(rows, uint16(u.generations[n]))
			}
		}
		trailer["Type"], trailer["Size"], trailer["Index"] = types.Name("XRef"), types.Integer(u.nextObject), index
		trailer["W"] = types.Array{types.Integer(1), types.Integer(4), types.Integer(2)}
		trailer["Length"] = types.Integer(len(rows))
		u.writeObject(n, trailer.PDFString()+"stream\n"+string(rows)+"\nendstream")
	} else {
		table := []byte("xref\n")
		for _, subsection := range u.subsections() {
			table = fmt.Appendf(table, "%d %d\n", subsection[0], len(subsection))
			for _, n := range subsection {
				table = fmt.Appendf(table, "%010d %05d n \n", u.offsets[n], u.generations[n])
			}
		}
		trailer["Size"] = types.Integer(u.nextObject)
		u.out = append(u.out, table...)
		u.out = append(u.out, "trailer\n"+trailer.PDFString()+"\n"...)
	}
	u.out = fmt.Appendf(u.out, "startxref\n%d\n%%%%EOF\n", start)
}

// subsections returns the numbers of the written objects, grouped by consecutive numbers.
func (u *incrementalUpdate) subsections() (groups [][]int) {
	for _, n := range slices.Sorted(maps.Keys(u.offsets)) {
		if last := len(groups) - 1; last >= 0 && groups[last][len(groups[last])-1] == n-1 {
			groups[last] = append(groups[last], n)
			continue
		}
		groups = append(groups, []int{n})
	}
	return groups
}

// textString encodes a PDF text string: UTF-16BE with a byte order mark, in hexadecimal.
func textString(s string) string {
	b := []byte{0xfe, 0xff}
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	return "<" + strings.ToUpper(hex.EncodeToString(b)) + ">"
}
