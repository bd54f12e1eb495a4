package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"
)

// The text of a page is what the page shows:
//
//   - What fields of forms and annotations show stands behind what is left of them on their line, as "Name:
//     Ada", else at the end of the page. Boxes read "[x]" and "[ ]". The notes of markup stand at the end, "[Comment
//     by Ada: …]". What is hidden, or not for the screen, is left out.
//   - What lies outside the page's box is left out.
//   - Text that is drawn invisibly stays: it is how the words of a scan are laid under its picture.
//   - The layers of a page (optional content) are all read, since PDFium does not say which are off.

// Flags of annotations, of the PDF format.
const (
	annotationInvisible = 1 << 0
	annotationHidden    = 1 << 1
	annotationNoView    = 1 << 5

	fieldPassword = 1 << 13
)

// pageReader reads pages of one document.
type pageReader struct {
	pdf  pdfium.Pdfium
	doc  references.FPDF_DOCUMENT
	form references.FPDF_FORMHANDLE // "": there is none
}

// newPageReader makes ready for the pages of a document. Close it.
func newPageReader(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) *pageReader {
	r := &pageReader{pdf: pdf, doc: doc}
	if kind, err := pdf.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: doc}); err != nil || kind.FormType == enums.FPDF_FORMTYPE_NONE {
		return r
	}
	// Nobody sees or touches the form, so it has nothing to call back for.
	form, err := pdf.FPDFDOC_InitFormFillEnvironment(&requests.FPDFDOC_InitFormFillEnvironment{Document: doc, FormFillInfo: structs.FPDF_FORMFILLINFO{
		FFI_Invalidate:         func(references.FPDF_PAGE, float64, float64, float64, float64) {},
		FFI_SetCursor:          func(enums.FXCT) {},
		FFI_SetTimer:           func(int, func(int)) int { return 1 },
		FFI_KillTimer:          func(int) {},
		FFI_GetLocalTime:       func() structs.FPDF_SYSTEMTIME { return structs.FPDF_SYSTEMTIME{} },
		FFI_GetPage:            func(references.FPDF_DOCUMENT, int) *references.FPDF_PAGE { return nil },
		FFI_GetRotation:        func(references.FPDF_PAGE) enums.FPDF_PAGE_ROTATION { return 0 },
		FFI_ExecuteNamedAction: func(string) {},
	}})
	if err == nil {
		r.form = form.FormHandle
	}
	return r
}

func (r *pageReader) close() {
	if r.form != "" {
		_, _ = r.pdf.FPDFDOC_ExitFormFillEnvironment(&requests.FPDFDOC_ExitFormFillEnvironment{FormHandle: r.form})
	}
}

// rect is a part of a page.
type rect struct{ left, bottom, right, top float64 }

func (a rect) holds(x, y float64) bool {
	const slack = 1 // points: glyphs reach a little beyond the box of a field
	return x >= a.left-slack && x <= a.right+slack && y >= a.bottom-slack && y <= a.top+slack
}

// mark is an annotation that shows text.
type mark struct {
	rect
	text  string
	fixed bool // text is given, and does not depend on what is drawn
}

// text reads a page.
func (r *pageReader) text(index int) (string, error) {
	loaded, err := r.pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.doc, Index: index})
	if err != nil {
		return "", err
	}
	page := requests.Page{ByReference: &loaded.Page}
	defer func() { _, _ = r.pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	box, boxed := r.box(page)
	count, err := r.pdf.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil || count.Count == 0 {
		got, err := r.content(page, box, boxed, false)
		return got.String(), err
	}
	if r.form != "" { // draws the fields that the file leaves to the reader to draw
		_, _ = r.pdf.FORM_OnAfterLoadPage(&requests.FORM_OnAfterLoadPage{Page: page, FormHandle: r.form})
		defer func() {
			_, _ = r.pdf.FORM_OnBeforeClosePage(&requests.FORM_OnBeforeClosePage{Page: page, FormHandle: r.form})
		}()
	}
	marks, comments := r.annotations(page, count.Count)
	before, err := r.content(page, box, boxed, len(marks) > 0)
	if err != nil {
		return "", err
	}
	if len(marks) > 0 {
		r.place(&before, marks, r.drawn(page, index, len(before.runes), box))
	}
	for _, c := range comments {
		before.end(c)
	}
	return before.String(), nil
}

