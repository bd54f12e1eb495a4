package pades

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Finding is something in a file that whoever signs it may not see, or that may show, or do, something
// else later.
type Finding struct {
	Reason string `json:"reason"` // one of those below
	Page   int    `json:"page"`   // from 1; 0: of the whole file, or not known
	Quote  string `json:"quote"`  // what it is: a name, an address, the beginning of a script
}

// The reasons, which are stable.
const (
	JavaScript = "javascript"        // a script
	Launch     = "launch"            // starts a program, or opens a file
	Link       = "link"              // opens an address of the web
	FormAction = "form_action"       // sends, fills or empties the form
	Elsewhere  = "external_document" // leads into another file, or takes its contents from one
	Action     = "action"            // another action that shows or hides something, or prints
	Attachment = "attachment"        // a file within the file
	Media      = "media"             // sound, film, 3D
	Layers     = "layers"            // contents that are hidden, or print otherwise than they show
	EmptyField = "empty_field"       // a required form field that is not filled in
	DraftStamp = "draft"             // a stamp or watermark that says it is a draft
)

// Report is what an inspection found.
type Report struct {
	Pages    int       `json:"pages"`
	Findings []Finding `json:"findings"`
}

// maxFindings is how many findings of one reason are named.
const maxFindings = 20

// Inspect reads a file that anybody may have made and tells what it holds besides its pages. It keeps
// nothing and needs nothing but the bytes. Invalid: the file cannot be sealed, and the message says why.
func Inspect(ctx context.Context, file []byte) (r Report, err error) {
	defer mend(&err)
	d, err := read(ctx, file)
	if err != nil {
		return Report{}, err
	}
	if err := d.fit(); err != nil {
		return Report{}, err
	}
	i := &inspection{document: d, pageOf: map[int]int{}, seen: map[int]bool{}}
	if err := i.walk(ctx); err != nil {
		return Report{}, err
	}
	i.layers()
	i.fields()
	return Report{Pages: d.pages, Findings: i.found}, nil
}

type inspection struct {
	*document
	pageOf map[int]int // by the object number of a page, or of a widget on it
	seen   map[int]bool
	found  []Finding
}

func (i *inspection) note(reason string, page int, quote string) {
	quote = strings.Join(strings.Fields(quote), " ")
	if runes := []rune(quote); len(runes) > 200 {
		quote = string(runes[:200]) + "…"
	}
	f := Finding{reason, page, quote}
	n := 0
	for _, old := range i.found {
		if old == f {
			return
		}
		if old.Reason == reason {
			n++
		}
	}
	if n < maxFindings {
		i.found = append(i.found, f)
	}
}

// place is an object that is still to be looked at, and the page it was reached from.
type place struct {
	object types.Object
	page   int
	depth  int
}

// maxNesting is how deep objects may lie within one another.
const maxNesting = 500

// walk looks at every object that can be reached: the pages first, so that what belongs to one is
// found there.
func (i *inspection) walk(ctx context.Context) error {
	var todo []place
	for n := i.pages; n >= 1; n-- {
		page, at, _, err := i.PageDict(n, false)
		if err != nil {
			return unreadable(err)
		}
		if at != nil {
			i.pageOf[at.ObjectNumber.Value()] = n
			todo = append(todo, place{*at, n, 0})
		} else {
			todo = append(todo, place{page, n, 0})
		}
	}
	todo = append([]place{{i.root, 0, 0}}, todo...)
	for steps := 0; len(todo) > 0; steps++ {
		if steps%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if ref, ok := at.object.(types.IndirectRef); ok {
			n := ref.ObjectNumber.Value()
			if i.seen[n] {
				continue
			}
			i.seen[n] = true
			if page := i.pageOf[n]; page != 0 {
				at.page = page
			}
			target, err := i.Dereference(ref)
			if err != nil {
				return unreadable(err)
			}
			at.object = target
			if d, ok := target.(types.Dict); ok && at.page != 0 && nameOf(d["Subtype"]) == "Widget" {
				i.pageOf[n] = at.page
			}
		}
		if at.depth++; at.depth > maxNesting {
			return unreadable(errors.New("pades: objects lie too deep within one another"))
		}
		switch o := at.object.(type) {
		case types.Array:
			for _, e := range o {
				todo = append(todo, place{e, at.page, at.depth})
			}
		case types.Dict:
			i.look(o, at.page)
			todo = i.within(todo, o, at)
		case types.StreamDict:
			if o.Dict["F"] != nil { // its bytes are those of another file
				i.note(Elsewhere, at.page, i.fileName(o.Dict["F"]))
			}
			i.look(o.Dict, at.page)
			todo = i.within(todo, o.Dict, at)
		}
	}
	slices.SortStableFunc(i.found, func(a, b Finding) int { return a.Page - b.Page })
	return nil
}

