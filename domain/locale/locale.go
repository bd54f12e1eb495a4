// Package locale writes dates, numbers, sums of money and lists as the Unicode CLDR does for the
// language of a document. A Format is immutable and safe for concurrent use. Nothing fails but the
// look-up of a language: Lookup knows those whose letters the fonts of clients/pdf can print.
//
// Numbers and sums come from bojanz/currency. Dates and lists come from a table made of the CLDR
// (tools/cldr): go-playground/locales brings 35 MB of Go for dates alone, and has no lists;
// golang.org/x/text has neither.
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

// format is a row of the table that tools/cldr makes.
type format struct {
	date                     string // \x01 day, \x02 day in two digits, \x03 month, \x04 year
	pair, start, middle, end string // what stands between two items of a list
	months                   [12]string
}

// Format writes for one language.
type Format struct {
	format
	tag     language.Tag
	numbers *currency.Formatter
	sums    *currency.Formatter
	minus   string
	decimal string // the sign between the whole and its decimals
}

// Lookup finds how a language is written, or its nearest parent: de for de-LU. ok is false for a
// language without one. English without a region is written as in international use, day first.
func Lookup(tag language.Tag) (f Format, ok bool) {
	if tag.String() == "en" {
		tag = language.MustParse("en-001")
	}
	for t := tag; t != language.Und; t = t.Parent() {
		row, ok := formats[t.String()]
		if !ok {
			continue
		}
		l := currency.NewLocale(tag.String())
		f := Format{format: row, tag: tag, numbers: currency.NewFormatter(l), sums: currency.NewFormatter(l)}
		f.numbers.CurrencyDisplay, f.numbers.MinDigits = currency.DisplayNone, 0
		f.sums.CurrencyDisplay = currency.DisplayCode // a symbol names several currencies
		f.minus, f.decimal, _ = strings.Cut(f.number("-1.1"), "1")
		f.decimal = strings.TrimSuffix(f.decimal, "1")
		return f, true
	}
	return Format{}, false
}

// Languages are the languages there are, without their regions, in alphabetical order.
func Languages() []string {
	tags := slices.DeleteFunc(slices.Collect(maps.Keys(formats)), func(t string) bool { return strings.Contains(t, "-") })
	slices.Sort(tags)
	return tags
}

// Date writes a day in full: 31. Januar 2026.
func (f Format) Date(day time.Time) string {
	return printable(strings.NewReplacer(
		"\x01", strconv.Itoa(day.Day()),
		"\x02", day.Format("02"),
		"\x03", f.months[day.Month()-1],
		"\x04", strconv.Itoa(day.Year()),
	).Replace(f.date))
}

// Number writes a decimal number, such as -1234.5, with the language's separators. Whole numbers
// of up to four digits have none when grouped is false, since they may be years.
func (f Format) Number(decimal string, grouped bool) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, decimals, fraction := strings.Cut(digits, ".")
	s := whole
	if grouped || fraction || len(whole) > 4 {
		s = f.number(whole)
	}
	if fraction {
		s += f.decimal + decimals
	}
	if negative {
		s = f.minus + s
	}
	return s
}

func (f Format) number(decimal string) string {
	amount, err := currency.NewAmount(decimal, "EUR") // which currency does not matter: none is shown
	if err != nil {
		return decimal
	}
	return printable(f.numbers.Format(amount))
}

// Sum writes an amount, in the smallest unit of its currency, with the ISO 4217 code: 12.400,00 EUR.
func (f Format) Sum(minor int64, code string) string {
	amount, err := currency.NewAmountFromInt64(minor, code)
	if err != nil {
		return code + "\u00a0" + strconv.FormatInt(minor, 10)
	}
	return printable(f.sums.Format(amount))
}

// printable replaces the narrow no-break space, which fonts often lack, by the common one.
func printable(s string) string { return strings.ReplaceAll(s, "\u202f", "\u00a0") }

// List joins items: Ada, Grace und Mary.
func (f Format) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	case 2:
		return items[0] + f.before(f.pair, items[1]) + items[1]
	}
	var b strings.Builder
	b.WriteString(items[0])
	last := len(items) - 1
	for i, item := range items[1:last] {
		if i == 0 {
			b.WriteString(f.start)
		} else {
			b.WriteString(f.middle)
		}
		b.WriteString(item)
	}
	return b.String() + f.before(f.end, items[last]) + items[last]
}

// before is a separator as it stands in front of next: in Spanish "y" becomes "e" before the sound
// of an i, which the CLDR leaves to programs.
func (f Format) before(separator, next string) string {
	if base, _ := f.tag.Base(); base.String() == "es" && separator == " y " && startsWithI.MatchString(next) {
		return " e "
	}
	return separator
}

var startsWithI = regexp.MustCompile(`(?i)^(h?í|i|hi$|hi[^aeáé])`) // not hielo, hiato
