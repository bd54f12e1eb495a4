package stripe

import (
	"strings"

	"counsel/domain"
)

// divisors are the currencies whose amounts Stripe counts otherwise than ISO 4217: the number of our minor units in one of Stripe's, below zero the
// number of Stripe's in one of ours. Stripe writes ISK and UGX with two decimals, although they have none, and MGA without.
var divisors = map[string]int64{"MGA": 100, "ISK": -100, "UGX": -100}

// multiples are the currencies of which Stripe takes only multiples of a number of minor units.
var multiples = map[string]int64{"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100}

// maxAmount is the largest amount that Stripe takes in most currencies, in its units.
const maxAmount = 99_999_999

// CheckAmount implements payments.Provider.
func (c *Client) CheckAmount(amount domain.Money) error {
	if of := multiples[amount.Currency]; of != 0 && amount.Amount%of != 0 {
		return domain.InvalidField("/invoiceId", "asks for an amount in %s that cannot be paid online: it must be a multiple of %d minor units", amount.Currency, of)
	}
	if amount.Amount <= 0 || toStripe(amount) > maxAmount {
		return domain.InvalidField("/invoiceId", "asks for an amount that cannot be paid online")
	}
	return nil
}

// toStripe returns an amount in Stripe's units.
func toStripe(m domain.Money) int64 {
	switch d := divisors[m.Currency]; {
	case d > 0:
		return m.Amount / d
	case d < 0:
		return min(m.Amount, domain.MaxAmount/-d) * -d
	}
	return m.Amount
}

// fromStripe returns an amount of Stripe in minor units.
func fromStripe(amount int64, currency string) domain.Money {
	m := domain.Money{Amount: amount, Currency: strings.ToUpper(currency)}
	switch d := divisors[m.Currency]; {
	case d > 0:
		m.Amount *= d
	case d < 0:
		m.Amount /= -d
	}
	return m
}
