// Package filetype detects the type of an uploaded file from its content, never from its name, and
// rejects files that are truncated, broken or crafted to do harm: macros, zip bombs, decompression
// bombs, path traversal. It makes file names safe.
package filetype

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"

	"counsel/domain"
	"counsel/domain/text/opc"
)

// The content types that are accepted.
const (
	PDF  = "application/pdf"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	PNG  = "image/png"
	JPEG = "image/jpeg"
)

var extensions = map[string]string{PDF: ".pdf", DOCX: ".docx", PNG: ".png", JPEG: ".jpg"}

// Supported reports whether a content type is accepted.
func Supported(contentType string) bool { return extensions[contentType] != "" }

// Extractable reports whether files of a type contain text that can be extracted.
func Extractable(contentType string) bool { return contentType == PDF || contentType == DOCX }

// Limits against ZIP bombs.
const (
	maxParts        = 5000      // of a DOCX
	maxUncompressed = 300 << 20 // bytes of a DOCX
	maxRatio        = 200       // compression ratio of a part of a DOCX that is not small
	smallPart       = 4 << 20
	maxPrefix       = 1024 // bytes before the header of a PDF, as PDF readers allow
)

// Detect returns the content type of a file. Invalid: it is of no accepted type, or it is broken or
// harmful.
func Detect(file io.ReaderAt, size int64) (string, error) {
	head := make([]byte, min(size, maxPrefix+int64(len(pdfHeader))))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case size == 0:
		return "", invalid("is empty")
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, checkImage(file, size, "png")
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, checkImage(file, size, "jpeg")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return DOCX, checkDOCX(file, size)
	case hasPDFHeader(head):
		return PDF, checkPDF(file, size)
	}
	return "", invalid("is not a PDF, Word document (DOCX), PNG or JPEG")
}

func invalid(detail string) error { return domain.InvalidField("/file", "%s", detail) }

const pdfHeader = "%PDF-"

// hasPDFHeader reports whether head contains the header of a PDF. Other bytes may precede it, since
// scanners and mail gateways add some and readers skip them. Markup may not, because a browser that
// sniffs content would render it.
func hasPDFHeader(head []byte) bool {
	offset := bytes.Index(head, []byte(pdfHeader))
	return offset >= 0 && offset <= maxPrefix && !bytes.ContainsRune(head[:offset], '<')
}

// checkPDF rejects a truncated PDF: it has no %%EOF marker, or objects follow the last one (linearized
// files have one near their beginning as well). Anything else may follow: signing, printing and mail
// programs append line ends, zeros and more, and readers skip them.
func checkPDF(file io.ReaderAt, size int64) error {
	const chunk, overlap = 64 << 10, 2048 // overlap: so that no marker is cut in two
	truncated := invalid("is an incomplete PDF")
	buf := make([]byte, chunk+overlap)
	for end := size; end > 0; end -= chunk {
		start := max(0, end-chunk-overlap)
		part := buf[:end-start]
		if _, err := file.ReadAt(part, start); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		eof := bytes.LastIndex(part, []byte("%%EOF"))
		if bytes.Contains(part[max(eof, 0):], []byte(" obj")) {
			return truncated
		}
		if eof >= 0 && (eof >= overlap || start == 0) {
			if !bytes.Contains(part[:eof], []byte("startxref")) {
				return truncated
			}
			return nil
		}
	}
	return truncated
}

// checkDOCX checks that a zip file is a Word document: it has the parts of one, no macros, no path
// traversal, and it is no zip bomb.
func checkDOCX(file io.ReaderAt, size int64) error {
	parts, err := countParts(io.NewSectionReader(file, 0, size))
	if err != nil {
		return err
	}
	if parts > 2*maxParts {
		return invalid("is a zip file with too many parts")
	}
	z, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return invalid("is a zip file that cannot be read")
	}
	if err != nil {
		return invalid("is a zip file with names outside its folder")
	}
	if len(z.File) > maxParts {
		return invalid("is a zip file with too many parts")
	}
	seen := make(map[string]bool, len(z.File))
	var uncompressed uint64
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if seen[name] {
			return invalid("is a zip file with two parts of the same name")
		}
		seen[name] = true
		uncompressed += f.UncompressedSize64
		if uncompressed > maxUncompressed || f.UncompressedSize64 > smallPart && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			return invalid("expands to far more than its size")
		}
		switch {
		case strings.Contains(name, ".."), strings.HasPrefix(name, "/"), strings.Contains(name, `\`):
			return invalid("is a zip file with names outside its folder")
		case strings.HasSuffix(name, "vbaproject.bin"):
			return invalid("is a Word document with macros")
		}
	}
	p, err := opc.Open(z)
	if err != nil {
		return invalid("is a Word document that cannot be read")
	}
	for _, t := range p.ContentTypes() {
		if t = strings.ToLower(t); strings.Contains(t, "macroenabled") || strings.Contains(t, "vbaproject") {
			return invalid("is a Word document with macros")
		}
	}
	if p.Main == "" || p.ContentType(p.Main) != DOCX+".main+xml" {
		return invalid("is a zip file, but not a Word document (DOCX)")
	}
	return nil
}

// countParts counts the signatures of central directory entries in a zip file, before the directory
// is read, which takes memory for each. Compressed data may contain the signature by chance: it may
// over-count, but never under-counts.
func countParts(r io.Reader) (n int, err error) {
	signature := []byte("PK\x01\x02")
	b := make([]byte, 64<<10)
	for carried := 0; ; {
		read, err := io.ReadFull(r, b[carried:])
		n += bytes.Count(b[:carried+read], signature)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		carried = copy(b, b[len(b)-len(signature)+1:]) // one may span two reads
	}
}
