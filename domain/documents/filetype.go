package documents

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/domain"
)

// The types of files that are kept.
const (
	PDF  = "application/pdf"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	PNG  = "image/png"
	JPEG = "image/jpeg"
)

var endings = map[string]string{PDF: ".pdf", DOCX: ".docx", PNG: ".png", JPEG: ".jpg"}

// readable reports whether files of a type hold text.
func readable(contentType string) bool { return contentType == PDF || contentType == DOCX }

const (
	maxParts    = 5000      // of a DOCX
	maxUnpacked = 300 << 20 // bytes of a DOCX
	maxRatio    = 200       // unpacked to packed, of a DOCX's part that is not small
	smallPart   = 4 << 20
	maxTypes    = 1 << 20 // bytes of a DOCX's list of types
	trailerSize = 2048    // of a PDF: where its end may be marked
)

// typeOf tells from a file's bytes what it is. Invalid: none of the types that are kept, or one
// of them, but broken or made to do harm. What a name or a sender says does not count.
func typeOf(file io.ReaderAt, size int64) (string, error) {
	head := make([]byte, min(size, 16))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case size == 0:
		return "", refuse("is empty")
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF, checkPDF(file, size)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, checkPicture(file, size, "png")
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, checkPicture(file, size, "jpeg")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return DOCX, checkDOCX(file, size)
	}
	return "", refuse("is no PDF, Word document (DOCX), PNG or JPEG")
}

func refuse(detail string) error { return domain.InvalidField("/file", "%s", detail) }

func checkPDF(file io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, trailerSize))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Contains(tail, []byte("%%EOF")) || !bytes.Contains(tail, []byte("startxref")) {
		return refuse("is a PDF that breaks off")
	}
	return nil
}

// mainPart is the text of a Word document.
const mainPart = "word/document.xml"

// checkDOCX holds a zip file against what Word writes: the parts a document has, no macros, no
// names that leave a folder, and nothing that unpacks to much more than it is.
func checkDOCX(file io.ReaderAt, size int64) error {
	z, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return refuse("is a zip file that cannot be read")
	}
	if err != nil {
		return refuse("is a zip file with names that leave its folder")
	}
	if len(z.File) > maxParts {
		return refuse("is a zip file with too many parts")
	}
	var types, main *zip.File
	seen := make(map[string]bool, len(z.File))
	var unpacked uint64
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if seen[name] {
			return refuse("is a zip file with two parts of one name")
		}
		seen[name] = true
		unpacked += f.UncompressedSize64
		if unpacked > maxUnpacked || f.UncompressedSize64 > smallPart && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			return refuse("unpacks to far more than it is")
		}
		switch {
		case strings.Contains(name, ".."), strings.HasPrefix(name, "/"), strings.Contains(name, `\`):
			return refuse("is a zip file with names that leave its folder")
		case strings.HasSuffix(name, "vbaproject.bin"):
			return refuse("is a Word document with macros")
		case f.Name == "[Content_Types].xml":
			types = f
		case f.Name == mainPart:
			main = f
		}
	}
	if types == nil || main == nil {
		return refuse("is a zip file, but no Word document (DOCX)")
	}
	raw, err := unpack(types, maxTypes)
	if err != nil {
		return refuse("is a Word document that cannot be read")
	}
	var list struct {
		Overrides []struct {
			PartName    string `xml:"PartName,attr"`
			ContentType string `xml:"ContentType,attr"`
		} `xml:"Override"`
	}
	if err := xml.Unmarshal(raw, &list); err != nil {
		return refuse("is a Word document that cannot be read")
	}
	for _, o := range list.Overrides {
		if o.PartName == "/"+mainPart && o.ContentType == DOCX+".main+xml" {
			return nil
		}
	}
	return refuse("is a zip file, but no Word document (DOCX)")
}

// unpack reads a part of at most limit bytes, whatever its header says.
func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errors.New("the part is larger than allowed")
	}
	return b, err
}

const maxNameBytes = 200

// fileName makes of what a sender called a file a name that any system takes, with the ending of
// the file's type. Nothing of a path is left, and nothing that is not seen.
func fileName(name, contentType string) string {
	name = strings.ToValidUTF8(name, "")
	name = strings.TrimPrefix(path.Base(strings.ReplaceAll("/"+name, `\`, "/")), "/")
	name = norm.NFC.String(name)
	name = strings.Map(func(r rune) rune {
		switch {
		case !unicode.IsPrint(r) && r != ' ': // control, format (turns of direction, too), private use
			return -1
		case strings.ContainsRune(`<>:"/\|?*`, r):
			return '_'
		}
		return r
	}, name)
	ending, stem := endings[contentType], name
	if e := strings.ToLower(path.Ext(name)); e == ending || contentType == JPEG && e == ".jpeg" {
		stem = name[:len(name)-len(e)]
	}
	for len(stem) > maxNameBytes-len(ending) {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	stem = strings.Trim(stem, " .")
	if stem == "" || reserved(stem) {
		stem = "document"
	}
	return stem + ending
}

// reserved knows the names that Windows keeps for its devices, whatever follows a dot.
func reserved(stem string) bool {
	first, _, _ := strings.Cut(strings.ToUpper(stem), ".")
	switch first {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(first) == 4 && (strings.HasPrefix(first, "COM") || strings.HasPrefix(first, "LPT")) && first[3] >= '1' && first[3] <= '9'
}
