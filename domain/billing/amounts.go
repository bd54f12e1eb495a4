package billing

import (
	"math/big"

	"counsel/domain"
)

// roundedQuotient returns a·b/divisor, rounded to the nearest integer and halves away from zero, as invoices usually are.
// Each line of an invoice is rounded by itself, its amount first and then its tax; totals are sums of what the lines
// show. ok is false if the result is larger than domain.MaxAmount.
func roundedQuotient(a, b, divisor int64) (result int64, ok bool) {
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	negative := product.Sign() < 0
	product.Abs(product)
	// ⌊(2·product + divisor) / (2·divisor)⌋
	product.Lsh(product, 1).Add(product, big.NewInt(divisor)).Quo(product, new(big.Int).Lsh(big.NewInt(divisor), 1))
	if product.Cmp(big.NewInt(domain.MaxAmount)) > 0 {
		return 0, false
	}
	if negative {
		product.Neg(product)
	}
	return product.Int64(), true
}

// sum adds amounts that are not larger than domain.MaxAmount each. ok is false if the sum is.
func sum(a, b int64) (result int64, ok bool) {
	result = a + b
	return result, -domain.MaxAmount <= result && result <= domain.MaxAmount
}

// taxDivisor is the number of basis points in the whole.
const taxDivisor = 10_000

// setAmounts computes the amount and the tax of a line.
func (l *Line) setAmounts(pointer string) error {
	var ok bool
	if l.Amount, ok = roundedQuotient(l.Quantity, l.UnitPrice, int64(l.Divisor)); ok {
		l.Tax, ok = roundedQuotient(l.Amount, int64(l.TaxRate), taxDivisor)
	}
	if !ok {
		return domain.InvalidField(pointer, "has an amount that is too large")
	}
	return nil
}

// setTotals adds up the lines.
func (i *Invoice) setTotals() error {
	i.Subtotal, i.Tax, i.Total = 0, 0, 0
	for _, l := range i.Lines {
		var ok [3]bool
		i.Subtotal, ok[0] = sum(i.Subtotal, l.Amount)
		i.Tax, ok[1] = sum(i.Tax, l.Tax)
		i.Total, ok[2] = sum(i.Subtotal, i.Tax)
		if !ok[0] || !ok[1] || !ok[2] {
			return domain.InvalidField("/lines", "add up to an amount that is too large")
		}
	}
	if i.Total < 0 || i.Subtotal < 0 || i.Tax < 0 {
		return domain.InvalidField("/lines", "must not add up to an amount below zero")
	}
	return nil
}
