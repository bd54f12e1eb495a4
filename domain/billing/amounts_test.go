package billing

import (
	"math"
	"math/big"
	"testing"
	"testing/quick"

	"golang.org/x/text/language"

	"counsel/domain"
	"counsel/domain/locale"
)

func TestRoundedQuotient(t *testing.T) {
	for _, c := range []struct {
		a, b, divisor, want int64
		ok                  bool
	}{
		{90, 20_000, 60, 30_000, true}, // an hour and a half
		{20, 10_000, 60, 3_333, true},  // 3333⅓
		{40, 10_000, 60, 6_667, true},  // 6666⅔
		{1, 1, 2, 1, true},             // halves go away from zero
		{1, -1, 2, -1, true},           // on both sides
		{1, 3, 2, 2, true},             // 1½
		{1_005, 100, 1000, 101, true},  // 100.5
		{100, 1_900, 10_000, 19, true}, // 19 % of 1.00
		{50, 1_900, 10_000, 10, true},  // 9.5
		{0, 5, 60, 0, true},
		{domain.MaxAmount, 1000, 1000, domain.MaxAmount, true},
		{domain.MaxAmount, 1001, 1000, 0, false},
		{math.MaxInt64, math.MaxInt64, 1, 0, false},
		{-domain.MaxAmount, 2, 1, 0, false},
	} {
		if got, ok := roundedQuotient(c.a, c.b, c.divisor); got != c.want || ok != c.ok {
			t.Errorf("%d·%d/%d = %d, %v, want %d, %v", c.a, c.b, c.divisor, got, ok, c.want, c.ok)
		}
	}
	// It is never off by more than a half.
	if err := quick.Check(func(a int32, b int64, d uint8) bool {
		divisor := int64(d) + 1
		got, ok := roundedQuotient(int64(a), b, divisor)
		product := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(b))
		if !ok {
			limit := new(big.Int).Mul(big.NewInt(domain.MaxAmount), big.NewInt(divisor))
			return product.CmpAbs(limit) > 0
		}
		off := product.Sub(product, new(big.Int).Mul(big.NewInt(got), big.NewInt(divisor)))
		return new(big.Int).Lsh(off, 1).CmpAbs(big.NewInt(divisor)) <= 0
	}, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

func TestParseQuantity(t *testing.T) {
	for text, want := range map[string]int64{"1": 1000, "1.5": 1500, "0.001": 1, "2.25": 2250, "999999999.999": 999_999_999_999,
		"0": 0, "": 0, ".5": 0, "1.": 0, "1.2345": 0, "-1": 0, "1e3": 0, "1000000000": 0, "+1": 0} {
		if got, ok := parseQuantity(text); got != want && ok || ok != (want > 0) {
			t.Errorf("%q is %d, %v, want %d", text, got, ok, want)
		}
	}
	for text, l := range map[string]Line{"1.5": {Quantity: 90, Divisor: 60}, "0.333": {Quantity: 20, Divisor: 60}, "2": {Quantity: 2000, Divisor: 1000}, "0.25": {Quantity: 250, Divisor: 1000}} {
		if got := l.Decimal(); got != text {
			t.Errorf("%+v is %s, want %s", l, got, text)
		}
	}
}

func TestCurrencies(t *testing.T) {
	for code, want := range map[string]int{"EUR": 2, "JPY": 0, "KWD": 3} {
		if got, ok := domain.CurrencyDecimals(code); !ok || got != want {
			t.Errorf("%s has %d decimals, %v", code, got, ok)
		}
	}
	for _, code := range []string{"", "eur", "XYZ", "XAU", "XTS"} {
		if _, ok := domain.CurrencyDecimals(code); ok {
			t.Errorf("%q is a currency", code)
		}
	}
}

// TestQuantity: time is exact on an invoice, so that its reader can check the amount.
func TestQuantity(t *testing.T) {
	f, _ := locale.Lookup(language.German)
	for want, l := range map[string]Line{"1:40\u00a0h": {Quantity: 100, Divisor: 60}, "0:05\u00a0h": {Quantity: 5, Divisor: 60}, "1,5": {Quantity: 1500, Divisor: 1000}} {
		if got := quantity(l, f); got != want {
			t.Errorf("%+v is %q, want %q", l, got, want)
		}
	}
}
