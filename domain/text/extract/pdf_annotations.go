package extract

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// textAnnotation is a field or annotation that shows text.
type textAnnotation struct {
	rect
	text        string
	ignoreDrawn bool // use text, whatever the appearance stream draws
}

// Annotation and field flags of ISO 32000.
const (
	annotationInvisible = 1 << 0
	annotationHidden    = 1 << 1
	annotationNoView    = 1 << 5

	fieldPassword = 1 << 13
)

// readAnnotations returns the annotations that show text, and the comments of the others. It removes
// hidden annotations from the loaded page.
func (r *pageReader) readAnnotations(page requests.Page, count int) (annotations []textAnnotation, comments []string) {
	for i := count - 1; i >= 0; i-- {
		got, err := r.pdf.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: i})
		if err != nil {
			continue
		}
		m, comment, shown := r.readAnnotation(got.Annotation)
		_, _ = r.pdf.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: got.Annotation})
		if !shown {
			_, _ = r.pdf.FPDFPage_RemoveAnnot(&requests.FPDFPage_RemoveAnnot{Page: page, Index: i})
			continue
		}
		if m != nil {
			annotations = append(annotations, *m)
		}
		if comment != "" {
			comments = append(comments, comment)
		}
	}
	slices.Reverse(annotations)
	slices.Reverse(comments)
	return annotations, comments
}

func (r *pageReader) readAnnotation(a references.FPDF_ANNOTATION) (m *textAnnotation, comment string, shown bool) {
	flags, err := r.pdf.FPDFAnnot_GetFlags(&requests.FPDFAnnot_GetFlags{Annotation: a})
	if err != nil || int(flags.Flags)&(annotationInvisible|annotationHidden|annotationNoView) != 0 {
		return nil, "", false
	}
	kind, err := r.pdf.FPDFAnnot_GetSubtype(&requests.FPDFAnnot_GetSubtype{Annotation: a})
	if err != nil {
		return nil, "", true
	}
	value := func(key string) string {
		got, err := r.pdf.FPDFAnnot_GetStringValue(&requests.FPDFAnnot_GetStringValue{Annotation: a, Key: key})
		if err != nil {
			return ""
		}
		return strings.TrimSpace(strings.ReplaceAll(got.Value, "\r", "\n"))
	}
	switch kind.Subtype {
	case enums.FPDF_ANNOT_SUBTYPE_LINK, enums.FPDF_ANNOT_SUBTYPE_POPUP:
		return nil, "", true
	case enums.FPDF_ANNOT_SUBTYPE_WIDGET, enums.FPDF_ANNOT_SUBTYPE_FREETEXT, enums.FPDF_ANNOT_SUBTYPE_STAMP, enums.FPDF_ANNOT_SUBTYPE_WATERMARK:
	default:
		if text := value("Contents"); text != "" {
			comment = "[Comment: " + text + "]"
			if author := value("T"); author != "" {
				comment = "[Comment by " + author + ": " + text + "]"
			}
		}
		return nil, comment, true
	}
	where, err := r.pdf.FPDFAnnot_GetRect(&requests.FPDFAnnot_GetRect{Annotation: a})
	if err != nil {
		return nil, "", true
	}
	m = &textAnnotation{rect: rect{float64(where.Rect.Left), float64(where.Rect.Bottom), float64(where.Rect.Right), float64(where.Rect.Top)}}
	switch {
	case kind.Subtype == enums.FPDF_ANNOT_SUBTYPE_FREETEXT:
		m.text = value("Contents")
	case kind.Subtype == enums.FPDF_ANNOT_SUBTYPE_WIDGET && r.form != "":
		r.readField(a, m)
	}
	return m, "", true
}

// readField sets the text of a form field.
func (r *pageReader) readField(a references.FPDF_ANNOTATION, m *textAnnotation) {
	kind, err := r.pdf.FPDFAnnot_GetFormFieldType(&requests.FPDFAnnot_GetFormFieldType{FormHandle: r.form, Annotation: a})
	if err != nil {
		return
	}
	switch kind.FormFieldType {
	case enums.FPDF_FORMFIELD_TYPE_CHECKBOX, enums.FPDF_FORMFIELD_TYPE_RADIOBUTTON:
		m.text, m.ignoreDrawn = "[ ]", true // the check mark is drawn with a symbol font or lines
		if on, err := r.pdf.FPDFAnnot_IsChecked(&requests.FPDFAnnot_IsChecked{FormHandle: r.form, Annotation: a}); err == nil && on.IsChecked {
			m.text = "[x]"
		}
	case enums.FPDF_FORMFIELD_TYPE_TEXTFIELD, enums.FPDF_FORMFIELD_TYPE_COMBOBOX, enums.FPDF_FORMFIELD_TYPE_LISTBOX:
		flags, err := r.pdf.FPDFAnnot_GetFormFieldFlags(&requests.FPDFAnnot_GetFormFieldFlags{FormHandle: r.form, Annotation: a})
		if err != nil || int(flags.Flags)&fieldPassword != 0 {
			m.ignoreDrawn = true
			return
		}
		if got, err := r.pdf.FPDFAnnot_GetFormFieldValue(&requests.FPDFAnnot_GetFormFieldValue{FormHandle: r.form, Annotation: a}); err == nil {
			m.text = strings.TrimSpace(strings.ReplaceAll(got.FormFieldValue, "\r", "\n"))
		}
	}
}

