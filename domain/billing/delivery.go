package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/locale"
	"counsel/domain/rendering"
	query "counsel/gen/query/billing"
)

// templateVersion is the version of the templates of invoices and receipts.
const templateVersion = "1"

// Mail is the mail of an invoice or a receipt, with its PDF.
type Mail struct {
	ID       domain.ID // the same for a retry
	Receipt  bool
	SenderID domain.ID // the user whose mail it is
	To       string
	Name     string // of the recipient
	Firm     string
	Number   string
	Amount   string // formatted
	DueOn    string // formatted
	Locale   string
	File     files.File
}

// deliverArgs are the arguments of the job that makes the PDF of an invoice or receipt and mails it.
type deliverArgs struct {
	InvoiceID domain.ID `json:"invoiceId"`
	ReceiptID domain.ID `json:"receiptId"` // of the PDF of a receipt
	MailID    domain.ID `json:"mailId"`
	Sender    domain.ID `json:"sender"`
	Receipt   bool      `json:"receipt,omitempty"`
}

// Kind is the name of the job.
func (deliverArgs) Kind() string { return "billing.deliver" }

// overdueArgs are the arguments of the periodic job that reports overdue invoices.
type overdueArgs struct{}

// Kind is the name of the job.
func (overdueArgs) Kind() string { return "billing.overdue" }

// overdueEvery is how often overdue invoices are looked for.
const overdueEvery = time.Hour

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[deliverArgs]{Timeout: 2 * time.Minute, Work: func(ctx context.Context, job *jobs.Job[deliverArgs]) (any, error) {
		return nil, s.deliver(ctx, job.Args)
	}})
	jobs.Schedule[overdueArgs](s.jobs, overdueEvery, s.ReportOverdue)
}

// enqueueDelivery enqueues the job in the caller's transaction.
func (s *Service) enqueueDelivery(ctx context.Context, tx db.Tx, a deliverArgs) error {
	a.ReceiptID, a.MailID = s.newID(), s.newID()
	_, err := s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: a})
	return err
}

// deliver makes the PDF, stores it in the case and mails it, each once however often the job runs. The case may have been closed or deleted
// meanwhile: then no PDF is made.
func (s *Service) deliver(ctx context.Context, a deliverArgs) error {
	row, err := s.queries.GetInvoice(ctx, a.InvoiceID)
	if err != nil {
		return unlessGone(db.Error(err))
	}
	i := toInvoice(row)
	if err := i.load(ctx, s.queries); err != nil {
		return db.Error(err)
	}
	sender := domain.System(a.Sender)
	if a.Receipt && i.PaidAt == nil {
		return nil // refunded meanwhile
	}
	request, err := s.document(ctx, &i, a.Receipt)
	if err != nil {
		return err
	}
	switch request.ID = i.ID; { // however often the invoice is sent, it is one PDF
	case a.Receipt:
		request.ID = a.ReceiptID
	case i.Document != nil:
		request.ID = *i.Document
	}
	pdf, err := s.renderer.Render(ctx, sender, request)
	if err != nil {
		return unlessGone(err)
	}
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q, now := query.New(tx), s.now()
		if a.Receipt {
			err = q.UpdateInvoiceReceipt(ctx, query.UpdateInvoiceReceiptParams{ReceiptID: &pdf.ID, UpdatedAt: now, ID: i.ID})
		} else {
			err = q.UpdateInvoiceDocument(ctx, query.UpdateInvoiceDocumentParams{DocumentID: &pdf.ID, UpdatedAt: now, ID: i.ID})
		}
		if err != nil || i.Recipient.Email == "" {
			return err
		}
		f, _ := locale.Lookup(language.Make(i.Locale))
		err = s.mailer.InvoiceMail(ctx, tx, Mail{ID: a.MailID, Receipt: a.Receipt, SenderID: a.Sender, To: i.Recipient.Email, Name: i.Recipient.Name, Firm: s.firm.Name, Number: i.Number,
			Amount: f.Amount(i.Total, i.Currency), DueOn: f.Date(*i.DueOn), Locale: i.Locale, File: pdf.File})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return nil // enqueued by an earlier run
		}
		if err != nil || a.Receipt {
			return err
		}
		return q.UpdateInvoiceSent(ctx, query.UpdateInvoiceSentParams{SentAt: nullTime(&now), UpdatedAt: now, ID: i.ID})
	})
}

// unlessGone returns nil if an invoice or its case is gone or closed.
func unlessGone(err error) error {
	if code := domain.CodeOf(err); code == domain.NotFound || code == domain.Conflict {
		return nil
	}
	return err
}

// document returns what the PDF of an invoice or a receipt is rendered from.
func (s *Service) document(ctx context.Context, i *Invoice, receipt bool) (rendering.Request, error) {
	data := documentData{Firm: s.firm.data(), Recipient: partyData{Name: i.Recipient.Name, Address: i.Recipient.Address}, Number: i.Number, Total: i.money(i.Total)}
	kind := "invoice-"
	if receipt {
		kind = "receipt-"
		data.Date = i.PaidAt.Format(time.DateOnly)
		payments, err := s.queries.ListInvoicePayments(ctx, i.ID)
		if err != nil {
			return rendering.Request{}, db.Error(err)
		}
		data.Payments = []paymentData{}
		for _, p := range payments {
			if p.Applied > 0 {
				data.Payments = append(data.Payments, paymentData{Date: p.ReceivedAt.Format(time.DateOnly), Amount: i.money(p.Applied)})
			}
		}
	} else {
		i.describe(&data)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return rendering.Request{}, err
	}
	r := rendering.Request{TemplateID: kind + i.Locale, Version: templateVersion, CaseID: &i.CaseID}
	return r, json.Unmarshal(raw, &r.Data)
}

