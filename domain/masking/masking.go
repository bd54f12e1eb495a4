// Package masking finds personal data (PII) in text, replaces it with placeholders and later
// restores the originals: reversible pseudonymization between confidential text and an outside
// language model.
//
// A Masker holds the word lists. It is immutable and safe for concurrent use. A Session holds what
// was found in the texts of one request; it belongs to one goroutine and is dropped with the
// request. Masking fails closed: if Mask returns an error, nothing of the text may be sent. Errors
// never quote the text.
//
// A text is read without its typography (layout): line ends inside sentences, hyphenation, invisible characters and markup
// do not hide anything. Detection runs in passes over its tokens:
//
//  1. the language of each passage, and the law (citations, courts, countries), which is never masked
//  2. structured identifiers (e-mail, phone, IBAN and the like) and postal addresses
//  3. companies by their legal form
//  4. names after certain cues, such as honorifics; then those that a trained tagger labels; in English also by rules
//     over word lists
//  5. values that the session already knows from other texts, and the firm's own lists
package masking

import "errors"

// Type is the kind of personal data in a span. Its name appears in the placeholder.
type Type uint8

// The placeholder types: the kinds of personal data. Literal is user text that looks like a placeholder; it is masked so
// that it is restored unchanged.
const (
	Person Type = iota
	Company
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
	"PERSON", "COMPANY", "LOCATION", "ADDRESS", "EMAIL", "PHONE", "CREDIT_CARD",
	"IBAN", "SSN", "IP", "URL", "DATE", "ID", "TITLE", "NATIONALITY", "LITERAL",
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

// ErrNotUTF8 means that the text is not valid UTF-8.
var ErrNotUTF8 = errors.New("masking: text is not valid UTF-8")

// ErrTooLong means that the text is longer than MaxText.
var ErrTooLong = errors.New("masking: text is too long")

// ErrFailed means that masking panicked or could not finish.
var ErrFailed = errors.New("masking: failed")

// MaxText is the maximum length of a text, in bytes.
const MaxText = 64 << 20

// Masker finds personal data. Create it with New.
type Masker struct {
	lex    *lexicon
	cues   *cues
	tagger *tagger
	public publicNames
}

// New reads the embedded word lists and the model of the tagger. It fails only if they are corrupt.
func New() (*Masker, error) {
	lex, err := readLexicon()
	if err != nil {
		return nil, err
	}
	cues, err := readCues(lex)
	if err != nil {
		return nil, err
	}
	tagger, err := readTagger()
	if err != nil {
		return nil, err
	}
	public, err := readPublicNames(lex)
	if err != nil {
		return nil, err
	}
	return &Masker{lex: lex, cues: cues, tagger: tagger, public: public}, nil
}

// NewSession returns a session for the texts of one request.
func (m *Masker) NewSession() *Session { return &Session{masker: m} }

// Types returns all types.
func Types() []Type {
	types := make([]Type, typeCount)
	for i := range types {
		types[i] = Type(i)
	}
	return types
}