func (r *pageReader) box(page requests.Page) (rect, bool) {
	got, err := r.pdf.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: page})
	if err != nil {
		return rect{}, false
	}
	b := rect{float64(got.Rect.Left), float64(got.Rect.Bottom), float64(got.Rect.Right), float64(got.Rect.Top)}
	return b, b.right > b.left && b.top > b.bottom
}

// content is the text of a page: its characters and, if asked for, where each is.
type content struct {
	runes []rune
	boxes []rect // of runes; the zero one for characters that are not drawn
}

func (c *content) String() string { return string(c.runes) }

// end adds a line.
func (c *content) end(line string) {
	if len(c.runes) > 0 && c.runes[len(c.runes)-1] != '\n' {
		c.runes = append(c.runes, '\r', '\n')
	}
	c.runes = append(c.runes, []rune(line)...)
}

// content reads the text of a page within its box. placed: with the place of each character.
func (r *pageReader) content(page requests.Page, box rect, boxed, placed bool) (content, error) {
	loaded, err := r.pdf.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return content{}, err
	}
	defer func() { _, _ = r.pdf.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage}) }()
	count, err := r.pdf.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil || count.Count <= 0 {
		return content{}, err
	}
	whole, err := r.pdf.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: count.Count})
	if err != nil {
		return content{}, err
	}
	if !placed && (!boxed || r.within(loaded.TextPage, box, whole.Text)) {
		return content{runes: []rune(strings.ReplaceAll(whole.Text, "\x00", ""))}, nil
	}
	var out content
	for i := range count.Count {
		char, err := r.pdf.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: loaded.TextPage, Index: i})
		if err != nil {
			return out, err
		}
		c := rune(char.Unicode) //nolint:gosec // of Unicode's range, or replaced
		if c == 0 {
			continue
		}
		if c == 2 {
			c = divided
		}
		if !utf8.ValidRune(c) {
			c = utf8.RuneError
		}
		var at rect
		if b, err := r.pdf.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: loaded.TextPage, Index: i}); err == nil {
			at = rect{b.Left, b.Bottom, b.Right, b.Top}
		}
		if boxed && at != (rect{}) && !unicode.IsSpace(c) && (at.right < box.left || at.left > box.right || at.top < box.bottom || at.bottom > box.top) {
			continue
		}
		out.runes, out.boxes = append(out.runes, c), append(out.boxes, at)
	}
	return out, nil
}

// within reports whether all that is drawn lies in the box of the page.
func (r *pageReader) within(page references.FPDF_TEXTPAGE, box rect, whole string) bool {
	in, err := r.pdf.FPDFText_GetBoundedText(&requests.FPDFText_GetBoundedText{TextPage: page, Left: box.left, Top: box.top, Right: box.right, Bottom: box.bottom})
	if err != nil {
		return true
	}
	drawn := func(s string) (n int) {
		for _, c := range s {
			if !unicode.IsSpace(c) && c != 0 {
				n++
			}
		}
		return n
	}
	return drawn(in.Text) >= drawn(whole)
}

// annotations are those of a page that show text, and the comments of others. What is not for the
// screen is taken off the page.
func (r *pageReader) annotations(page requests.Page, count int) (marks []mark, comments []string) {
	for i := count - 1; i >= 0; i-- {
		got, err := r.pdf.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: i})
		if err != nil {
			continue
		}
		m, comment, shown := r.annotation(got.Annotation)
		_, _ = r.pdf.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: got.Annotation})
		if !shown {
			_, _ = r.pdf.FPDFPage_RemoveAnnot(&requests.FPDFPage_RemoveAnnot{Page: page, Index: i})
			continue
		}
		if m != nil {
			marks = append(marks, *m)
		}
		if comment != "" {
			comments = append(comments, comment)
		}
	}
	slices.Reverse(marks)
	slices.Reverse(comments)
	return marks, comments
}

func (r *pageReader) annotation(a references.FPDF_ANNOTATION) (m *mark, comment string, shown bool) {
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
	m = &mark{rect: rect{float64(where.Rect.Left), float64(where.Rect.Bottom), float64(where.Rect.Right), float64(where.Rect.Top)}}
	switch {
	case kind.Subtype == enums.FPDF_ANNOT_SUBTYPE_FREETEXT:
		m.text = value("Contents")
	case kind.Subtype == enums.FPDF_ANNOT_SUBTYPE_WIDGET && r.form != "":
		r.field(a, m)
	}
	return m, "", true
}

