package payments

import (
	"context"
	"net/url"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/billing"
	"counsel/domain/cases"
	query "counsel/gen/query/payments"
)

// checkoutLifetime is how long somebody can pay on the page of a checkout. A page is not given out again in the last minutes of it.
const (
	checkoutLifetime = 12 * time.Hour
	checkoutMargin   = 10 * time.Minute
)

// NewCheckout is a checkout to open. ID is optional: a retry with the same ID returns what the first request opened.
type NewCheckout struct {
	ID         domain.ID
	InvoiceID  domain.ID
	SuccessURL string // "": that of the configuration
	CancelURL  string // likewise
}

// Checkout opens the page on which an invoice is paid, or returns the payment that is open already if its amount is what is
// due. Otherwise that one is closed first. Errors: those of reading the invoice; Forbidden for viewers; Invalid if the amount cannot be paid at the provider;
// Conflict if the invoice does not wait for a payment (reason invoice_not_payable), or one is on its way (payment_processing); Unavailable and Upstream: those of the
// provider. After Unavailable the checkout may be open: a retry returns it.
func (s *Service) Checkout(ctx context.Context, p domain.Principal, n NewCheckout) (Payment, error) {
	for pointer, address := range map[string]*string{"/successUrl": &n.SuccessURL, "/cancelUrl": &n.CancelURL} {
		if *address == "" {
			*address = s.url
		}
		if u, err := url.Parse(*address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return Payment{}, domain.InvalidField(pointer, "must be a URL such as https://host/paid")
		}
	}
	if n.ID.IsZero() {
		n.ID = s.newID()
	}
	if row, err := s.queries.GetPayment(ctx, n.ID); err == nil {
		return s.resume(ctx, toPayment(row))
	} else if domain.CodeOf(db.Error(err)) != domain.NotFound {
		return Payment{}, db.Error(err)
	}
	for attempt := 0; ; attempt++ {
		invoice, err := s.invoices.Invoice(ctx, p, n.InvoiceID)
		if err != nil {
			return Payment{}, err
		}
		action := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourcePayment, ID: &n.ID}
		if err := s.cases.Authorize(ctx, p, invoice.CaseID, action); err != nil {
			return Payment{}, err
		}
		provider, err := s.providerOf(p.UserID)
		if err != nil {
			return Payment{}, err
		}
		if !invoice.Payable() || invoice.Due() == 0 {
			return Payment{}, conflict("invoice_not_payable", "This invoice does not wait for a payment.")
		}
		due := domain.Money{Amount: invoice.Due(), Currency: invoice.Currency}
		if err := provider.CheckAmount(due); err != nil {
			return Payment{}, err
		}
		existing, err := s.openPayment(ctx, invoice, due)
		if existing != nil || err != nil {
			return deref(existing), err
		}
		payment, err := s.create(ctx, p, n, invoice, due, provider)
		if domain.CodeOf(err) == domain.Conflict && attempt < 2 && isDuplicate(err) {
			continue // somebody else opened one meanwhile
		}
		if err != nil {
			return Payment{}, err
		}
		return s.resume(ctx, payment)
	}
}

func deref(p *Payment) Payment {
	if p == nil {
		return Payment{}
	}
	return *p
}

// isDuplicate reports whether a conflict is that of a unique key, not one of the domain.
func isDuplicate(err error) bool { return reasonOf(err) == "" }

// openPayment returns the open payment of an invoice if its amount is what is due. Another one is closed.
func (s *Service) openPayment(ctx context.Context, invoice billing.Invoice, due domain.Money) (*Payment, error) {
	row, err := s.queries.GetOpenPayment(ctx, &invoice.ID)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return nil, nil
		}
		return nil, err
	}
	payment := toPayment(row)
	if payment.Status == Processing {
		return nil, conflict("payment_processing", "A payment of this invoice is on its way. It takes days.")
	}
	if payment.Amount == due && s.now().Before(payment.ExpiresAt.Add(-checkoutMargin)) {
		payment, err := s.resume(ctx, payment)
		if err != nil || payment.Status == Created || payment.Status == Open {
			return &payment, err
		}
		return nil, nil // it ended meanwhile
	}
	return nil, s.cancel(ctx, payment.ID)
}

// create writes a payment down.
func (s *Service) create(ctx context.Context, p domain.Principal, n NewCheckout, invoice billing.Invoice, due domain.Money, provider Provider) (Payment, error) {
	var row query.Payment
	err := s.cases.AuthorizedTx(ctx, p, invoice.CaseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourcePayment, ID: &n.ID}, func(tx db.Tx) (err error) {
		q, now := query.New(tx), s.now()
		check := now.Add(createdCheck)
		if err := q.CreatePayment(ctx, query.CreatePaymentParams{ID: n.ID, InvoiceID: invoice.ID, CaseID: invoice.CaseID, UserID: p.UserID, OpenInvoice: &invoice.ID, Status: string(Created),
			Provider: provider.Name(), Amount: due.Amount, Currency: due.Currency, Description: "Invoice " + invoice.Number, SuccessUrl: n.SuccessURL, CancelUrl: n.CancelURL,
			ExpiresAt: now.Add(checkoutLifetime), CheckAt: nullTime(&check), CreatedAt: now}); err != nil {
			return err
		}
		row, err = q.GetPayment(ctx, n.ID)
		return err
	})
	return toPayment(row), err
}

// resume creates the checkout of a payment at the provider, unless it is known to exist.
func (s *Service) resume(ctx context.Context, payment Payment) (Payment, error) {
	if payment.Status != Created {
		return s.load(ctx, payment.ID)
	}
	provider, err := s.providerOf(payment.UserID)
	if err != nil {
		return Payment{}, err
	}
	state, err := provider.CreateCheckout(ctx, Checkout{PaymentID: payment.ID, Amount: payment.Amount, Description: payment.Description, SuccessURL: payment.SuccessURL,
		CancelURL: payment.CancelURL, ExpiresAt: payment.ExpiresAt.Truncate(time.Second)})
	if rejected(err) {
		s.log.ErrorContext(ctx, "the payment provider rejected a checkout", "payment_id", payment.ID.String(), "error", err.Error())
		if failed := s.move(ctx, payment.ID, State{Status: Failed}, Failed); failed != nil {
			return Payment{}, failed
		}
	}
	if err != nil {
		return Payment{}, err
	}
	if err := s.move(ctx, payment.ID, state, Open); err != nil {
		return Payment{}, err
	}
	return s.load(ctx, payment.ID)
}

// cancel closes a payment that somebody could still pay, at the provider first. If it was paid at the last moment, that is recorded.
func (s *Service) cancel(ctx context.Context, id domain.ID) error {
	payment, err := s.load(ctx, id)
	if err != nil || !payment.pending() || payment.Status == Processing {
		return err
	}
	provider, err := s.providerOf(payment.UserID)
	if err != nil {
		return err
	}
	if payment, err = s.resume(ctx, payment); err != nil {
		if rejected(err) {
			return nil // it never existed at the provider
		}
		return err
	}
	if err := provider.ExpireCheckout(ctx, payment.CheckoutID); err != nil {
		return err
	}
	state, err := provider.State(ctx, payment.CheckoutID)
	if err != nil {
		return err
	}
	if state.Status == Expired && payment.pending() {
		return s.move(ctx, id, state, Canceled)
	}
	return s.apply(ctx, payment, state)
}
