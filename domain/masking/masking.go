// Package masking finds personal data in text, puts placeholders in its place and
// later puts the originals back. It stands between confidential text and an outside
// language model.
//
// A Masker holds the word lists: made once, never changed, safe for concurrent use. A
// Session holds what was found in the texts of one request; it belongs to one
// goroutine and ends with the request, and nothing outlives it. Masking fails closed:
// when Mask returns an error, nothing of the text may be sent. The errors say nothing
// of the text.
package masking

import "errors"

// Type is what kind of personal data a span holds; it is the word in its placeholder.
type Type uint8

// The kinds of personal data. Literal is text of the user's own that looks like a
// placeholder: it is masked so that it comes back as it was.
const (
	Person Type = iota
	Organization
	Location
	Address
	Email
	Phone
	CreditCard
	IBAN
	SSN
	IP
	URL
	Date
	ID
	Title
	Nationality
	Literal
	typeCount
)

var typeNames = [typeCount]string{
	"PERSON", "ORGANIZATION", "LOCATION", "ADDRESS", "EMAIL", "PHONE", "CREDIT_CARD",
	"IBAN", "SSN", "IP", "URL", "DATE", "ID", "TITLE", "NATIONALITY", "LITERAL",
}

// What a reader sees in place of a placeholder that no text of the session gave out.
var genericNames = [typeCount]string{
	"the person", "the organization", "the place", "the address", "the e-mail address",
	"the phone number", "the card number", "the account number", "the number",
	"the network address", "the website", "the date", "the number", "the occupation",
	"the nationality", "the text",
}

func (t Type) String() string {
	if t < typeCount {
		return typeNames[t]
	}
	return "UNKNOWN"
}

// Span is a piece of personal data: text[Start:End], in bytes.
type Span struct {
	Type       Type
	Start, End int
}

// ErrNotUTF8 is Mask's answer to text that is not valid UTF-8.
var ErrNotUTF8 = errors.New("masking: text is not valid UTF-8")

// ErrTooLong is Mask's answer to a text past MaxText bytes.
var ErrTooLong = errors.New("masking: text is too long")

// ErrFailed is Mask's answer when it could not do its work.
var ErrFailed = errors.New("masking: failed")

// MaxText is the longest text that is masked, in bytes.
const MaxText = 64 << 20

// Masker finds personal data. Use New.
type Masker struct {
	lex *lexicon
}

// New reads the word lists. It fails only when the lists built into the program are
// damaged.
func New() (*Masker, error) {
	lex, err := readLexicon()
	if err != nil {
		return nil, err
	}
	return &Masker{lex: lex}, nil
}

// NewSession starts the masking of one request's texts.
func (m *Masker) NewSession() *Session { return &Session{masker: m} }