// field reads what a field shows that the file does not draw.
func (r *pageReader) field(a references.FPDF_ANNOTATION, m *mark) {
	kind, err := r.pdf.FPDFAnnot_GetFormFieldType(&requests.FPDFAnnot_GetFormFieldType{FormHandle: r.form, Annotation: a})
	if err != nil {
		return
	}
	switch kind.FormFieldType {
	case enums.FPDF_FORMFIELD_TYPE_CHECKBOX, enums.FPDF_FORMFIELD_TYPE_RADIOBUTTON:
		m.text, m.fixed = "[ ]", true // the sign that is drawn is a character of a font of signs, or a line
		if on, err := r.pdf.FPDFAnnot_IsChecked(&requests.FPDFAnnot_IsChecked{FormHandle: r.form, Annotation: a}); err == nil && on.IsChecked {
			m.text = "[x]"
		}
	case enums.FPDF_FORMFIELD_TYPE_TEXTFIELD, enums.FPDF_FORMFIELD_TYPE_COMBOBOX, enums.FPDF_FORMFIELD_TYPE_LISTBOX:
		flags, err := r.pdf.FPDFAnnot_GetFormFieldFlags(&requests.FPDFAnnot_GetFormFieldFlags{FormHandle: r.form, Annotation: a})
		if err != nil || int(flags.Flags)&fieldPassword != 0 {
			m.fixed = true
			return
		}
		if got, err := r.pdf.FPDFAnnot_GetFormFieldValue(&requests.FPDFAnnot_GetFormFieldValue{FormHandle: r.form, Annotation: a}); err == nil {
			m.text = strings.TrimSpace(strings.ReplaceAll(got.FormFieldValue, "\r", "\n"))
		}
	}
}

// drawn is the text that the annotations of a page draw: what the page has more when they are made a
// part of it.
func (r *pageReader) drawn(page requests.Page, index, before int, box rect) content {
	done, err := r.pdf.FPDFPage_Flatten(&requests.FPDFPage_Flatten{Page: page, Usage: requests.FPDFPage_FlattenUsageNormalDisplay})
	if err != nil || done.Result == 0 {
		return content{}
	}
	again, err := r.pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.doc, Index: index})
	if err != nil {
		return content{}
	}
	defer func() { _, _ = r.pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: again.Page}) }()
	after, err := r.content(requests.Page{ByReference: &again.Page}, box, true, true)
	if err != nil || len(after.runes) < before {
		return content{}
	}
	return content{after.runes[before:], after.boxes[before:]}
}

// place writes what annotations show to where they are.
func (r *pageReader) place(page *content, marks []mark, drawn content) {
	texts := make([]strings.Builder, len(marks))
	current := -1
	for i, c := range drawn.runes {
		if b := drawn.boxes[i]; b != (rect{}) && !unicode.IsSpace(c) {
			x, y := (b.left+b.right)/2, (b.bottom+b.top)/2
			if current < 0 || !marks[current].holds(x, y) {
				current = slices.IndexFunc(marks, func(m mark) bool { return m.holds(x, y) })
			}
		}
		if current >= 0 {
			_, _ = texts[current].WriteRune(c)
		}
	}
	type insert struct {
		at     int // before this character; -1: at the end
		text   string
		follow bool // it follows what is left of it; else it precedes what is right of it
	}
	var inserts []insert
	for i, m := range marks {
		text := strings.TrimSpace(texts[i].String())
		if m.fixed || text == "" {
			text = m.text
		}
		if text == "" {
			continue
		}
		at, follow := page.beside(m.rect)
		inserts = append(inserts, insert{at, text, follow})
	}
	slices.SortStableFunc(inserts, func(a, b insert) int { return cmp.Compare(a.at, b.at) })
	out := make([]rune, 0, len(page.runes))
	done := 0
	for _, in := range inserts {
		if in.at < 0 {
			continue
		}
		out = append(out, page.runes[done:in.at]...)
		done = in.at
		if in.follow {
			out = append(out, ' ')
			out = append(out, []rune(in.text)...)
			if done < len(page.runes) && !unicode.IsSpace(page.runes[done]) {
				out = append(out, ' ')
			}
		} else {
			out = append(append(out, []rune(in.text)...), ' ')
		}
	}
	page.runes = append(out, page.runes[done:]...)
	for _, in := range inserts {
		if in.at < 0 {
			page.end(in.text)
		}
	}
}

// beside finds where in the text something stands that is at m: after the nearest character that is left
// of it on its line, else before the nearest that is right of it; -1 when the line is empty.
func (c *content) beside(m rect) (at int, follow bool) {
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
		if x := (b.left + b.right) / 2; x <= m.right { // or below it, as the line that it is written on
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
