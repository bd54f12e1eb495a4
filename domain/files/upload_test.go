package files_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
	"counsel/sandbox/testkit"
)

func TestUploadSize(t *testing.T) {
	f := newFixture(t)
	body := io.MultiReader(strings.NewReader("%PDF-"), io.LimitReader(zeroReader{}, files.MaxUpload))
	_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: body})
	wantCode(t, err, domain.TooLarge)
	_, err = f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "a.pdf", Body: io.MultiReader(strings.NewReader("%PDF-"), brokenReader{})})
	wantCode(t, err, domain.Malformed)
	if f.rows() != 0 {
		t.Error("a row was inserted for a rejected upload")
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("reset by peer") }
func imageOf(t *testing.T, format string, w, h int) string {
	t.Helper()
	var buf bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, w, h))
	if format == "png" {
		testkit.Must(t, png.Encode(&buf, img))
	} else {
		testkit.Must(t, jpeg.Encode(&buf, img, nil))
	}
	return buf.String()
}

const types = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

const wordType = filetype.DOCX + ".main+xml"

func packageRels(main string) string {
	return `<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="` + main + `"/></Relationships>`
}

func zipOf(t *testing.T, parts ...string) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		testkit.Must(t, err)
		_, err = io.WriteString(w, parts[i+1])
		testkit.Must(t, err)
	}
	testkit.Must(t, z.Close())
	return buf.String()
}

