package pades

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"counsel/domain"
	"counsel/domain/esign/pades/pdfobject"
)

// Limits for reading an untrusted file.
const (
	maxDecoded = 32 << 20 // bytes of one decompressed stream of objects
	maxObjects = 1_000_000
	maxTotal   = 512 << 20 // bytes that are parsed and decompressed
	readTime   = 30 * time.Second
)

// document is a parsed PDF file.
type document struct {
	*pdfobject.File
	bytes       []byte
	root        pdfobject.Dict // the catalog
	pageTree    pdfobject.Dict // the root node of the page tree
	pageTreeRef pdfobject.Reference
	pages       []pdfobject.Page
}

// readDocument parses an untrusted file. Every error except a timeout is Invalid.
func readDocument(ctx context.Context, file []byte) (*document, error) {
	return parseDocument(ctx, file, false)
}

// parseDocument is readDocument; with uniqueKeys a dictionary that gives a key two values is broken, because
// readers disagree on which one counts. Files that were accepted earlier may have such dictionaries.
func parseDocument(ctx context.Context, file []byte, uniqueKeys bool) (d *document, err error) {
	if !bytes.HasPrefix(file, []byte("%PDF-")) {
		return nil, unsignable(reasonBroken, "it is not a PDF file.")
	}
	d = &document{bytes: file}
	bounded, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	d.File, err = pdfobject.Parse(bounded, file, pdfobject.Limits{Objects: maxObjects, Decoded: maxDecoded, Total: maxTotal, UniqueKeys: uniqueKeys})
	switch {
	case ctx.Err() != nil:
		return nil, &domain.Error{Code: domain.Timeout, Message: "The file could not be read in time.", Err: ctx.Err()}
	case errors.Is(err, pdfobject.ErrEncrypted):
		return nil, unsignable("encrypted", "it is encrypted. Save it without a password and without restrictions first.")
	case errors.Is(err, pdfobject.ErrXRef):
		return nil, withCause(unsignable(reasonBroken, "its cross-reference table is broken. Print it to a new PDF file."), err)
	case err != nil:
		return nil, withCause(unsignable(reasonBroken, "it is broken. Print it to a new PDF file."), err)
	}
	if err := d.loadPageTree(); err != nil {
		return nil, withCause(unsignable(reasonBroken, "its pages cannot be found."), err)
	}
	return d, nil
}

func (d *document) loadPageTree() (err error) {
	if d.pages, err = d.Pages(); err != nil {
		return err
	}
	if d.root, err = d.DereferenceDict(d.Root); err != nil {
		return err
	}
	d.pageTreeRef = d.root["Pages"].(pdfobject.Reference) // Pages found them
	d.pageTree, err = d.DereferenceDict(d.pageTreeRef)
	return err
}

// recoverPanic turns a panic over a file into a rejection of the file. Use it with defer.
func recoverPanic(err *error) {
	if p := recover(); p != nil {
		*err = withCause(unsignable(reasonBroken, "it cannot be read."), fmt.Errorf("pades: panic: %v", p))
	}
}
