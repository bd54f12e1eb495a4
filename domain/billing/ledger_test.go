package billing

import (
	"slices"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testkit"
)

func eur(amount int64) domain.Money { return domain.Money{Amount: amount, Currency: "EUR"} }

func (f *fixture) deposit(amount int64) {
	f.t.Helper()
	_, err := f.DepositTrust(f.t.Context(), f.lawyer, f.caseID, TrustMovement{Amount: eur(amount), Memo: "Retainer"})
	testkit.Must(f.t, err)
}

func (f *fixture) refund(payment domain.ID, amount int64) (domain.ID, error) {
	id := domain.NewID()
	return id, f.tx(func(tx db.Tx) error {
		return f.RecordRefund(f.t.Context(), tx, RefundMade{RefundID: id, PaymentID: payment, Amount: eur(amount)})
	})
}

func (f *fixture) dispute(payment domain.ID, amount int64) (domain.ID, error) {
	id := domain.NewID()
	return id, f.tx(func(tx db.Tx) error {
		return f.RecordChargeback(f.t.Context(), tx, ChargebackOpened{ChargebackID: id, PaymentID: payment, Amount: eur(amount), Fee: 15})
	})
}

func (f *fixture) completeRefund(id domain.ID) error {
	return f.tx(func(tx db.Tx) error { return f.CompleteRefund(f.t.Context(), tx, id) })
}

func (f *fixture) cancelRefund(id domain.ID) error {
	return f.tx(func(tx db.Tx) error { return f.CancelRefund(f.t.Context(), tx, id) })
}

func (f *fixture) closeDispute(id domain.ID, won bool) error {
	return f.tx(func(tx db.Tx) error { return f.CloseChargeback(f.t.Context(), tx, id, won) })
}

func (f *fixture) wantInvoice(id domain.ID, status Status, paid, credit int64) {
	f.t.Helper()
	if i := f.invoice(id); i.Status != status || i.Paid != paid || i.Credit != credit {
		f.t.Errorf("the invoice is %s with %d paid and %d of credit, want %s, %d, %d", i.Status, i.Paid, i.Credit, status, paid, credit)
	}
}