func unreadable(err error) error {
	return because(unfit(broken, "it cannot be read."), err)
}

// within adds what a dictionary holds. References begin at no depth anew: they cannot nest for ever,
// since each object is looked at once.
func (i *inspection) within(todo []place, d types.Dict, at place) []place {
	for key, value := range d {
		if key == "Parent" || key == "P" && nameOf(d["Type"]) == "Annot" {
			continue // up again: what is there is reached from above
		}
		depth := at.depth
		if _, ok := value.(types.IndirectRef); ok {
			depth = 0
		}
		todo = append(todo, place{value, at.page, depth})
	}
	return todo
}

// look notes what a dictionary is.
func (i *inspection) look(d types.Dict, page int) {
	if nameOf(d["Type"]) == "StructElem" {
		return // its S is the kind of a heading or a paragraph
	}
	switch s := nameOf(i.direct(d["S"])); s {
	case "JavaScript":
		i.note(JavaScript, page, i.text(d["JS"]))
	case "Launch":
		i.note(Launch, page, i.fileName(d["F"]))
	case "URI":
		i.note(Link, page, i.text(d["URI"]))
	case "SubmitForm", "ImportData", "ResetForm":
		i.note(FormAction, page, strings.TrimSpace(s+" "+i.fileName(d["F"])))
	case "GoToR", "GoToE", "Thread":
		if s != "Thread" || d["F"] != nil {
			i.note(Elsewhere, page, i.fileName(d["F"]))
		}
	case "SetOCGState":
		i.note(Layers, page, s)
	case "Rendition", "Sound", "Movie", "RichMediaExecute", "GoTo3DView":
		i.note(Media, page, s)
		if d["JS"] != nil {
			i.note(JavaScript, page, i.text(d["JS"]))
		}
	case "Hide":
		i.note(Action, page, s)
	case "Named":
		if n := nameOf(i.direct(d["N"])); n != "NextPage" && n != "PrevPage" && n != "FirstPage" && n != "LastPage" {
			i.note(Action, page, n)
		}
	default:
		if d["JS"] != nil && (nameOf(d["Type"]) == "Action" || s == "") {
			i.note(JavaScript, page, i.text(d["JS"]))
		}
	}
	if d["EF"] != nil {
		name := i.text(d["UF"])
		if name == "" {
			name = i.text(d["F"])
		}
		i.note(Attachment, page, name)
	}
	if nameOf(d["Type"]) == "OCMD" && (d["VE"] != nil || nameOf(d["P"]) == "AllOff" || nameOf(d["P"]) == "AnyOff") {
		i.note(Layers, page, "shown when another layer is not")
	}
	switch kind := nameOf(i.direct(d["Subtype"])); kind {
	case "FileAttachment":
		if fs, err := i.DereferenceDict(d["FS"]); err != nil || fs == nil || fs["EF"] == nil { // else noted there
			i.note(Attachment, page, i.fileName(d["FS"]))
		}
	case "RichMedia", "3D", "Movie", "Sound", "Screen":
		i.note(Media, page, kind)
	case "Stamp", "Watermark":
		if says := nameOf(i.direct(d["Name"])) + " " + i.text(d["Contents"]); draftWord(says) {
			i.note(DraftStamp, page, strings.TrimSpace(says))
		}
	}
}

func draftWord(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc([]string{"draft", "entwurf", "brouillon", "borrador"}, func(w string) bool { return strings.Contains(s, w) })
}

