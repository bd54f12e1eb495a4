package esign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	textcases "golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
)

// Where what the certificate prints comes from, as far as callers can do something about it.
const (
	sourceDocument = "/docId"
	sourceSender   = "sender"
	sourceMark     = "/signature"
)

// How long sealing goes on.
const (
	sealTries = 3                  // after which a file that is missing or damaged is taken for lost
	sealTime  = 7 * 24 * time.Hour // after which what is tried again and again is given up
)

// seal is one try at the signed file of a request that all have signed. What cannot succeed ends the
// request; any other error leaves it to the next try.
func (s *Service) seal(ctx context.Context, id domain.ID, try int) error {
	err := s.complete(ctx, id)
	reason := hopeless(err)
	if reason == "" || reason != reasonUnfit && try < sealTries {
		return err
	}
	s.Log.ErrorContext(ctx, "a document that all have signed cannot be sealed", "request", id.String(), "reason", reason, "cause", err.Error())
	return s.fail(ctx, id, reason)
}

// hopeless tells why sealing that failed with err can never succeed; "": it may.
func hopeless(err error) string {
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case !ok:
		return ""
	case e.Code == domain.Invalid:
		return reasonUnfit
	case e.Reason == reasonGone, e.Reason == reasonCorrupt:
		return e.Reason
	}
	return ""
}

// fail ends a request that cannot be sealed, and has everybody told.
func (s *Service) fail(ctx context.Context, id domain.ID, reason string) error {
	r, err := load(ctx, s.rows, id)
	if err != nil {
		return err
	}
	return s.change(ctx, itself(r), id, cases.Action{Verb: cases.VerbUpdate, Detail: "failed " + reason}, func(tx db.Tx, r *Request) error {
		if r.Status != Sealing {
			return errSame
		}
		r.Status, r.SignedID = Failed, nil
		if err := s.release(ctx, tx, r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, Event{Kind: EventFailed, Detail: reason}); err != nil {
			return err
		}
		return s.notify(ctx, tx, r, noticeFailed)
	})
}

// complete makes the signed file and keeps it. It may be done again at any point: the file's id was
// chosen before.
func (s *Service) complete(ctx context.Context, id domain.ID) error {
	r, err := load(ctx, s.rows, id)
	if err != nil {
		return err
	}
	if r.Status != Sealing {
		return nil
	}
	signed, err := s.Archive.Get(ctx, itself(r), *r.SignedID)
	if domain.CodeOf(err) == domain.NotFound {
		if r.Provider == Builtin {
			signed, err = s.keepSealed(ctx, r)
		} else {
			signed, err = s.keepFetched(ctx, r)
		}
	}
	if err != nil {
		return err
	}
	return s.change(ctx, itself(r), id, cases.Action{Verb: cases.VerbUpdate, Detail: "completed " + signed.ID.String()}, func(tx db.Tx, r *Request) error {
		if r.Status != Sealing {
			return errSame
		}
		r.Status = Completed
		if err := s.release(ctx, tx, r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, Event{Kind: EventCompleted, Detail: signed.SHA256.String()}); err != nil {
			return err
		}
		return s.notify(ctx, tx, r, noticeCompleted)
	})
}

func (s *Service) keepSealed(ctx context.Context, r Request) (files.File, error) {
	if s.Seal == nil {
		return files.File{}, &domain.Error{Code: domain.Unavailable, Message: "The service has no certificate to seal documents with."}
	}
	original, err := s.originalBytes(ctx, r)
	if err != nil {
		return files.File{}, err
	}
	log, err := readLog(ctx, s.rows, r.ID)
	if err != nil {
		return files.File{}, err
	}
	var pages bytes.Buffer
	if err := s.Renderer.Render(ctx, s.certificate(r, log), &pages); err != nil {
		return files.File{}, err
	}
	file, err := s.Seal.Seal(ctx, original, pages.Bytes(), pades.SignatureInfo{SignedAt: s.Clock(), Name: s.Seal.Certificate().Subject.CommonName,
		Reason: fmt.Sprintf("Sealed after all %d signers had signed, request %s", len(r.Signers), r.ID)})
	if err != nil {
		return files.File{}, err
	}
	return s.Archive.Create(ctx, files.NewFile{
		ID: *r.SignedID, UserID: r.UserID, CaseID: r.CaseID, By: itself(r), Name: signedName(r.DocumentName), ContentType: filetype.PDF, Kind: files.Signed,
		Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file),
	})
}

func signedName(name string) string {
	name = strings.TrimSuffix(name, ".pdf")
	for len(name) > 200 {
		name = name[:strings.LastIndexFunc(name[:200], func(r rune) bool { return true })]
	}
	return name + " (signed).pdf"
}