func TestUploadDetectsType(t *testing.T) {
	pool := isolation.New(isolation.Config{MaxChildren: 1, Memory: 256 << 20, Timeout: time.Minute})
	t.Cleanup(func() { pool.Close() })
	f := newFixture(t, func(c *files.Config) { c.Pool = pool })
	entries := []string{"[Content_Types].xml", types, "word/document.xml", "<w:document/>"}
	for i := range 12_000 {
		entries = append(entries, fmt.Sprint(i), "")
	}
	docx := zipOf(t, "[Content_Types].xml", types, "word/document.xml", "<w:document/>")
	png20, jpeg20 := imageOf(t, "png", 20, 20), imageOf(t, "jpeg", 200, 200)
	wordOf := func(main, contentType string) string {
		name := strings.TrimPrefix(main, "/")
		return zipOf(t, "[Content_Types].xml", `<Types><Override PartName="/`+name+`" ContentType="`+contentType+`"/></Types>`, "_rels/.rels", packageRels(main), name, "<w:document/>")
	}
	bomb := zipOf(t, "[Content_Types].xml", types, "word/document.xml", strings.Repeat(" ", 20<<20))
	for name, c := range map[string]struct{ content, is string }{
		"a PDF":                              {pdf(""), filetype.PDF},
		"a PDF that contains HTML":           {pdf("<html><script>alert(1)</script>"), filetype.PDF},
		"a PNG":                              {imageOf(t, "png", 20, 20), filetype.PNG},
		"a JPEG":                             {imageOf(t, "jpeg", 20, 20), filetype.JPEG},
		"a Word file":                        {docx, filetype.DOCX},
		"bytes before a PDF":                 {"\r\n\x00" + strings.Repeat("x", 1000) + pdf(""), filetype.PDF},
		"too much before a PDF":              {strings.Repeat("x", 1025) + pdf(""), ""},
		"zeros after a PDF":                  {pdf("") + strings.Repeat("\x00", 200_000), filetype.PDF},
		"words after a PDF":                  {pdf("") + strings.Repeat("Scanned for viruses.\r\n", 100), filetype.PDF},
		"a PDF with an object after its end": {pdf("") + "9 0 obj\n<< /Length 9 >>\nstream\n" + strings.Repeat("x", 5000), ""},
		"zeros and no end marker":            {"%PDF-1.7\n" + strings.Repeat("\x00", 200_000), ""},
		"another program's names":            {wordOf("word/document2.xml", wordType), filetype.DOCX},
		"an absolute main part":              {wordOf("/main.xml", wordType), filetype.DOCX},
		"macros by its type":                 {wordOf("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"), ""},
		"macros by another name": {zipOf(t, "[Content_Types].xml", strings.Replace(types, "</Types>", `<Override PartName="/word/code.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`, 1),
			"word/document.xml", "<w:document/>", "word/code.bin", "x"), ""},
		"a template":                     {wordOf("word/document.xml", strings.Replace(wordType, "document.main", "template.main", 1)), ""},
		"a main part that is absent":     {zipOf(t, "[Content_Types].xml", types, "_rels/.rels", packageRels("word/other.xml")), ""},
		"an empty file":                  {"", ""},
		"a Word file of too many parts":  {zipOf(t, entries...), ""},
		"HTML":                           {"<!doctype html><script>alert(1)</script>", ""},
		"HTML with a PDF in it":          {"<html>" + pdf(""), ""},
		"a truncated PDF":                {"%PDF-1.7\nhalf of", ""},
		"only the header of a PDF":       {"%PDF-", ""},
		"only the header of a PNG":       {"\x89PNG\r\n\x1a\n", ""},
		"half the header of a PNG":       {"\x89PNG", ""},
		"HTML after the header of a PNG": {"\x89PNG\r\n\x1a\n<html>", ""},
		"only the header of a JPEG":      {"\xff\xd8\xff", ""},
		"SVG":                            {`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, ""},
		"a program":                      {"\x7fELF\x02\x01\x01", ""},
		"another zip file":               {zipOf(t, "a.txt", "a"), ""},
		"an invalid zip file":            {"PK\x03\x04 and then nothing", ""},
		"a zip bomb":                     {bomb, ""},
		"path traversal":                 {zipOf(t, "[Content_Types].xml", types, "word/document.xml", "<a/>", "../../etc/passwd", "x"), ""},
		"an absolute path":               {zipOf(t, "[Content_Types].xml", types, "word/document.xml", "<a/>", "/etc/passwd", "x"), ""},
		"macros":                         {zipOf(t, "[Content_Types].xml", types, "word/document.xml", "<a/>", "word/vbaProject.bin", "x"), ""},
		"a duplicate part":               {zipOf(t, "[Content_Types].xml", types, "word/document.xml", "<a/>", "WORD/document.xml", "<b/>"), ""},
		"a spreadsheet by its types":     {zipOf(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<a/>"), ""},
		"types that are no XML":          {zipOf(t, "[Content_Types].xml", "<Types", "word/document.xml", "<a/>"), ""},
		"thousands of parts":             {zipOf(t, many(6000)...), ""},
		"a PNG of too many pixels":       {hugePNG(), ""},
		"a PNG without an end":           {png20[:len(png20)-12], ""},
		"half a PNG":                     {png20[:len(png20)*2/3], ""},
		"a PNG with another pixel":       {strings.Replace(png20, "IDAT", "IDAT\x00", 1)[:len(png20)], ""},
		"a PNG without pixels":           {png20[:33] + png20[len(png20)-12:], ""},
		"half a JPEG":                    {jpeg20[:len(jpeg20)*9/10], ""},
		"a JPEG without an end":          {jpeg20[:len(jpeg20)-2], ""},
		"a JPEG without pixels":          {jpeg20[:strings.Index(jpeg20, "\xff\xda")] + "\xff\xd9", ""},
		"a JPEG with wrong lengths":      {strings.Replace(jpeg20, "\xff\xda\x00", "\xff\xfe\x00\x00\xff\xda\x00", 1), ""},
		"a JPEG and more":                {jpeg20 + "what cameras add", filetype.JPEG},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "file.pdf", Body: strings.NewReader(c.content)})
			if c.is == "" {
				wantCode(t, err, domain.Invalid)
				e, _ := errors.AsType[*domain.Error](err)
				if len(e.Fields) != 1 || e.Fields[0].Pointer != "/file" {
					t.Errorf("fields %+v", e.Fields)
				}
				return
			}
			testkit.Must(t, err)
			if d.ContentType != c.is {
				t.Errorf("detected as %s", d.ContentType)
			}
		})
	}
}

func many(n int) (parts []string) {
	for i := range n {
		parts = append(parts, fmt.Sprint(i), "")
	}
	return parts
}

// hugePNG claims to have 50,000 by 50,000 pixels.
func hugePNG() string {
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x00\x00\x00\x00\x78\x0b\x9c\x02"
}

func TestUploadSafeName(t *testing.T) {
	f := newFixture(t)
	for name, want := range map[string]string{
		"nda.pdf":                    "nda.pdf",
		"NDA.PDF":                    "NDA.pdf",
		"":                           "document.pdf",
		".pdf":                       "document.pdf",
		"page.html":                  "page.html.pdf",
		"../../etc/passwd":           "passwd.pdf",
		`..\..\windows\system.ini`:   "system.ini.pdf",
		"..":                         "document.pdf",
		"a/b/":                       "b.pdf",
		"con.pdf":                    "document.pdf",
		"COM1.txt":                   "document.pdf",
		"tab\tand\r\nline.pdf":       "tabandline.pdf",
		"nul\x00byte.pdf":            "nulbyte.pdf",
		"turned \u202efdp.exe":       "turned fdp.exe.pdf",
		`what? "this": <that>|*.pdf`: "what_ _this__ _that___.pdf",
		"Vertrag – Zoë & Søn.pdf":    "Vertrag – Zoë & Søn.pdf",
		"契約書.pdf":                    "契約書.pdf",
		"bad \xff utf8.pdf":          "bad  utf8.pdf",
		strings.Repeat("é", 300):     strings.Repeat("é", 98) + ".pdf",
		" . dots . .pdf":             "dots.pdf",
	} {
		if d := f.upload(f.ada, name, pdf("")); d.Name != want {
			t.Errorf("%q becomes %q, want %q", name, d.Name, want)
		}
	}
	if d := f.upload(f.ada, "photo.JPEG", imageOf(t, "jpeg", 2, 2)); d.Name != "photo.jpg" {
		t.Errorf("becomes %q", d.Name)
	}
}

// TestTruncatedImage checks that an image is rejected wherever it is truncated.
func TestTruncatedImage(t *testing.T) {
	f := newFixture(t)
	for format, data := range map[string]string{"png": imageOf(t, "png", 30, 30), "jpeg": imageOf(t, "jpeg", 30, 30)} {
		for n := len(data) - 1; n > 0; n -= 1 + len(data)/60 {
			_, err := f.Upload(t.Context(), f.ada, files.UploadRequest{Name: "cut", Body: strings.NewReader(data[:n])})
			if domain.CodeOf(err) != domain.Invalid || err == nil {
				t.Errorf("%d of %d bytes of a %s: %v", n, len(data), format, err)
			}
		}
	}
	if f.rows() != 0 || f.store.Count() != 0 {
		t.Errorf("%d rows and %d files are left", f.rows(), f.store.Count())
	}
}
