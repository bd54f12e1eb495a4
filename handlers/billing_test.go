package handlers_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

// billingFixture is a case with a client.
type billingFixture struct {
	*fixture
	lena, carl *user
	root       string
}

func newBillingFixture(t *testing.T) *billingFixture {
	t.Helper()
	f := &billingFixture{fixture: newFixture(t)}
	f.startJobs()
	f.lena, f.carl = f.register("lena", domain.RoleLawyer), f.register("carl", domain.RoleClient)
	f.root = "/api/cases/" + f.createCase(f.lena)
	f.call(f.lena, "POST", f.root+"/members", map[string]any{"userId": f.carl.ID, "role": "client"}).expect(201, "")
	return f
}

func invoiceBody(currency string, price int64) map[string]any {
	return map[string]any{"currency": currency, "recipient": map[string]any{"name": "Ada Lovelace", "address": "12 Mill Lane\nYork", "email": "ada@example.org"},
		"lines": []any{map[string]any{"description": "Advice", "quantity": "1", "unitPrice": price, "taxRate": 1900, "taxName": "VAT"}}}
}

// draft drafts an invoice.
func (f *billingFixture) draft(body map[string]any) (i api.Invoice) {
	f.t.Helper()
	f.call(f.lena, "POST", f.root+"/invoices", body).expect(201, "").decode(&i)
	return i
}

func (f *billingFixture) get(who *user, id api.ID) (i api.Invoice) {
	f.t.Helper()
	f.call(who, "GET", f.root+"/invoices/"+id.String(), nil).expect(200, "").decode(&i)
	return i
}

