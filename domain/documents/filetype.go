package documents

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/domain"
	"counsel/domain/documents/opc"
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
	maxPrefix   = 1024 // bytes before a PDF's header, as PDF readers allow
)

// typeOf tells from a file's bytes what it is. Invalid: none of the types that are kept, or one
// of them, but broken or made to do harm. What a name or a sender says does not count.
func typeOf(file io.ReaderAt, size int64) (string, error) {
	head := make([]byte, min(size, maxPrefix+int64(len(pdfHeader))))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case size == 0:
		return "", refuse("is empty")
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, checkPicture(file, size, "png")
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, checkPicture(file, size, "jpeg")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return DOCX, checkDOCX(file, size)
	case hasPDFHeader(head):
		return PDF, checkPDF(file, size)
	}
	return "", refuse("is no PDF, Word document (DOCX), PNG or JPEG")
}

func refuse(detail string) error { return domain.InvalidField("/file", "%s", detail) }

const pdfHeader = "%PDF-"

// hasPDFHeader reports whether a PDF begins in head. Other bytes may precede it: scanners and mail
// gateways leave some there, and readers pass over them. Markup may not, for a browser that
// guesses would show it.
func hasPDFHeader(head []byte) bool {
	at := bytes.Index(head, []byte(pdfHeader))
	return at >= 0 && at <= maxPrefix && !bytes.ContainsRune(head[:at], '<')
}

// checkPDF refuses a PDF that breaks off: no end is marked, or objects follow the last mark (the
// files of the web have one near their beginning as well). Anything else may follow: signing,
// printing and mail programs add line ends, zeros and more, and readers pass over it.
func checkPDF(file io.ReaderAt, size int64) error {
	const chunk, overlap = 64 << 10, 2048 // overlap: a mark and what leads to it are seen whole
	broken := refuse("is a PDF that breaks off")
	buf := make([]byte, chunk+overlap)
	for end := size; end > 0; end -= chunk {
		start := max(0, end-chunk-overlap)
		part := buf[:end-start]
		if _, err := file.ReadAt(part, start); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		at := bytes.LastIndex(part, []byte("%%EOF"))
		if bytes.Contains(part[max(at, 0):], []byte(" obj")) {
			return broken
		}
		if at >= 0 && (at >= overlap || start == 0) {
			if !bytes.Contains(part[:at], []byte("startxref")) {
				return broken
			}
			return nil
		}
	}
	return broken
}

// checkDOCX holds a zip file against what Word writes: the parts a document has, no macros, no
// names that leave a folder, and nothing that unpacks to much more than it is.
func checkDOCX(file io.ReaderAt, size int64) error {
	parts, err := countParts(io.NewSectionReader(file, 0, size))
	if err != nil {
		return err
	}
	if parts > 2*maxParts {
		return refuse("is a zip file with too many parts")
	}
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
		}
	}
	p, err := opc.Open(z)
	if err != nil {
		return refuse("is a Word document that cannot be read")
	}
	for _, t := range p.ContentTypes() {
		if t = strings.ToLower(t); strings.Contains(t, "macroenabled") || strings.Contains(t, "vbaproject") {
			return refuse("is a Word document with macros")
		}
	}
	if p.Main == "" || p.ContentType(p.Main) != DOCX+".main+xml" {
		return refuse("is a zip file, but no Word document (DOCX)")
	}
	return nil
}

// countParts counts what begins the entries of a zip file's directory, before that is read, which takes
// memory for each. What is packed may look like one by chance: it may count too many, and never too few.
func countParts(r io.Reader) (n int, err error) {
	entry := []byte("PK\x01\x02")
	b := make([]byte, 64<<10)
	for kept := 0; ; {
		read, err := io.ReadFull(r, b[kept:])
		n += bytes.Count(b[:kept+read], entry)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		kept = copy(b, b[len(b)-len(entry)+1:]) // one may lie across two reads
	}
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
