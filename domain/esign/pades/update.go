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

	"counsel/domain/esign/pades/pdfobject"
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
	u := &incrementalUpdate{offsets: map[int]int{}, generations: map[int]int{}, nextObject: d.Size}
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
	u.writeObject(widget, pdfobject.Format(pdfobject.Dict{
		"Type": pdfobject.Name("Annot"), "Subtype": pdfobject.Name("Widget"), "FT": pdfobject.Name("Sig"),
		"T": pdfobject.String("Counsel-" + hex.EncodeToString(sum[:6])), "V": ref(signature), "P": pages[0].(pdfobject.Reference),
		"F": pdfobject.Integer(132), "Rect": pdfobject.Array{pdfobject.Integer(0), pdfobject.Integer(0), pdfobject.Integer(0), pdfobject.Integer(0)}, // flags: Print, Locked; no area, so invisible
	}))
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
func (u *incrementalUpdate) replaceObject(ref pdfobject.Reference, body pdfobject.Dict) {
	n := ref.Number
	if g := ref.Generation; g != 0 {
		u.generations[n] = g
	}
	u.writeObject(n, pdfobject.Format(body))
}

func ref(n int) pdfobject.Reference { return pdfobject.Reference{Number: n} }

// copyObject copies an object of another file and everything it refers to. copied maps object numbers
// there to those here.
func (u *incrementalUpdate) copyObject(from *document, o pdfobject.Object, copied map[int]int) pdfobject.Object {
	switch o := o.(type) {
	case pdfobject.Reference:
		old := o.Number
		n, ok := copied[old]
		if !ok {
			n = u.newObject()
			copied[old] = n
			target, err := from.Dereference(o)
			u.err = errors.Join(u.err, err)
			if s, ok := target.(pdfobject.Stream); ok {
				d := u.copyObject(from, s.Dict, copied).(pdfobject.Dict)
				d["Length"] = pdfobject.Integer(len(s.Raw))
				u.writeObject(n, pdfobject.Format(d)+"stream\n"+string(s.Raw)+"\nendstream")
			} else {
				u.writeObject(n, pdfobject.Format(u.copyObject(from, target, copied)))
			}
		}
		return ref(n)
	case pdfobject.Dict:
		c := make(pdfobject.Dict, len(o))
		for _, k := range slices.Sorted(maps.Keys(o)) {
			c[k] = u.copyObject(from, o[k], copied)
		}
		return c
	case pdfobject.Array:
		c := make(pdfobject.Array, len(o))
		for i, e := range o {
			c[i] = u.copyObject(from, e, copied)
		}
		return c
	}
	return o
}

