package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"counsel/domain"
	"counsel/domain/email"
)

// step is a step of the SMTP transaction.
type step string

const (
	stepConnect step = "connecting"
	stepFrom    step = "MAIL"
	stepTo      step = "RCPT"
	stepData    step = "DATA"
	stepBody    step = "the message"
	stepEnd     step = "the end of the message"
)

// answered reports whether err is a reply of the server, after which the connection still works. After 421 the
// server closes it.
func answered(err error) bool {
	reply, ok := errors.AsType[*textproto.Error](err)
	return ok && reply.Code != 421
}

// classify converts an error into an outcome. The server's reply is quoted only in Reason, because it may contain
// addresses.
func classify(at step, err error) email.Outcome {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return connectionError(string(at), err)
	}
	status := enhancedStatus.FindString(reply.Msg)
	o := email.Outcome{Reason: quoteReply(reply), Err: fmt.Errorf("mail: %s: the server answered %d %s", at, reply.Code, status)}
	switch {
	case reply.Code < 500, at == stepConnect, authFailed(reply.Code): // the operator can fix these, so the mail is retried
		o.Result = email.Deferred
	default:
		o.Result = email.Refused
		o.BadAddress = at == stepTo && isBadAddress(reply.Code, status)
	}
	return o
}

// enhancedStatus matches an enhanced status code (RFC 3463) at the start of a reply.
var enhancedStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// authFailed reports whether a reply code means that authentication is required, failed, or too weak.
func authFailed(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// isBadAddress reports whether a reply means that the address does not exist, rather than that the message is
// unwanted or the mailbox full.
func isBadAddress(code int, status string) bool {
	if status == "" || status == "5.0.0" { // unspecific
		return code == 550 || code == 551 || code == 553
	}
	return strings.HasPrefix(status, "5.1.") && status != "5.1.7" && status != "5.1.8" || status == "5.2.1"
}

// connectionError returns the outcome of a failed connection. The error describes the cause without e-mail addresses.
func connectionError(at string, err error) email.Outcome {
	kind := "the connection failed"
	_, unknownCA := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	network, isNet := errors.AsType[net.Error](err)
	_, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errBackingOff):
		kind = "the last connection failed a moment ago"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		kind = "canceled or out of time"
	case unknownCA, wrongName, badCert, alert, record:
		kind = "TLS failed: the server is not trusted"
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), strings.Contains(err.Error(), "SMTP AUTH"): // go-mail's error has no type
		kind = "the server offers no supported authentication mechanism"
	case errors.Is(err, os.ErrDeadlineExceeded), isNet && network.Timeout():
		kind = "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		kind = "the server closed the connection"
	case isOp:
		kind = "the server cannot be reached"
	case strings.Contains(err.Error(), "STARTTLS"):
		kind = "the server does not offer STARTTLS"
	}
	return email.Outcome{Result: email.Deferred, Reason: "The mail server could not be reached, or the connection was lost.", Err: fmt.Errorf("mail: %s: %s", at, kind)}
}

// maxQuote limits a quoted reply, in characters.
const maxQuote = 200

func quoteReply(reply *textproto.Error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reply.Msg, ""))
	return domain.Truncate(strconv.Itoa(reply.Code)+" "+strings.Join(strings.Fields(text), " "), maxQuote)
}

// needsSMTPUTF8 is the outcome of a recipient or message that needs SMTPUTF8 (RFC 6531).
func needsSMTPUTF8(reason string) email.Outcome {
	return email.Outcome{Result: email.Refused, Reason: reason, Err: errors.New("mail: the server does not offer SMTPUTF8")}
}

func composeFailed(err error) email.Outcome {
	return email.Outcome{Result: email.Refused, Reason: "The message could not be composed.", Err: err}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

func parseSize(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0
	}
	return n
}