// quantity is how much a line bills, as its reader checks it: hours and minutes are exact, a decimal of hours may not be.
func quantity(l Line, f locale.Formatter) string {
	if l.Divisor == minutesDivisor {
		return fmt.Sprintf("%d:%02d\u00a0h", l.Quantity/minutesDivisor, l.Quantity%minutesDivisor)
	}
	return f.Number(l.Decimal(), true)
}

// describe sets what an invoice says and a receipt does not.
func (i *Invoice) describe(data *documentData) {
	f, _ := locale.Lookup(language.Make(i.Locale))
	data.Date, data.Due, data.Notes = i.IssuedAt.Format(time.DateOnly), i.DueOn.Format(time.DateOnly), i.Notes
	subtotal := i.money(i.Subtotal)
	data.Subtotal = &subtotal
	taxes := map[string]int{} // index by name
	for _, l := range i.Lines {
		line := lineData{Description: l.Description, Quantity: quantity(l, f), Price: i.money(l.UnitPrice), Amount: i.money(l.Amount)}
		if l.TaxName != "" {
			line.Tax = l.TaxName + " " + f.Number(percent(l.TaxRate), true) + "\u00a0%"
			at, ok := taxes[line.Tax]
			if !ok {
				at = len(data.Taxes)
				taxes[line.Tax] = at
				data.Taxes = append(data.Taxes, taxData{Name: line.Tax, Amount: i.money(0)})
			}
			data.Taxes[at].Amount.Amount += l.Tax
		}
		data.Lines = append(data.Lines, line)
	}
}

// percent formats basis points as a decimal of percent.
func percent(basisPoints int) string {
	text := fmt.Sprintf("%d.%02d", basisPoints/100, basisPoints%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func (i *Invoice) money(amount int64) moneyData {
	return moneyData{Amount: amount, Currency: i.Currency}
}

// documentData is the data of the templates of invoices and receipts.
type documentData struct {
	Firm      partyData     `json:"firm"`
	Recipient partyData     `json:"recipient"`
	Number    string        `json:"number"`
	Date      string        `json:"date"`
	Due       string        `json:"due,omitempty"`
	Lines     []lineData    `json:"lines,omitempty"`
	Subtotal  *moneyData    `json:"subtotal,omitempty"`
	Taxes     []taxData     `json:"taxes,omitempty"`
	Payments  []paymentData `json:"payments,omitempty"`
	Total     moneyData     `json:"total"`
	Notes     string        `json:"notes,omitempty"`
}

type partyData struct {
	Name        string `json:"name"`
	Address     string `json:"address,omitempty"`
	TaxID       string `json:"taxId,omitempty"`
	BankAccount string `json:"bankAccount,omitempty"`
}

type lineData struct {
	Description string    `json:"description"`
	Quantity    string    `json:"quantity"`
	Price       moneyData `json:"price"`
	Tax         string    `json:"tax,omitempty"`
	Amount      moneyData `json:"amount"`
}

type taxData struct {
	Name   string    `json:"name"`
	Amount moneyData `json:"amount"`
}

type paymentData struct {
	Date   string    `json:"date"`
	Amount moneyData `json:"amount"`
}

type moneyData struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func (f Firm) data() partyData {
	return partyData(f)
}

// publishPaid publishes that an invoice was paid, or that more was paid than is due, and makes the receipt.
func (s *Service) publishPaid(ctx context.Context, tx db.Tx, actor domain.Principal, i *Invoice, paid, overpaid bool) error {
	if overpaid {
		if err := s.publish(ctx, tx, actor, i, domain.EventInvoiceOverpaid); err != nil {
			return err
		}
	}
	if !paid {
		return nil
	}
	if err := s.publish(ctx, tx, actor, i, domain.EventInvoicePaid); err != nil {
		return err
	}
	return s.enqueueDelivery(ctx, tx, deliverArgs{InvoiceID: i.ID, Sender: i.CreatedBy, Receipt: true})
}

// wake starts the jobs that were enqueued.
func (s *Service) wake() { s.jobs.Wake() }

// overdueBatch is the number of overdue invoices that are looked up at once.
const overdueBatch = 100

// ReportOverdue publishes, once for each invoice, that it is overdue: the day on which it is due has ended everywhere.
func (s *Service) ReportOverdue(ctx context.Context) error {
	before := day(s.now().Add(-12 * time.Hour)) // the day ends last at UTC-12
	for {
		rows, err := s.queries.ListOverdueInvoices(ctx, query.ListOverdueInvoicesParams{DueOn: nullTime(&before), Limit: overdueBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			i := Invoice{ID: r.ID, CaseID: r.CaseID, CreatedBy: r.CreatedBy}
			err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
				now := s.now()
				n, err := query.New(tx).UpdateInvoiceOverdue(ctx, query.UpdateInvoiceOverdueParams{OverdueAt: nullTime(&now), UpdatedAt: now, ID: r.ID})
				if err != nil || n == 0 {
					return err // paid or reported meanwhile
				}
				return s.publish(ctx, tx, domain.Principal{}, &i, domain.EventInvoiceOverdue)
			})
			if err != nil {
				return err
			}
		}
		if len(rows) < overdueBatch {
			return nil
		}
	}
}
