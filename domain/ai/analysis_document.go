package ai

import (
	"context"
	"sort"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/ai/findings"
	"counsel/domain/ai/sources"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/text"
)

// PageBreak joins the texts of the pages of a document, so that a finding has one pair of offsets.
const PageBreak = "\f"

const (
	docIDField    = "/docId"
	locateTimeout = 2 * time.Minute
)

// reviewedDocument is the document of an analysis.
type reviewedDocument struct {
	file   files.File
	pages  []files.Page
	starts []int // of each page in text, in bytes
	text   string
}

// caseID returns the case of the document, nil without a document or a case.
func (d *reviewedDocument) caseID() *domain.ID {
	if d == nil {
		return nil
	}
	return d.file.CaseID
}

// loadDocument reads the text of a document. Errors: NotFound; Forbidden or Conflict in a case in which the
// caller may not ask; Conflict with ReasonTextPending; Invalid (/docId) for a document without text.
func (s *Service) loadDocument(ctx context.Context, caller domain.Principal, id domain.ID) (*reviewedDocument, error) {
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	if s.library == nil {
		return nil, domain.NoSuch("document")
	}
	file, err := s.library.Get(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	if file.CaseID != nil {
		if err := s.cases.Authorize(ctx, caller, *file.CaseID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceConsultation}); err != nil {
			return nil, err
		}
	}
	if err := sources.CheckText(file, docIDField); err != nil {
		return nil, err
	}
	d := &reviewedDocument{file: file}
	if d.pages, err = s.library.AllPages(ctx, id); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, p := range d.pages {
		if i > 0 {
			b.WriteString(PageBreak)
		}
		d.starts = append(d.starts, b.Len())
		b.WriteString(p.Text)
	}
	if d.text = b.String(); strings.TrimSpace(d.text) == "" {
		return nil, domain.InvalidField(docIDField, "has no text that can be read")
	}
	return d, nil
}

// locate adds to the findings where they are in the document. Without boxes if the file cannot be read now.
func (s *Service) locate(ctx context.Context, d *reviewedDocument, list []findings.Finding) (complete bool) {
	paragraphs := paragraphStarts(d.text)
	units := newUnitOffsets(d.text)
	var quotes []text.Quote
	var of []int // the findings of the quotes
	for i := range list {
		f := &list[i]
		if f.Kind == findings.Missing {
			continue
		}
		start, end := units.byteOffset(f.Start), units.byteOffset(f.End)
		n := max(0, sort.SearchInts(d.starts, start+1)-1)
		f.Page = d.pages[n].Number
		if d.file.ContentType == filetype.DOCX {
			f.Paragraph = sort.SearchInts(paragraphs, start+1)
			continue
		}
		page := d.pages[n].Text
		from := start - d.starts[n]
		quotes = append(quotes, text.Quote{Page: f.Page, Before: page[:min(from, len(page))], Text: page[min(from, len(page)):min(end-d.starts[n], len(page))]})
		of = append(of, i)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), locateTimeout)
	defer cancel()
	boxes, err := s.library.Locate(ctx, d.file, quotes)
	if err != nil {
		s.log.WarnContext(ctx, "quotes could not be located", "document_id", d.file.ID.String(), "error", err.Error())
		return false
	}
	for i, b := range boxes {
		list[of[i]].Box = b
	}
	return true
}

// paragraphStarts returns where the paragraphs of a text begin: its lines that are not blank.
func paragraphStarts(s string) (starts []int) {
	at := 0
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\f' }) {
		i := strings.Index(s[at:], line) + at
		if strings.TrimSpace(line) != "" {
			starts = append(starts, i)
		}
		at = i + len(line)
	}
	return starts
}

// unitOffsets converts offsets in UTF-16 code units to bytes.
type unitOffsets struct {
	units, bytes []int // at every 256th rune
	text         string
}

func newUnitOffsets(s string) *unitOffsets {
	u := &unitOffsets{text: s}
	units, n := 0, 0
	for i, r := range s {
		if n%256 == 0 {
			u.units, u.bytes = append(u.units, units), append(u.bytes, i)
		}
		n++
		if units++; r > 0xffff {
			units++
		}
	}
	return u
}

func (u *unitOffsets) byteOffset(unit int) int {
	k := max(0, sort.SearchInts(u.units, unit+1)-1)
	if len(u.units) == 0 {
		return 0
	}
	units := u.units[k]
	for i, r := range u.text[u.bytes[k]:] {
		if units >= unit {
			return u.bytes[k] + i
		}
		if units++; r > 0xffff {
			units++
		}
	}
	return len(u.text)
}
