package domain

import (
	"slices"
	"strings"
)

// Money is an amount in the minor units of its currency, such as cents.
type Money struct {
	Amount   int64
	Currency string // ISO 4217
}

// MaxAmount is the largest amount and balance, in minor units: the largest integer that JSON carries exactly everywhere.
const MaxAmount int64 = 1<<53 - 1

// currencies are the codes of ISO 4217 that have minor units or none, by their number of decimals. Funds, metals and
// codes for testing are left out.
var currencies = map[int][]string{
	0: strings.Fields("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
	2: strings.Fields(`AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
		CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
		KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
		PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD
		TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`),
	3: strings.Fields("BHD IQD JOD KWD LYD OMR TND"),
}

// CurrencyDecimals returns the number of decimals of a currency: its exponent in ISO 4217. ok is false for a code that
// is none.
func CurrencyDecimals(code string) (decimals int, ok bool) {
	for decimals, codes := range currencies {
		if slices.Contains(codes, code) {
			return decimals, true
		}
	}
	return 0, false
}
