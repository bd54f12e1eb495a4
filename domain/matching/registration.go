package matching

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Registration is a registration or tax number.
type Registration struct {
	Number  string
	Country string // ISO 3166-1 alpha-2 of the register; "": unknown
}

// Normalized is equal for all spellings of a number: without grouping, leading zeros and the country it begins with.
func (r Registration) Normalized() string {
	plain := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, norm.NFKC.String(r.Number))
	if rest, ok := strings.CutPrefix(plain, strings.ToUpper(r.Country)); ok && len(rest) > 4 && strings.ContainsFunc(rest[:1], unicode.IsDigit) {
		plain = rest
	}
	digits := strings.IndexFunc(plain, unicode.IsDigit)
	if digits < 0 {
		return plain
	}
	if bare := strings.TrimLeft(plain[digits:], "0"); bare != "" {
		return plain[:digits] + bare
	}
	return plain
}

// Same reports whether both are the same number of one register. Registers of different countries give the same
// numbers to different companies; a number without a country may be of any.
func (r Registration) Same(o Registration) bool {
	if r.Country != "" && o.Country != "" && !strings.EqualFold(r.Country, o.Country) {
		return false
	}
	n := r.Normalized()
	return n != "" && (n == o.Normalized() || n == Registration{Number: o.Number, Country: r.Country}.Normalized() ||
		o.Normalized() == Registration{Number: r.Number, Country: o.Country}.Normalized())
}

// Keys are the spellings by which an index finds the number: with and without the country it begins with.
func (r Registration) Keys() (keys []string) {
	n := r.Normalized()
	if n == "" {
		return nil
	}
	keys = append(keys, n)
	if len(n) > 2 && unicode.IsLetter(rune(n[0])) && unicode.IsLetter(rune(n[1])) {
		if bare := (Registration{Number: r.Number, Country: n[:2]}).Normalized(); bare != n {
			keys = append(keys, bare)
		}
	}
	return keys
}