// layers notes optional content that does not show, or not always.
func (i *inspection) layers() {
	all, err := i.DereferenceDict(i.root["OCProperties"])
	if err != nil || all == nil {
		return
	}
	usual, err := i.DereferenceDict(all["D"])
	if err != nil || usual == nil {
		usual = types.Dict{}
	}
	listed := func(o types.Object) map[int]bool {
		found := map[int]bool{}
		list, _ := i.DereferenceArray(o)
		for _, e := range list {
			if ref, ok := e.(types.IndirectRef); ok {
				found[ref.ObjectNumber.Value()] = true
			}
		}
		return found
	}
	on, off := listed(usual["ON"]), listed(usual["OFF"])
	base := nameOf(i.direct(usual["BaseState"]))
	groups, _ := i.DereferenceArray(all["OCGs"])
	for _, g := range groups {
		ref, ok := g.(types.IndirectRef)
		if !ok {
			continue
		}
		group, err := i.DereferenceDict(ref)
		if err != nil || group == nil {
			continue
		}
		n := ref.ObjectNumber.Value()
		hidden := off[n] || base == "OFF" && !on[n]
		usage, _ := i.DereferenceDict(group["Usage"])
		for event, state := range map[string]string{"View": "ViewState", "Print": "PrintState", "Export": "ExportState"} {
			if u, err := i.DereferenceDict(usage[event]); err == nil && u != nil && nameOf(i.direct(u[state])) == "OFF" {
				hidden = true
			}
		}
		if zoom, err := i.DereferenceDict(usage["Zoom"]); err == nil && len(zoom) > 0 {
			hidden = true
		}
		if hidden {
			i.note(Layers, 0, i.text(group["Name"]))
		}
	}
}

// fields notes the required fields of the form that nobody has filled in.
func (i *inspection) fields() {
	form, err := i.DereferenceDict(i.root["AcroForm"])
	if err != nil || form == nil {
		return
	}
	fields, _ := i.DereferenceArray(form["Fields"])
	i.below(fields, field{}, 0)
}

// field is what a form field has from those above it.
type field struct {
	kind  string
	flags int
	value types.Object
	name  string
}

const (
	required   = 1 << 1
	pushbutton = 1 << 16
)

func (i *inspection) below(fields types.Array, above field, depth int) {
	if depth > maxFieldDepth {
		return
	}
	for _, f := range fields {
		d, err := i.DereferenceDict(f)
		if err != nil || d == nil {
			continue
		}
		one := above
		if t := nameOf(i.direct(d["FT"])); t != "" {
			one.kind = t
		}
		if n, ok := i.direct(d["Ff"]).(types.Integer); ok {
			one.flags = n.Value()
		}
		if d["V"] != nil {
			one.value = d["V"]
		}
		if t := i.text(d["T"]); t != "" {
			one.name = strings.TrimPrefix(one.name+"."+t, ".")
		}
		kids, _ := i.DereferenceArray(d["Kids"])
		parts := 0 // fields below it, rather than its widgets
		for _, k := range kids {
			if kid, err := i.DereferenceDict(k); err == nil && kid != nil && kid["T"] != nil {
				parts++
			}
		}
		if parts > 0 {
			i.below(kids, one, depth+1)
			continue
		}
		if one.flags&required == 0 || one.kind == "Sig" || one.kind == "Btn" && one.flags&pushbutton != 0 || !i.empty(one.value) {
			continue
		}
		page := 0
		for _, w := range append(slices.Clone(kids), f) {
			if ref, ok := w.(types.IndirectRef); ok && page == 0 {
				page = i.pageOf[ref.ObjectNumber.Value()]
			}
		}
		name := i.text(d["TU"])
		if name == "" {
			name = one.name
		}
		i.note(EmptyField, page, name)
	}
}

// empty reports whether a field's value is none.
func (i *inspection) empty(value types.Object) bool {
	switch v := i.direct(value).(type) {
	case nil:
		return true
	case types.Name:
		return v.Value() == "Off" || v.Value() == ""
	case types.Array:
		return len(v) == 0
	case types.StreamDict:
		return len(v.Raw) == 0
	default:
		return strings.TrimSpace(i.text(v)) == ""
	}
}

// direct is what an object refers to.
func (i *inspection) direct(o types.Object) types.Object {
	target, err := i.Dereference(o)
	if err != nil {
		return nil
	}
	return target
}

// text is a string, if it is one, or the name of a stream that holds one.
func (i *inspection) text(o types.Object) string {
	switch s := i.direct(o).(type) {
	case types.StringLiteral, types.HexLiteral:
		if t, err := types.StringOrHexLiteral(s); err == nil && t != nil {
			return strings.ToValidUTF8(*t, "?")
		}
		return fmt.Sprint(s)
	case types.Name:
		return s.Value()
	}
	return ""
}

// fileName is how a file specification calls its file.
func (i *inspection) fileName(o types.Object) string {
	if d, ok := i.direct(o).(types.Dict); ok {
		if name := i.text(d["UF"]); name != "" {
			return name
		}
		return i.text(d["F"])
	}
	return i.text(o)
}

func nameOf(o types.Object) string {
	if n, ok := o.(types.Name); ok {
		return n.Value()
	}
	return ""
}
