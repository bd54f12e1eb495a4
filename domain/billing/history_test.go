package billing

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testkit"
)

// history is what has happened so far in TestHistories, from which the next step is chosen.
type history struct {
	*fixture
	mu                                    sync.Mutex
	cases                                 []domain.ID
	invoices                              []caseInvoice
	payments, refunds, disputes, requests []domain.ID
}

type caseInvoice struct{ caseID, id domain.ID }

// choose returns a random element, ok is false if there is none.
func choose[T any](h *history, r *rand.Rand, from *[]T) (v T, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(*from) == 0 {
		return v, false
	}
	return (*from)[r.IntN(len(*from))], true
}

func remember[T any](h *history, to *[]T, v T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*to = append(*to, v)
}

// once returns a new id, or now and then one that was used before: a retry.
func (h *history) once(r *rand.Rand) domain.ID {
	if id, ok := choose(h, r, &h.requests); ok && r.IntN(5) == 0 {
		return id
	}
	id := domain.NewID()
	remember(h, &h.requests, id)
	return id
}

// step does something at random. It may be refused.
func (h *history) step(ctx context.Context, r *rand.Rand) error {
	currency := []string{"EUR", "EUR", "JPY", "KWD"}[r.IntN(4)]
	amount := 1 + r.Int64N(1_000)
	caseID := h.cases[r.IntN(len(h.cases))]
	in := func(fn func(db.Tx) error) error { return db.WithTx(ctx, h.pool, fn) }
	invoice, ok := choose(h, r, &h.invoices)
	if ok {
		caseID = invoice.caseID
	}
	switch kind := r.IntN(24); {
	case kind < 3:
		price := r.Int64N(2_000)
		i, err := h.CreateInvoice(ctx, h.lawyer, caseID, NewInvoice{ID: h.once(r), Currency: currency, Recipient: Recipient{Name: "Ada"}, Lines: []NewLine{
			{Description: "Advice", Quantity: "1.337", UnitPrice: &price, TaxRate: r.IntN(2_500), TaxName: "VAT"}, {Description: "Fee", Quantity: "2", UnitPrice: &amount}}})
		if err == nil {
			remember(h, &h.invoices, caseInvoice{caseID, i.ID})
		}
		return err
	case kind < 6:
		_, err := h.Send(ctx, h.lawyer, caseID, invoice.id)
		return err
	case kind < 7:
		_, err := h.VoidInvoice(ctx, h.lawyer, caseID, invoice.id)
		return err
	case kind < 8:
		_, err := h.WriteOffInvoice(ctx, h.lawyer, caseID, invoice.id)
		return err
	case kind < 12:
		id := h.once(r)
		err := in(func(tx db.Tx) error {
			_, err := h.RecordPayment(ctx, tx, PaymentReceived{InvoiceID: invoice.id, PaymentID: id, Amount: domain.Money{Amount: amount * 3, Currency: currency}, Fee: r.Int64N(amount), ReceivedAt: h.now})
			return err
		})
		if err == nil {
			remember(h, &h.payments, id)
		}
		return err
	case kind < 14:
		payment, _ := choose(h, r, &h.payments)
		id := h.once(r)
		err := in(func(tx db.Tx) error {
			return h.RecordRefund(ctx, tx, RefundMade{RefundID: id, PaymentID: payment, Amount: domain.Money{Amount: amount, Currency: currency}})
		})
		if err == nil {
			remember(h, &h.refunds, id)
		}
		return err
	case kind < 15:
		id, _ := choose(h, r, &h.refunds)
		return in(func(tx db.Tx) error { return h.CompleteRefund(ctx, tx, id) })
	case kind < 16:
		id, _ := choose(h, r, &h.refunds)
		return in(func(tx db.Tx) error { return h.CancelRefund(ctx, tx, id) })
	case kind < 17:
		payment, _ := choose(h, r, &h.payments)
		id := h.once(r)
		err := in(func(tx db.Tx) error {
			return h.RecordChargeback(ctx, tx, ChargebackOpened{ChargebackID: id, PaymentID: payment, Amount: domain.Money{Amount: amount, Currency: currency}, Fee: 15})
		})
		if err == nil {
			remember(h, &h.disputes, id)
		}
		return err
	case kind < 18:
		id, _ := choose(h, r, &h.disputes)
		return in(func(tx db.Tx) error { return h.CloseChargeback(ctx, tx, id, r.IntN(2) == 0) })
	case kind < 20:
		_, err := h.DepositTrust(ctx, h.lawyer, caseID, TrustMovement{ID: h.once(r), Amount: domain.Money{Amount: amount, Currency: currency}})
		return err
	case kind < 21:
		_, err := h.ReturnTrust(ctx, h.lawyer, caseID, TrustMovement{ID: h.once(r), Amount: domain.Money{Amount: amount, Currency: currency}})
		return err
	default:
		_, err := h.PayFromTrust(ctx, h.lawyer, caseID, invoice.id, h.once(r), []int64{0, amount}[r.IntN(2)])
		return err
	}
}

