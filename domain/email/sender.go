// Package email sends mail for people and for the service itself.
package email

import (
	"context"
	"io"
	"time"

	"counsel/domain"
)

// Sender hands messages to a mail server.
type Sender interface {
	// Send tries to hand m over for each of its recipients, and says of each what came of it, in
	// their order. One that is refused does not keep the others from getting it. It ends when ctx
	// does. Nothing that it returns for the log holds an address or a secret.
	Send(ctx context.Context, m Outgoing) []Outcome
}

// Outgoing is a message ready to go.
type Outgoing struct {
	ID         domain.ID // its Message-ID is made of it, so that a receiver knows a second try by it
	Date       time.Time
	Subject    string
	Text       string
	HTML       string   // "": text alone
	To, Cc     []string // addresses, as the header shows them
	ReplyTo    string
	Recipients []string // whom it goes to now
	Files      []File
	// Unsubscribe is where whoever gets it can say that they want no more such mails, by one POST
	// (RFC 8058); "": there is no such place.
	Unsubscribe string
	Automatic   bool // nobody wrote it: no out-of-office notice shall answer it
}

// File is an attachment, or a picture that the HTML shows by cid:Name.
type File struct {
	Name        string
	ContentType string
	Inline      bool
	Body        io.ReadSeeker
}

// Result says what came of a try, for one recipient.
type Result int

// What can come of a try.
const (
	Deferred Result = iota // not now, perhaps later: the server is away, busy, or asks to come again
	Accepted               // the server answers for it from now on
	Refused                // never: the server will not have this recipient, or this message
)

// Outcome is what came of a try for one recipient.
type Outcome struct {
	Result Result
	// Reason is for whoever wrote the mail: what the server said. It may hold the address.
	Reason string
	// BadAddress: the address itself is refused, so that nothing need ever be sent there again.
	BadAddress bool
	// Err is for the log. nil when Accepted.
	Err error
}
