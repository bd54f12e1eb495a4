package mailbox

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decodes other character sets than UTF-8
	"github.com/emersion/go-message/mail"
)

// storedMail is a mail as shown on the page.
type storedMail struct {
	Name          string // file name
	From, Subject string
	To            []string // recipients of the envelope
	Date          time.Time
	Size          int // bytes
	Headers       []header
	Text, HTML    string
	Parts         []part // attachments, and images of the HTML
	Broken        bool   // could not be parsed completely
}

type header struct{ Name, Value string }

type part struct {
	Name, Type, ID string
	Size           int
	body           []byte
}

// maxParts limits the number of parts of a mail that are parsed.
const maxParts = 200

// open parses a mail, or only its header for the list.
func (s *Server) open(name string, whole bool) (storedMail, error) {
	l := storedMail{Name: name}
	info, err := s.root.Stat(name)
	if err != nil {
		return l, err
	}
	l.Size = int(info.Size())
	f, err := s.root.Open(name)
	if err != nil {
		return l, err
	}
	defer f.Close()
	var in io.Reader = f
	if whole { // read it at once, since the file may be deleted
		raw, err := io.ReadAll(f)
		if err != nil {
			return l, err
		}
		in = bytes.NewReader(raw)
	}
	e, err := message.Read(in)
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) || e == nil {
		l.Broken = true
		l.Subject = "(unreadable)"
		return l, nil
	}
	h := mail.Header{Header: e.Header}
	l.Subject, l.From = decoded(h, "Subject"), decoded(h, "From")
	if d, err := h.Date(); err == nil {
		l.Date = d
	}
	for f := e.Header.FieldsByKey("Delivered-To"); f.Next(); {
		l.To = append(l.To, f.Value())
	}
	if !whole {
		return l, nil
	}
	for f := e.Header.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = f.Value()
		}
		l.Headers = append(l.Headers, header{f.Key(), value})
	}
	l.walk(e)
	return l, nil
}

func decoded(h mail.Header, name string) string {
	text, err := h.Text(name)
	if err != nil {
		return h.Get(name)
	}
	return text
}

// walk extracts the parts of a mail: the first text and the first HTML as its content, the rest as attachments.
func (l *storedMail) walk(e *message.Entity) {
	n := 0
	err := e.Walk(func(_ []int, p *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			l.Broken = true
			return err
		}
		if p == nil || p.MultipartReader() != nil {
			return nil
		}
		if n++; n > maxParts {
			return errors.New("too many parts")
		}
		body, err := io.ReadAll(p.Body)
		l.Broken = l.Broken || err != nil
		kind, params, _ := p.Header.ContentType()
		disposition, where, _ := p.Header.ContentDisposition()
		attachment := part{Name: where["filename"], Type: kind, ID: strings.Trim(p.Header.Get("Content-Id"), "<> "), Size: len(body), body: body}
		if attachment.Name == "" {
			attachment.Name = params["name"]
		}
		switch {
		case disposition == "attachment" || attachment.ID != "" || attachment.Name != "":
		case kind == "text/plain" && l.Text == "" || kind == "":
			l.Text = string(body)
			return nil
		case kind == "text/html" && l.HTML == "":
			l.HTML = string(body)
			return nil
		}
		if attachment.Name == "" {
			attachment.Name = "unnamed"
		}
		l.Parts = append(l.Parts, attachment)
		return nil
	})
	l.Broken = l.Broken || err != nil
}
