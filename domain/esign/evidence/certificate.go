package evidence

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"counsel/domain/doc"
)

// The sources of what the certificate prints, by which errors of the renderer name it.
const (
	SourceDocument  = "/docId"
	SourceSender    = "sender"
	SourceSignature = "/signature" // and /signature/typed, /signature/strokes
)

// Certificate returns the certificate of completion: the pages at the end of a signed document that state
// what was signed, by whom, and how that is known. risks describes the risks that the sender accepted,
// each as a predicate of "it".
func Certificate(r Record, risks []string) doc.Document {
	c := certificate{}
	c.row("Document", r.Document.Name, SourceDocument)
	c.row("SHA-256", GroupDigits(hex.EncodeToString(r.Document.SHA256[:])), "")
	c.row("Size", strconv.FormatInt(r.Document.Size, 10)+" bytes", "")
	c.row("Request", r.RequestID.String(), "")
	c.row("Sent by", r.Sender, SourceSender)
	c.row("Sent", timeText(r.CreatedAt), "")
	if len(risks) > 0 {
		c.row("Accepted", "The sender accepted that it "+strings.Join(risks, "; it ")+".", "")
	}
	title := "Certificate of Signature"
	if r.Test {
		title = "TEST – " + title
		c.add(doc.Heading{Level: 1, Text: span("TEST – NOT A SIGNATURE", "")},
			doc.Paragraph{Text: []doc.Span{{Text: "This document was sent in test mode. Nobody signed it, and it has no legal effect.", Bold: true}}})
	}
	c.add(doc.Heading{Level: 1, Text: span(title, "")},
		doc.Paragraph{Text: span("The document before this page was signed electronically by the people named below. Its bytes are unchanged: they are the beginning of this file, and their SHA-256 stands here.", "")},
		c.table())
	for i, s := range r.Signers {
		if i%2 == 1 { // a signer usually takes half a page
			c.add(doc.PageBreak{})
		}
		c.addSigner(s, r.Log, "/signers/"+strconv.Itoa(i))
	}
	logHead := "none yet"
	if len(r.Log) > 0 {
		logHead = GroupDigits(hex.EncodeToString(r.Log[len(r.Log)-1].Hash))
	}
	c.add(doc.Heading{Level: 2, Text: span("How to check this", "")},
		doc.Paragraph{Text: span("This file is sealed with a digital signature (PAdES) that covers all of it; any program that checks signatures of PDF files shows whether it was changed. Who sent the document can get the evidence: the log of all that happened, each entry with the hash of the one before, sealed as well. When this page was made, the log ended with the hash "+logHead+".", "")})
	return doc.Document{
		Meta:   doc.Meta{Title: title, Created: r.CreatedAt, Language: "en-GB"},
		Footer: doc.RunningText{Left: title + ", page {page} of {pages}", Right: r.RequestID.String()},
		Blocks: c.blocks,
	}
}

// certificate collects the blocks, and the rows of the next table.
type certificate struct {
	blocks []doc.Block
	rows   [][]doc.Cell
}

func (c *certificate) add(blocks ...doc.Block) { c.blocks = append(c.blocks, blocks...) }

func (c *certificate) row(label, value, source string) {
	c.rows = append(c.rows, []doc.Cell{{Text: []doc.Span{{Text: label, Bold: true}}}, {Text: span(value, source), Source: source}})
}

// table returns the table of the collected rows.
func (c *certificate) table() doc.Block {
	t := doc.Table{Plain: true, Columns: []doc.Column{{Width: 1}, {Width: 3}}, Rows: c.rows}
	c.rows = nil
	return t
}

func (c *certificate) addSigner(s Signer, log []Event, source string) {
	c.add(doc.Heading{Level: 2, Text: span(fmt.Sprintf("%d. %s", s.Number, s.Name), source+"/name"), Source: source + "/name"})
	if s.Signature != nil {
		method := "drawn by hand"
		if s.Signature.Typed != "" {
			method = "typed"
			c.add(doc.Paragraph{Source: SourceSignature + "/typed", Text: []doc.Span{{Text: s.Signature.Typed, Italic: true, Source: SourceSignature + "/typed"}}})
		} else {
			c.add(s.Signature.drawing())
		}
		c.row("Signature", method, "")
		if as := s.SignedAs(); as != "" {
			c.row("Signed as", as+", invited as "+s.Name, SourceSignature+"/typed")
		}
	}
	c.row("E-mail", s.Email, source+"/email")
	c.row("Authenticated by", "a personal link mailed to this address", "")
	if s.Disclosure != "" {
		c.row("Consent", "to electronic signing, disclosure version "+s.Disclosure, "")
	}
	viewed := false
	for _, e := range log {
		if e.Signer != s.Number {
			continue
		}
		viewed = viewed || e.Kind == EventViewed
		value := timeText(e.At)
		if e.Address != "" {
			value += ", IP " + e.Address
		}
		if e.Agent != "" {
			value += ", " + e.Agent
		}
		c.row(eventLabel(e.Kind), value, "")
	}
	if s.Status == StatusSigned && !viewed && log != nil {
		c.row("Pages", "The link was not used to fetch the whole document.", "")
	}
	c.add(c.table())
}

// eventLabel is how the certificate names an event.
func eventLabel(k EventKind) string {
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

func span(text, source string) []doc.Span { return []doc.Span{{Text: text, Source: source}} }

func timeText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// GroupDigits inserts a space after every eight digits, so that a long number is readable and wraps.
func GroupDigits(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+8, len(s))])
	}
	return b.String()
}
