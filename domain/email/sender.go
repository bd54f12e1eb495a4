package email

import (
	"context"
	"io"
	"time"

	"counsel/domain"
)

// Sender submits messages to a mail server.
type Sender interface {
	// Send submits m and returns the outcome for each of m.Recipients, in order. A rejected recipient does not affect the
	// others. Send returns when ctx is done. The errors contain neither addresses nor secrets.
	Send(ctx context.Context, m Outgoing) []Outcome
}

// Outgoing is a complete message.
type Outgoing struct {
	ID         domain.ID // determines the Message-ID, by which a receiver recognizes duplicates
	Date       time.Time
	Subject    string
	Text       string
	HTML       string   // empty: text only
	To, Cc     []string // addresses in the header
	ReplyTo    string
	Recipients []string // envelope recipients of this attempt
	Files      []File
	// Unsubscribe is the URL for one-click unsubscribing (RFC 8058); empty: none.
	Unsubscribe string
	Automatic   bool // written by the service; suppresses out-of-office replies (RFC 3834)
}

// File is an attachment, or an image that the HTML shows as cid:Name.
type File struct {
	Name        string
	ContentType string
	Inline      bool
	Body        io.ReadSeeker
}

// Result is the result of an attempt for one recipient.
type Result int

// The results of an attempt.
const (
	Deferred Result = iota // temporary failure (4xx, or no connection): retried
	Accepted               // the server is now responsible for the mail
	Refused                // permanent failure (5xx) of the recipient or the message
)

// Outcome is the outcome of an attempt for one recipient.
type Outcome struct {
	Result Result
	// Reason is shown to the sender: the reply of the server. It may contain the address.
	Reason string
	// BadAddress: the address does not exist, so that nothing should be sent to it again.
	BadAddress bool
	// Err is for the log; nil if Accepted.
	Err error
}
