package documents

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

// RulesVersion names the rules by which data become text and text becomes lines. It is stored
// with each rendered document, so that the document can be rendered again, byte for byte, after the
// rules have changed. Zero means the current version.
type RulesVersion uint8

// The versions of the rules.
const (
	// FirstRules write dates, lists and the labels of signatures in English alone, and break short
	// words in a table that has a very long one.
	FirstRules RulesVersion = 1
	// CurrentRules write for the template's language.
	CurrentRules RulesVersion = 2
)

// writer turns values into text.
type writer interface {
	Date(day time.Time) string
	Number(decimal string, grouped bool) string
	Sum(minor int64, currency string) string
	List(items []string) string
}

func writerFor(tag language.Tag, rules RulesVersion) writer {
	if rules != FirstRules {
		if f, ok := locale.Lookup(tag); ok {
			return f
		}
	}
	return firstWriter{tag} // also for a template that was accepted in a language without a format
}

// labelSignatures puts the words of a language beside the lines to sign on.
func labelSignatures(blocks []Block, tag language.Tag, rules RulesVersion) {
	if rules == FirstRules {
		return
	}
	l := locale.SignatureLabels(tag)
	for i, b := range blocks {
		if s, ok := b.(Signatures); ok {
			s.Labels = Labels{Name: l.Name, Title: l.Capacity, Place: l.Place, Date: l.Date}
			blocks[i] = s
		}
	}
}

// firstWriter writes by FirstRules.
type firstWriter struct{ language language.Tag }

func (w firstWriter) english() bool {
	base, _ := w.language.Base()
	return base.String() == "en"
}

func (w firstWriter) Date(day time.Time) string {
	switch region, _ := w.language.Region(); {
	case !w.english():
		return day.Format(time.DateOnly)
	case region.String() == "US" && strings.Contains(w.language.String(), "US"):
		return day.Format("January 2, 2006")
	}
	return day.Format("2 January 2006")
}

func (w firstWriter) Number(decimal string, _ bool) string { return decimal }

func (w firstWriter) Sum(minor int64, code string) string {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return fmt.Sprintf("%s %d", code, minor)
	}
	scale, _ := currency.Standard.Rounding(unit)
	div := 1.0
	for range scale {
		div *= 10
	}
	return message.NewPrinter(w.language).Sprintf("%v\u00a0%v", unit, number.Decimal(float64(minor)/div, number.Scale(scale)))
}

func (w firstWriter) List(items []string) string {
	last := len(items) - 1
	and := ", "
	if w.english() {
		and = " and "
	}
	if last == 0 {
		return items[0]
	}
	return strings.Join(items[:last], ", ") + and + items[last]
}