// TestHistories: whatever happens, at once and again, every entry balances, no minor unit is lost, client money stays apart, and
// what the invoices say is what the ledger says.
func TestHistories(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	h := &history{fixture: f, cases: []domain.ID{f.caseID, f.open(), f.open()}}
	rounds, workers, steps := 5, 4, 250
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		var wg sync.WaitGroup
		var mu sync.Mutex
		done, refused := 0, 0
		for w := range workers {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(round), uint64(w)))
				for range steps {
					err := h.step(ctx, r)
					code := domain.CodeOf(err)
					mu.Lock()
					if done++; err != nil {
						refused++
					}
					mu.Unlock()
					if err != nil && code != domain.Conflict && code != domain.Invalid && code != domain.NotFound {
						t.Errorf("a step failed: %v", err)
						return
					}
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		t.Logf("round %d: %d steps, %d refused", round, done, refused)
		if refused > done*4/5 {
			t.Errorf("%d of %d steps were refused: the histories say little", refused, done)
		}
		h.check()
	}
	for name, want := range map[string]int{"invoices": 10, "ledger_entries": 100, "invoice_payments": 10, "invoice_reversals": 4} {
		if n := h.count("SELECT COUNT(*) FROM " + name); int(n) < want*rounds {
			t.Errorf("only %d %s", n, name)
		}
	}
}

func (f *fixture) count(query string, args ...any) (n int64) {
	f.t.Helper()
	testkit.Must(f.t, f.pool.QueryRowContext(f.t.Context(), query, args...).Scan(&n))
	return n
}