// certificate is the pages at the end of a signed document: what was signed, by whom, and how that
// is known.
func (s *Service) certificate(r Request, log []Event) doc.Document {
	text := func(words, source string) []doc.Span { return []doc.Span{{Text: words, Source: source}} }
	var rows [][]doc.Cell
	row := func(label, value, source string) {
		rows = append(rows, []doc.Cell{{Text: []doc.Span{{Text: label, Bold: true}}}, {Text: text(value, source), Source: source}})
	}
	table := func() doc.Block {
		t := doc.Table{Plain: true, Columns: []doc.Column{{Width: 1}, {Width: 3}}, Rows: rows}
		rows = nil
		return t
	}
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

	row("Document", r.DocumentName, sourceDocument)
	row("SHA-256", spaced(hex.EncodeToString(r.DocumentSum[:])), "")
	row("Size", strconv.FormatInt(r.DocumentSize, 10)+" bytes", "")
	row("Request", r.ID.String(), "")
	row("Sent by", r.SenderName, sourceSender)
	row("Sent", at(r.CreatedAt), "")
	if accepted := acceptedRisks(log); len(accepted) > 0 {
		for i, reason := range accepted {
			accepted[i] = "it " + wordsOf(reason)
		}
		row("Accepted", "The sender accepted that "+strings.Join(accepted, "; ")+".", "")
	}
	blocks := []doc.Block{
		doc.Heading{Level: 1, Text: text("Certificate of Signature", "")},
		doc.Paragraph{Text: text("The document before this page was signed electronically by the people named below. Its bytes are unchanged: they are the beginning of this file, and their SHA-256 stands here.", "")},
		table(),
	}
	for i, g := range r.Signers {
		source := "/signers/" + strconv.Itoa(i)
		if i%2 == 1 { // what is said of a signer mostly fits on half a page
			blocks = append(blocks, doc.PageBreak{})
		}
		blocks = append(blocks, doc.Heading{Level: 2, Text: text(fmt.Sprintf("%d. %s", g.Number, g.Name), source+"/name"), Source: source + "/name"})
		if g.Mark != nil {
			if g.Mark.Typed != "" {
				blocks = append(blocks, doc.Paragraph{Source: sourceMark + "/typed", Text: []doc.Span{{Text: g.Mark.Typed, Italic: true, Source: sourceMark + "/typed"}}})
			} else {
				blocks = append(blocks, g.Mark.ink())
			}
			how := "drawn by hand"
			if g.Mark.Typed != "" {
				how = "typed"
			}
			row("Signature", how, "")
			if as := g.signedAs(); as != "" {
				row("Signed as", as+", invited as "+g.Name, sourceMark+"/typed")
			}
		}
		row("E-mail", g.Email, source+"/email")
		row("Authenticated by", "a personal link mailed to this address", "")
		if g.Disclosure != "" {
			row("Consent", "to electronic signing, disclosure version "+g.Disclosure, "")
		}
		viewed := false
		for _, e := range log {
			if e.Signer != g.Number {
				continue
			}
			viewed = viewed || e.Kind == EventViewed
			value := at(e.At)
			if e.Address != "" {
				value += ", IP " + e.Address
			}
			if e.Agent != "" {
				value += ", " + e.Agent
			}
			row(certified(e.Kind), value, "")
		}
		if g.Status == Signed && !viewed && log != nil {
			row("Pages", "The link was not used to fetch the whole document.", "")
		}
		blocks = append(blocks, table())
	}
	head := "none yet"
	if len(log) > 0 {
		head = spaced(hex.EncodeToString(log[len(log)-1].Hash))
	}
	blocks = append(blocks, doc.Heading{Level: 2, Text: text("How to check this", "")},
		doc.Paragraph{Text: text("This file is sealed with a digital signature (PAdES) that covers all of it; any program that checks signatures of PDF files shows whether it was changed. Who sent the document can get the evidence: the log of all that happened, each entry with the hash of the one before, sealed as well. When this page was made, the log ended with the hash "+head+".", "")})
	return doc.Document{
		Meta:   doc.Meta{Title: "Certificate of Signature", Created: r.CreatedAt, Language: "en-GB"},
		Footer: doc.RunningText{Left: "Certificate of Signature, page {page} of {pages}", Right: r.ID.String()},
		Blocks: blocks,
	}
}

// certified is how the certificate calls an event.
func certified(k EventKind) string {
	switch k {
	case EventSent:
		return "Mail sent"
	case EventReminded:
		return "Reminder sent"
	case EventDelivered:
		return "Mail accepted"
	case EventBounced:
		return "Mail refused"
	case EventOpened:
		return "Link opened"
	}
	return strings.ToUpper(string(k[:1])) + string(k[1:])
}

// signedAs is the name that a signer typed, if it is another than theirs.
func (g Signer) signedAs() string {
	if g.Mark == nil || g.Mark.Typed == "" || sameName(g.Mark.Typed, g.Name) {
		return ""
	}
	return g.Mark.Typed
}

// sameName compares names whatever their case, spaces, punctuation and way of writing accents.
func sameName(a, b string) bool {
	plain := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if unicode.IsPunct(r) || unicode.IsSpace(r) {
				return ' '
			}
			return r
		}, textcases.Fold().String(norm.NFKC.String(s)))
		return strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
	}
	return plain(a) == plain(b)
}

// ink is a drawn signature without the empty part of its field above, below and before it.
func (m *Mark) ink() doc.Drawing {
	const margin = 4
	left, top, bottom := m.Width, m.Height, 0.0
	for _, stroke := range m.Strokes {
		for _, p := range stroke {
			left, top, bottom = min(left, p.X), min(top, p.Y), max(bottom, p.Y)
		}
	}
	left, top = max(0, left-margin), max(0, top-margin)
	out := doc.Drawing{Width: m.Width, Height: max(min(bottom+margin, m.Height)-top, m.Width/10), Source: sourceMark + "/strokes"}
	for _, stroke := range m.Strokes {
		moved := make([]doc.Point, len(stroke))
		for i, p := range stroke {
			moved[i] = doc.Point{X: p.X - left, Y: p.Y - top}
		}
		out.Strokes = append(out.Strokes, moved)
	}
	return out
}

// spaced breaks a long number into groups, so that it can be compared by eye and wraps.
func spaced(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+8, len(s))])
	}
	return b.String()
}
