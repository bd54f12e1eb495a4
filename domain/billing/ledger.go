package billing

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// Account is an account of the ledger. Each case has all of them, in each currency.
type Account string

// The accounts. Debits are positive and credits negative, so that assets and expenses are usually above zero and debts and
// revenue below.
const (
	TrustBank        Account = "trust_bank"        // client money at the bank
	Trust            Account = "trust"             // what the firm owes to the client of it
	Operating        Account = "operating"         // the firm's money at the bank
	Receivables      Account = "receivables"       // what clients owe for issued invoices
	Revenue          Account = "revenue"           // fees that were invoiced, without tax
	Tax              Account = "tax"               // tax that was invoiced, owed to the state
	ProviderClearing Account = "provider_clearing" // money that the payment provider holds for the firm
	ClientCredit     Account = "client_credit"     // received beyond what was due, owed to the client
	Refunds          Account = "refunds"           // refunds on their way to the client
	Disputes         Account = "disputes"          // charged back by a bank and not decided yet
	Fees             Account = "fees"              // of the payment provider
	WriteOffs        Account = "write_offs"        // invoices that will not be paid
)

// Accounts lists all accounts.
var Accounts = []Account{TrustBank, Trust, Operating, Receivables, Revenue, Tax, ProviderClearing, ClientCredit, Refunds, Disputes, Fees, WriteOffs}

// clientMoney reports whether the account holds money of clients, which is never mixed with the firm's.
func (a Account) clientMoney() bool { return a == TrustBank || a == Trust }

// EntryKind is what an entry of the ledger books.
type EntryKind string

// The kinds of entries.
const (
	EntryInvoice            EntryKind = "invoice"
	EntryVoid               EntryKind = "void"
	EntryWriteOff           EntryKind = "write_off"
	EntryReinstatement      EntryKind = "reinstatement" // a write-off is undone because of a payment or a refund
	EntryPayment            EntryKind = "payment"
	EntryTrustDeposit       EntryKind = "trust_deposit"
	EntryTrustReturn        EntryKind = "trust_return"
	EntryTrustPayment       EntryKind = "trust_payment" // from the client's money to the firm, for an invoice
	EntryRefund             EntryKind = "refund"
	EntryRefundSettled      EntryKind = "refund_settled"
	EntryRefundCancelled    EntryKind = "refund_cancelled"
	EntryChargeback         EntryKind = "chargeback"
	EntryChargebackUpheld   EntryKind = "chargeback_lost"
	EntryChargebackReversed EntryKind = "chargeback_won"
)

// LedgerLine is a line of an entry.
type LedgerLine struct {
	Account  Account
	Currency string
	Amount   int64 // above zero: debit; below: credit
}

// LedgerEntry is an entry of the ledger.
type LedgerEntry struct {
	ID        domain.ID
	CaseID    domain.ID
	Kind      EntryKind
	SourceID  domain.ID // the invoice, payment, refund or deposit that it books
	InvoiceID *domain.ID
	ActorID   domain.ID
	Memo      string
	CreatedAt time.Time
	Lines     []LedgerLine
}

// Balance is the balance of an account.
type Balance struct {
	Account  Account
	Currency string
	Balance  int64 // as in LedgerLine
}

// posting is an entry to be written.
type posting struct {
	kind     EntryKind
	caseID   domain.ID
	scope    domain.ID
	source   domain.ID
	invoice  *domain.ID
	actor    domain.ID
	memo     string
	currency string
	lines    map[Account]int64 // zeros are left out
}

// errUnbalanced is a fault of this package: nothing that a caller sends leads to it.
var errUnbalanced = errors.New("billing: an entry does not balance")

// check verifies that the lines add up to zero, and those of client money by themselves.
func (p *posting) check() error {
	var all, clients int64
	for account, amount := range p.lines {
		if !slices.Contains(Accounts, account) || amount > domain.MaxAmount || amount < -domain.MaxAmount {
			return fmt.Errorf("%w: %s %d", errUnbalanced, account, amount)
		}
		all += amount
		if account.clientMoney() {
			clients += amount
		}
	}
	if all != 0 || clients != 0 {
		return fmt.Errorf("%w: %s %v", errUnbalanced, p.kind, p.lines)
	}
	return nil
}

