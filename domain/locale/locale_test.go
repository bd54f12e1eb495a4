package locale

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
)

func lookup(t *testing.T, tag string) Formatter {
	t.Helper()
	f, ok := Lookup(language.MustParse(tag))
	require.True(t, ok, tag)
	return f
}

// TestFormats compares with the usual formats of each language.
func TestFormats(t *testing.T) {
	for tag, want := range map[string][5]string{ // a date, a number, an amount, two and three items
		"en":      {"1 March 2026", "1,234.5", "EUR 12,400.00", "Ada and Mary", "Ada, Mary and Iris"},
		"en-GB":   {"1 March 2026", "1,234.5", "EUR 12,400.00", "Ada and Mary", "Ada, Mary and Iris"},
		"en-US":   {"March 1, 2026", "1,234.5", "EUR 12,400.00", "Ada and Mary", "Ada, Mary, and Iris"},
		"de":      {"1. März 2026", "1.234,5", "12.400,00 EUR", "Ada und Mary", "Ada, Mary und Iris"},
		"de-LU":   {"1. März 2026", "1.234,5", "12.400,00 EUR", "Ada und Mary", "Ada, Mary und Iris"},
		"de-CH":   {"1. März 2026", "1'234.5", "EUR 12'400.00", "Ada und Mary", "Ada, Mary und Iris"},
		"fr":      {"1 mars 2026", "1 234,5", "12 400,00 EUR", "Ada et Mary", "Ada, Mary et Iris"},
		"es":      {"1 de marzo de 2026", "1234,5", "12.400,00 EUR", "Ada y Mary", "Ada, Mary e Iris"},
		"it":      {"1 marzo 2026", "1234,5", "12.400,00 EUR", "Ada e Mary", "Ada, Mary e Iris"},
		"pt-BR":   {"1 de março de 2026", "1.234,5", "EUR 12.400,00", "Ada e Mary", "Ada, Mary e Iris"},
		"pt-PT":   {"1 de março de 2026", "1234,5", "12 400,00 EUR", "Ada e Mary", "Ada, Mary e Iris"},
		"nl":      {"1 maart 2026", "1.234,5", "EUR 12.400,00", "Ada en Mary", "Ada, Mary en Iris"},
		"pl":      {"1 marca 2026", "1234,5", "12 400,00 EUR", "Ada i Mary", "Ada, Mary i Iris"},
		"cs":      {"1. března 2026", "1 234,5", "12 400,00 EUR", "Ada a Mary", "Ada, Mary a Iris"},
		"sv":      {"1 mars 2026", "1 234,5", "12 400,00 EUR", "Ada och Mary", "Ada, Mary och Iris"},
		"el":      {"1 Μαρτίου 2026", "1.234,5", "12.400,00 EUR", "Ada και Mary", "Ada, Mary και Iris"},
		"uk":      {"1 березня 2026 р.", "1 234,5", "12 400,00 EUR", "Ada і Mary", "Ada, Mary і Iris"},
		"sr-Latn": {"1. mart 2026.", "1.234,5", "12.400,00 EUR", "Ada i Mary", "Ada, Mary i Iris"},
		"hu":      {"2026. március 1.", "1234,5", "12 400,00 EUR", "Ada és Mary", "Ada, Mary és Iris"},
	} {
		f := lookup(t, tag)
		got := [5]string{f.Date(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)), f.Number("1234.5", true), f.Amount(1240000, "EUR"),
			f.List([]string{"Ada", "Mary"}), f.List([]string{"Ada", "Mary", "Iris"})}
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], "\u00a0", " ")
		}
		require.Equal(t, want, got, tag)
	}
}

func TestNumber(t *testing.T) {
	de := lookup(t, "de")
	for decimal, want := range map[string]string{"0": "0", "2026": "2026", "-2026": "-2026", "20260": "20.260", "0.125": "0,125", "-1234.5": "-1.234,5", "123456789012": "123.456.789.012"} {
		require.Equal(t, want, de.Number(decimal, false))
	}
	require.Equal(t, "2.026", de.Number("2026", true))
	require.Equal(t, "0,00000000000000000001", de.Number("0.00000000000000000001", true))
}

func TestAmount(t *testing.T) {
	de := lookup(t, "de")
	require.Equal(t, "1.240\u00a0JPY", de.Amount(1240, "JPY"), "a currency without minor units")
	require.Equal(t, "1,240\u00a0KWD", de.Amount(1240, "KWD"), "a currency with three decimals")
	require.Equal(t, "-12,40\u00a0EUR", de.Amount(-1240, "EUR"))
	require.Equal(t, "XYZ\u00a01240", de.Amount(1240, "XYZ"), "an unknown currency")
}

func TestSpanishConjunction(t *testing.T) {
	es := lookup(t, "es-MX")
	for next, want := range map[string]string{"Iris": " e ", "Íñigo": " e ", "hijos": " e ", "Hidalgo": " e ", "hielo": " y ", "hiato": " y ", "Mary": " y ", "Yolanda": " y "} {
		require.Equal(t, "Ada"+want+next, es.List([]string{"Ada", next}))
	}
}

// TestEveryLanguageHasNumbers finds languages whose numbers silently fall back to English.
func TestEveryLanguageHasNumbers(t *testing.T) {
	english := map[string]bool{"en": true, "ga": true, "mt": true, "fil": true, "ms": true, "cy": true, "gd": true, "sw": true}
	for _, tag := range Languages() {
		f := lookup(t, tag)
		assert.NotEmpty(t, SignatureLabels(f.tag).Capacity, tag)
		assert.Equal(t, english[tag], strings.HasPrefix(f.Number("1234567.5", true), "1,234,567.5"), tag)
	}
}

func TestUnsupportedLanguages(t *testing.T) {
	for _, tag := range []string{"ja", "zh", "ar", "he", "hi", "ko", "th", "und", "tlh"} {
		_, ok := Lookup(language.MustParse(tag))
		require.False(t, ok, tag)
	}
}

func TestParse(t *testing.T) {
	for tag, want := range map[string]string{
		"de-AT": "de-AT", "zh-hant-tw": "zh-Hant-TW", "de-AT-xx": "de-AT", "de-a": "de", "fr-zzzzzzz": "fr",
		"": "en", "und": "en", "und-DE": "en", "xx": "en", "english": "en", "a": "en", "de_AT": "de-AT",
	} {
		require.Equal(t, want, Parse(tag).String(), tag)
	}
}