// TestInvoiceEvents follows an invoice from the work to the receipt, with its mails, PDFs and notifications.
func TestInvoiceEvents(t *testing.T) {
	t.Parallel()
	f := newBillingFixture(t)
	var entry api.TimeEntry
	f.call(f.lena, "POST", f.root+"/time-entries", map[string]any{"date": "2026-11-24", "minutes": 100, "rate": 24_000, "currency": "EUR", "description": "Review of the lease"}).expect(201, "").decode(&entry)
	f.call(f.carl, "GET", f.root+"/time-entries", nil).expect(403, "forbidden")
	body := invoiceBody("EUR", 8_900)
	body["lines"] = append(body["lines"].([]any), map[string]any{"timeEntryId": entry.ID, "taxRate": 1900, "taxName": "VAT"})
	body["locale"] = "de"
	i := f.draft(body)
	if i.Subtotal != 48_900 || i.Tax != 1_691+7_600 || i.Total != 58_191 || i.Number != nil || i.Lines[1].Quantity != "1.667" {
		t.Errorf("the draft is %+v", i)
	}
	one := f.root + "/invoices/" + i.ID.String()
	f.call(f.carl, "GET", one, nil).expect(404, "not_found")
	f.call(f.carl, "POST", one+"/send", nil).expect(403, "forbidden")
	f.call(f.lena, "PATCH", f.root+"/time-entries/"+entry.ID.String(), map[string]any{"minutes": 1}).expect(409, "time_entry_billed")
	f.call(f.lena, "DELETE", f.root+"/time-entries/"+entry.ID.String(), nil).expect(409, "time_entry_billed")
	f.call(f.lena, "POST", f.root+"/invoices", body).expect(409, "time_entry_billed")
	f.call(f.lena, "PATCH", one, map[string]any{"dueOn": "2099-01-31"}).expect(200, "")
	f.call(f.lena, "POST", one+"/send", nil).expect(200, "").decode(&i)
	if i.Number == nil || !strings.HasSuffix(*i.Number, "-000001") || i.Status != "open" || i.Due != i.Total {
		t.Errorf("sent %+v", i)
	}
	mail := f.waitForMail("ada@example.org", 1)
	if !strings.Contains(mail.Subject, "Rechnung "+*i.Number) || !strings.Contains(mail.Text, "581,91") || !strings.Contains(mail.Text, "31. Januar 2099") || len(mail.Files) != 1 {
		t.Errorf("the mail is %s\n%s", mail.Subject, mail.Text)
	}
	i = f.get(f.carl, i.ID) // the client reads it now, with its PDF
	pdf := f.call(f.carl, "GET", "/api/docs/"+i.DocumentID.String()+"/content", nil).expect(200, "").body
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || mail.Files[0].ContentType != "application/pdf" || !strings.HasSuffix(mail.Files[0].Name, ".pdf") {
		t.Errorf("attached %+v, stored %.20q", mail.Files[0], pdf)
	}
	if i.SentAt == nil {
		t.Error("it was not sent")
	}
	f.call(f.lena, "DELETE", one, nil).expect(409, "invoice_issued")

	f.call(f.lena, "POST", one+"/pay-from-trust", map[string]any{}).expect(409, "trust_insufficient")
	var deposit api.LedgerEntry
	f.call(f.lena, "POST", f.root+"/trust-deposits", map[string]any{"amount": 60_000, "currency": "EUR", "reference": "Retainer"}).expect(201, "").decode(&deposit)
	f.call(f.carl, "POST", f.root+"/trust-deposits", map[string]any{"amount": 1, "currency": "EUR"}).expect(403, "forbidden")
	f.call(f.lena, "POST", one+"/pay-from-trust", map[string]any{"amount": 191}).expect(200, "").decode(&i)
	if i.Status != "partly_paid" || i.Due != 58_000 {
		t.Errorf("a part paid: %+v", i)
	}
	f.call(f.lena, "POST", one+"/void", nil).expect(409, "conflict")
	f.call(f.lena, "POST", one+"/pay-from-trust", map[string]any{}).expect(200, "").decode(&i)
	f.call(f.lena, "POST", one+"/pay-from-trust", map[string]any{}).expect(409, "invoice_not_open")
	receipt := f.waitForMail("ada@example.org", 2)
	if i = f.get(f.carl, i.ID); i.Status != "paid" || i.ReceiptID == nil || !strings.Contains(receipt.Subject, "Quittung") {
		t.Errorf("paid %+v, %s", i, receipt.Subject)
	}
	f.call(f.lena, "POST", f.root+"/trust-returns", map[string]any{"amount": 1_810, "currency": "EUR"}).expect(409, "trust_insufficient")
	f.call(f.lena, "POST", f.root+"/trust-returns", map[string]any{"amount": 1_809, "currency": "EUR"}).expect(201, "")

	var ledger api.Ledger
	f.call(f.lena, "GET", f.root+"/ledger", nil).expect(200, "").decode(&ledger)
	var kinds []string
	for _, e := range ledger.Items {
		kinds = append(kinds, string(e.Kind))
	}
	if !slices.Equal(kinds, []string{"trust_return", "trust_payment", "trust_payment", "trust_deposit", "invoice"}) {
		t.Errorf("entries %v", kinds)
	}
	f.call(f.carl, "GET", f.root+"/ledger", nil).expect(403, "forbidden")
	var trial api.TrialBalance
	f.call(f.admin(), "GET", "/api/ledger/trial-balance", nil).expect(200, "").decode(&trial)
	balances := map[api.LedgerAccount]int64{}
	for _, b := range trial.Items {
		balances[b.Account] = b.Balance
	}
	if balances["operating"] != 58_191 || balances["revenue"] != -48_900 || balances["tax"] != -9_291 || balances["trust"] != 0 || balances["receivables"] != 0 {
		t.Errorf("balances %v", balances)
	}

	void := f.draft(invoiceBody("JPY", 15_000))
	f.call(f.lena, "POST", f.root+"/invoices/"+void.ID.String()+"/send", nil).expect(200, "")
	f.call(f.lena, "POST", f.root+"/invoices/"+void.ID.String()+"/void", nil).expect(200, "").decode(&void)
	f.call(f.lena, "POST", f.root+"/invoices/"+void.ID.String()+"/send", nil).expect(409, "invoice_void")
	if void.Status != "void" || void.Total != 17_850 || void.Due != 0 {
		t.Errorf("void %+v", void)
	}
	off := f.draft(invoiceBody("KWD", 12_345))
	f.call(f.lena, "POST", f.root+"/invoices/"+off.ID.String()+"/send", nil).expect(200, "")
	f.call(f.lena, "POST", f.root+"/invoices/"+off.ID.String()+"/write-off", nil).expect(200, "").decode(&off)
	if off.Status != "uncollectible" || *off.Number != strings.Replace(*void.Number, "000002", "000003", 1) {
		t.Errorf("written off %+v", off)
	}
	var page api.InvoiceList
	f.call(f.carl, "GET", f.root+"/invoices?status=void", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].ID != void.ID || page.Items[0].Lines != nil {
		t.Errorf("list %+v", page)
	}
	wanted := map[string]int{"invoice.sent": 3, "invoice.paid": 1, "invoice.voided": 1}
	f.eventually("the notifications of the client", func() bool {
		var all api.NotificationList
		f.call(f.carl, "GET", "/api/notifications", nil).expect(200, "").decode(&all)
		got := map[string]int{}
		for _, n := range all.Items {
			if strings.HasPrefix(string(n.Type), "invoice.") && n.Data.InvoiceID != nil {
				got[string(n.Type)]++
			}
		}
		return fmt.Sprint(got) == fmt.Sprint(wanted)
	})
}

