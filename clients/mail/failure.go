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

	"counsel/domain/email"
)

// step is how far a message got.
type step string

const (
	stepConnect step = "connecting"
	stepFrom    step = "MAIL"
	stepTo      step = "RCPT"
	stepData    step = "DATA"
	stepBody    step = "the message"
	stepEnd     step = "the end of the message"
)

// answered tells a server that said no from a line that broke. After 421 it hangs up itself.
func answered(err error) bool {
	said, ok := errors.AsType[*textproto.Error](err)
	return ok && said.Code != 421
}

// refusal sorts a failure. What the server said is quoted in Reason only: it may name addresses.
func refusal(at step, err error) email.Outcome {
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return lost(string(at), err)
	}
	status := enhanced.FindString(said.Msg)
	o := email.Outcome{Reason: quote(said), Err: fmt.Errorf("mail: %s: the server answered %d %s", at, said.Code, status)}
	switch {
	case said.Code < 500, at == stepConnect, signIn(said.Code): // what an operator can mend is not the end of a mail
		o.Result = email.Deferred
	default:
		o.Result = email.Refused
		o.BadAddress = at == stepTo && badAddress(said.Code, status)
	}
	return o
}

// enhanced is a status code of RFC 3463, with which a server may begin its answer.
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// signIn knows the answers to a sign-in that is missing, failed, or not strong enough.
func signIn(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// badAddress tells an address that is no good from a message that is not wanted, and from a full
// mailbox.
func badAddress(code int, status string) bool {
	if status == "" || status == "5.0.0" { // which says nothing more
		return code == 550 || code == 551 || code == 553
	}
	return strings.HasPrefix(status, "5.1.") && status != "5.1.7" && status != "5.1.8" || status == "5.2.1"
}

// lost is a connection that failed. Its own words may hold names of hosts; those are the
// operator's. They never hold an address.
func lost(at string, err error) email.Outcome {
	kind := "the connection failed"
	_, unknownCA := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	network, isNet := errors.AsType[net.Error](err)
	_, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errResting):
		kind = "the server was away a moment ago"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		kind = "its time was up"
	case unknownCA, wrongName, badCert, alert, record:
		kind = "the server cannot be trusted: TLS failed"
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), strings.Contains(err.Error(), "SMTP AUTH"): // of go-mail, without a type
		kind = "the server offers no way to sign in that we take"
	case errors.Is(err, os.ErrDeadlineExceeded), isNet && network.Timeout():
		kind = "the server does not answer"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		kind = "the server hung up"
	case isOp:
		kind = "the server cannot be reached"
	case strings.Contains(err.Error(), "STARTTLS"):
		kind = "the server does not offer STARTTLS"
	}
	return email.Outcome{Result: email.Deferred, Reason: "The mail server could not be reached, or broke off.", Err: fmt.Errorf("mail: %s: %s", at, kind)}
}

// maxQuote is how much of a server's words is kept, in characters.
const maxQuote = 200

func quote(said *textproto.Error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(said.Msg, ""))
	runes := []rune(strconv.Itoa(said.Code) + " " + strings.Join(strings.Fields(text), " "))
	return string(runes[:min(len(runes), maxQuote)])
}

// noUTF8 is what becomes of a recipient, or a message, that only a server with SMTPUTF8 (RFC 6531) can
// carry.
func noUTF8(reason string) email.Outcome {
	return email.Outcome{Result: email.Refused, Reason: reason, Err: errors.New("mail: the server does not offer SMTPUTF8")}
}

func notComposed(err error) email.Outcome {
	return email.Outcome{Result: email.Refused, Reason: "The message could not be put together.", Err: err}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0
	}
	return n
}
