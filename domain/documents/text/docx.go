package text

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"counsel/domain/documents"
	"counsel/domain/documents/opc"
)

// The text of a Word file is what Word shows on paper, as if all tracked changes were accepted:
//
//   - Clause numbers and bullets stand before their paragraph. Cells are divided by tabs.
//   - What is deleted, moved away, hidden (vanish, webHidden, also by style) or a placeholder that
//     nobody filled in is left out. Of a field the result stands, not the instruction.
//   - A footnote is marked "[1]" where it is referred to and stands after that paragraph; endnotes
//     stand at the end. Text boxes and comments, "[Comment by Ada: …]", follow the paragraph that
//     they are anchored in.
//   - Headers stand above, footers below the text of the first page of the first section that has
//     them, once each. Those that Word never shows (first page, even pages, when off) do not.
//   - Letters are as typed, also where the page shows them as capitals. Parts in other formats that
//     Word imports when it opens a file (altChunk) are not read.

// word is a Word file that is being read.
type word struct {
	ctx       context.Context //nolint:containedctx // it lives as long as the call
	pkg       *opc.Package
	styles    *styles
	lists     *lists
	settings  settings
	prefixes  map[string]string // of namespaces, as declared so far
	parts     map[string]string // of the main part's relationships, by id
	footnotes map[string]note
	endnotes  map[string]note
	comments  []note
	left      int // bytes of text that are still read
	flat      bool
	changes   documents.Changes
}

// note is a footnote, an endnote or a comment.
type note struct {
	id, author, text string
	used             bool
}

// docx reads the text of a Word file, page by page where the file says that one ends.
func docx(ctx context.Context, file io.ReaderAt, size int64) (documents.Text, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return documents.Text{}, nil //nolint:nilerr // broken: it has no text
	}
	p, err := opc.Open(z)
	if err != nil || p.Main == "" {
		return documents.Text{}, nil //nolint:nilerr // as above
	}
	w := &word{ctx: ctx, pkg: p, styles: readStyles(p), parts: map[string]string{}, prefixes: map[string]string{}}
	w.lists = readLists(p, w.styles)
	_ = readSide(p, "settings", &w.settings)
	for _, r := range p.Relationships(p.Main) {
		w.parts[r.ID] = r.Target
	}
	body, closed := w.body()
	if !closed { // a field without an end would hide all that follows
		w.flat = true
		body, _ = w.body()
	}
	return documents.Text{Pages: body, Changes: w.changes}, ctx.Err()
}

// body reads the main part, and reports whether every field in it came to its end.
func (w *word) body() (pages []string, closed bool) {
	w.left, w.changes = maxBytes, documents.Changes{}
	w.footnotes, w.endnotes = byID(w.notes("footnotes", "footnote")), byID(w.notes("endnotes", "endnote"))
	w.comments = w.notes("comments", "comment")
	w.changes.Comments = len(w.comments)
	d, c, err := w.pkg.Read(w.pkg.Main, maxXML)
	if err != nil {
		return nil, true
	}
	defer func() { _ = c.Close() }()
	s := &story{w: w, d: d, counting: newCounting(), main: true}
	s.children(s.block)
	s.flush()
	for _, n := range s.endnotes {
		s.out.line(n)
	}
	for _, n := range w.comments {
		if !n.used {
			s.out.line(n.comment())
		}
	}
	s.finish()
	return w.paginate(s), len(s.fields) == 0 || !s.instruction()
}

func (n note) comment() string {
	by := ""
	if n.author != "" {
		by = " by " + n.author
	}
	return "[Comment" + by + ": " + n.text + "]"
}

func byID(all []note) map[string]note {
	out := make(map[string]note, len(all))
	for _, n := range all {
		out[n.id] = n
	}
	return out
}

