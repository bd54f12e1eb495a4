-- name: CreatePayment :exec
INSERT INTO payments (id, invoice_id, case_id, user_id, open_invoice, status, provider, amount, currency, received, fee, fee_currency, description, success_url, cancel_url,
    checkout_url, decline, expires_at, check_at, checked_at, created_at, updated_at)
VALUES (sqlc.arg(id), sqlc.arg(invoice_id), sqlc.arg(case_id), sqlc.arg(user_id), sqlc.arg(open_invoice), sqlc.arg(status), sqlc.arg(provider), sqlc.arg(amount), sqlc.arg(currency), 0, 0, '',
    sqlc.arg(description), sqlc.arg(success_url), sqlc.arg(cancel_url), '', '', sqlc.arg(expires_at), sqlc.arg(check_at), sqlc.arg(created_at), sqlc.arg(created_at), sqlc.arg(created_at));

-- name: GetPayment :one
SELECT * FROM payments WHERE id = ?;

-- name: LockPayment :one
SELECT * FROM payments WHERE id = ? FOR UPDATE;

-- name: GetOpenPayment :one
SELECT * FROM payments WHERE open_invoice = ?;

-- name: GetPaymentByIntent :one
SELECT * FROM payments WHERE intent_id = ? LIMIT 1;

-- name: ListPaymentsByCase :many
SELECT * FROM payments
WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC LIMIT ?;

-- name: ListPaymentsByInvoice :many
SELECT * FROM payments
WHERE invoice_id = sqlc.arg(invoice_id) AND id < sqlc.arg('cursor') AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC LIMIT ?;

-- name: ListPaymentsByUser :many
SELECT * FROM payments FORCE INDEX (payments_user)
WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor')
ORDER BY id DESC LIMIT ?;

-- name: ListPaymentsByUserAndStatus :many
SELECT * FROM payments
WHERE user_id = sqlc.arg(user_id) AND status = sqlc.arg(status) AND id < sqlc.arg('cursor')
ORDER BY id DESC LIMIT ?;

-- name: ListDuePayments :many
SELECT id FROM payments WHERE check_at <= ? ORDER BY check_at LIMIT ?;

-- name: UpdatePayment :exec
UPDATE payments SET status = ?, open_invoice = ?, received = ?, fee = ?, fee_currency = ?, checkout_id = ?, intent_id = ?, checkout_url = ?, decline = ?, check_at = ?, checked_at = ?, updated_at = ?, paid_at = ?
WHERE id = ?;

-- name: UpdatePaymentChecked :exec
UPDATE payments SET check_at = ?, checked_at = ? WHERE id = ?;

-- name: UpdatePaymentCheckout :exec
UPDATE payments SET checkout_id = ?, check_at = ? WHERE id = ? AND checkout_id IS NULL;

-- name: UpdatePaymentsErased :exec
UPDATE payments SET success_url = '', cancel_url = '' WHERE user_id = ?;

-- name: DeletePaymentsByUser :exec
DELETE FROM payments WHERE user_id = ?;

-- name: CreatePaymentRefund :exec
INSERT INTO payment_refunds (id, payment_id, user_id, provider_id, status, amount, reason, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: LockPaymentRefund :one
SELECT * FROM payment_refunds WHERE id = ? FOR UPDATE;

-- name: ListPaymentRefunds :many
SELECT * FROM payment_refunds WHERE payment_id IN (sqlc.slice(payments)) ORDER BY id;

-- name: UpdatePaymentRefund :exec
UPDATE payment_refunds SET status = ?, provider_id = ?, updated_at = ? WHERE id = ?;

-- name: UpdatePaymentRefundsErased :exec
UPDATE payment_refunds SET reason = '' WHERE user_id = ?;

-- name: DeletePaymentRefundsByUser :exec
DELETE payment_refunds FROM payment_refunds JOIN payments ON payments.id = payment_refunds.payment_id WHERE payments.user_id = ?;

-- name: CreatePaymentDispute :exec
INSERT INTO payment_disputes (id, payment_id, provider_id, status, reason, amount, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: LockPaymentDispute :one
SELECT * FROM payment_disputes WHERE id = ? FOR UPDATE;

-- name: ListPaymentDisputes :many
SELECT * FROM payment_disputes WHERE payment_id IN (sqlc.slice(payments)) ORDER BY id;

-- name: UpdatePaymentDispute :exec
UPDATE payment_disputes SET status = ?, updated_at = ? WHERE id = ?;

-- name: DeletePaymentDisputesByUser :exec
DELETE payment_disputes FROM payment_disputes JOIN payments ON payments.id = payment_disputes.payment_id WHERE payments.user_id = ?;

-- name: CreatePaymentEvent :execrows
INSERT IGNORE INTO payment_events (event_id, created_at) VALUES (?, ?);

-- name: DeletePaymentEvents :execrows
DELETE FROM payment_events WHERE created_at < ? LIMIT ?;

-- name: GetPaymentCursor :one
SELECT event_id FROM payment_cursors WHERE provider = ?;

-- name: UpdatePaymentCursor :exec
INSERT INTO payment_cursors (provider, event_id, updated_at) VALUES (sqlc.arg(provider), sqlc.arg(event_id), sqlc.arg(updated_at))
ON DUPLICATE KEY UPDATE event_id = VALUES(event_id), updated_at = VALUES(updated_at);