// flattenedText returns the text that annotations draw: it flattens them into the page and returns what
// the page has beyond its first bodyLength characters.
func (r *pageReader) flattenedText(page requests.Page, index, bodyLength int, box rect) pageText {
	result, err := r.pdf.FPDFPage_Flatten(&requests.FPDFPage_Flatten{Page: page, Usage: requests.FPDFPage_FlattenUsageNormalDisplay})
	if err != nil || result.Result == 0 {
		return pageText{}
	}
	reloaded, err := r.pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.doc, Index: index})
	if err != nil {
		return pageText{}
	}
	defer func() { _, _ = r.pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: reloaded.Page}) }()
	flattened, err := r.readText(requests.Page{ByReference: &reloaded.Page}, box, true, true)
	if err != nil || len(flattened.runes) < bodyLength {
		return pageText{}
	}
	return pageText{flattened.runes[bodyLength:], flattened.boxes[bodyLength:]}
}

// insertAnnotations inserts the text of annotations at their positions in the page text.
func (r *pageReader) insertAnnotations(page *pageText, annotations []textAnnotation, drawn pageText) {
	texts := make([]strings.Builder, len(annotations))
	current := -1
	for i, char := range drawn.runes {
		if b := drawn.boxes[i]; b != (rect{}) && !unicode.IsSpace(char) {
			x, y := (b.left+b.right)/2, (b.bottom+b.top)/2
			if current < 0 || !annotations[current].contains(x, y) {
				current = slices.IndexFunc(annotations, func(m textAnnotation) bool { return m.contains(x, y) })
			}
		}
		if current >= 0 {
			_, _ = texts[current].WriteRune(char)
		}
	}
	type insert struct {
		at     int // index of a character; -1: end of the page
		text   string
		follow bool // inserted after text to its left, not before text to its right
	}
	var insertions []insert
	for i, m := range annotations {
		text := strings.TrimSpace(texts[i].String())
		if m.ignoreDrawn || text == "" {
			text = m.text
		}
		if text == "" {
			continue
		}
		at, follow := page.insertionPoint(m.rect)
		insertions = append(insertions, insert{at, text, follow})
	}
	slices.SortStableFunc(insertions, func(a, b insert) int { return cmp.Compare(a.at, b.at) })
	out := make([]rune, 0, len(page.runes))
	copied := 0
	for _, insertion := range insertions {
		if insertion.at < 0 {
			continue
		}
		out = append(out, page.runes[copied:insertion.at]...)
		copied = insertion.at
		if insertion.follow {
			out = append(out, ' ')
			out = append(out, []rune(insertion.text)...)
			if copied < len(page.runes) && !unicode.IsSpace(page.runes[copied]) {
				out = append(out, ' ')
			}
		} else {
			out = append(append(out, []rune(insertion.text)...), ' ')
		}
	}
	page.runes = append(out, page.runes[copied:]...)
	for _, insertion := range insertions {
		if insertion.at < 0 {
			page.appendLine(insertion.text)
		}
	}
}

// insertionPoint returns where in the text an annotation belongs: after the nearest character to the
// left of it on its line, or else before the nearest to the right; -1 if the line is empty.
func (c *pageText) insertionPoint(m rect) (at int, follow bool) {
	left, right := -1, -1
	middle := (m.bottom + m.top) / 2
	for i, b := range c.boxes {
		if b == (rect{}) || unicode.IsSpace(c.runes[i]) {
			continue
		}
		y := (b.bottom + b.top) / 2
		if (y < m.bottom || y > m.top) && (middle < b.bottom || middle > b.top) {
			continue
		}
		if x := (b.left + b.right) / 2; x <= m.right { // or below it, such as a rule to write on
			if left < 0 || b.right >= c.boxes[left].right {
				left = i
			}
		} else if right < 0 || b.left < c.boxes[right].left {
			right = i
		}
	}
	switch {
	case left >= 0:
		return left + 1, true
	case right >= 0:
		return right, false
	}
	return -1, true
}
