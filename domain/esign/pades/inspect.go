package pades

import (
	"context"
	"errors"
	"slices"
	"strings"

	"counsel/domain"
	"counsel/domain/esign/pades/pdfobject"
)

// Finding is content of a file that a signer may not see, or that may look or behave differently later.
type Finding struct {
	Reason string `json:"reason"` // one of the constants below
	Page   int    `json:"page"`   // from 1; 0: of the whole file, or unknown
	Quote  string `json:"quote"`  // a name, an address, or the beginning of a script
}

// The reasons. They are stable.
const (
	JavaScript       = "javascript"
	Launch           = "launch" // starts a program or opens a file
	Link             = "link"   // opens a web address
	FormAction       = "form_action"
	ExternalDocument = "external_document" // goes to another file, or loads content from one
	OtherAction      = "action"            // shows or hides something, or prints
	Attachment       = "attachment"        // an embedded file
	Media            = "media"             // sound, video, 3D
	Layers           = "layers"            // optional content that is hidden, or that prints differently
	EmptyField       = "empty_field"       // a required form field without a value
	DraftStamp       = "draft"             // a stamp or watermark that says it is a draft
)

// Report is the result of an inspection.
type Report struct {
	Pages    int       `json:"pages"`
	Findings []Finding `json:"findings"`
}

// maxFindings is how many findings of one reason are reported.
const maxFindings = 20

// Inspect parses an untrusted file and reports what it contains besides its pages. Invalid: the file
// cannot be sealed; the message says why.
func Inspect(ctx context.Context, file []byte) (r Report, err error) {
	defer recoverPanic(&err)
	d, err := parseDocument(ctx, file, true)
	if err != nil {
		return Report{}, err
	}
	if err := d.checkSealable(); err != nil {
		return Report{}, err
	}
	i := &inspection{document: d, pageOf: map[int]int{}, visited: map[int]bool{}}
	if err := i.walk(ctx); err != nil {
		return Report{}, err
	}
	i.checkLayers()
	i.checkRequiredFields()
	return Report{Pages: len(d.pages), Findings: i.findings}, nil
}

type inspection struct {
	*document
	pageOf   map[int]int // page number by the object number of a page or widget
	visited  map[int]bool
	findings []Finding
}

// add adds a finding, unless it is known or there are enough of its reason.
func (i *inspection) add(reason string, page int, quote string) {
	f := Finding{reason, page, domain.Abbreviate(strings.Join(strings.Fields(quote), " "), 200)}
	n := 0
	for _, old := range i.findings {
		if old == f {
			return
		}
		if old.Reason == reason {
			n++
		}
	}
	if n < maxFindings {
		i.findings = append(i.findings, f)
	}
}

// node is an object to visit and the page it was reached from.
type node struct {
	object pdfobject.Object
	page   int
	depth  int // of nesting in the object's own definition
}

// maxNesting is how deep objects may be nested.
const maxNesting = 500

// walk visits every reachable object. Pages come first, so that an object of a page is found there.
func (i *inspection) walk(ctx context.Context) error {
	var stack []node
	for n := len(i.pages); n >= 1; n-- {
		ref := i.pages[n-1].Reference
		i.pageOf[ref.Number] = n
		stack = append(stack, node{ref, n, 0})
	}
	stack = append([]node{{i.root, 0, 0}}, stack...)
	for steps := 0; len(stack) > 0; steps++ {
		if steps%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		current := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if ref, ok := current.object.(pdfobject.Reference); ok {
			n := ref.Number
			if i.visited[n] {
				continue
			}
			i.visited[n] = true
			if page := i.pageOf[n]; page != 0 {
				current.page = page
			}
			target, err := i.Dereference(ref)
			if err != nil {
				return errUnreadable(err)
			}
			current.object = target
			if d, ok := target.(pdfobject.Dict); ok && current.page != 0 && nameValue(d["Subtype"]) == "Widget" {
				i.pageOf[n] = current.page
			}
		}
		if current.depth++; current.depth > maxNesting {
			return errUnreadable(errors.New("pades: objects are nested too deeply"))
		}
		switch o := current.object.(type) {
		case pdfobject.Array:
			for _, e := range o {
				stack = append(stack, node{e, current.page, current.depth})
			}
		case pdfobject.Dict:
			i.checkDict(o, current.page)
			stack = pushEntries(stack, o, current)
		case pdfobject.Stream:
			if o.Dict["F"] != nil { // the stream's data are in another file
				i.add(ExternalDocument, current.page, i.fileSpecName(o.Dict["F"]))
			}
			i.checkDict(o.Dict, current.page)
			stack = pushEntries(stack, o.Dict, current)
		}
	}
	slices.SortStableFunc(i.findings, func(a, b Finding) int { return a.Page - b.Page })
	return nil
}

func errUnreadable(err error) error {
	return withCause(unsignable(reasonBroken, "it cannot be read."), err)
}