// post writes an entry and changes the balances, whose rows stay locked until the transaction ends. The caller has locked the case's timeline.
// Conflict: the case's client money does not suffice (reason trust_insufficient). Invalid: a balance would be too large.
func (s *Service) post(ctx context.Context, tx db.Tx, p posting) error {
	if err := p.check(); err != nil {
		return err
	}
	q := query.New(tx)
	id := s.newID()
	if err := q.CreateLedgerEntry(ctx, query.CreateLedgerEntryParams{ID: id, CaseID: p.caseID, Scope: p.scope, Kind: string(p.kind), SourceID: p.source,
		InvoiceID: p.invoice, ActorID: p.actor, Memo: p.memo, CreatedAt: s.now()}); err != nil {
		return err
	}
	position := int32(0)
	for _, account := range Accounts { // in one order, so that two transactions lock balances alike
		amount := p.lines[account]
		if amount == 0 {
			continue
		}
		if err := q.CreateLedgerLine(ctx, query.CreateLedgerLineParams{EntryID: id, Position: position, Account: string(account), Currency: p.currency, Amount: amount}); err != nil {
			return err
		}
		position++
		key := query.LockLedgerBalanceParams{CaseID: p.caseID, Currency: p.currency, Account: string(account)}
		if err := q.CreateLedgerBalance(ctx, query.CreateLedgerBalanceParams{CaseID: key.CaseID, Currency: key.Currency, Account: key.Account, Scope: p.scope, Balance: amount}); err != nil {
			return err
		}
		balance, err := q.LockLedgerBalance(ctx, key)
		if err != nil {
			return err
		}
		if balance > domain.MaxAmount || balance < -domain.MaxAmount {
			return domain.InvalidField("/amount", "would make a balance of the ledger too large")
		}
		if account == Trust && balance > 0 || account == TrustBank && balance < 0 {
			return errTrustInsufficient()
		}
	}
	return nil
}

// Ledger is a page of the ledger of a case with its balances.
type Ledger struct {
	Entries  []LedgerEntry // newest first
	Balances []Balance
	Next     *domain.ID // cursor of the next page, nil on the last
}

// Ledger reads the ledger of a case, for its lawyers and admins.
func (s *Service) Ledger(ctx context.Context, p domain.Principal, caseID domain.ID, limit int, cursor *domain.ID) (Ledger, error) {
	if err := s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceLedger}); err != nil {
		return Ledger{}, err
	}
	var l Ledger
	// One transaction, so that the balances are those of the entries.
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		l = Ledger{}
		q := query.New(tx)
		n := domain.PageSize(limit)
		rows, err := q.ListLedgerEntries(ctx, query.ListLedgerEntriesParams{CaseID: caseID, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
		if err != nil {
			return err
		}
		rows, l.Next = domain.Page(rows, n, func(r query.LedgerEntry) domain.ID { return r.ID })
		if l.Entries, err = loadEntries(ctx, q, rows); err != nil {
			return err
		}
		balances, err := q.ListLedgerBalances(ctx, caseID)
		for _, b := range balances {
			l.Balances = append(l.Balances, Balance{Account: Account(b.Account), Currency: b.Currency, Balance: b.Balance})
		}
		return err
	})
	return l, err
}

// loadEntries returns the entries with their lines.
func loadEntries(ctx context.Context, q *query.Queries, rows []query.LedgerEntry) ([]LedgerEntry, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	entries, ids := make([]LedgerEntry, len(rows)), make([]domain.ID, len(rows))
	at := map[domain.ID]int{}
	for i, r := range rows {
		entries[i] = toLedgerEntry(r)
		ids[i], at[r.ID] = r.ID, i
	}
	lines, err := q.ListLedgerLines(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		e := &entries[at[l.EntryID]]
		e.Lines = append(e.Lines, LedgerLine{Account: Account(l.Account), Currency: l.Currency, Amount: l.Amount})
	}
	return entries, nil
}

func toLedgerEntry(r query.LedgerEntry) LedgerEntry {
	return LedgerEntry{ID: r.ID, CaseID: r.CaseID, Kind: EntryKind(r.Kind), SourceID: r.SourceID, InvoiceID: r.InvoiceID, ActorID: r.ActorID, Memo: r.Memo, CreatedAt: r.CreatedAt}
}

// TrialBalance sums the balances of each account over all cases, for admins; in each currency they add up to zero. A test
// account sees the sums of its own data.
func (s *Service) TrialBalance(ctx context.Context, p domain.Principal) ([]Balance, error) {
	if !p.Admin() {
		return nil, domain.Errorf(domain.Forbidden, "Only an admin may do this.")
	}
	rows, err := s.queries.ListTrialBalance(ctx, scope(p.UserID))
	if err != nil {
		return nil, db.Error(err)
	}
	all := make([]Balance, len(rows))
	for i, r := range rows {
		all[i] = Balance{Account: Account(r.Account), Currency: r.Currency, Balance: r.Balance}
	}
	slices.SortStableFunc(all, func(a, b Balance) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(slices.Index(Accounts, a.Account), slices.Index(Accounts, b.Account)))
	})
	return all, nil
}

// entryExists reports whether the ledger has an entry of the kind for the source.
func entryExists(ctx context.Context, q *query.Queries, caseID, source domain.ID, kind EntryKind) (LedgerEntry, bool, error) {
	r, err := q.GetLedgerEntry(ctx, query.GetLedgerEntryParams{CaseID: caseID, SourceID: source, Kind: string(kind)})
	if errors.Is(err, sql.ErrNoRows) {
		return LedgerEntry{}, false, nil
	}
	return toLedgerEntry(r), err == nil, err
}
