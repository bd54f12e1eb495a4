package doc

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"counsel/domain/locale"
)

// RulesVersion is the version of the rules by which data are formatted as text and text is broken
// into lines. It is stored with each rendered document, so that the document can be rendered again,
// byte for byte, after the rules have changed. Zero means the current version.
type RulesVersion uint8

// The versions of the rules.
const (
	// RulesV1 formats dates, lists and signature labels in English only, and breaks short words in
	// a table that contains a very long one.
	RulesV1 RulesVersion = 1
	// CurrentRules formats values for the language of the template.
	CurrentRules RulesVersion = 2
)

// ValueFormatter formats values as text in one language.
type ValueFormatter interface {
	Date(day time.Time) string
	Number(decimal string, grouped bool) string
	Amount(minor int64, currency string) string // minor units and an ISO 4217 code
	List(items []string) string
}

// FormatterFor returns the formatter of a language under a version of the rules.
func FormatterFor(tag language.Tag, rules RulesVersion) ValueFormatter {
	if rules != RulesV1 {
		if f, ok := locale.Lookup(tag); ok {
			return f
		}
	}
	return formatterV1{tag} // also for a template that was accepted in a language without a format
}

// LabelSignatures sets the labels of the signature blocks among blocks, in the given language.
func LabelSignatures(blocks []Block, tag language.Tag, rules RulesVersion) {
	if rules == RulesV1 {
		return
	}
	l := locale.SignatureLabels(tag)
	for i, b := range blocks {
		if s, ok := b.(SignatureBlock); ok {
			s.Labels = SignatureLabels{Name: l.Name, Title: l.Capacity, Place: l.Place, Date: l.Date}
			blocks[i] = s
		}
	}
}

// formatterV1 formats by RulesV1.
type formatterV1 struct{ language language.Tag }

func (f formatterV1) english() bool {
	base, _ := f.language.Base()
	return base.String() == "en"
}

func (f formatterV1) Date(day time.Time) string {
	switch region, _ := f.language.Region(); {
	case !f.english():
		return day.Format(time.DateOnly)
	case region.String() == "US" && strings.Contains(f.language.String(), "US"):
		return day.Format("January 2, 2006")
	}
	return day.Format("2 January 2006")
}

func (f formatterV1) Number(decimal string, _ bool) string { return decimal }

func (f formatterV1) Amount(minor int64, code string) string {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return fmt.Sprintf("%s %d", code, minor)
	}
	scale, _ := currency.Standard.Rounding(unit)
	div := 1.0
	for range scale {
		div *= 10
	}
	return message.NewPrinter(f.language).Sprintf("%v\u00a0%v", unit, number.Decimal(float64(minor)/div, number.Scale(scale)))
}

func (f formatterV1) List(items []string) string {
	last := len(items) - 1
	and := ", "
	if f.english() {
		and = " and "
	}
	if last == 0 {
		return items[0]
	}
	return strings.Join(items[:last], ", ") + and + items[last]
}
