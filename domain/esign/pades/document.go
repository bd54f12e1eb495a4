package pades

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"counsel/domain"
)

// Limits for reading an untrusted file.
const (
	maxDecoded = 32 << 20 // bytes of one decompressed stream
	maxObjects = 1_000_000
	readTime   = 30 * time.Second
)

func init() { model.ConfigPath = "disable" } // pdfcpu must not create a configuration folder

// document is a parsed PDF file.
type document struct {
	*model.Context
	bytes       []byte
	root        types.Dict // the catalog
	pageTree    types.Dict // the root node of the page tree
	pageTreeRef types.IndirectRef
	pages       int
	xref        int  // offset of the last cross-reference section
	xrefStream  bool // that section is a cross-reference stream, not a table
}

// readDocument parses an untrusted file. Every error except a timeout is Invalid.
func readDocument(ctx context.Context, file []byte) (d *document, err error) {
	if !bytes.HasPrefix(file, []byte("%PDF-")) {
		return nil, unsignable(reasonBroken, "it is not a PDF file.")
	}
	d = &document{bytes: file}
	if d.xref, d.xrefStream, err = lastXRefSection(file); err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	conf := model.NewDefaultConfiguration()
	conf.Cmd = model.ADDSIGNATURE // rejects encrypted files
	conf.ValidationMode = model.ValidationRelaxed
	conf.Offline = true
	conf.Limits.MaxStreamBytes = int64(len(file))
	conf.Limits.MaxDecodeBytes = maxDecoded
	conf.Limits.MaxObjectCount = maxObjects
	conf.Limits.MaxXRefEntries = maxObjects
	d.Context, err = pdfcpu.ReadWithContext(bounded, bytes.NewReader(file), conf)
	if err == nil && directEncryptDict.Match(file) { // pdfcpu only recognizes an indirect reference
		err = pdfcpu.ErrEncrypted
	}
	switch {
	case ctx.Err() != nil:
		return nil, &domain.Error{Code: domain.Timeout, Message: "The file could not be read in time.", Err: ctx.Err()}
	case errors.Is(err, pdfcpu.ErrEncrypted), errors.Is(err, pdfcpu.ErrWrongPassword):
		return nil, unsignable("encrypted", "it is encrypted. Save it without a password and without restrictions first.")
	case err != nil:
		return nil, withCause(unsignable(reasonBroken, "it is broken. Print it to a new PDF file."), err)
	}
	if err := d.loadPageTree(); err != nil {
		return nil, withCause(unsignable(reasonBroken, "its pages cannot be found."), err)
	}
	return d, nil
}

// directEncryptDict matches a trailer whose Encrypt entry is a direct dictionary.
var directEncryptDict = regexp.MustCompile(`/Encrypt[\x00\t\n\f\r ]*<<`)

func (d *document) loadPageTree() (err error) {
	if d.root, err = d.Catalog(); err != nil {
		return err
	}
	ref, ok := d.root["Pages"].(types.IndirectRef)
	if !ok {
		return errors.New("pades: the catalog has no reference to a page tree")
	}
	d.pageTreeRef = ref
	if d.pageTree, err = d.DereferenceDict(ref); err != nil || d.pageTree == nil {
		return errors.Join(errors.New("pades: the page tree has no root node"), err)
	}
	if err := d.EnsurePageCount(); err != nil {
		return err
	}
	if d.pages = d.PageCount; d.pages < 1 {
		return errors.New("pades: the document has no pages")
	}
	_, _, _, err = d.PageDict(d.pages, false)
	return err
}

// lastXRefSection finds the file's last cross-reference section and its kind. It rejects an offset
// that does not point at one: readers repair such files in different ways, so an update on top of
// it would not mean the same to all of them.
func lastXRefSection(file []byte) (offset int, stream bool, err error) {
	damaged := unsignable(reasonBroken, "its cross-reference table is broken. Print it to a new PDF file.")
	tail := file[max(0, len(file)-2048):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, false, damaged
	}
	words := bytes.Fields(tail[i+len("startxref"):])
	if len(words) == 0 {
		return 0, false, damaged
	}
	if offset, err = strconv.Atoi(string(words[0])); err != nil || offset <= 0 || offset >= len(file) {
		return 0, false, damaged
	}
	start := bytes.TrimLeft(file[offset:min(len(file), offset+64)], "\x00\t\n\f\r ")
	if bytes.HasPrefix(start, []byte("xref")) {
		return offset, false, nil
	}
	if f := bytes.Fields(start); len(f) >= 3 && isDigits(f[0]) && isDigits(f[1]) && bytes.HasPrefix(f[2], []byte("obj")) {
		return offset, true, nil
	}
	return 0, false, damaged
}

func isDigits(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, "0123456789")) == 0
}

// recoverPanic turns a panic of the PDF library into a rejection of the file. Use it with defer.
func recoverPanic(err *error) {
	if p := recover(); p != nil {
		*err = withCause(unsignable(reasonBroken, "it cannot be read."), fmt.Errorf("pades: panic: %v", p))
	}
}