// pushEntries adds the entries of a dictionary to the stack. The depth of a reference starts at 0,
// because every object is visited once.
func pushEntries(stack []node, d pdfobject.Dict, parent node) []node {
	for key, value := range d {
		if key == "Parent" || key == "P" && nameValue(d["Type"]) == "Annot" {
			continue // an ancestor
		}
		depth := parent.depth
		if _, ok := value.(pdfobject.Reference); ok {
			depth = 0
		}
		stack = append(stack, node{value, parent.page, depth})
	}
	return stack
}

// checkDict adds findings for a dictionary: an action, an annotation, or a file specification.
func (i *inspection) checkDict(d pdfobject.Dict, page int) {
	if nameValue(d["Type"]) == "StructElem" {
		return // its S is a structure type, not an action type
	}
	i.checkAction(d, page)
	if d["EF"] != nil {
		name := i.stringValue(d["UF"])
		if name == "" {
			name = i.stringValue(d["F"])
		}
		i.add(Attachment, page, name)
	}
	if nameValue(d["Type"]) == "OCMD" && (d["VE"] != nil || nameValue(d["P"]) == "AllOff" || nameValue(d["P"]) == "AnyOff") {
		i.add(Layers, page, "shown when another layer is not")
	}
	i.checkAnnotation(d, page)
}

// checkAction adds a finding if a dictionary is an action (ISO 32000-2, 12.6.4).
func (i *inspection) checkAction(d pdfobject.Dict, page int) {
	switch s := nameValue(i.resolve(d["S"])); s {
	case "JavaScript":
		i.add(JavaScript, page, i.stringValue(d["JS"]))
	case "Launch":
		i.add(Launch, page, i.fileSpecName(d["F"]))
	case "URI":
		i.add(Link, page, i.stringValue(d["URI"]))
	case "SubmitForm", "ImportData", "ResetForm":
		i.add(FormAction, page, strings.TrimSpace(s+" "+i.fileSpecName(d["F"])))
	case "GoToR", "GoToE", "Thread":
		if s != "Thread" || d["F"] != nil {
			i.add(ExternalDocument, page, i.fileSpecName(d["F"]))
		}
	case "SetOCGState":
		i.add(Layers, page, s)
	case "Rendition", "Sound", "Movie", "RichMediaExecute", "GoTo3DView":
		i.add(Media, page, s)
		if d["JS"] != nil {
			i.add(JavaScript, page, i.stringValue(d["JS"]))
		}
	case "Hide":
		i.add(OtherAction, page, s)
	case "Named":
		if n := nameValue(i.resolve(d["N"])); n != "NextPage" && n != "PrevPage" && n != "FirstPage" && n != "LastPage" {
			i.add(OtherAction, page, n)
		}
	default:
		if d["JS"] != nil && (nameValue(d["Type"]) == "Action" || s == "") {
			i.add(JavaScript, page, i.stringValue(d["JS"]))
		}
	}
}

// checkAnnotation adds a finding if a dictionary is an annotation of certain types (12.5.6).
func (i *inspection) checkAnnotation(d pdfobject.Dict, page int) {
	switch subtype := nameValue(i.resolve(d["Subtype"])); subtype {
	case "FileAttachment":
		if fs, err := i.DereferenceDict(d["FS"]); err != nil || fs == nil || fs["EF"] == nil { // otherwise found at the file specification
			i.add(Attachment, page, i.fileSpecName(d["FS"]))
		}
	case "RichMedia", "3D", "Movie", "Sound", "Screen":
		i.add(Media, page, subtype)
	case "Stamp", "Watermark":
		if text := nameValue(i.resolve(d["Name"])) + " " + i.stringValue(d["Contents"]); mentionsDraft(text) {
			i.add(DraftStamp, page, strings.TrimSpace(text))
		}
	}
}

func mentionsDraft(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc([]string{"draft", "entwurf", "brouillon", "borrador"}, func(w string) bool { return strings.Contains(s, w) })
}

// resolve returns the object that o refers to, or nil.
func (i *inspection) resolve(o pdfobject.Object) pdfobject.Object {
	target, err := i.Dereference(o)
	if err != nil {
		return nil
	}
	return target
}

// stringValue returns the value of a string or name; "" for other objects.
func (i *inspection) stringValue(o pdfobject.Object) string {
	switch s := i.resolve(o).(type) {
	case pdfobject.String:
		return s.Text()
	case pdfobject.Name:
		return strings.ToValidUTF8(string(s), "?")
	}
	return ""
}

// fileSpecName returns the file name of a file specification.
func (i *inspection) fileSpecName(o pdfobject.Object) string {
	if d, ok := i.resolve(o).(pdfobject.Dict); ok {
		if name := i.stringValue(d["UF"]); name != "" {
			return name
		}
		return i.stringValue(d["F"])
	}
	return i.stringValue(o)
}

func nameValue(o pdfobject.Object) string {
	if n, ok := o.(pdfobject.Name); ok {
		return string(n)
	}
	return ""
}
