package extract

import (
	"archive/zip"
	"context"
	"io"

	"counsel/domain/text"
	"counsel/domain/text/opc"
)

// The text of a Word file (WordprocessingML) is what Word prints with all tracked changes accepted:
//
//   - Clause numbers and bullets precede their paragraph. Table cells are separated by tabs.
//   - Deleted, moved-away and hidden text (vanish, webHidden, also by style) and unfilled placeholders
//     are left out. A field contributes its result, not its instruction.
//   - A footnote is marked "[1]" at its reference and follows that paragraph; endnotes follow the
//     body. Text boxes and comments, as "[Comment by Ada: …]", follow the paragraph they are anchored
//     in.
//   - Each header precedes and each footer follows the text of the first page of the first section
//     that uses it, once. Headers that Word never shows (first page, even pages, when off) are left
//     out.
//   - Letters are as typed, even where a style shows them as capitals. Imported parts in other formats
//     (altChunk) are not read.

// docxReader reads one Word file.
type docxReader struct {
	ctx           context.Context //nolint:containedctx // lives as long as the call
	pkg           *opc.Package
	styles        *styles
	numbering     *numbering
	settings      settings
	namespaces    map[string]string // by prefix, as declared so far
	relationships map[string]string // part names by relationship id of the main part
	footnotes     map[string]note
	endnotes      map[string]note
	comments      []note
	budget        int // bytes of text that may still be read
	ignoreFields  bool
	changes       text.Changes
}

// readDOCX extracts the text of a Word file. A broken file has no pages.
func readDOCX(ctx context.Context, file io.ReaderAt, size int64) (text.Text, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return text.Text{}, nil //nolint:nilerr // broken: it has no text
	}
	p, err := opc.Open(z)
	if err != nil || p.Main == "" {
		return text.Text{}, nil //nolint:nilerr // as above
	}
	w := &docxReader{ctx: ctx, pkg: p, styles: readStyles(p), relationships: map[string]string{}, namespaces: map[string]string{}}
	w.numbering = readNumbering(p, w.styles)
	_ = readRelatedPart(p, "settings", &w.settings)
	for _, r := range p.Relationships(p.Main) {
		w.relationships[r.ID] = r.Target
	}
	body, closed := w.readBody()
	if !closed { // an unterminated field would hide the rest
		w.ignoreFields = true
		body, _ = w.readBody()
	}
	return text.Text{Pages: body, Changes: w.changes}, ctx.Err()
}

// readBody reads the main part. fieldsClosed is false if a field's instruction never ended.
func (r *docxReader) readBody() (pages []string, fieldsClosed bool) {
	r.budget, r.changes = maxTextBytes, text.Changes{}
	r.footnotes, r.endnotes = byID(r.readNotes("footnotes", "footnote")), byID(r.readNotes("endnotes", "endnote"))
	r.comments = r.readNotes("comments", "comment")
	r.changes.Comments = len(r.comments)
	d, closer, err := r.pkg.Read(r.pkg.Main, maxDocumentXML)
	if err != nil {
		return nil, true
	}
	defer func() { _ = closer.Close() }()
	s := &story{doc: r, decoder: d, counters: newCounters(), isBody: true}
	s.forEachChild(s.readBlock)
	s.writeDeferred()
	for _, n := range s.endnotes {
		s.out.writeLine(n)
	}
	for _, n := range r.comments {
		if !n.referenced {
			s.out.writeLine(n.commentText())
		}
	}
	s.finish()
	return r.paginate(s), len(s.fields) == 0 || !s.inFieldInstruction()
}
