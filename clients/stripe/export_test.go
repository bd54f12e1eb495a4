package stripe

import (
	"context"

	"counsel/domain/payments"
)

// Refunds and Disputes list those of a payment intent.

func (c *Client) Refunds(ctx context.Context, intent string) ([]payments.RefundState, error) {
	return c.refundsOf(ctx, intent)
}

func (c *Client) Disputes(ctx context.Context, intent string) ([]payments.DisputeState, error) {
	return c.disputesOf(ctx, intent)
}
