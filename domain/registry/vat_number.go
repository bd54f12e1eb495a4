package registry

import (
	"regexp"
	"strings"
)

// vatFormats are the numbers of each country of VIES, without the prefix. XI is Northern Ireland, EL Greece.
var vatFormats = map[string]*regexp.Regexp{}

func init() {
	for country, format := range map[string]string{
		"AT": `U[0-9]{8}`, "BE": `[01][0-9]{9}`, "BG": `[0-9]{9,10}`, "CY": `[0-9]{8}[A-Z]`, "CZ": `[0-9]{8,10}`, "DE": `[0-9]{9}`, "DK": `[0-9]{8}`,
		"EE": `[0-9]{9}`, "EL": `[0-9]{9}`, "ES": `[0-9A-Z][0-9]{7}[0-9A-Z]`, "FI": `[0-9]{8}`, "FR": `[0-9A-HJ-NP-Z]{2}[0-9]{9}`, "HR": `[0-9]{11}`,
		"HU": `[0-9]{8}`, "IE": `[0-9][0-9A-Z+*][0-9]{5}[A-Z]{1,2}`, "IT": `[0-9]{11}`, "LT": `([0-9]{9}|[0-9]{12})`, "LU": `[0-9]{8}`, "LV": `[0-9]{11}`,
		"MT": `[0-9]{8}`, "NL": `[0-9A-Z+*]{12}`, "PL": `[0-9]{10}`, "PT": `[0-9]{9}`, "RO": `[0-9]{2,10}`, "SE": `[0-9]{12}`, "SI": `[0-9]{8}`,
		"SK": `[0-9]{10}`, "XI": `([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})`,
	} {
		vatFormats[country] = regexp.MustCompile("^" + format + "$")
	}
}

var vatSeparators = strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "\u00a0", "")

// ParseVATNumber splits a VAT number with its prefix, such as "DE 123 456 789", and checks its form. ok is false for
// countries that VIES does not cover, such as GB.
func ParseVATNumber(s string) (country, number string, ok bool) {
	s = strings.ToUpper(vatSeparators.Replace(s))
	if len(s) < 4 {
		return "", "", false
	}
	country, number = s[:2], s[2:]
	if country == "GR" {
		country = "EL"
	}
	format := vatFormats[country]
	return country, number, format != nil && format.MatchString(number)
}