// check compares the ledger with itself and with the invoices, in each case and currency.
func (h *history) check() {
	h.t.Helper()
	for name, query := range map[string]string{
		"entries that do not balance":               "SELECT COUNT(*) FROM (SELECT entry_id FROM ledger_lines GROUP BY entry_id, currency HAVING SUM(amount) <> 0) x",
		"entries that mix client money":             "SELECT COUNT(*) FROM (SELECT entry_id FROM ledger_lines WHERE account IN ('trust', 'trust_bank') GROUP BY entry_id, currency HAVING SUM(amount) <> 0) x",
		"entries without lines":                     "SELECT COUNT(*) FROM ledger_entries e WHERE NOT EXISTS (SELECT 1 FROM ledger_lines l WHERE l.entry_id = e.id) AND e.kind NOT IN ('write_off', 'reinstatement')",
		"lines of no entry":                         "SELECT COUNT(*) FROM ledger_lines l WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.id = l.entry_id)",
		"client money below zero":                   "SELECT COUNT(*) FROM ledger_balances WHERE account = 'trust' AND balance > 0 OR account = 'trust_bank' AND balance < 0",
		"balances that are not the sum":             "SELECT COUNT(*) FROM ledger_balances b WHERE balance <> (SELECT SUM(l.amount) FROM ledger_lines l JOIN ledger_entries e ON e.id = l.entry_id WHERE e.case_id = b.case_id AND l.currency = b.currency AND l.account = b.account)",
		"invoices whose status is not what is paid": "SELECT COUNT(*) FROM invoices WHERE status = 'paid' AND paid < total OR status = 'open' AND paid <> 0 OR status = 'partly_paid' AND (paid <= 0 OR paid >= total) OR paid > total OR paid < 0 OR credit < 0 OR status IN ('draft', 'void') AND paid <> 0",
		"invoices whose payments differ":            "SELECT COUNT(*) FROM invoices i WHERE (i.paid, i.credit) <> (SELECT COALESCE(SUM(p.applied), 0), COALESCE(SUM(p.credit), 0) FROM invoice_payments p WHERE p.invoice_id = i.id)",
		"payments refunded beyond their amount":     "SELECT COUNT(*) FROM invoice_payments p WHERE applied + credit < 0 OR applied < 0 OR credit < 0 OR applied + credit + (SELECT COALESCE(SUM(r.amount), 0) FROM invoice_reversals r WHERE r.payment_id = p.id AND (r.kind = 'refund' AND r.status <> 'cancelled' OR r.kind = 'chargeback' AND r.status = 'settled')) <> p.amount",
	} {
		if n := h.count(query); n != 0 {
			h.t.Errorf("%d %s", n, name)
		}
	}
	const provider = " FROM invoice_payments p WHERE p.case_id = ? AND p.currency = ? AND p.source = 'provider'"
	const reversals = "SELECT COALESCE(SUM(r.amount), 0) FROM invoice_reversals r JOIN invoice_payments p ON p.id = r.payment_id WHERE r.case_id = ? AND p.currency = ? AND "
	const invoices = " FROM invoices WHERE case_id = ? AND currency = ? AND "
	for _, caseID := range h.cases {
		h.caseID = caseID
		for _, currency := range []string{"EUR", "JPY", "KWD"} {
			balances := h.balances(currency)
			sum := func(query string) int64 { return h.count(query, caseID, currency) }
			for name, c := range map[string]struct{ got, want int64 }{
				"receivables":    {balances[Receivables], sum("SELECT COALESCE(SUM(total - paid), 0)" + invoices + "status IN ('open', 'partly_paid', 'paid')")},
				"write-offs":     {balances[WriteOffs], sum("SELECT COALESCE(SUM(total - paid), 0)" + invoices + "status = 'uncollectible'")},
				"revenue":        {balances[Revenue], -sum("SELECT COALESCE(SUM(subtotal), 0)" + invoices + "status NOT IN ('draft', 'void')")},
				"tax":            {balances[Tax], -sum("SELECT COALESCE(SUM(tax), 0)" + invoices + "status NOT IN ('draft', 'void')")},
				"credit":         {balances[ClientCredit], -sum("SELECT COALESCE(SUM(credit), 0)" + invoices + "TRUE")},
				"operating":      {balances[Operating], sum("SELECT COALESCE(SUM(amount), 0) FROM invoice_payments WHERE case_id = ? AND currency = ? AND source = 'trust'")},
				"client money":   {balances[Trust], -balances[TrustBank]},
				"refunds":        {balances[Refunds], -sum(reversals + "r.kind = 'refund' AND r.status = 'open'")},
				"disputes":       {balances[Disputes], sum(reversals + "r.kind = 'chargeback' AND r.status = 'open'")},
				"provider money": {balances[ProviderClearing] + balances[Fees], sum("SELECT COALESCE(SUM(amount), 0)"+provider) - sum(reversals+"(r.kind = 'refund' AND r.status = 'settled' OR r.kind = 'chargeback' AND r.status <> 'cancelled')")},
			} {
				if c.got != c.want {
					h.t.Errorf("%s in %s: the ledger has %d, the invoices %d", name, currency, c.got, c.want)
				}
			}
		}
	}
	numbers := h.count("SELECT COUNT(*) FROM invoices WHERE number IS NOT NULL")
	if last := h.count("SELECT last FROM invoice_numbers"); numbers != last {
		h.t.Errorf("%d numbers, the last is %d", numbers, last)
	}
	all, err := h.TrialBalance(h.t.Context(), h.admin)
	testkit.Must(h.t, err)
	totals := map[string]int64{}
	for _, b := range all {
		totals[b.Currency] += b.Balance
	}
	for currency, total := range totals {
		if total != 0 {
			h.t.Errorf("the trial balance in %s is off by %d", currency, total)
		}
	}
	if !slices.ContainsFunc(all, func(b Balance) bool { return b.Account == Trust && b.Balance < 0 }) {
		h.t.Error("there is no client money")
	}
}
