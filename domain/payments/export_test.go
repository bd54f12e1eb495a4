package payments

import (
	"context"

	"counsel/domain"
)

// When a payment is asked about again, and how long it can be paid.
const (
	OpenCheck        = openCheck
	CheckoutLifetime = checkoutLifetime
)

// Load reads a payment.
func (s *Service) Load(ctx context.Context, id domain.ID) (Payment, error) { return s.load(ctx, id) }

// Sync asks the provider about a payment.
func (s *Service) Sync(ctx context.Context, id domain.ID) error { return s.sync(ctx, id) }

// Cancel closes the checkout of a payment.
func (s *Service) Cancel(ctx context.Context, id domain.ID) error { return s.cancel(ctx, id) }
