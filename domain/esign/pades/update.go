package pades

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"counsel/domain"
)

// Limits of a file that is read.
const (
	maxDecoded = 32 << 20 // bytes of one of its streams, unpacked
	maxObjects = 1_000_000
	readTime   = 30 * time.Second
)

func init() { model.ConfigPath = "disable" } // no folder in the home of whoever runs this

// document is a PDF that was read.
type document struct {
	*model.Context
	bytes   []byte
	root    types.Dict
	tree    types.Dict // the root of its pages
	treeRef types.IndirectRef
	pages   int
	xref    int  // where its last cross-reference section begins
	streams bool // that section is a stream
}

// read reads a file that anybody may have made. Every failure but ctx's is Invalid.
func read(ctx context.Context, file []byte) (d *document, err error) {
	if !bytes.HasPrefix(file, []byte("%PDF-")) {
		return nil, unfit(broken, "it is no PDF file.")
	}
	d = &document{bytes: file}
	if d.xref, d.streams, err = lastSection(file); err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	conf := model.NewDefaultConfiguration()
	conf.Cmd = model.ADDSIGNATURE // which refuses encrypted files
	conf.ValidationMode = model.ValidationRelaxed
	conf.Offline = true
	conf.Limits.MaxStreamBytes = int64(len(file))
	conf.Limits.MaxDecodeBytes = maxDecoded
	conf.Limits.MaxObjectCount = maxObjects
	conf.Limits.MaxXRefEntries = maxObjects
	d.Context, err = pdfcpu.ReadWithContext(bounded, bytes.NewReader(file), conf)
	if err == nil && encryptInPlace.Match(file) { // pdfcpu looks for a reference alone
		err = pdfcpu.ErrEncrypted
	}
	switch {
	case ctx.Err() != nil:
		return nil, &domain.Error{Code: domain.Timeout, Message: "The file could not be read in time.", Err: ctx.Err()}
	case errors.Is(err, pdfcpu.ErrEncrypted), errors.Is(err, pdfcpu.ErrWrongPassword):
		return nil, unfit("encrypted", "it is encrypted. Save it without a password and without restrictions first.")
	case err != nil:
		return nil, because(unfit(broken, "it is broken. Print it to a new PDF file."), err)
	}
	if err := d.open(); err != nil {
		return nil, because(unfit(broken, "its pages cannot be found."), err)
	}
	return d, nil
}

// encryptInPlace is the trailer's entry of an encrypted file whose dictionary stands in the trailer itself.
var encryptInPlace = regexp.MustCompile(`/Encrypt[\x00\t\n\f\r ]*<<`)

func (d *document) open() (err error) {
	if d.root, err = d.Catalog(); err != nil {
		return err
	}
	ref, ok := d.root["Pages"].(types.IndirectRef)
	if !ok {
		return errors.New("pades: the catalog names no pages")
	}
	d.treeRef = ref
	if d.tree, err = d.DereferenceDict(ref); err != nil || d.tree == nil {
		return errors.Join(errors.New("pades: there is no root of pages"), err)
	}
	if err := d.EnsurePageCount(); err != nil {
		return err
	}
	if d.pages = d.PageCount; d.pages < 1 {
		return errors.New("pades: there is no page")
	}
	_, _, _, err = d.PageDict(d.pages, false)
	return err
}

// lastSection finds where a file's last cross-reference section begins, and what it is. It takes
// no offset that does not lead to one: what mends itself in one reader is another file in the
// next.
func lastSection(file []byte) (at int, stream bool, err error) {
	damaged := unfit(broken, "its cross-reference table is broken. Print it to a new PDF file.")
	tail := file[max(0, len(file)-2048):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, false, damaged
	}
	words := bytes.Fields(tail[i+len("startxref"):])
	if len(words) == 0 {
		return 0, false, damaged
	}
	if at, err = strconv.Atoi(string(words[0])); err != nil || at <= 0 || at >= len(file) {
		return 0, false, damaged
	}
	head := bytes.TrimLeft(file[at:min(len(file), at+64)], "\x00\t\n\f\r ")
	if bytes.HasPrefix(head, []byte("xref")) {
		return at, false, nil
	}
	if f := bytes.Fields(head); len(f) >= 3 && digits(f[0]) && digits(f[1]) && bytes.HasPrefix(f[2], []byte("obj")) {
		return at, true, nil
	}
	return 0, false, damaged
}

