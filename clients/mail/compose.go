package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"

	"counsel/domain"
	"counsel/domain/email"
)

// Lengths of a header line without its line end (RFC 5322, section 2.1.1).
const (
	maxFoldedLine = 76 // recommended, for lines with encoded words (RFC 2047, section 2); others may have 78
	maxLine       = 998
)

// compose returns the message as sent. Long header fields and attachment names are written here, because go-mail
// folds long fields incorrectly and encodes file names in a form that strict parsers do not decode. go-mail
// writes the rest of the header and the body.
func (c *Client) compose(m email.Outgoing) ([]byte, error) {
	for _, s := range append([]string{m.Subject, m.ReplyTo}, append(m.To, m.Cc...)...) {
		if strings.ContainsFunc(s, unicode.IsControl) { // callers check this, too; a header injection must not depend on them
			return nil, errors.New("mail: a header contains a control character")
		}
	}
	var raw bytes.Buffer
	raw.WriteString(addressHeader("From", c.from))
	raw.WriteString(addressHeader("Reply-To", mailboxes(m.ReplyTo)...))
	raw.WriteString(addressHeader("To", mailboxes(m.To...)...))
	raw.WriteString(addressHeader("Cc", mailboxes(m.Cc...)...))
	raw.WriteString(fold("Subject", encodePhrase(m.Subject)))
	if m.Unsubscribe != "" {
		raw.WriteString(fold("List-Unsubscribe", "<"+m.Unsubscribe+">"))
		raw.WriteString("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
	}
	if m.Automatic {
		raw.WriteString("Auto-Submitted: auto-generated\r\n")
	}

	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.SetMessageIDWithValue(m.ID.String() + "@" + c.host)
	msg.SetDateWithValue(m.Date)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, f := range m.Files {
		disposition, add := "attachment", msg.AttachReadSeeker
		if f.Inline {
			disposition, add = "inline", msg.EmbedReadSeeker
		}
		add(f.Name, f.Body, func(part *gomail.File) {
			part.Header.Set("Content-Type", f.ContentType+encodeParameter("name", f.Name))
			part.Header.Set("Content-Disposition", disposition+encodeParameter("filename", f.Name))
		})
	}
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if err := checkLines(string(headerSection(raw.Bytes()))); err != nil {
		return nil, err
	}
	if c.signer == nil {
		return raw.Bytes(), nil
	}
	var whole bytes.Buffer
	whole.Grow(raw.Len() + 2048)
	if err := dkim.Sign(&whole, &raw, c.signer); err != nil {
		return nil, fmt.Errorf("mail: DKIM: %w", err)
	}
	return whole.Bytes(), nil
}

// headerSection returns the header section of a message.
func headerSection(raw []byte) []byte {
	h, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return h
}

// checkLines fails if a header line exceeds the limit of RFC 5322.
func checkLines(header string) error {
	for line := range strings.SplitSeq(header, "\r\n") {
		if len(line) > maxLine {
			return errors.New("mail: a header line is too long")
		}
	}
	return nil
}

func mailboxes(addresses ...string) (out []*netmail.Address) {
	for _, a := range addresses {
		if a != "" {
			out = append(out, &netmail.Address{Address: domain.EmailASCII(a)})
		}
	}
	return out
}

// addressHeader returns a header field with addresses, or "" if there are none.
func addressHeader(name string, addresses ...*netmail.Address) string {
	if len(addresses) == 0 {
		return ""
	}
	list := make([]string, len(addresses))
	for i, a := range addresses {
		if list[i] = a.String(); !isASCII(a.Name) {
			list[i] = encodePhrase(a.Name) + " " + (&netmail.Address{Address: a.Address}).String()
		}
	}
	return fold(name, strings.Join(list, ", "))
}

// encodePhrase encodes text for a header: as encoded words (RFC 2047) unless it is plain ASCII. The words of mime.WordEncoder
// would be too long for the first line, which also holds the field name.
func encodePhrase(text string) string {
	if isASCII(text) && !strings.Contains(text, "=?") {
		return text
	}
	const room = 39 // bytes, which make 52 base64 characters
	var words []string
	from := 0
	for i, r := range text {
		if i+utf8.RuneLen(r) > from+room {
			words = append(words, text[from:i])
			from = i
		}
	}
	words = append(words, text[from:])
	for i, w := range words {
		words[i] = "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(w)) + "?="
	}
	return strings.Join(words, " ")
}

// foldPoints matches the parts between which a line may be folded: spaces followed by a word.
var foldPoints = regexp.MustCompile(` *[^ ]+`)

// fold returns a header field folded into lines of at most goodLine characters, where the spaces allow it. Unfolding
// returns the value unchanged.
func fold(name, value string) string {
	var out strings.Builder
	out.WriteString(name + ":")
	line := len(name) + 1
	for i, word := range foldPoints.FindAllString(" "+value, -1) {
		if i > 0 && line+len(word) > maxFoldedLine {
			out.WriteString("\r\n")
			line = 0
		}
		out.WriteString(word)
		line += len(word)
	}
	return out.String() + "\r\n"
}

// encodeParameter returns a MIME parameter on lines of its own, "; name=…". A value that is long or not ASCII is encoded by
// RFC 2231 in continuations of one line each, which never split a character.
func encodeParameter(name, value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(value, "_"))
	const margin = len(` ;`)
	if quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value); isASCII(value) && len(name)+len(`=""`)+len(quoted)+margin <= maxFoldedLine {
		return ";\r\n " + name + `="` + quoted + `"`
	}
	const charset = "UTF-8''"
	room := maxFoldedLine - margin - len(name) - len("*000*=")
	pieces := []string{charset}
	for _, r := range value {
		encoded := percentEncode(r)
		if last := len(pieces) - 1; len(pieces[last])+len(encoded) > room {
			pieces = append(pieces, encoded)
		} else {
			pieces[last] += encoded
		}
	}
	if len(pieces) == 1 {
		return ";\r\n " + name + "*=" + pieces[0]
	}
	var out strings.Builder
	for i, piece := range pieces {
		out.WriteString(";\r\n " + name + "*" + strconv.Itoa(i) + "*=" + piece)
	}
	return out.String()
}

// percentEncode encodes a character for an extended parameter (RFC 2231).
func percentEncode(r rune) string {
	if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$&+-.^_`|~", r)) {
		return string(r)
	}
	var out strings.Builder
	for _, b := range []byte(string(r)) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}
