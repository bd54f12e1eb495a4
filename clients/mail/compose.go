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

// Lengths of a line of a header (RFC 5322, 2.1.1), without its end.
const (
	goodLine    = 76 // of one with encoded words (RFC 2047, 2); others may have 78
	longestLine = 998
)

// compose writes the message as it goes over the line. What may be long is written here: go-mail would not
// fold it rightly, and writes the names of attachments in a form that strict readers do not decode. It writes
// the rest of the header, and the body.
func (c *Client) compose(m email.Outgoing) ([]byte, error) {
	for _, s := range append([]string{m.Subject, m.ReplyTo}, append(m.To, m.Cc...)...) {
		if strings.ContainsFunc(s, unicode.IsControl) { // refused long before; a header is no place to find out
			return nil, errors.New("mail: a header holds a control character")
		}
	}
	var raw bytes.Buffer
	raw.WriteString(addressHeader("From", c.from))
	raw.WriteString(addressHeader("Reply-To", mailboxes(m.ReplyTo)...))
	raw.WriteString(addressHeader("To", mailboxes(m.To...)...))
	raw.WriteString(addressHeader("Cc", mailboxes(m.Cc...)...))
	raw.WriteString(fold("Subject", phrase(m.Subject)))
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
			part.Header.Set("Content-Type", f.ContentType+parameter("name", f.Name))
			part.Header.Set("Content-Disposition", disposition+parameter("filename", f.Name))
		})
	}
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if err := checkLines(string(header(raw.Bytes()))); err != nil {
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

// header is that of a message.
func header(raw []byte) []byte {
	h, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return h
}

// checkLines refuses a header that no server need take.
func checkLines(header string) error {
	for line := range strings.SplitSeq(header, "\r\n") {
		if len(line) > longestLine {
			return errors.New("mail: a header has a line that is too long")
		}
	}
	return nil
}

func mailboxes(addresses ...string) (out []*netmail.Address) {
	for _, a := range addresses {
		if a != "" {
			out = append(out, &netmail.Address{Address: domain.EmailForServers(a)})
		}
	}
	return out
}

// addressHeader is a header of addresses; none at all when there are none.
func addressHeader(name string, addresses ...*netmail.Address) string {
	if len(addresses) == 0 {
		return ""
	}
	list := make([]string, len(addresses))
	for i, a := range addresses {
		if list[i] = a.String(); !isASCII(a.Name) {
			list[i] = phrase(a.Name) + " " + (&netmail.Address{Address: a.Address}).String()
		}
	}
	return fold(name, strings.Join(list, ", "))
}

// phrase is a text as a header holds it, in encoded words (RFC 2047) where it is not plain. Those of
// mime.WordEncoder would be too long for the line on which the name of the header stands.
func phrase(text string) string {
	if isASCII(text) && !strings.Contains(text, "=?") {
		return text
	}
	const room = 39 // bytes, which make 52 characters
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

// foldable is where a line may be divided: before spaces that something follows.
var foldable = regexp.MustCompile(` *[^ ]+`)

// fold is a header whose lines have goodLine characters at most, where there are spaces to divide it at. Joining
// its lines gives the value back.
func fold(name, value string) string {
	var out strings.Builder
	out.WriteString(name + ":")
	line := len(name) + 1
	for i, word := range foldable.FindAllString(" "+value, -1) {
		if i > 0 && line+len(word) > goodLine {
			out.WriteString("\r\n")
			line = 0
		}
		out.WriteString(word)
		line += len(word)
	}
	return out.String() + "\r\n"
}

// parameter is a parameter of a MIME header on lines of its own, "; name=…". What is not short and ASCII is
// written as RFC 2231 has it, in pieces of a line each; a piece never divides a character.
func parameter(name, value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(value, "_"))
	const margin = len(` ;`)
	if quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value); isASCII(value) && len(name)+len(`=""`)+len(quoted)+margin <= goodLine {
		return ";\r\n " + name + `="` + quoted + `"`
	}
	const charset = "UTF-8''"
	room := goodLine - margin - len(name) - len("*000*=")
	pieces := []string{charset}
	for _, r := range value {
		one := percent(r)
		if last := len(pieces) - 1; len(pieces[last])+len(one) > room {
			pieces = append(pieces, one)
		} else {
			pieces[last] += one
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

// percent is a character as an extended parameter holds it.
func percent(r rune) string {
	if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$&+-.^_`|~", r)) {
		return string(r)
	}
	var out strings.Builder
	for _, b := range []byte(string(r)) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}
