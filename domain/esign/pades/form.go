package pades

import (
	"slices"
	"strings"

	"counsel/domain/esign/pades/pdfobject"
)

// maxFieldDepth is how deep form fields may be nested.
const maxFieldDepth = 32

// checkSealable returns an Invalid error if the document cannot be sealed.
func (d *document) checkSealable() error {
	signed := unsignable("signed", "it already has a digital signature, which added pages would invalidate.")
	if perms, err := d.DereferenceDict(d.root["Perms"]); err == nil && len(perms) > 0 {
		return signed
	}
	form, err := d.DereferenceDict(d.root["AcroForm"])
	if err != nil || form == nil {
		return nil //nolint:nilerr // no form, so no signature field
	}
	if _, dynamic := form["XFA"]; dynamic {
		return unsignable("xfa", "it is an XFA form. Print it to a new PDF file.")
	}
	fields, err := d.DereferenceArray(form["Fields"])
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	if d.hasSignedField(fields, false, 0) {
		return signed
	}
	return nil
}

// hasSignedField reports whether one of the fields, or of their children, is a signature field that
// has a signature. An empty signature field is allowed, although SigFlags is set for it as well.
func (d *document) hasSignedField(fields pdfobject.Array, inheritedSig bool, depth int) bool {
	if depth > maxFieldDepth {
		return true // too deep to know, so the file is rejected
	}
	for _, f := range fields {
		field, err := d.DereferenceDict(f)
		if err != nil || field == nil {
			continue
		}
		isSig := inheritedSig // FT is inheritable
		if t, err := d.Dereference(field["FT"]); err != nil || t != nil {
			isSig = err != nil || t == pdfobject.Name("Sig")
		}
		if isSig && d.isSignature(field["V"]) {
			return true
		}
		kids, err := d.DereferenceArray(field["Kids"])
		if err == nil && d.hasSignedField(kids, isSig, depth+1) {
			return true
		}
	}
	return false
}

// isSignature reports whether a field's value is a signature dictionary.
func (d *document) isSignature(value pdfobject.Object) bool {
	v, err := d.DereferenceDict(value)
	if err != nil {
		return true // present but unreadable
	}
	return v["Contents"] != nil || v["ByteRange"] != nil
}

// fieldAttributes are the inheritable attributes of a form field.
type fieldAttributes struct {
	fieldType string
	flags     int
	value     pdfobject.Object
	name      string // fully qualified
}

// Field flags (ISO 32000-2, tables 227 and 229).
const (
	flagRequired   = 1 << 1
	flagPushbutton = 1 << 16
)

// checkRequiredFields adds a finding for each required form field that is empty.
func (i *inspection) checkRequiredFields() {
	form, err := i.DereferenceDict(i.root["AcroForm"])
	if err != nil || form == nil {
		return
	}
	fields, _ := i.DereferenceArray(form["Fields"])
	i.checkFields(fields, fieldAttributes{}, 0)
}

func (i *inspection) checkFields(fields pdfobject.Array, inherited fieldAttributes, depth int) {
	if depth > maxFieldDepth {
		return
	}
	for _, f := range fields {
		d, err := i.DereferenceDict(f)
		if err != nil || d == nil {
			continue
		}
		field := inherited
		if t := nameValue(i.resolve(d["FT"])); t != "" {
			field.fieldType = t
		}
		if n, ok := i.resolve(d["Ff"]).(pdfobject.Integer); ok {
			field.flags = int(n)
		}
		if d["V"] != nil {
			field.value = d["V"]
		}
		if t := i.stringValue(d["T"]); t != "" {
			field.name = strings.TrimPrefix(field.name+"."+t, ".")
		}
		kids, _ := i.DereferenceArray(d["Kids"])
		childFields := 0 // the other kids are widgets of this field
		for _, k := range kids {
			if kid, err := i.DereferenceDict(k); err == nil && kid != nil && kid["T"] != nil {
				childFields++
			}
		}
		if childFields > 0 {
			i.checkFields(kids, field, depth+1)
			continue
		}
		if field.flags&flagRequired == 0 || field.fieldType == "Sig" || field.fieldType == "Btn" && field.flags&flagPushbutton != 0 || !i.isEmpty(field.value) {
			continue
		}
		page := 0
		for _, w := range append(slices.Clone(kids), f) {
			if ref, ok := w.(pdfobject.Reference); ok && page == 0 {
				page = i.pageOf[ref.Number]
			}
		}
		name := i.stringValue(d["TU"])
		if name == "" {
			name = field.name
		}
		i.add(EmptyField, page, name)
	}
}

// isEmpty reports whether a field's value is missing or blank.
func (i *inspection) isEmpty(value pdfobject.Object) bool {
	switch v := i.resolve(value).(type) {
	case nil:
		return true
	case pdfobject.Name:
		return v == "Off" || v == ""
	case pdfobject.Array:
		return len(v) == 0
	case pdfobject.Stream:
		return len(v.Raw) == 0
	default:
		return strings.TrimSpace(i.stringValue(v)) == ""
	}
}