// TestPayments walks an invoice through payments, a refund and what exceeds the total, and checks every balance.
func TestPayments(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	price := int64(10_000)
	draft, err := f.CreateInvoice(ctx, f.lawyer, f.caseID, NewInvoice{Currency: "EUR", Recipient: Recipient{Name: "Ada"}, Lines: []NewLine{{Description: "Advice", Quantity: "1", UnitPrice: &price, TaxRate: 1900, TaxName: "VAT"}}})
	testkit.Must(t, err)
	_, err = f.pay(draft.ID, 1, "EUR")
	wantError(t, err, domain.Conflict, "invoice_draft")
	i, err := f.Send(ctx, f.lawyer, f.caseID, draft.ID)
	testkit.Must(t, err)
	f.wantBalances(map[Account]int64{Receivables: 11_900, Revenue: -10_000, Tax: -1_900})

	_, err = f.pay(i.ID, 1, "USD")
	wantError(t, err, domain.Invalid, "/amount/currency")
	_, err = f.pay(i.ID, 0, "EUR")
	wantError(t, err, domain.Invalid, "/amount")
	_, err = f.pay(domain.NewID(), 1, "EUR")
	wantError(t, err, domain.NotFound, "")

	first := PaymentReceived{InvoiceID: i.ID, PaymentID: domain.NewID(), Amount: eur(1_900), Fee: 50, ReceivedAt: f.now}
	for range 2 { // a retry changes nothing
		testkit.Must(t, f.tx(func(tx db.Tx) error { _, err := f.RecordPayment(ctx, tx, first); return err }))
		f.wantInvoice(i.ID, PartlyPaid, 1_900, 0)
	}
	second, err := f.pay(i.ID, 12_000, "EUR")
	testkit.Must(t, err)
	f.wantInvoice(i.ID, Paid, 11_900, 2_000)
	f.wantBalances(map[Account]int64{Revenue: -10_000, Tax: -1_900, ProviderClearing: 13_850, Fees: 50, ClientCredit: -2_000})
	if !slices.Equal(f.events, []domain.EventType{domain.EventInvoiceSent, domain.EventInvoiceOverpaid, domain.EventInvoicePaid}) {
		t.Errorf("events %v", f.events)
	}
	_, err = f.VoidInvoice(ctx, f.lawyer, f.caseID, i.ID)
	wantError(t, err, domain.Conflict, "")

	_, err = f.refund(second.ID, 12_001)
	wantError(t, err, domain.Conflict, "refund_too_large")
	over, err := f.refund(second.ID, 2_000) // the credit
	testkit.Must(t, err)
	f.wantInvoice(i.ID, Paid, 11_900, 0)
	testkit.Must(t, f.completeRefund(over))
	testkit.Must(t, f.completeRefund(over))
	wantError(t, f.cancelRefund(over), domain.Conflict, "")
	f.wantBalances(map[Account]int64{Revenue: -10_000, Tax: -1_900, ProviderClearing: 11_850, Fees: 50})

	rest, err := f.refund(second.ID, 10_000)
	testkit.Must(t, err)
	f.wantInvoice(i.ID, PartlyPaid, 1_900, 0)
	f.wantBalances(map[Account]int64{Receivables: 10_000, Refunds: -10_000, Revenue: -10_000, Tax: -1_900, ProviderClearing: 11_850, Fees: 50})
	_, err = f.refund(second.ID, 1)
	wantError(t, err, domain.Conflict, "refund_too_large")
	testkit.Must(t, f.cancelRefund(rest)) // it failed: the money is back
	f.wantInvoice(i.ID, Paid, 11_900, 0)

	// Both payments refunded, the invoice can be voided.
	for payment, amount := range map[domain.ID]int64{first.PaymentID: 1_900, second.ID: 10_000} {
		id, err := f.refund(payment, amount)
		testkit.Must(t, err)
		testkit.Must(t, f.completeRefund(id))
	}
	f.wantInvoice(i.ID, Open, 0, 0)
	_, err = f.VoidInvoice(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	f.wantBalances(map[Account]int64{ProviderClearing: -50, Fees: 50})
	if all, err := f.TrialBalance(ctx, f.admin); err != nil || len(all) == 0 {
		t.Errorf("trial balance %+v, %v", all, err)
	}
}

// TestPaymentAfterVoid: money for a void invoice is credit of the client that can be refunded.
func TestPaymentAfterVoid(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	i := f.issued(500, "EUR")
	for range 2 {
		_, err := f.VoidInvoice(ctx, f.lawyer, f.caseID, i.ID)
		testkit.Must(t, err)
	}
	p, err := f.pay(i.ID, 500, "EUR")
	testkit.Must(t, err)
	f.wantInvoice(i.ID, Void, 0, 500)
	f.wantBalances(map[Account]int64{ProviderClearing: 500, ClientCredit: -500})
	if f.events[len(f.events)-1] != domain.EventInvoiceOverpaid {
		t.Errorf("events %v", f.events)
	}
	_, err = f.refund(p.ID, 501)
	wantError(t, err, domain.Conflict, "refund_too_large")
	id, err := f.refund(p.ID, 500)
	testkit.Must(t, err)
	testkit.Must(t, f.completeRefund(id))
	f.wantInvoice(i.ID, Void, 0, 0)
	f.wantBalances(nil)
	_, err = f.Send(ctx, f.lawyer, f.caseID, i.ID)
	wantError(t, err, domain.Conflict, "invoice_void")
}

// TestChargebacks: a lost dispute makes the invoice due again, a won one changes nothing.
func TestChargebacks(t *testing.T) {
	f := newFixture(t)
	i := f.issued(1_000, "EUR")
	p, err := f.pay(i.ID, 1_200, "EUR")
	testkit.Must(t, err)
	won, err := f.dispute(p.ID, 1_200)
	testkit.Must(t, err)
	f.wantInvoice(i.ID, Paid, 1_000, 200)
	f.wantBalances(map[Account]int64{Disputes: 1_200, Fees: 15, ProviderClearing: -15, ClientCredit: -200, Revenue: -1_000})
	_, err = f.refund(p.ID, 1)
	wantError(t, err, domain.Conflict, "refund_too_large")
	_, err = f.dispute(p.ID, 1)
	wantError(t, err, domain.Conflict, "refund_too_large")
	wantError(t, f.completeRefund(won), domain.NotFound, "")
	testkit.Must(t, f.closeDispute(won, true))
	testkit.Must(t, f.closeDispute(won, true))
	wantError(t, f.closeDispute(won, false), domain.Conflict, "")
	f.wantBalances(map[Account]int64{Fees: 15, ProviderClearing: 1_185, ClientCredit: -200, Revenue: -1_000})

	upheld, err := f.dispute(p.ID, 1_100)
	testkit.Must(t, err)
	testkit.Must(t, f.closeDispute(upheld, false))
	f.wantInvoice(i.ID, PartlyPaid, 100, 0)
	f.wantBalances(map[Account]int64{Fees: 30, ProviderClearing: 70, Receivables: 900, Revenue: -1_000})
}

// TestWriteOff: a payment opens an invoice that was written off again.
func TestWriteOff(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	i := f.issued(1_000, "EUR")
	p, err := f.pay(i.ID, 400, "EUR")
	testkit.Must(t, err)
	for range 2 {
		_, err := f.WriteOffInvoice(ctx, f.lawyer, f.caseID, i.ID)
		testkit.Must(t, err)
	}
	f.wantBalances(map[Account]int64{ProviderClearing: 400, Revenue: -1_000, WriteOffs: 600})
	_, err = f.pay(i.ID, 100, "EUR")
	testkit.Must(t, err)
	f.wantInvoice(i.ID, PartlyPaid, 500, 0)
	f.wantBalances(map[Account]int64{ProviderClearing: 500, Revenue: -1_000, Receivables: 500})
	_, err = f.WriteOffInvoice(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	_, err = f.refund(p.ID, 400)
	testkit.Must(t, err)
	f.wantInvoice(i.ID, PartlyPaid, 100, 0)
	f.wantBalances(map[Account]int64{ProviderClearing: 500, Refunds: -400, Revenue: -1_000, Receivables: 900})
}

// TestTrust: client money goes to the firm only for an open invoice of its case, and never beyond what the case has.
func TestTrust(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	deposit := TrustMovement{ID: domain.NewID(), Amount: eur(1_000), Memo: "Retainer"}
	for range 2 {
		e, err := f.DepositTrust(ctx, f.lawyer, f.caseID, deposit)
		testkit.Must(t, err)
		if e.Kind != EntryTrustDeposit || e.Memo != "Retainer" || len(e.Lines) != 2 {
			t.Errorf("the entry is %+v", e)
		}
	}
	f.wantBalances(map[Account]int64{TrustBank: 1_000, Trust: -1_000})

	draft, i := f.draft(600, "EUR"), f.issued(600, "EUR")
	pay := func(invoice domain.ID, amount int64) error {
		_, err := f.PayFromTrust(ctx, f.lawyer, f.caseID, invoice, domain.ID{}, amount)
		return err
	}
	wantError(t, pay(draft.ID, 1), domain.Conflict, "invoice_not_open")
	wantError(t, pay(domain.NewID(), 1), domain.NotFound, "")
	wantError(t, pay(i.ID, 601), domain.Invalid, "/amount")
	wantError(t, pay(i.ID, -1), domain.Invalid, "/amount")
	other := f.issued(5_000, "EUR")
	wantError(t, pay(other.ID, 1_001), domain.Conflict, "trust_insufficient")
	yen := f.issued(100, "JPY") // another currency has no money of its own
	wantError(t, pay(yen.ID, 0), domain.Conflict, "trust_insufficient")
	id := domain.NewID()
	for range 2 {
		paid, err := f.PayFromTrust(ctx, f.lawyer, f.caseID, i.ID, id, 100)
		testkit.Must(t, err)
		if paid.Status != PartlyPaid || paid.Paid != 100 {
			t.Errorf("%+v", paid)
		}
	}
	testkit.Must(t, pay(i.ID, 0)) // the rest
	f.wantInvoice(i.ID, Paid, 600, 0)
	f.wantBalances(map[Account]int64{TrustBank: 400, Trust: -400, Operating: 600, Receivables: 5_000, Revenue: -5_600})
	_, err := f.refund(id, 1)
	wantError(t, err, domain.Conflict, "payment_from_trust")

	for _, tc := range []struct {
		amount domain.Money
		code   domain.Code
		detail string
	}{
		{eur(401), domain.Conflict, "trust_insufficient"}, {eur(0), domain.Invalid, "/amount"}, {domain.Money{Amount: 1, Currency: "xyz"}, domain.Invalid, "/currency"}, {eur(domain.MaxAmount + 1), domain.Invalid, "/amount"},
	} {
		_, err := f.ReturnTrust(ctx, f.lawyer, f.caseID, TrustMovement{Amount: tc.amount})
		wantError(t, err, tc.code, tc.detail)
	}
	_, err = f.ReturnTrust(ctx, f.lawyer, f.caseID, TrustMovement{Amount: eur(400)})
	testkit.Must(t, err)
	f.wantBalances(map[Account]int64{Operating: 600, Receivables: 5_000, Revenue: -5_600})

	// The money of one case is not another's.
	f.deposit(1_000)
	f.caseID = f.open()
	third := f.issued(10, "EUR")
	wantError(t, pay(third.ID, 10), domain.Conflict, "trust_insufficient")

	// No balance grows beyond what JSON carries.
	f.deposit(domain.MaxAmount)
	_, err = f.DepositTrust(ctx, f.lawyer, f.caseID, TrustMovement{Amount: eur(1)})
	wantError(t, err, domain.Invalid, "/amount")
}

// TestPosting refuses entries that do not balance or mix client money with the firm's.
func TestPosting(t *testing.T) {
	for name, lines := range map[string]map[Account]int64{
		"one side":             {Receivables: 5},
		"off by one":           {Receivables: 5, Revenue: -4},
		"client money to firm": {Trust: 5, Operating: -5},
		"bank to bank":         {TrustBank: -5, Operating: 5},
		"no such account":      {"cash": 5, Revenue: -5},
		"too large":            {Receivables: domain.MaxAmount + 1, Revenue: -domain.MaxAmount - 1},
	} {
		p := posting{lines: lines}
		if p.check() == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	p := posting{lines: map[Account]int64{Trust: 5, TrustBank: -5, Operating: 5, Receivables: -5}}
	if err := p.check(); err != nil {
		t.Error(err)
	}
}

// TestLedgerPages: the ledger is read in pages, each entry with its lines.
func TestLedgerPages(t *testing.T) {
	f := newFixture(t)
	for n := range 5 {
		f.deposit(int64(n + 1))
	}
	var amounts []int64
	var cursor *domain.ID
	for {
		l, err := f.Ledger(t.Context(), f.lawyer, f.caseID, 2, cursor)
		testkit.Must(t, err)
		for _, e := range l.Entries {
			amounts = append(amounts, e.Lines[0].Amount)
		}
		if cursor = l.Next; cursor == nil {
			break
		}
	}
	if !slices.Equal(amounts, []int64{5, 4, 3, 2, 1}) {
		t.Errorf("amounts %v", amounts)
	}
}
