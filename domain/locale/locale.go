// Package locale formats dates, numbers, amounts of money and lists in the language of a document,
// following the Unicode CLDR. Only the lookup of a language can fail: supported are the languages
// whose letters the fonts of clients/pdf contain.
//
// Numbers and amounts use bojanz/currency. Dates and lists use a table generated from the CLDR by
// tools/cldr, because golang.org/x/text has neither, and go-playground/locales needs 35 MB of Go for
// dates and has no lists.
package locale

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bojanz/currency"
	"golang.org/x/text/language"
)

// Parse returns the language of a BCP 47 tag as far as it is known: unknown and malformed subtags are
// ignored. A tag without a known language is English.
func Parse(tag string) language.Tag {
	known, _ := language.Parse(tag)
	if base, _, _ := known.Raw(); base.String() == "und" {
		return language.English
	}
	return known
}

// patterns are the CLDR patterns of a language; see cldr.gen.go.
type patterns struct {
	date                                     string // \x01 day, \x02 day in two digits, \x03 month, \x04 year
	listPair, listStart, listMiddle, listEnd string // separators between list items
	months                                   [12]string
}

// Formatter formats values in one language. It is immutable and safe for concurrent use.
type Formatter struct {
	patterns
	tag              language.Tag
	numbers          *currency.Formatter
	amounts          *currency.Formatter
	minusSign        string
	decimalSeparator string
}

// Lookup returns the formatter of a language, with the patterns of the language or its nearest parent
// (de for de-LU). ok is false for an unsupported language. English without a region is international
// English (en-001), with the day first.
func Lookup(tag language.Tag) (f Formatter, ok bool) {
	if tag.String() == "en" {
		tag = language.MustParse("en-001")
	}
	for t := tag; t != language.Und; t = t.Parent() {
		row, ok := patternsByTag[t.String()]
		if !ok {
			continue
		}
		l := currency.NewLocale(tag.String())
		f := Formatter{patterns: row, tag: tag, numbers: currency.NewFormatter(l), amounts: currency.NewFormatter(l)}
		f.numbers.CurrencyDisplay, f.numbers.MinDigits = currency.DisplayNone, 0
		f.amounts.CurrencyDisplay = currency.DisplayCode // ISO code, as symbols are ambiguous
		f.minusSign, f.decimalSeparator, _ = strings.Cut(f.formatNumber("-1.1"), "1")
		f.decimalSeparator = strings.TrimSuffix(f.decimalSeparator, "1")
		return f, true
	}
	return Formatter{}, false
}

// Languages returns the supported languages, without regions, in alphabetical order.
func Languages() []string {
	tags := slices.DeleteFunc(slices.Collect(maps.Keys(patternsByTag)), func(t string) bool { return strings.Contains(t, "-") })
	slices.Sort(tags)
	return tags
}

// Date formats a date in long form: 31. Januar 2026.
func (f Formatter) Date(day time.Time) string {
	return replaceNarrowSpace(strings.NewReplacer(
		"\x01", strconv.Itoa(day.Day()),
		"\x02", day.Format("02"),
		"\x03", f.months[day.Month()-1],
		"\x04", strconv.Itoa(day.Year()),
	).Replace(f.date))
}

// Number formats a decimal number, such as -1234.5. Unless grouped is set, whole numbers of up to four
// digits have no grouping separators, since they may be years.
func (f Formatter) Number(decimal string, grouped bool) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, decimals, fraction := strings.Cut(digits, ".")
	s := whole
	if grouped || fraction || len(whole) > 4 {
		s = f.formatNumber(whole)
	}
	if fraction {
		s += f.decimalSeparator + decimals
	}
	if negative {
		s = f.minusSign + s
	}
	return s
}

func (f Formatter) formatNumber(decimal string) string {
	amount, err := currency.NewAmount(decimal, "EUR") // any currency: it is not shown
	if err != nil {
		return decimal
	}
	return replaceNarrowSpace(f.numbers.Format(amount))
}

// Amount formats an amount of money, given in minor units, with the ISO 4217 code: 12.400,00 EUR. An
// unknown currency is formatted as its code and the number.
func (f Formatter) Amount(minor int64, code string) string {
	amount, err := currency.NewAmountFromInt64(minor, code)
	if err != nil {
		return code + "\u00a0" + strconv.FormatInt(minor, 10)
	}
	return replaceNarrowSpace(f.amounts.Format(amount))
}

// replaceNarrowSpace replaces the narrow no-break space, which many fonts lack, by U+00A0.
func replaceNarrowSpace(s string) string { return strings.ReplaceAll(s, "\u202f", "\u00a0") }

// List joins items with a conjunction: Ada, Grace und Mary.
func (f Formatter) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	case 2:
		return items[0] + f.separatorBefore(f.listPair, items[1]) + items[1]
	}
	var b strings.Builder
	b.WriteString(items[0])
	last := len(items) - 1
	for i, item := range items[1:last] {
		if i == 0 {
			b.WriteString(f.listStart)
		} else {
			b.WriteString(f.listMiddle)
		}
		b.WriteString(item)
	}
	return b.String() + f.separatorBefore(f.listEnd, items[last]) + items[last]
}

// separatorBefore returns the separator to put before next. In Spanish "y" becomes "e" before the sound
// of i, which CLDR leaves to implementations.
func (f Formatter) separatorBefore(separator, next string) string {
	if base, _ := f.tag.Base(); base.String() == "es" && separator == " y " && iSound.MatchString(next) {
		return " e "
	}
	return separator
}

var iSound = regexp.MustCompile(`(?i)^(h?í|i|hi$|hi[^aeáé])`) // not hielo, hiato
