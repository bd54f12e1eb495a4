-- name: CreateTimeEntry :exec
INSERT INTO time_entries (id, case_id, user_id, worked_on, minutes, rate, currency, billable, description, created_by, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetTimeEntry :one
SELECT * FROM time_entries WHERE case_id = ? AND id = ?;

-- name: LockTimeEntry :one
SELECT * FROM time_entries WHERE case_id = ? AND id = ? FOR UPDATE;

-- name: ListTimeEntries :many
SELECT * FROM time_entries FORCE INDEX (time_entries_case, time_entries_unbilled)
WHERE case_id = sqlc.arg(case_id)
  AND id < sqlc.arg('cursor')
  AND (CAST(sqlc.arg(unbilled) AS SIGNED) = 0 OR billable AND invoice_id IS NULL)
ORDER BY id DESC
LIMIT ?;

-- name: ListTimeEntriesByUser :many
SELECT * FROM time_entries WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: UpdateTimeEntry :exec
UPDATE time_entries SET worked_on = ?, minutes = ?, rate = ?, currency = ?, billable = ?, description = ?, updated_at = ?
WHERE case_id = ? AND id = ?;

-- name: UpdateTimeEntryInvoice :exec
UPDATE time_entries SET invoice_id = sqlc.arg(invoice_id), updated_at = sqlc.arg(updated_at) WHERE case_id = sqlc.arg(case_id) AND id = sqlc.arg(id);

-- name: UpdateTimeEntriesUnbilled :exec
UPDATE time_entries SET invoice_id = NULL, updated_at = ? WHERE invoice_id = ?;

-- name: DeleteTimeEntry :exec
DELETE FROM time_entries WHERE case_id = ? AND id = ?;

-- name: CreateInvoice :exec
INSERT INTO invoices (id, case_id, scope, status, currency, recipient_name, recipient_address, recipient_email, locale, notes, due_on,
    subtotal, tax, total, paid, credit, created_by, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?);

-- name: GetInvoice :one
SELECT * FROM invoices WHERE id = ?;

-- name: LockInvoice :one
SELECT * FROM invoices WHERE id = ? FOR UPDATE;

-- name: ListInvoices :many
SELECT * FROM invoices FORCE INDEX (invoices_case, invoices_status)
WHERE case_id = sqlc.arg(case_id)
  AND id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
  AND (CAST(sqlc.arg(drafts) AS SIGNED) = 1 OR status <> 'draft')
ORDER BY id DESC
LIMIT ?;

-- name: ListInvoicesByUser :many
SELECT * FROM invoices WHERE created_by = sqlc.arg(created_by) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListOverdueInvoices :many
SELECT id, case_id, created_by FROM invoices WHERE status IN ('open', 'partly_paid') AND due_on < ? AND overdue_at IS NULL ORDER BY due_on LIMIT ?;

-- name: UpdateInvoiceDraft :exec
UPDATE invoices SET currency = ?, recipient_name = ?, recipient_address = ?, recipient_email = ?, locale = ?, notes = ?, due_on = ?,
    subtotal = ?, tax = ?, total = ?, updated_at = ?
WHERE id = ? AND status = 'draft';

-- name: UpdateInvoiceIssued :exec
UPDATE invoices SET status = ?, number = ?, due_on = ?, issued_at = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceBalance :exec
UPDATE invoices SET status = ?, paid = ?, credit = ?, paid_at = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceVoided :exec
UPDATE invoices SET status = ?, voided_at = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceDocument :exec
UPDATE invoices SET document_id = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceReceipt :exec
UPDATE invoices SET receipt_id = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceSent :exec
UPDATE invoices SET sent_at = ?, updated_at = ? WHERE id = ?;

-- name: UpdateInvoiceOverdue :execrows
UPDATE invoices SET overdue_at = ?, updated_at = ? WHERE id = ? AND status IN ('open', 'partly_paid') AND overdue_at IS NULL;

-- name: DeleteInvoiceDraft :exec
DELETE FROM invoices WHERE id = ? AND status = 'draft';

-- name: CreateInvoiceLine :exec
INSERT INTO invoice_lines (invoice_id, position, time_entry_id, description, quantity, divisor, unit_price, tax_rate, tax_name, amount, tax)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ListInvoiceLines :many
SELECT * FROM invoice_lines WHERE invoice_id = ? ORDER BY position;

-- name: DeleteInvoiceLines :exec
DELETE FROM invoice_lines WHERE invoice_id = ?;

-- name: CreateInvoiceNumber :exec
INSERT INTO invoice_numbers (scope, year, last) VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE last = last + 1;

-- name: GetInvoiceNumber :one
SELECT last FROM invoice_numbers WHERE scope = ? AND year = ? FOR UPDATE;

-- name: CreateInvoicePayment :exec
INSERT INTO invoice_payments (id, invoice_id, case_id, source, amount, applied, credit, currency, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetInvoicePayment :one
SELECT * FROM invoice_payments WHERE id = ?;

-- name: LockInvoicePayment :one
SELECT * FROM invoice_payments WHERE id = ? FOR UPDATE;

-- name: ListInvoicePayments :many
SELECT * FROM invoice_payments WHERE invoice_id = ? ORDER BY received_at, id;

-- name: UpdateInvoicePayment :exec
UPDATE invoice_payments SET applied = ?, credit = ? WHERE id = ?;

-- name: CreateInvoiceReversal :exec
INSERT INTO invoice_reversals (id, payment_id, invoice_id, case_id, kind, status, amount, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetInvoiceReversal :one
SELECT * FROM invoice_reversals WHERE id = ?;

-- name: LockInvoiceReversal :one
SELECT * FROM invoice_reversals WHERE id = ? FOR UPDATE;

-- name: UpdateInvoiceReversal :exec
UPDATE invoice_reversals SET status = ? WHERE id = ?;

-- name: LockInvoicePendingChargebacks :many
SELECT amount FROM invoice_reversals WHERE payment_id = ? AND kind = 'chargeback' AND status = 'open' FOR UPDATE;

-- name: CreateLedgerEntry :exec
INSERT INTO ledger_entries (id, case_id, scope, kind, source_id, invoice_id, actor_id, memo, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetLedgerEntry :one
SELECT * FROM ledger_entries WHERE case_id = ? AND source_id = ? AND kind = ?;

-- name: ListLedgerEntries :many
SELECT * FROM ledger_entries WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: CreateLedgerLine :exec
INSERT INTO ledger_lines (entry_id, position, account, currency, amount) VALUES (?, ?, ?, ?, ?);

-- name: ListLedgerLines :many
SELECT * FROM ledger_lines WHERE entry_id IN (sqlc.slice(entries)) ORDER BY entry_id DESC, position;

-- name: CreateLedgerBalance :exec
INSERT INTO ledger_balances (case_id, currency, account, scope, balance) VALUES (?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE balance = balance + VALUES(balance);

-- name: LockLedgerBalance :one
SELECT balance FROM ledger_balances WHERE case_id = ? AND currency = ? AND account = ? FOR UPDATE;

-- name: ListLedgerBalances :many
SELECT currency, account, balance FROM ledger_balances WHERE case_id = ? ORDER BY currency, account;

-- name: ListTrialBalance :many
SELECT currency, account, CAST(SUM(balance) AS SIGNED) AS balance FROM ledger_balances WHERE scope = ? GROUP BY currency, account ORDER BY currency, account;

-- name: DeleteTestInvoiceLines :exec
DELETE FROM invoice_lines WHERE invoice_id IN (SELECT id FROM invoices WHERE scope = ?);

-- name: DeleteTestInvoiceReversals :exec
DELETE FROM invoice_reversals WHERE invoice_id IN (SELECT id FROM invoices WHERE scope = ?);

-- name: DeleteTestInvoicePayments :exec
DELETE FROM invoice_payments WHERE invoice_id IN (SELECT id FROM invoices WHERE scope = ?);

-- name: DeleteTestTimeEntries :exec
DELETE FROM time_entries WHERE user_id = ?;

-- name: DeleteTestInvoices :exec
DELETE FROM invoices WHERE scope = ?;

-- name: DeleteTestInvoiceNumbers :exec
DELETE FROM invoice_numbers WHERE scope = ?;

-- name: DeleteTestLedgerLines :exec
DELETE FROM ledger_lines WHERE entry_id IN (SELECT id FROM ledger_entries WHERE scope = ?);

-- name: DeleteTestLedgerEntries :exec
DELETE FROM ledger_entries WHERE scope = ?;

-- name: DeleteTestLedgerBalances :exec
DELETE FROM ledger_balances WHERE scope = ?;
