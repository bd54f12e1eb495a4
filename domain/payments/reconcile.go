package payments

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	query "counsel/gen/query/payments"
)

// syncArgs are the arguments of the job that asks the provider about a payment.
type syncArgs struct {
	Payment domain.ID `json:"payment"`
}

// Kind is the name of the job.
func (syncArgs) Kind() string { return "payments.sync" }

// cancelArgs are the arguments of the job that closes a checkout because its invoice waits for no payment.
type cancelArgs struct {
	Payment domain.ID `json:"payment"`
}

// Kind is the name of the job.
func (cancelArgs) Kind() string { return "payments.cancel" }

// reconcileArgs are the arguments of the periodic job that looks for what no webhook reported.
type reconcileArgs struct{}

// Kind is the name of the job.
func (reconcileArgs) Kind() string { return "payments.reconcile" }

const (
	reconcileEvery = time.Minute
	syncBatch      = 100             // payments that are queued at once
	postponed      = 5 * time.Minute // until a payment is queued again whose sync failed
	maxEventPages  = 20              // that are read at once
	eventRetention = 60 * 24 * time.Hour
	pruneBatch     = 1000
)

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[syncArgs]{MaxAttempts: 4, Timeout: 2 * time.Minute, Work: func(ctx context.Context, job *jobs.Job[syncArgs]) (any, error) {
		err := s.sync(ctx, job.Args.Payment)
		if domain.CodeOf(err) == domain.NotFound {
			return nil, nil // deleted with a test account, or not known to the provider yet
		}
		return nil, err
	}})
	jobs.Register(s.jobs, jobs.Worker[cancelArgs]{MaxAttempts: 20, Timeout: 2 * time.Minute, Work: func(ctx context.Context, job *jobs.Job[cancelArgs]) (any, error) {
		err := s.cancel(ctx, job.Args.Payment)
		if domain.CodeOf(err) == domain.NotFound {
			return nil, nil
		}
		return nil, err
	}})
	jobs.Schedule[reconcileArgs](s.jobs, reconcileEvery, s.Reconcile)
}

// OnEvent closes the open checkout of an invoice that was paid otherwise or voided. It subscribes to the bus.
func (s *Service) OnEvent(ctx context.Context, tx db.Tx, e domain.Event) error {
	if e.Type != domain.EventInvoicePaid && e.Type != domain.EventInvoiceVoided {
		return nil
	}
	invoice := e.Data["invoiceId"]
	row, err := query.New(tx).GetOpenPayment(ctx, &invoice)
	if domain.CodeOf(db.Error(err)) == domain.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: cancelArgs{row.ID}})
	return err
}

// Webhook receives a message of the live provider. NotFound: none is configured. Unauthenticated, Malformed: as for Provider.ParseWebhook.
func (s *Service) Webhook(ctx context.Context, signature string, body []byte) error {
	if s.provider == nil {
		return domain.NoSuch("payment provider here")
	}
	e, err := s.provider.ParseWebhook(signature, body)
	if err != nil {
		return err
	}
	return s.onEvent(ctx, s.provider, e)
}

// onEvent queues a sync of the payment that an event is about, once for each event. Events of another mode, another account, or about
// something else than a payment of this service are ignored.
func (s *Service) onEvent(ctx context.Context, provider Provider, e Event) error {
	if e.Foreign || e.Live != provider.Live() {
		s.log.InfoContext(ctx, "an event of another account or mode of the payment provider was ignored", "event_id", domain.Truncate(e.ID, maxCode), "live", e.Live)
		return nil
	}
	row, err := s.paymentOf(ctx, e)
	if domain.CodeOf(err) == domain.NotFound || err == nil && row.Provider != provider.Name() {
		s.log.InfoContext(ctx, "an event about no payment of this service was ignored", "event_id", domain.Truncate(e.ID, maxCode))
		return nil
	}
	if err != nil {
		return err
	}
	return s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		now := s.now()
		n, err := q.CreatePaymentEvent(ctx, query.CreatePaymentEventParams{EventID: e.ID, CreatedAt: now})
		if err != nil {
			return err
		}
		if n == 0 {
			return errUnchanged
		}
		if !row.CheckoutID.Valid && e.Checkout != "" {
			if err := q.UpdatePaymentCheckout(ctx, query.UpdatePaymentCheckoutParams{CheckoutID: nullString(e.Checkout), CheckAt: nullTime(&now), ID: row.ID}); err != nil {
				return err
			}
		}
		_, err = s.jobs.Enqueue(ctx, tx, jobs.Insert{Queue: jobs.Interactive, Args: syncArgs{row.ID}})
		return err
	})
}

// paymentOf returns the payment that an event is about.
func (s *Service) paymentOf(ctx context.Context, e Event) (query.Payment, error) {
	if id, err := domain.ParseID(e.PaymentID); err == nil {
		row, err := s.queries.GetPayment(ctx, id)
		return row, db.Error(err)
	}
	if e.IntentID == "" {
		return query.Payment{}, noSuchPayment()
	}
	row, err := s.queries.GetPaymentByIntent(ctx, nullString(e.IntentID))
	return row, db.Error(err)
}

// Reconcile reads the provider's events since it did so last, and queues every payment that is due. It goes on where it stopped.
func (s *Service) Reconcile(ctx context.Context) error {
	now := s.now()
	if err := s.queueDue(ctx, now); err != nil {
		return err
	}
	if _, err := s.queries.DeletePaymentEvents(ctx, query.DeletePaymentEventsParams{CreatedAt: now.Add(-eventRetention), Limit: pruneBatch}); err != nil {
		return db.Error(err)
	}
	if s.provider == nil {
		return nil
	}
	return s.readEvents(ctx, s.provider)
}

// queueDue queues the payments about which the provider is to be asked.
func (s *Service) queueDue(ctx context.Context, now time.Time) error {
	ids, err := s.queries.ListDuePayments(ctx, query.ListDuePaymentsParams{CheckAt: nullTime(&now), Limit: syncBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range ids {
		err := s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
			row, err := q.LockPayment(ctx, id)
			if err != nil {
				return err
			}
			if !row.CheckAt.Valid || row.CheckAt.Time.After(now) {
				return errUnchanged
			}
			again := now.Add(postponed)
			if err := q.UpdatePaymentChecked(ctx, query.UpdatePaymentCheckedParams{CheckAt: nullTime(&again), CheckedAt: row.CheckedAt, ID: id}); err != nil {
				return err
			}
			_, err = s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: syncArgs{id}})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readEvents reads the events after the last one that was read. The first time it only notes the newest one: payments from before are asked about when they are due.
func (s *Service) readEvents(ctx context.Context, provider Provider) error {
	last, err := s.queries.GetPaymentCursor(ctx, provider.Name())
	if err != nil && domain.CodeOf(db.Error(err)) != domain.NotFound {
		return db.Error(err)
	}
	for range maxEventPages {
		events, more, err := provider.EventsAfter(ctx, last)
		if domain.CodeOf(err) == domain.NotFound && last != "" {
			s.log.WarnContext(ctx, "the payment provider has forgotten the last event that was read; open payments are asked about one by one")
			last = ""
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range events {
			if last != "" {
				if err := s.onEvent(ctx, provider, e); err != nil {
					return err
				}
			}
		}
		if len(events) > 0 {
			last = events[len(events)-1].ID
			if err := s.queries.UpdatePaymentCursor(ctx, query.UpdatePaymentCursorParams{Provider: provider.Name(), EventID: last, UpdatedAt: s.now()}); err != nil {
				return db.Error(err)
			}
		}
		if !more {
			return nil
		}
	}
	return nil
}