// addPages appends all pages of another file to the root node of the page tree. The first one gets the
// widget, unless that is 0.
func (u *incrementalUpdate) addPages(d, added *document, widget int) (refs pdfobject.Array, err error) {
	copied := map[int]int{}
	for i, page := range added.pages {
		// It has every inheritable attribute, so that nothing is inherited from the original's page tree.
		p := maps.Clone(page.Dict)
		for _, k := range []pdfobject.Name{"Parent", "Annots", "StructParents", "Tabs"} {
			delete(p, k)
		}
		if p["MediaBox"] == nil {
			return nil, errors.New("pades: a page to be added has no MediaBox")
		}
		for k, initial := range (pdfobject.Dict{"Rotate": pdfobject.Integer(0), "Resources": pdfobject.Dict{}, "CropBox": p["MediaBox"]}) {
			if p[k] == nil {
				p[k] = initial
			}
		}
		n := u.newObject()
		p = u.copyObject(added, p, copied).(pdfobject.Dict)
		p["Parent"] = d.pageTreeRef
		if i == 0 && widget != 0 {
			p["Annots"] = pdfobject.Array{ref(widget)}
		}
		u.writeObject(n, pdfobject.Format(p))
		refs = append(refs, ref(n))
	}
	kids, err := d.DereferenceArray(d.pageTree["Kids"])
	if err != nil || len(kids) == 0 {
		return nil, withCause(unsignable(reasonBroken, "its pages cannot be found."), err)
	}
	tree := maps.Clone(d.pageTree)
	tree["Kids"] = append(slices.Clone(kids), refs...)
	tree["Count"] = pdfobject.Integer(len(d.pages) + len(refs))
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
	form := pdfobject.Dict{}
	if old != nil {
		form = maps.Clone(old)
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil {
		return withCause(unsignable(reasonBroken, "its form is broken. Print it to a new PDF file."), err)
	}
	form["Fields"] = append(slices.Clone(fields), ref(widget))
	form["SigFlags"] = pdfobject.Integer(3) // SignaturesExist, AppendOnly
	root := maps.Clone(d.root)
	root["Perms"] = pdfobject.Dict{"DocMDP": ref(signature)}
	if formRef, ok := d.root["AcroForm"].(pdfobject.Reference); ok && old != nil {
		u.replaceObject(formRef, form)
	} else {
		root["AcroForm"] = form
	}
	u.replaceObject(d.Root, root)
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
		"/M(D:"+info.SignedAt.UTC().Format("20060102150405")+"Z)/Name"+pdfobject.Format(pdfobject.TextString(info.Name))+"/Reason"+pdfobject.Format(pdfobject.TextString(info.Reason))+
		docMDP+fmt.Sprintf(byteRange, 0, 0, 0)+"/Contents<"+strings.Repeat("0", 2*reserved)+">>>")
	return bytes.LastIndex(u.out, []byte("/Contents<")) + len("/Contents")
}

func (u *incrementalUpdate) writeByteRange(contents byteSpan) {
	at := bytes.LastIndex(u.out[:contents.start], []byte("/ByteRange["))
	copy(u.out[at:], fmt.Sprintf(byteRange, contents.start, contents.end, len(u.out)-contents.end))
}

// writeXRefSection appends a cross-reference section and trailer, of the same kind as the file's last.
func (u *incrementalUpdate) writeXRefSection(d *document) {
	trailer := pdfobject.Dict{"Root": d.Root, "Prev": pdfobject.Integer(d.XRef)}
	if d.Info != nil {
		trailer["Info"] = d.Info
	}
	sum := sha256.Sum256(u.out)
	id := pdfobject.String(sum[:16])
	trailer["ID"] = pdfobject.Array{id, id}
	if len(d.ID) == 2 {
		trailer["ID"] = pdfobject.Array{d.ID[0], id}
	}
	start := len(u.out)
	if d.Stream {
		n := u.newObject()
		u.offsets[n] = start
		var index pdfobject.Array
		var rows []byte
		for _, subsection := range u.subsections() {
			index = append(index, pdfobject.Integer(subsection[0]), pdfobject.Integer(len(subsection)))
			for _, n := range subsection {
				rows = append(rows, 1)
				rows = binary.BigEndian.AppendUint32(rows, uint32(u.offsets[n]))
				rows = binary.BigEndian.AppendUint16(rows, uint16(u.generations[n]))
			}
		}
		trailer["Type"], trailer["Size"], trailer["Index"] = pdfobject.Name("XRef"), pdfobject.Integer(u.nextObject), index
		trailer["W"] = pdfobject.Array{pdfobject.Integer(1), pdfobject.Integer(4), pdfobject.Integer(2)}
		trailer["Length"] = pdfobject.Integer(len(rows))
		u.writeObject(n, pdfobject.Format(trailer)+"stream\n"+string(rows)+"\nendstream")
	} else {
		table := []byte("xref\n")
		for _, subsection := range u.subsections() {
			table = fmt.Appendf(table, "%d %d\n", subsection[0], len(subsection))
			for _, n := range subsection {
				table = fmt.Appendf(table, "%010d %05d n \n", u.offsets[n], u.generations[n])
			}
		}
		trailer["Size"] = pdfobject.Integer(u.nextObject)
		u.out = append(u.out, table...)
		u.out = append(u.out, "trailer\n"+pdfobject.Format(trailer)+"\n"...)
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
