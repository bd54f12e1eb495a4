package domain

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// EmailAddress is a parsed e-mail address.
type EmailAddress struct{ local, host, asciiHost string }

// Maximum lengths in bytes of an address and of its local part (RFC 5321, 4.5.3.1).
const (
	maxEmail      = 254
	maxEmailLocal = 64
)

var errEmail = errors.New("is not an e-mail address")

// idnaProfile is the UTS 46 profile for domain lookup, with the length limits of the DNS.
var idnaProfile = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.BidiRule(), idna.VerifyDNSLength(true))

// ParseEmail parses an e-mail address: a local part in any script (RFC 6531) and a domain that can
// be looked up, without a display name or quoting. Its error is meant for the caller.
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

// mixesScripts reports whether a label of a domain mixes scripts with look-alike letters
// (homographs). Registries reject such names.
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

// String returns the address in Unicode, for people.
func (a EmailAddress) String() string { return a.local + "@" + a.host }

// ASCII returns the address for mail servers, with its domain in Punycode. A server without
// SMTPUTF8 accepts it if the local part is ASCII too.
func (a EmailAddress) ASCII() string { return a.local + "@" + a.asciiHost }

// Key returns the same string for all spellings of an address. Mail servers may distinguish upper
// from lower case in the local part, but none is known to do so.
func (a EmailAddress) Key() string {
	return norm.NFC.String(strings.ToLower(a.local)) + "@" + a.asciiHost
}

// EmailKey returns the Key of a stored address. If it is not valid, it returns it in lower case.
func EmailKey(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.Key()
	}
	return strings.ToLower(s)
}

// EmailUnicode returns a stored address in Unicode, for people. If it is not valid, it returns it
// unchanged.
func EmailUnicode(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.String()
	}
	return s
}

// EmailASCII returns an address in the form for mail servers. If it is not valid, it returns it
// unchanged.
func EmailASCII(s string) string {
	if a, err := ParseEmail(s); err == nil {
		return a.ASCII()
	}
	return s
}