// mend turns a panic, the library's own mistake over a file, into a refusal of the file.
func mend(err *error) {
	if p := recover(); p != nil {
		*err = because(unfit(broken, "it cannot be read."), fmt.Errorf("pades: panic: %v", p))
	}
}

func digits(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, "0123456789")) == 0
}

// fit tells whether a file can be sealed.
func (d *document) fit() error {
	signed := unfit("signed", "it carries a digital signature already, which the pages to be added would break.")
	if perms, err := d.DereferenceDict(d.root["Perms"]); err == nil && len(perms) > 0 {
		return signed
	}
	form, err := d.DereferenceDict(d.root["AcroForm"])
	if err != nil || form == nil {
		return nil //nolint:nilerr // no form that could hold a signature
	}
	if _, dynamic := form["XFA"]; dynamic {
		return unfit("xfa", "it is a form of the XFA kind. Print it to a new PDF file.")
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	if d.signedField(fields, false, 0) {
		return signed
	}
	return nil
}

// maxFieldDepth is how deep a form's fields may lie within one another.
const maxFieldDepth = 32

// signedField reports whether one of the fields, or of those below them, is a signature field that
// holds a signature. One without a value waits for its signer, and SigFlags is set for it as well.
func (d *document) signedField(fields types.Array, signature bool, depth int) bool {
	if depth > maxFieldDepth {
		return true // nobody can say, so it is refused
	}
	for _, f := range fields {
		field, err := d.DereferenceDict(f)
		if err != nil || field == nil {
			continue
		}
		is := signature // FT is inherited
		if t := field.NameEntry("FT"); t != nil {
			is = *t == "Sig"
		}
		if is && d.signature(field["V"]) {
			return true
		}
		kids, err := d.DereferenceArray(field["Kids"])
		if err == nil && d.signedField(kids, is, depth+1) {
			return true
		}
	}
	return false
}

// signature reports whether a field's value is a signature: a dictionary that holds one, or says
// what one covers.
func (d *document) signature(value types.Object) bool {
	v, err := d.DereferenceDict(value)
	if err != nil {
		return true // not empty, and not to be read
	}
	return v["Contents"] != nil || v["ByteRange"] != nil
}

// update is a file with what is appended to it.
type update struct {
	out     []byte
	next    int         // the first object number that is free
	written map[int]int // offsets, by object number
	gens    map[int]int // generations, where they are not 0
	err     error
}

func (u *update) number() int { u.next++; return u.next - 1 }

// put writes an object.
func (u *update) put(n int, body string) {
	u.written[n] = len(u.out)
	u.out = append(u.out, fmt.Sprintf("%d %d obj\n%s\nendobj\n", n, u.gens[n], body)...)
}

// replace writes an object of the original anew.
func (u *update) replace(ref types.IndirectRef, with types.Dict) {
	n := ref.ObjectNumber.Value()
	if g := ref.GenerationNumber.Value(); g != 0 {
		u.gens[n] = g
	}
	u.put(n, with.PDFString())
}

func ref(n int) types.IndirectRef { return *types.NewIndirectRef(n, 0) }

// adopt copies an object of another file, with all it refers to.
func (u *update) adopt(from *document, o types.Object, known map[int]int) types.Object {
	switch o := o.(type) {
	case types.IndirectRef:
		old := o.ObjectNumber.Value()
		n, ok := known[old]
		if !ok {
			n = u.number()
			known[old] = n
			target, err := from.Dereference(o)
			u.err = errors.Join(u.err, err)
			if s, ok := target.(types.StreamDict); ok {
				d := u.adopt(from, s.Dict, known).(types.Dict)
				d["Length"] = types.Integer(len(s.Raw))
				u.put(n, d.PDFString()+"stream\n"+string(s.Raw)+"\nendstream")
			} else {
				u.put(n, text(u.adopt(from, target, known)))
			}
		}
		return ref(n)
	case types.Dict:
		c := make(types.Dict, len(o))
		for _, k := range slices.Sorted(maps.Keys(o)) {
			c[k] = u.adopt(from, o[k], known)
		}
		return c
	case types.Array:
		c := make(types.Array, len(o))
		for i, e := range o {
			c[i] = u.adopt(from, e, known)
		}
		return c
	}
	return o
}

func text(o types.Object) string {
	if o == nil {
		return "null"
	}
	return o.PDFString()
}

// begin starts an update that will have about so many bytes.
func (d *document) begin(size int) *update {
	u := &update{written: map[int]int{}, gens: map[int]int{}, next: max(*d.Size, d.MaxObjNr+1)}
	u.out = make([]byte, len(d.bytes), len(d.bytes)+size+16<<10)
	copy(u.out, d.bytes)
	if !bytes.HasSuffix(u.out, []byte("\n")) {
		u.out = append(u.out, '\n')
	}
	return u
}

// extend appends pages.
func (d *document) extend(more *document) ([]byte, error) {
	u := d.begin(len(more.bytes))
	if _, err := u.pages(d, more, 0); err != nil {
		return nil, err
	}
	if u.err != nil {
		return nil, fmt.Errorf("pades: the pages to be added: %w", u.err)
	}
	u.section(d)
	return u.out, nil
}

// update appends pages and an empty signature with room for so many bytes.
func (d *document) update(more *document, about About, room int) (file []byte, hole span, err error) {
	u := d.begin(len(more.bytes) + 2*room)

	signature, widget := u.number(), u.number()
	added, err := u.pages(d, more, widget)
	if err != nil {
		return nil, span{}, err
	}

	hole.start = u.signature(signature, about, room)
	hole.end = hole.start + 2*room + 2
	name := sha256.Sum256(d.bytes)
	u.put(widget, types.Dict{
		"Type": types.Name("Annot"), "Subtype": types.Name("Widget"), "FT": types.Name("Sig"),
		"T": types.StringLiteral("Counsel-" + hex.EncodeToString(name[:6])), "V": ref(signature), "P": added[0].(types.IndirectRef),
		"F": types.Integer(132), "Rect": types.Array{types.Integer(0), types.Integer(0), types.Integer(0), types.Integer(0)}, // hidden, printed, locked
	}.PDFString())
	if err := u.catalog(d, widget, signature); err != nil {
		return nil, span{}, err
	}
	if u.err != nil {
		return nil, span{}, fmt.Errorf("pades: the pages to be added: %w", u.err)
	}
	u.section(d)
	u.ranges(hole)
	return u.out, hole, nil
}

// pages appends the pages of another file and puts them at the end of the root of pages. The first
// gets the widget, unless that is 0.
func (u *update) pages(d, more *document, widget int) (types.Array, error) {
	known := map[int]int{}
	var added types.Array
	for i := 1; i <= more.pages; i++ {
		p, _, inherited, err := more.PageDict(i, false)
		if err != nil {
			return nil, fmt.Errorf("pades: the pages to be added: %w", err)
		}
		p = p.Clone().(types.Dict)
		for _, k := range []string{"Parent", "Annots", "StructParents", "Tabs"} {
			delete(p, k)
		}
		// All that could be inherited is said, so that nothing is from the original's root.
		p["Rotate"] = types.Integer(inherited.Rotate)
		if p["Resources"] == nil {
			p["Resources"] = inherited.Resources
		}
		if inherited.MediaBox == nil {
			return nil, errors.New("pades: a page to be added has no size")
		}
		p["MediaBox"] = inherited.MediaBox.Array()
		if p["CropBox"] == nil {
			p["CropBox"] = p["MediaBox"]
		}
		n := u.number()
		p = u.adopt(more, p, known).(types.Dict)
		p["Parent"] = d.treeRef
		if i == 1 && widget != 0 {
			p["Annots"] = types.Array{ref(widget)}
		}
		u.put(n, p.PDFString())
		added = append(added, ref(n))
	}
	kids, err := d.DereferenceArray(d.tree["Kids"])
	if err != nil || len(kids) == 0 {
		return nil, because(unfit(broken, "its pages cannot be found."), err)
	}
	tree := d.tree.Clone().(types.Dict)
	tree["Kids"] = append(slices.Clone(kids), added...)
	tree["Count"] = types.Integer(d.pages + len(added))
	u.replace(d.treeRef, tree)
	return added, nil
}

// catalog names the signature's field in the form, and the signature as the one that says what may
// be changed later.
func (u *update) catalog(d *document, widget, signature int) error {
	old, err := d.DereferenceDict(d.root["AcroForm"])
	if err != nil {
		return because(unfit(broken, "its form is broken. Print it to a new PDF file."), err)
	}
	form := types.Dict{}
	if old != nil {
		form = old.Clone().(types.Dict)
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil {
		return because(unfit(broken, "its form is broken. Print it to a new PDF file."), err)
	}
	form["Fields"] = append(slices.Clone(fields), ref(widget))
	form["SigFlags"] = types.Integer(3) // there are signatures, and all that comes is to be appended
	root := d.root.Clone().(types.Dict)
	root["Perms"] = types.Dict{"DocMDP": ref(signature)}
	if at, ok := d.root["AcroForm"].(types.IndirectRef); ok && old != nil {
		u.replace(at, form)
	} else {
		root["AcroForm"] = form
	}
	u.replace(*d.Root, root)
	return nil
}

// byteRange is written once the places are known; until then it keeps the room.
const byteRange = "/ByteRange[0 %010d %010d %010d]"

// noChanges has readers report whatever is added to the sealed file, a note on a page included
// (ISO 32000-2, 12.8.2.2: DocMDP, P 1). Data for checking the signature later may still be added.
const noChanges = "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P 1>>>>]"

// signature writes the signature's dictionary and returns where its empty value begins.
func (u *update) signature(n int, about About, room int) int {
	u.put(n, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"+
		"/M(D:"+about.At.UTC().Format("20060102150405")+"Z)/Name"+literal(about.Name)+"/Reason"+literal(about.Reason)+
		noChanges+fmt.Sprintf(byteRange, 0, 0, 0)+"/Contents<"+strings.Repeat("0", 2*room)+">>>")
	return bytes.LastIndex(u.out, []byte("/Contents<")) + len("/Contents")
}

func (u *update) ranges(hole span) {
	at := bytes.LastIndex(u.out[:hole.start], []byte("/ByteRange["))
	copy(u.out[at:], fmt.Sprintf(byteRange, hole.start, hole.end, len(u.out)-hole.end))
}

// section appends the cross-reference section, of the kind that the file has.
func (u *update) section(d *document) {
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
	at := len(u.out)
	if d.streams {
		n := u.number()
		u.written[n] = at
		var index types.Array
		var rows []byte
		for _, run := range u.runs() {
			index = append(index, types.Integer(run[0]), types.Integer(len(run)))
			for _, n := range run {
				rows = append(rows, 1)
				rows = binary.BigEndian.AppendUint32(rows, uint32(u.written[n]))
				rows = binary.BigEndian.AppendUint16(rows, uint16(u.gens[n]))
			}
		}
		trailer["Type"], trailer["Size"], trailer["Index"] = types.Name("XRef"), types.Integer(u.next), index
		trailer["W"] = types.Array{types.Integer(1), types.Integer(4), types.Integer(2)}
		trailer["Length"] = types.Integer(len(rows))
		u.put(n, trailer.PDFString()+"stream\n"+string(rows)+"\nendstream")
	} else {
		b := []byte("xref\n")
		for _, run := range u.runs() {
			b = fmt.Appendf(b, "%d %d\n", run[0], len(run))
			for _, n := range run {
				b = fmt.Appendf(b, "%010d %05d n \n", u.written[n], u.gens[n])
			}
		}
		trailer["Size"] = types.Integer(u.next)
		u.out = append(u.out, b...)
		u.out = append(u.out, "trailer\n"+trailer.PDFString()+"\n"...)
	}
	u.out = fmt.Appendf(u.out, "startxref\n%d\n%%%%EOF\n", at)
}

// runs are the written objects' numbers, those that follow each other together.
func (u *update) runs() (runs [][]int) {
	for _, n := range slices.Sorted(maps.Keys(u.written)) {
		if last := len(runs) - 1; last >= 0 && runs[last][len(runs[last])-1] == n-1 {
			runs[last] = append(runs[last], n)
			continue
		}
		runs = append(runs, []int{n})
	}
	return runs
}

// literal is a text string of PDF.
func literal(s string) string {
	b := []byte{0xfe, 0xff}
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	return "<" + strings.ToUpper(hex.EncodeToString(b)) + ">"
}
