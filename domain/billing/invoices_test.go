package billing

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

func ptr[T any](v T) *T { return &v }

func (f *fixture) entry(p domain.Principal, minutes int, rate int64) TimeEntry {
	f.t.Helper()
	e, err := f.CreateTimeEntry(f.t.Context(), p, f.caseID, NewTimeEntry{TimeEntryContent: TimeEntryContent{Date: day(f.now), Minutes: minutes, Rate: domain.Money{Amount: rate, Currency: "EUR"},
		Billable: true, Description: "Review of the lease"}})
	testkit.Must(f.t, err)
	return e
}

// TestTimeEntries: those who lead a case write their own entries, owners and admins all; entries on an invoice are locked.
func TestTimeEntries(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	e := f.entry(f.lawyer, 90, 20_000)
	content := e.TimeEntryContent
	for _, tc := range []struct {
		name   string
		caller domain.Principal
		code   domain.Code // "": allowed
	}{
		{"the lawyer", f.lawyer, ""}, {"the owner", f.owner, ""}, {"an admin", f.admin, ""},
		{"an assistant", f.assistant, domain.Forbidden}, {"a client", f.client, domain.Forbidden}, {"a viewer", f.viewer, domain.Forbidden}, {"a stranger", f.stranger, domain.NotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := f.UpdateTimeEntry(ctx, tc.caller, f.caseID, e.ID, TimeEntryUpdate{Description: ptr("Review of the contract")})
			if tc.code != "" {
				wantError(t, err, tc.code, "")
				_, err = f.CreateTimeEntry(ctx, tc.caller, f.caseID, NewTimeEntry{TimeEntryContent: content})
				wantError(t, err, tc.code, "")
				return
			}
			testkit.Must(t, err)
		})
	}
	other := f.entry(f.owner, 30, 30_000)
	_, err := f.UpdateTimeEntry(ctx, f.lawyer, f.caseID, other.ID, TimeEntryUpdate{Minutes: ptr(60)})
	wantError(t, err, domain.Forbidden, "")
	_, err = f.CreateTimeEntry(ctx, f.lawyer, f.caseID, NewTimeEntry{UserID: f.owner.UserID, TimeEntryContent: content})
	wantError(t, err, domain.Forbidden, "")
	_, err = f.CreateTimeEntry(ctx, f.owner, f.caseID, NewTimeEntry{UserID: f.client.UserID, TimeEntryContent: content})
	wantError(t, err, domain.Invalid, "/userId")
	if items, _, err := f.TimeEntries(ctx, f.assistant, f.caseID, TimeEntryFilter{}); err != nil || len(items) != 2 {
		t.Errorf("%d entries, %v", len(items), err)
	}
	_, _, err = f.TimeEntries(ctx, f.client, f.caseID, TimeEntryFilter{})
	wantError(t, err, domain.Forbidden, "")

	i, err := f.CreateInvoice(ctx, f.lawyer, f.caseID, NewInvoice{Currency: "EUR", Recipient: Recipient{Name: "Ada"}, Lines: []NewLine{{TimeEntryID: &e.ID, TaxRate: 1900, TaxName: "VAT"}}})
	testkit.Must(t, err)
	if i.Subtotal != 30_000 || i.Tax != 5_700 || i.Total != 35_700 || i.Lines[0].Decimal() != "1.5" {
		t.Errorf("the invoice is %+v", i)
	}
	if items, _, err := f.TimeEntries(ctx, f.owner, f.caseID, TimeEntryFilter{Unbilled: true}); err != nil || len(items) != 1 || items[0].ID != other.ID {
		t.Errorf("unbilled %+v, %v", items, err)
	}
	_, err = f.UpdateTimeEntry(ctx, f.owner, f.caseID, e.ID, TimeEntryUpdate{Minutes: ptr(1)})
	wantError(t, err, domain.Conflict, "time_entry_billed")
	wantError(t, f.DeleteTimeEntry(ctx, f.owner, f.caseID, e.ID), domain.Conflict, "time_entry_billed")

	// Voided, the invoice releases its entries.
	_, err = f.Send(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	_, err = f.VoidInvoice(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	testkit.Must(t, f.DeleteTimeEntry(ctx, f.lawyer, f.caseID, e.ID))
	wantError(t, f.DeleteTimeEntry(ctx, f.lawyer, f.caseID, e.ID), domain.NotFound, "")
}

// TestTimeEntryOnce: of two invoices that take the same entry at once, one gets it.
func TestTimeEntryOnce(t *testing.T) {
	f := newFixture(t)
	e := f.entry(f.lawyer, 60, 20_000)
	const attempts = 8
	var wg sync.WaitGroup
	errs := make([]error, attempts)
	for n := range attempts {
		wg.Go(func() {
			_, errs[n] = f.CreateInvoice(t.Context(), f.lawyer, f.caseID, NewInvoice{Currency: "EUR", Recipient: Recipient{Name: "Ada"}, Lines: []NewLine{{TimeEntryID: &e.ID}}})
		})
	}
	wg.Wait()
	created := 0
	for _, err := range errs {
		if err == nil {
			created++
			continue
		}
		wantError(t, err, domain.Conflict, "time_entry_billed")
	}
	if items, _, err := f.Invoices(t.Context(), f.owner, f.caseID, InvoiceFilter{}); created != 1 || err != nil || len(items) != 1 {
		t.Errorf("%d created, %d stored, %v", created, len(items), err)
	}
}

func TestInvoiceInput(t *testing.T) {
	f := newFixture(t)
	hours, other := f.entry(f.lawyer, 60, 20_000), f.entry(f.lawyer, 60, 20_000)
	_, err := f.UpdateTimeEntry(t.Context(), f.lawyer, f.caseID, other.ID, TimeEntryUpdate{Billable: ptr(false)})
	testkit.Must(t, err)
	free := func(quantity string, price int64) NewLine {
		return NewLine{Description: "Advice", Quantity: quantity, UnitPrice: &price}
	}
	for name, tc := range map[string]struct {
		change  func(*NewInvoice)
		pointer string
	}{
		"no such currency":     {func(n *NewInvoice) { n.Currency = "XYZ" }, "/currency"},
		"no name":              {func(n *NewInvoice) { n.Recipient.Name = " " }, "/recipient/name"},
		"no address of mail":   {func(n *NewInvoice) { n.Recipient.Email = "ada" }, "/recipient/email"},
		"another language":     {func(n *NewInvoice) { n.Locale = "it" }, "/locale"},
		"a day too far":        {func(n *NewInvoice) { n.DueOn = ptr(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)) }, "/dueOn"},
		"no lines":             {func(n *NewInvoice) { n.Lines = nil }, "/lines"},
		"too many lines":       {func(n *NewInvoice) { n.Lines = slices.Repeat(n.Lines, MaxLines+1) }, "/lines"},
		"no quantity":          {func(n *NewInvoice) { n.Lines = []NewLine{free("", 1)} }, "/lines/0/quantity"},
		"no price":             {func(n *NewInvoice) { n.Lines[0].UnitPrice = nil }, "/lines/0/unitPrice"},
		"no description":       {func(n *NewInvoice) { n.Lines[0].Description = "" }, "/lines/0/description"},
		"a tax without a name": {func(n *NewInvoice) { n.Lines[0].TaxRate = 100 }, "/lines/0/taxName"},
		"a tax too high":       {func(n *NewInvoice) { n.Lines[0].TaxRate, n.Lines[0].TaxName = 10_001, "VAT" }, "/lines/0/taxRate"},
		"below zero":           {func(n *NewInvoice) { n.Lines = []NewLine{free("1", 5), free("1", -6)} }, "/lines"},
		"a line too large":     {func(n *NewInvoice) { n.Lines = []NewLine{free("999999999", domain.MaxAmount)} }, "/lines/0"},
		"a sum too large":      {func(n *NewInvoice) { n.Lines = []NewLine{free("1", domain.MaxAmount), free("1", 1)} }, "/lines"},
		"a tax that makes it large": {func(n *NewInvoice) {
			n.Lines = []NewLine{{Description: "x", Quantity: "1", UnitPrice: ptr(domain.MaxAmount), TaxRate: 1, TaxName: "VAT"}}
		}, "/lines"},
		"no such time entry":               {func(n *NewInvoice) { n.Lines = []NewLine{{TimeEntryID: ptr(domain.NewID())}} }, "/lines/0/timeEntryId"},
		"a time entry twice":               {func(n *NewInvoice) { n.Lines = []NewLine{{TimeEntryID: &hours.ID}, {TimeEntryID: &hours.ID}} }, "/lines/1/timeEntryId"},
		"a time entry not billable":        {func(n *NewInvoice) { n.Lines = []NewLine{{TimeEntryID: &other.ID}} }, "/lines/0/timeEntryId"},
		"a time entry with a price":        {func(n *NewInvoice) { n.Lines = []NewLine{{TimeEntryID: &hours.ID, UnitPrice: ptr(int64(1))}} }, "/lines/0"},
		"a time entry in another currency": {func(n *NewInvoice) { n.Currency, n.Lines = "USD", []NewLine{{TimeEntryID: &hours.ID}} }, "/lines/0/timeEntryId"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newInvoice(100, "EUR")
			tc.change(&n)
			_, err := f.CreateInvoice(t.Context(), f.lawyer, f.caseID, n)
			wantError(t, err, domain.Invalid, tc.pointer)
		})
	}
	if items, _, err := f.Invoices(t.Context(), f.owner, f.caseID, InvoiceFilter{}); err != nil || len(items) != 0 {
		t.Errorf("%d invoices, %v", len(items), err)
	}
}

