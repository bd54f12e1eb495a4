package domain

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// EmailAddress is an e-mail address, as ParseEmail reads it.
type EmailAddress struct{ local, host, asciiHost string }

// Most bytes of an address, and of what stands before its @ (RFC 5321, 4.5.3.1).
const (
	maxEmail      = 254
	maxEmailLocal = 64
)

var errEmail = errors.New("is not an e-mail address")

// idnaProfile is the profile of UTS 46 by which domains are looked up, with the lengths of the DNS.
var idnaProfile = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.BidiRule(), idna.VerifyDNSLength(true))

// ParseEmail is the one rule of what an e-mail address is: letters of any language on both sides of the @
// (RFC 6531), a domain that can be looked up, no display name, nothing quoted. Its error is for the caller.
func ParseEmail(s string) (EmailAddress, error) {
	s = norm.NFC.String(s)
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }) {
		return EmailAddress{}, errEmail
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Name != "" || a.Address != s {
		return EmailAddress{}, errEmail
	}
	at := strings.LastIndexByte(s, '@')
	ascii, err := idnaProfile.ToASCII(s[at+1:])
	if err != nil || ascii == "" || strings.HasSuffix(ascii, ".") || at > maxEmailLocal || at+1+len(ascii) > maxEmail {
		return EmailAddress{}, errEmail
	}
	host, err := idnaProfile.ToUnicode(ascii)
	if err != nil || len(host) > maxEmail || mixesScripts(host) {
		return EmailAddress{}, errEmail
	}
	return EmailAddress{s[:at], host, ascii}, nil
}

// mixesScripts reports whether a label of a domain has letters of several scripts that look alike. Such a name is
// made to be taken for another; registries refuse it.
func mixesScripts(host string) bool {
	alike := []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic}
	for label := range strings.SplitSeq(host, ".") {
		scripts := 0
		for _, s := range alike {
			if strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(s, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return true
		}
	}
	return false
}

// String is the address as people read it.
func (a EmailAddress) String() string { return a.local + "@" + a.host }

// ASCII is the address as mail servers take it: its domain as the DNS has it. A server without SMTPUTF8 can
// write to it unless what stands before the @ is not ASCII.
func (a EmailAddress) ASCII() string { return a.local + "@" + a.asciiHost }

// Key is the same for all spellings of an address. Servers may tell upper from lower case before the @; none
// is known to give them to two people.
func (a EmailAddress) Key() string {
	return norm.NFC.String(strings.ToLower(a.local)) + "@" + a.asciiHost
}

// EmailKey is the Key of an address that was stored; of what is none, itself in lower case.
func EmailKey(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.Key()
	}
	return strings.ToLower(s)
}

// EmailUnicode is an address that was stored as mail servers take it, as people read it.
func EmailUnicode(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.String()
	}
	return s
}

// EmailASCII is an address as mail servers take it; what is none stays.
func EmailASCII(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.ASCII()
	}
	return s
}