// TestInvoiceRules: what the schema allows and the service refuses names its field.
func TestInvoiceRules(t *testing.T) {
	t.Parallel()
	f := newBillingFixture(t)
	large := invoiceBody("EUR", domain.MaxAmount)
	large["lines"] = append(large["lines"].([]any), map[string]any{"description": "More", "quantity": "999999999", "unitPrice": domain.MaxAmount})
	unknown := invoiceBody("XXQ", 1)
	for pointer, body := range map[string]map[string]any{"/lines/1": large, "/currency": unknown} {
		// The first line alone fits, the tax on it does not: both are refused.
		p := f.call(f.lena, "POST", f.root+"/invoices", body).expect(422, "invalid").problem()
		if len(p.Errors) != 1 || p.Errors[0].Pointer != pointer && p.Errors[0].Pointer != "/lines" {
			t.Errorf("%s: %+v", pointer, p.Errors)
		}
	}
	f.call(f.lena, "POST", f.root+"/trust-deposits", map[string]any{"amount": 1, "currency": "XXQ"}).expect(422, "invalid")
	f.call(f.lena, "POST", f.root+"/trust-deposits", map[string]any{"amount": domain.MaxAmount + 1, "currency": "EUR"}).expect(422, "invalid")
	f.call(f.lena, "POST", f.root+"/trust-deposits", map[string]any{"amount": domain.MaxAmount, "currency": "EUR"}).expect(201, "")
	f.call(f.lena, "POST", f.root+"/trust-deposits", map[string]any{"amount": 1, "currency": "EUR"}).expect(422, "invalid")

	// No balance exceeds the largest amount.
	largest := map[string]any{"currency": "JPY", "recipient": map[string]any{"name": "Ada Lovelace"}, "lines": []any{map[string]any{"description": "Advice", "quantity": "1", "unitPrice": domain.MaxAmount}}}
	first, second := f.root+"/invoices/"+f.draft(largest).ID.String(), f.root+"/invoices/"+f.draft(largest).ID.String()
	f.call(f.lena, "POST", first+"/send", nil).expect(200, "")
	f.call(f.lena, "POST", second+"/send", nil).expect(422, "invalid")
	f.call(f.lena, "POST", first+"/write-off", nil).expect(200, "")
	f.call(f.lena, "PATCH", first, map[string]any{"dueOn": "2099-01-31"}).expect(409, "invoice_issued")
}

// TestTestInvoices: invoices of a test account have numbers of their own, are seen by nobody else and are deleted with its data.
func TestTestInvoices(t *testing.T) {
	t.Parallel()
	f := newBillingFixture(t)
	test := f.createTestKey(f.lena)
	root := "/api/cases/" + f.createCase(test)
	for n := range 2 {
		var i api.Invoice
		f.call(test, "POST", root+"/invoices", invoiceBody("EUR", 100)).expect(201, "").decode(&i)
		f.call(test, "POST", root+"/invoices/"+i.ID.String()+"/send", nil).expect(200, "").decode(&i)
		if !strings.HasPrefix(*i.Number, "TEST-") || !strings.HasSuffix(*i.Number, fmt.Sprintf("-%06d", n+1)) {
			t.Errorf("number %s", *i.Number)
		}
		f.call(f.lena, "GET", root+"/invoices/"+i.ID.String(), nil).expect(404, "not_found")
	}
	f.call(test, "POST", root+"/trust-deposits", map[string]any{"amount": 1, "currency": "EUR"}).expect(201, "")
	var trial api.TrialBalance
	f.call(f.admin(), "GET", "/api/ledger/trial-balance", nil).expect(200, "").decode(&trial)
	if len(trial.Items) != 0 {
		t.Errorf("the live balances have test data: %+v", trial)
	}
	i := f.draft(invoiceBody("EUR", 100))
	f.call(f.lena, "POST", f.root+"/invoices/"+i.ID.String()+"/send", nil).expect(200, "").decode(&i)
	if strings.HasPrefix(*i.Number, "TEST") || !strings.HasSuffix(*i.Number, "-000001") {
		t.Errorf("the live number is %s", *i.Number)
	}
}
