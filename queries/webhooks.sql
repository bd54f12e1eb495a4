-- name: LockWebhooksByUser :many
SELECT id FROM webhooks WHERE user_id = ? AND deleted_at IS NULL FOR UPDATE;

-- name: CreateWebhook :exec
INSERT INTO webhooks (id, user_id, url, description, event_types, secret, old_secret, enabled, disabled_reason, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, '', TRUE, '', ?, ?);

-- name: GetWebhook :one
SELECT * FROM webhooks WHERE id = ? AND deleted_at IS NULL;

-- name: LockWebhook :one
SELECT * FROM webhooks WHERE id = ? AND deleted_at IS NULL FOR UPDATE;

-- name: ListWebhooksByUser :many
SELECT * FROM webhooks WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor') AND deleted_at IS NULL ORDER BY id DESC LIMIT ?;

-- name: ListWebhooks :many
SELECT * FROM webhooks WHERE id < sqlc.arg('cursor') AND deleted_at IS NULL AND RIGHT(user_id, 6) <> x'7E577E577E57' ORDER BY id DESC LIMIT ?;

-- name: ListEnabledWebhooks :many
SELECT id, user_id, event_types FROM webhooks WHERE user_id IN (sqlc.slice(users)) AND enabled AND deleted_at IS NULL;

-- name: UpdateWebhook :exec
UPDATE webhooks SET url = ?, description = ?, event_types = ?, secret = ?, old_secret = ?, old_until = ?, enabled = ?, disabled_reason = ?, disabled_at = ?,
  failing_since = ?, updated_at = ?
WHERE id = ?;

-- name: DeleteWebhook :execrows
UPDATE webhooks SET deleted_at = sqlc.arg(deleted_at), url = '', description = '', event_types = '', secret = '', old_secret = '', enabled = FALSE
WHERE id = sqlc.arg(id) AND deleted_at IS NULL;

-- name: DeleteWebhooksByUser :exec
UPDATE webhooks SET deleted_at = sqlc.arg(deleted_at), url = '', description = '', event_types = '', secret = '', old_secret = '', enabled = FALSE
WHERE user_id = sqlc.arg(user_id) AND deleted_at IS NULL;

-- name: SetWebhookFailing :exec
UPDATE webhooks SET failing_since = sqlc.arg(now) WHERE id = sqlc.arg(id) AND failing_since IS NULL;

-- name: ClearWebhookFailing :exec
UPDATE webhooks SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL;

-- name: UpdateWebhookDisabled :execrows
UPDATE webhooks SET enabled = FALSE, disabled_reason = sqlc.arg(reason), disabled_at = sqlc.arg(disabled_at), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND enabled AND deleted_at IS NULL;

-- name: CreateWebhookDelivery :exec
INSERT INTO webhook_deliveries (id, webhook_id, case_id, event_type, payload, state, tries, attempts, job_id, created_at)
VALUES (sqlc.arg(id), sqlc.arg(webhook_id), sqlc.arg(case_id), sqlc.arg(event_type), sqlc.arg(payload), 'pending', 0, 0, sqlc.arg(id), sqlc.arg(created_at));

-- name: GetWebhookDelivery :one
SELECT * FROM webhook_deliveries WHERE id = ?;

-- name: LockWebhookDelivery :one
SELECT * FROM webhook_deliveries WHERE id = ? FOR UPDATE;

-- name: ListWebhookDeliveries :many
SELECT * FROM webhook_deliveries WHERE webhook_id = sqlc.arg(webhook_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListWebhookDeliveriesByState :many
SELECT * FROM webhook_deliveries WHERE webhook_id = sqlc.arg(webhook_id) AND state = sqlc.arg(state) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListFailedDeliveries :many
SELECT id FROM webhook_deliveries
WHERE webhook_id = sqlc.arg(webhook_id) AND state = 'failed' AND id > sqlc.arg(after) AND created_at >= sqlc.arg(since)
ORDER BY id LIMIT ?;

-- name: UpdateWebhookDelivery :execrows
-- The only statement that moves a delivery: see domain/webhooks/lifecycle.go.
UPDATE webhook_deliveries SET state = sqlc.arg(state), tries = sqlc.arg(tries), attempts = sqlc.arg(attempts), next_at = sqlc.arg(next_at), finished_at = sqlc.arg(finished_at), job_id = sqlc.arg(job_id)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(old_state) AND job_id = sqlc.arg(old_job_id);

-- name: CreateWebhookAttempt :exec
INSERT INTO webhook_attempts (delivery_id, n, at, outcome, status, duration_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: ListWebhookAttempts :many
SELECT * FROM webhook_attempts WHERE delivery_id = ? ORDER BY n DESC LIMIT ?;

-- name: DeleteOldDeliveries :execrows
DELETE FROM webhook_deliveries WHERE id < sqlc.arg(before) ORDER BY id LIMIT ?;

-- name: ListDeletedWebhooks :many
SELECT id FROM webhooks WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT ?;

-- name: DeleteDeliveriesByWebhook :execrows
DELETE FROM webhook_deliveries WHERE webhook_id = ? LIMIT ?;

-- name: DeleteWebhookRow :exec
DELETE FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL;

-- name: DeleteTestDeliveries :exec
DELETE d FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE w.user_id = ?;

-- name: DeleteTestWebhooks :exec
DELETE FROM webhooks WHERE user_id = ?;