// TestInvoiceCurrencies: amounts of currencies without and with three decimals stay exact.
func TestInvoiceCurrencies(t *testing.T) {
	f := newFixture(t)
	for _, tc := range []struct {
		currency           string
		price              int64
		quantity           string
		subtotal, tax, sum int64
	}{
		{"JPY", 15_001, "1.5", 22_502, 2_250, 24_752}, // 22501.5; 2250.2
		{"KWD", 12_345, "0.333", 4_111, 411, 4_522},   // 4110.885; 411.1
		{"EUR", 9_99, "3", 2_997, 300, 3_297},         // 299.7
	} {
		i, err := f.CreateInvoice(t.Context(), f.lawyer, f.caseID, NewInvoice{Currency: tc.currency, Recipient: Recipient{Name: "Ada"},
			Lines: []NewLine{{Description: "Advice", Quantity: tc.quantity, UnitPrice: &tc.price, TaxRate: 1000, TaxName: "Tax"}}})
		testkit.Must(t, err)
		if i.Subtotal != tc.subtotal || i.Tax != tc.tax || i.Total != tc.sum {
			t.Errorf("%s: %d + %d = %d", tc.currency, i.Subtotal, i.Tax, i.Total)
		}
	}
}

// TestInvoiceAccess: clients read issued invoices, but no drafts; only those who lead the case change anything.
func TestInvoiceAccess(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	draft, issued := f.draft(100, "EUR"), f.issued(200, "EUR")
	for _, tc := range []struct {
		name              string
		caller            domain.Principal
		list              int
		draft, sent, send domain.Code // "": allowed
	}{
		{"the lawyer", f.lawyer, 2, "", "", ""},
		{"the assistant", f.assistant, 2, "", "", domain.Forbidden},
		{"the client", f.client, 1, domain.NotFound, "", domain.Forbidden},
		{"the viewer", f.viewer, 1, domain.NotFound, "", domain.Forbidden},
		{"a stranger", f.stranger, 0, domain.NotFound, domain.NotFound, domain.NotFound},
		{"an admin", f.admin, 2, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			check := func(err error, code domain.Code) {
				t.Helper()
				if code == "" {
					testkit.Must(t, err)
					return
				}
				wantError(t, err, code, "")
			}
			items, _, err := f.Invoices(ctx, tc.caller, f.caseID, InvoiceFilter{})
			if len(items) != tc.list || (err == nil) != (tc.list > 0) {
				t.Errorf("%d invoices, %v", len(items), err)
			}
			_, err = f.CaseInvoice(ctx, tc.caller, f.caseID, draft.ID)
			check(err, tc.draft)
			_, err = f.CaseInvoice(ctx, tc.caller, f.caseID, issued.ID)
			check(err, tc.sent)
			_, err = f.Invoice(ctx, tc.caller, issued.ID)
			check(err, tc.sent)
			_, err = f.Send(ctx, tc.caller, f.caseID, issued.ID)
			check(err, tc.send)
			_, err = f.UpdateInvoice(ctx, tc.caller, f.caseID, draft.ID, InvoiceUpdate{Notes: ptr("x")})
			check(err, tc.send)
			_, err = f.Ledger(ctx, tc.caller, f.caseID, 0, nil)
			check(err, tc.send)
			_, err = f.DepositTrust(ctx, tc.caller, f.caseID, TrustMovement{Amount: domain.Money{Amount: 1, Currency: "EUR"}})
			check(err, tc.send)
			_, err = f.TrialBalance(ctx, tc.caller)
			if !tc.caller.Admin() {
				wantError(t, err, domain.Forbidden, "")
			}
		})
	}
	other := f.open()
	_, err := f.CaseInvoice(ctx, f.owner, other, issued.ID)
	wantError(t, err, domain.NotFound, "")
	_, err = f.Send(ctx, f.owner, other, issued.ID)
	wantError(t, err, domain.NotFound, "")
}