// notes reads the notes of the main part's parts of a kind, each an element of its own.
func (w *word) notes(kind, element string) (all []note) {
	for _, name := range w.pkg.Related(w.pkg.Main, kind) {
		d, c, err := w.pkg.Read(name, maxSideXML)
		if err != nil {
			continue
		}
		counting := newCounting()
		top := &story{w: w, d: d, counting: counting}
		top.root(func(e xml.StartElement) {
			if e.Name.Local != element || attr(&e, "type") != "" && attr(&e, "type") != "normal" {
				top.skip()
				return
			}
			n := note{id: attr(&e, "id"), author: attr(&e, "author")}
			inner := &story{w: w, d: d, counting: counting}
			inner.children(inner.block)
			inner.finish()
			n.text = strings.TrimSpace(inner.out.text())
			all = append(all, n)
		})
		_ = c.Close()
	}
	return all
}

// part reads a header or a footer.
func (w *word) part(name string) string {
	d, c, err := w.pkg.Read(name, maxSideXML)
	if err != nil {
		return ""
	}
	defer func() { _ = c.Close() }()
	s := &story{w: w, d: d, counting: newCounting()}
	s.children(s.block)
	s.finish()
	return strings.TrimSpace(s.out.text())
}

// edges are what stands above and below a page.
type edges struct{ above, below []string }

// paginate makes pages of the text of the body and puts headers and footers where they belong.
func (w *word) paginate(s *story) []string {
	type page struct {
		strings.Builder
		edges
		solid bool
	}
	pages := []*page{{}}
	sections := s.sections
	seen := map[string]bool{}
	once := func(name string) (text string) {
		if name == "" || seen[name] {
			return ""
		}
		seen[name] = true
		if text = w.part(name); seen["text "+text] {
			return ""
		}
		seen["text "+text] = true
		return text
	}
	furnish := func(at int) {
		if at >= len(sections) {
			return
		}
		p := pages[len(pages)-1]
		add := func(to *[]string, refs []partRef) {
			for _, kind := range []string{"first", "default", "even"} {
				for _, ref := range refs {
					of := ref.Type
					if of == "" {
						of = "default"
					}
					if of != kind || kind == "first" && !sections[at].TitlePage.on() || kind == "even" && !w.settings.EvenAndOdd.on() {
						continue
					}
					if text := once(w.parts[ref.ID]); text != "" {
						*to = append(*to, text)
					}
				}
			}
		}
		add(&p.above, sections[at].Headers)
		add(&p.below, sections[at].Footers)
	}
	at := 0
	furnish(0)
	explicit := false // the page was begun on purpose, and nothing is on it yet
	for _, c := range s.out.chunks {
		p := pages[len(pages)-1]
		empty := strings.TrimSpace(p.String()) == "" && !p.solid
		fresh := c.cut == cutHard
		switch c.cut {
		case cutRendered: // Word marks the pages that it begins on purpose as well
			fresh = !empty || !explicit
		case cutBefore:
			fresh = !empty
		case cutSection:
			at++
			fresh = at < len(sections) && sections[at].Type.text() != "continuous"
		}
		if fresh {
			p = &page{}
			pages = append(pages, p)
			explicit = c.cut != cutRendered
		} else if p.Len() > 0 && c.text != "" && c.cut != cutNone {
			_ = p.WriteByte('\n')
		}
		if c.cut == cutSection {
			furnish(at)
		}
		_, _ = p.WriteString(c.text)
		p.solid = p.solid || c.solid
	}
	if !slices.ContainsFunc(sections, func(s sectionProps) bool { return len(s.Headers)+len(s.Footers) > 0 }) {
		// Some programs do not say which section has which.
		for _, name := range w.pkg.Related(w.pkg.Main, "header") {
			pages[0].above = append(pages[0].above, once(name))
		}
		for _, name := range w.pkg.Related(w.pkg.Main, "footer") {
			pages[0].below = append(pages[0].below, once(name))
		}
	}
	out := make([]string, min(len(pages), maxPages))
	for i := range out {
		p := pages[i]
		out[i] = strings.Join(slices.DeleteFunc(slices.Concat(p.above, []string{strings.Trim(p.String(), "\n")}, p.below), func(s string) bool { return s == "" }), "\n")
	}
	if strings.TrimSpace(strings.Join(out, "")) == "" {
		return nil
	}
	return out
}
