package extract

import (
	"encoding/xml"
	"strings"
)

// field is an open complex field.
type field struct {
	inInstruction bool // still before the separator
	instruction   strings.Builder
	formResult    string // shown by a form field without a result
	hasResult     bool
}

func (s *story) readFieldChar(e *xml.StartElement) {
	kind := attr(e, "fldCharType")
	var opened *field
	if !s.doc.ignoreFields {
		switch kind {
		case "begin":
			opened = &field{inInstruction: true}
			s.fields = append(s.fields, opened)
		case "separate":
			if n := len(s.fields); n > 0 {
				s.fields[n-1].inInstruction = false
			}
		case "end":
			s.endField()
		}
	}
	s.forEachChild(func(e xml.StartElement) {
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
			if opened.formResult = "☐"; checked.on() {
				opened.formResult = "☒"
			}
		case form.List != nil:
			at := form.List.Result.number(form.List.Default.number(0))
			if at >= 0 && at < len(form.List.Entries) {
				opened.formResult = form.List.Entries[at].Val
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
	if f.hasResult {
		return
	}
	if f.formResult != "" {
		s.write(f.formResult)
		return
	}
	// A button has no result: it shows the rest of its instruction.
	if words := strings.Fields(f.instruction.String()); len(words) > 2 && (strings.EqualFold(words[0], "MACROBUTTON") || strings.EqualFold(words[0], "GOTOBUTTON")) {
		s.write(strings.Join(words[2:], " "))
	}
}