func TestInvoiceDraft(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	e, second := f.entry(f.lawyer, 60, 20_000), f.entry(f.lawyer, 30, 20_000)
	n := NewInvoice{ID: domain.NewID(), Currency: "EUR", Recipient: Recipient{Name: "Ada"}, Lines: []NewLine{{TimeEntryID: &e.ID}}}
	i, err := f.CreateInvoice(ctx, f.lawyer, f.caseID, n)
	testkit.Must(t, err)
	again, err := f.CreateInvoice(ctx, f.lawyer, f.caseID, n)
	testkit.Must(t, err)
	if again.ID != i.ID || len(again.Lines) != 1 {
		t.Errorf("a retry returned %+v", again)
	}
	i, err = f.UpdateInvoice(ctx, f.lawyer, f.caseID, i.ID, InvoiceUpdate{Recipient: &Recipient{Name: "Grace"}, Locale: ptr("de"), DueOn: ptr(day(f.now)), Lines: []NewLine{{TimeEntryID: &second.ID}}})
	testkit.Must(t, err)
	if stored := f.invoice(i.ID); stored.Total != 10_000 || stored.Recipient.Name != "Grace" || stored.Locale != "de" || len(stored.Lines) != 1 || !stored.DueOn.Equal(day(f.now)) {
		t.Errorf("changed to %+v", stored)
	}
	testkit.Must(t, f.DeleteTimeEntry(ctx, f.lawyer, f.caseID, e.ID)) // it was released
	testkit.Must(t, f.DeleteInvoice(ctx, f.lawyer, f.caseID, i.ID))
	testkit.Must(t, f.DeleteTimeEntry(ctx, f.lawyer, f.caseID, second.ID))
	wantError(t, f.DeleteInvoice(ctx, f.lawyer, f.caseID, i.ID), domain.NotFound, "")

	zero := f.draft(0, "EUR")
	_, err = f.Send(ctx, f.lawyer, f.caseID, zero.ID)
	wantError(t, err, domain.Invalid, "/lines")
	sent := f.issued(100, "EUR")
	if !sent.DueOn.Equal(time.Date(2026, 12, 14, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("due on %v", sent.DueOn)
	}
	wantError(t, f.DeleteInvoice(ctx, f.lawyer, f.caseID, sent.ID), domain.Conflict, "invoice_issued")
	_, err = f.UpdateInvoice(ctx, f.lawyer, f.caseID, sent.ID, InvoiceUpdate{Notes: ptr("x")})
	wantError(t, err, domain.Conflict, "invoice_issued")
	_, err = f.VoidInvoice(ctx, f.lawyer, f.caseID, zero.ID)
	wantError(t, err, domain.Conflict, "")
}

// TestInvoiceNumbers: numbers have no gaps, even if many are issued at once and some fail.
func TestInvoiceNumbers(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	const invoices = 24
	cases, drafts := []domain.ID{f.caseID, f.open(), f.open()}, make([]domain.ID, invoices)
	for n := range drafts {
		price := int64(n % 4) // each fourth is refused
		i, err := f.CreateInvoice(ctx, f.owner, cases[n%3], newInvoice(price, "EUR"))
		testkit.Must(t, err)
		drafts[n] = i.ID
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var numbers []string
	for n, id := range drafts {
		wg.Go(func() {
			i, err := f.Send(ctx, f.owner, cases[n%3], id)
			if n%4 == 0 {
				if domain.CodeOf(err) != domain.Invalid {
					t.Errorf("an empty invoice: %v", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if numbers = append(numbers, i.Number); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	for n, number := range numbers {
		if want := fmt.Sprintf("2026-%06d", n+1); number != want {
			t.Errorf("number %s, want %s", number, want)
		}
	}
	f.now = f.now.AddDate(0, 2, 0)
	if i := f.issued(100, "EUR"); i.Number != "2027-000001" {
		t.Errorf("the first of a year is %s", i.Number)
	}
}

// TestDeliver: the PDF is made and mailed once for each sending, and the receipt when the invoice is paid.
func TestDeliver(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	i := f.issued(12_345, "EUR")
	f.renderer.err = domain.Errorf(domain.Unavailable, "The store is down.")
	if failed := f.jobs.Work(ctx); len(failed) == 0 {
		t.Error("the job did not fail while the store was down")
	}
	f.renderer.err = nil
	if len(f.mails) != 0 {
		t.Errorf("mailed %+v", f.mails)
	}
	_, err := f.Send(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	f.jobs.Work(ctx)
	stored := f.invoice(i.ID)
	last := f.renderer.requests[len(f.renderer.requests)-1]
	if stored.Document == nil || stored.SentAt == nil || last.TemplateID != "invoice-en" || last.Data["number"] != i.Number || *last.CaseID != f.caseID {
		t.Fatalf("%+v, rendered %+v", stored, last)
	}
	if m := f.mails[0]; len(f.mails) != 2 || m.ID == f.mails[1].ID || f.mails[1].File.ID != m.File.ID || m.To != "ada@example.com" || m.Number != i.Number || !strings.Contains(m.Amount, "123.45") || m.DueOn != "14 December 2026" || m.File.ID != *stored.Document {
		t.Errorf("mails %+v", f.mails)
	}
	_, err = f.Send(ctx, f.lawyer, f.caseID, i.ID)
	testkit.Must(t, err)
	f.jobs.Work(ctx)
	if again := f.renderer.requests[len(f.renderer.requests)-1]; again.ID != *stored.Document {
		t.Errorf("sent again as another document %s", again.ID)
	}
	_, err = f.pay(i.ID, 12_345, "EUR")
	testkit.Must(t, err)
	f.jobs.Work(ctx)
	stored, last = f.invoice(i.ID), f.renderer.requests[len(f.renderer.requests)-1]
	if stored.Receipt == nil || last.TemplateID != "receipt-en" || len(last.Data["payments"].([]any)) != 1 || !f.mails[len(f.mails)-1].Receipt {
		t.Errorf("%+v, rendered %+v", stored, last)
	}
	if !slices.Equal(f.events, []domain.EventType{domain.EventInvoiceSent, domain.EventInvoiceSent, domain.EventInvoiceSent, domain.EventInvoicePaid}) {
		t.Errorf("events %v", f.events)
	}
}

// TestOverdue: an overdue invoice is reported once, and not while it is paid.
func TestOverdue(t *testing.T) {
	f, ctx := newFixture(t), t.Context()
	f.issued(100, "EUR")
	paid := f.issued(200, "EUR")
	_, err := f.pay(paid.ID, 200, "EUR")
	testkit.Must(t, err)
	count := func() int {
		testkit.Must(t, f.ReportOverdue(ctx))
		return len(slices.DeleteFunc(slices.Clone(f.events), func(e domain.EventType) bool { return e != domain.EventInvoiceOverdue }))
	}
	f.now = time.Date(2026, 12, 15, 11, 59, 0, 0, time.UTC) // the 14th has not ended everywhere
	if n := count(); n != 0 {
		t.Errorf("%d reported early", n)
	}
	f.now = f.now.Add(time.Minute)
	if n := count() + count(); n != 2 { // once, seen twice
		t.Errorf("%d reported", n)
	}
}
