package extract

import (
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
//   - The text of form fields and annotations is inserted on their line, after the text to their left, as
//     in "Name: Ada", or else appended to the page. Check boxes read "[x]" and "[ ]". Comments of markup
//     annotations are appended as "[Comment by Ada: …]". Annotations that are hidden or not for the
//     screen are left out.
//   - Text outside the page's bounding box is left out.
//   - Invisible text (rendering mode 3) is included: it is the OCR layer of scans.
//   - All optional content (layers) is read, since PDFium does not tell which is off.

// pageReader extracts the text of the pages of one document.
type pageReader struct {
	pdf  pdfium.Pdfium
	doc  references.FPDF_DOCUMENT
	form references.FPDF_FORMHANDLE // "": no form
}

// newPageReader makes a pageReader and loads the document's form, if any. Close it after use.
func newPageReader(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) *pageReader {
	r := &pageReader{pdf: pdf, doc: doc}
	if kind, err := pdf.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: doc}); err != nil || kind.FormType == enums.FPDF_FORMTYPE_NONE {
		return r
	}
	// The form is never shown, so all callbacks do nothing.
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

// rect is an area of a page, in points.
type rect struct{ left, bottom, right, top float64 }

func (a rect) contains(x, y float64) bool {
	const slack = 1 // in points: glyphs may extend slightly beyond their field
	return x >= a.left-slack && x <= a.right+slack && y >= a.bottom-slack && y <= a.top+slack
}

// read returns the text of a page.
func (r *pageReader) read(index int) (string, error) {
	loaded, err := r.pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.doc, Index: index})
	if err != nil {
		return "", err
	}
	page := requests.Page{ByReference: &loaded.Page}
	defer func() { _, _ = r.pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	box, hasBox := r.boundingBox(page)
	count, err := r.pdf.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil || count.Count == 0 {
		got, err := r.readText(page, box, hasBox, false)
		return got.String(), err
	}
	if r.form != "" { // generates missing appearance streams
		_, _ = r.pdf.FORM_OnAfterLoadPage(&requests.FORM_OnAfterLoadPage{Page: page, FormHandle: r.form})
		defer func() {
			_, _ = r.pdf.FORM_OnBeforeClosePage(&requests.FORM_OnBeforeClosePage{Page: page, FormHandle: r.form})
		}()
	}
	annotations, comments := r.readAnnotations(page, count.Count)
	body, err := r.readText(page, box, hasBox, len(annotations) > 0)
	if err != nil {
		return "", err
	}
	if len(annotations) > 0 {
		r.insertAnnotations(&body, annotations, r.flattenedText(page, index, len(body.runes), box))
	}
	for _, c := range comments {
		body.appendLine(c)
	}
	return body.String(), nil
}

func (r *pageReader) boundingBox(page requests.Page) (rect, bool) {
	got, err := r.pdf.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: page})
	if err != nil {
		return rect{}, false
	}
	b := rect{float64(got.Rect.Left), float64(got.Rect.Bottom), float64(got.Rect.Right), float64(got.Rect.Top)}
	return b, b.right > b.left && b.top > b.bottom
}

// pageText is the text of a page and, if requested, the position of each character.
type pageText struct {
	runes []rune
	boxes []rect // by rune; zero for characters that are not drawn; nil if not requested
}

func (c *pageText) String() string { return string(c.runes) }

// appendLine appends a line.
func (c *pageText) appendLine(line string) {
	if len(c.runes) > 0 && c.runes[len(c.runes)-1] != '\n' {
		c.runes = append(c.runes, '\r', '\n')
	}
	c.runes = append(c.runes, []rune(line)...)
}

// readText reads the text inside the page's bounding box, withBoxes also the position of each
// character.
func (r *pageReader) readText(page requests.Page, box rect, hasBox, withBoxes bool) (pageText, error) {
	loaded, err := r.pdf.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return pageText{}, err
	}
	defer func() { _, _ = r.pdf.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage}) }()
	count, err := r.pdf.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil || count.Count <= 0 {
		return pageText{}, err
	}
	whole, err := r.pdf.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: count.Count})
	if err != nil {
		return pageText{}, err
	}
	if !withBoxes && (!hasBox || r.allInside(loaded.TextPage, box, whole.Text)) {
		return pageText{runes: []rune(strings.ReplaceAll(whole.Text, "\x00", ""))}, nil
	}
	var out pageText
	for i := range count.Count {
		char, err := r.pdf.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: loaded.TextPage, Index: i})
		if err != nil {
			return out, err
		}
		c := rune(char.Unicode) //nolint:gosec // invalid ones are replaced below
		if c == 0 {
			continue
		}
		if c == 2 {
			c = pdfiumHyphen
		}
		if !utf8.ValidRune(c) {
			c = utf8.RuneError
		}
		var position rect
		if b, err := r.pdf.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: loaded.TextPage, Index: i}); err == nil {
			position = rect{b.Left, b.Bottom, b.Right, b.Top}
		}
		if hasBox && position != (rect{}) && !unicode.IsSpace(c) && (position.right < box.left || position.left > box.right || position.top < box.bottom || position.bottom > box.top) {
			continue
		}
		out.runes, out.boxes = append(out.runes, c), append(out.boxes, position)
	}
	return out, nil
}

// allInside reports whether all text of the page is inside its bounding box.
func (r *pageReader) allInside(page references.FPDF_TEXTPAGE, box rect, all string) bool {
	in, err := r.pdf.FPDFText_GetBoundedText(&requests.FPDFText_GetBoundedText{TextPage: page, Left: box.left, Top: box.top, Right: box.right, Bottom: box.bottom})
	if err != nil {
		return true
	}
	countVisible := func(s string) (n int) {
		for _, c := range s {
			if !unicode.IsSpace(c) && c != 0 {
				n++
			}
		}
		return n
	}
	return countVisible(in.Text) >= countVisible(all)
}
