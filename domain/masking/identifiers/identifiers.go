// Package identifiers recognizes official numbers of people, companies and things by their form and check digits:
// national identifiers, tax and company numbers, bank accounts and the like.
//
// A number says little by itself: one in ten numbers passes a check of one digit. So each kind states what it
// takes to believe it: nothing but the number, the number printed in its usual groups, or a word beside it that
// announces it.
package identifiers

import "strings"

// Evidence is what is known about a number besides its characters.
type Evidence uint8

const (
	// Announced numbers follow a word such as "passport" or "Steuer-ID".
	Announced Evidence = iota
	// Printed numbers are set in the groups that are usual for their kind; "-" and "." count.
	Printed
	// Bare numbers have no more than their check digits.
	Bare
)

// Kind is a kind of identifier.
type Kind struct {
	Country string // ISO 3166, "" if international
	Name    string
	// form has a character for each of the number's: 9 a digit, A a letter, X either; a letter in lower case
	// or another character stands for itself.
	form string
	// printed are the usual groupings, separated as they are printed.
	printed []string
	needs   Evidence
	check   func(string) bool // nil if there is none
}

// MaxLength is the length of the longest identifier without separators.
const MaxLength = 42

var byLength = func() (table [MaxLength + 1][]*Kind) {
	for i := range kinds {
		k := &kinds[i]
		table[len(k.form)] = append(table[len(k.form)], k)
	}
	return table
}()

// Match returns the kind of the number, nil if it is none. Compact is the number in capitals without separators;
// printed is the same with them.
func Match(compact, printed string, announced bool) *Kind {
	if len(compact) > MaxLength {
		return nil
	}
	for _, k := range byLength[len(compact)] {
		if !fits(k.form, compact) {
			continue
		}
		switch {
		case announced:
		case k.needs == Bare && (len(printed) == len(compact) || len(compact) >= 13 || strings.ContainsAny(k.form, "AXabcdefghijklmnopqrstuvwxyz")):
		case k.needs == Announced || !k.isPrinted(printed):
			continue
		}
		if k.check == nil || k.check(compact) {
			return k
		}
	}
	return nil
}

func (k *Kind) isPrinted(s string) bool {
	for _, p := range k.printed {
		if fits(p, s) {
			return true
		}
	}
	return false
}

// fits reports whether s has the form.
func fits(form, s string) bool {
	if len(form) != len(s) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		switch f := form[i]; {
		case f == '9':
			if !isDigit(c) {
				return false
			}
		case f == 'A':
			if !isLetter(c) {
				return false
			}
		case f == 'X':
			if !isDigit(c) && !isLetter(c) {
				return false
			}
		case f >= 'a' && f <= 'z':
			if c != f-('a'-'A') {
				return false
			}
		case f != c:
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' }

// digits returns the value of the digits at s[i:j].
func digits(s string, i, j int) (v int) {
	for _, c := range []byte(s[i:j]) {
		v = v*10 + int(c-'0')
	}
	return v
}

// isDate reports whether a day and month exist.
func isDate(month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (day <= 30 || strings.IndexByte("\x04\x06\x09\x0b", byte(month)) < 0) && (month != 2 || day <= 29)
}
