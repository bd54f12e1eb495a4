-- name: CreateEmail :exec
INSERT INTO emails (id, user_id, kind, locale, subject, body_text, body_html, reply_to, fields, bulk, status, reason, send_at, expires_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', ?, ?, ?, ?);

-- name: CreateEmailRecipient :exec
INSERT INTO email_recipients (email_id, position, field, address, status, reason, updated_at) VALUES (?, ?, ?, ?, 'queued', '', ?);

-- name: CreateEmailAttachment :exec
INSERT INTO email_attachments (email_id, position, document_id, filename, content_type, size, sha256, inline)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetEmail :one
SELECT * FROM emails WHERE id = ?;

-- name: LockEmail :one
SELECT * FROM emails WHERE id = ? FOR UPDATE;

-- name: ListEmailsByUser :many
SELECT * FROM emails FORCE INDEX (emails_user, emails_user_status)
WHERE user_id = sqlc.arg(user_id) AND kind = 'message' AND id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC
LIMIT ?;

-- name: ListEmails :many
SELECT * FROM emails FORCE INDEX (emails_kind, emails_status)
WHERE kind = 'message' AND RIGHT(user_id, 6) <> x'7E577E577E57' AND id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC
LIMIT ?;

-- name: GetNthLatestEmailTime :one
SELECT created_at FROM emails WHERE user_id = ? AND kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?;

-- name: ListEmailRecipients :many
SELECT * FROM email_recipients WHERE email_id IN (sqlc.slice(ids)) ORDER BY email_id, position;

-- name: ListEmailAttachments :many
SELECT * FROM email_attachments WHERE email_id IN (sqlc.slice(ids)) ORDER BY email_id, position;

-- name: UpdateEmailToSending :execrows
UPDATE emails SET status = 'sending', attempts = attempts + 1, updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND status IN ('queued', 'sending');

-- name: UpdateEmailStatus :exec
UPDATE emails SET status = ?, reason = ?, updated_at = ? WHERE id = ?;

-- name: UpdateEmailRecipientStatus :exec
UPDATE email_recipients SET status = ?, reason = ?, updated_at = ? WHERE email_id = ? AND position = ? AND status = 'queued';

-- name: UpdateQueuedEmailRecipients :exec
UPDATE email_recipients SET status = ?, reason = ?, updated_at = ? WHERE email_id = ? AND status = 'queued';

-- name: UpdateFailedEmailRecipients :exec
UPDATE email_recipients SET status = 'queued', updated_at = ? WHERE email_id = ? AND status = 'failed';

-- name: DeleteOldEmailBodies :execrows
UPDATE emails SET body_text = '', body_html = '', emptied = TRUE
WHERE emptied = FALSE AND emails.updated_at < sqlc.arg(before) AND kind = 'message' AND emails.status IN ('sent', 'bounced', 'failed', 'cancelled')
  AND NOT EXISTS (SELECT 1 FROM case_members m JOIN cases c ON c.id = m.case_id WHERE m.user_id = emails.user_id AND c.legal_hold = TRUE AND c.deleted_at IS NULL)
ORDER BY emails.updated_at LIMIT ?;

-- name: DeleteOldSystemEmails :execrows
DELETE FROM emails
WHERE emptied = FALSE AND updated_at < sqlc.arg(before) AND kind <> 'message' AND status IN ('sent', 'bounced', 'failed', 'cancelled')
ORDER BY updated_at LIMIT ?;

-- name: DeleteEmailsByUser :exec
DELETE FROM emails WHERE user_id = ?;

-- name: ListSuppressionsByAddress :many
SELECT * FROM email_suppressions WHERE address IN (sqlc.slice(addresses));

-- name: CreateSuppression :exec
INSERT INTO email_suppressions (id, address, reason, created_at) VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE reason = IF(email_suppressions.reason = 'unsubscribed', VALUES(reason), email_suppressions.reason);

-- name: GetSuppression :one
SELECT * FROM email_suppressions WHERE address = ?;

-- name: ListSuppressions :many
SELECT * FROM email_suppressions WHERE id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: DeleteSuppression :execrows
DELETE FROM email_suppressions WHERE id = ?;

-- name: UpdateSuppressionToErased :exec
UPDATE IGNORE email_suppressions SET address = sqlc.arg(erased) WHERE address = sqlc.arg(address) AND reason <> 'bounced';

-- name: DeleteSuppressionByAddress :exec
DELETE FROM email_suppressions WHERE address = ?;
