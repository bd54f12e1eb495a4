package extract

import (
	"encoding/xml"
	"strings"
)

// note is a footnote, endnote or comment.
type note struct {
	id, author, text string
	referenced       bool
}

func (n note) commentText() string {
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

// readNotes reads all notes of a kind: the elements so named in the main part's related parts.
func (r *docxReader) readNotes(kind, element string) (all []note) {
	for _, name := range r.pkg.Related(r.pkg.Main, kind) {
		d, c, err := r.pkg.Read(name, maxPartXML)
		if err != nil {
			continue
		}
		counting := newCounters()
		top := &story{doc: r, decoder: d, counters: counting}
		top.forEachOfRoot(func(e xml.StartElement) {
			if e.Name.Local != element || attr(&e, "type") != "" && attr(&e, "type") != "normal" {
				top.skip()
				return
			}
			n := note{id: attr(&e, "id"), author: attr(&e, "author")}
			inner := &story{doc: r, decoder: d, counters: counting}
			inner.forEachChild(inner.readBlock)
			inner.finish()
			n.text = strings.TrimSpace(inner.out.text())
			all = append(all, n)
		})
		_ = c.Close()
	}
	return all
}

// readNoteReference writes the mark of a footnote or endnote and defers its text.
func (s *story) readNoteReference(e *xml.StartElement, notes map[string]note, kind int) {
	custom := attr(e, "customMarkFollows")
	id := attr(e, "id")
	s.skip()
	n, found := notes[id]
	if !found || !s.visible() {
		return
	}
	text := n.text
	if custom == "" || !(&val{custom}).on() { // a custom mark is in the text already
		props, format := s.doc.settings.Footnotes, "decimal"
		if kind == 1 {
			props, format = s.doc.settings.Endnotes, "lowerRoman"
		}
		if props.Format != nil {
			format = props.Format.text()
		}
		mark := "[" + numeral(format, props.Start.number(1)+s.noteCounts[kind]) + "]"
		s.noteCounts[kind]++
		s.write(mark)
		text = mark + " " + text
	}
	if kind == 1 {
		s.endnotes = append(s.endnotes, text)
	} else {
		s.deferred = append(s.deferred, text)
	}
	s.doc.budget -= len(text)
}

func (s *story) readCommentReference(id string) {
	for i := range s.doc.comments {
		if n := &s.doc.comments[i]; n.id == id && !n.referenced {
			n.referenced = true
			s.deferred = append(s.deferred, n.commentText())
			s.doc.budget -= len(n.text)
		}
	}
}
