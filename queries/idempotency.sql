-- name: CreateIdempotencyKey :exec
INSERT INTO idempotency_keys (key_hash, fingerprint, held_until, status, content_type, answer, created_at, test_account_id)
VALUES (?, ?, ?, 0, '', '', ?, ?);

-- name: GetIdempotencyKey :one
SELECT * FROM idempotency_keys WHERE key_hash = ?;

-- name: UpdateIdempotencyKeyLease :execrows
UPDATE idempotency_keys SET held_until = sqlc.arg(next_until)
WHERE key_hash = sqlc.arg(key_hash) AND status = 0 AND held_until = sqlc.arg(held_until);

-- name: UpdateIdempotencyKeyResponse :exec
UPDATE idempotency_keys SET status = sqlc.arg(status), content_type = sqlc.arg(content_type), answer = sqlc.arg(answer), case_id = sqlc.arg(case_id)
WHERE key_hash = sqlc.arg(key_hash) AND status = 0;

-- name: DeleteIdempotencyKey :exec
DELETE FROM idempotency_keys WHERE key_hash = sqlc.arg(key_hash) AND status = 0 AND held_until = sqlc.arg(held_until);

-- name: DeleteExpiredIdempotencyKeys :execrows
DELETE FROM idempotency_keys WHERE created_at < ? LIMIT 1000;

-- name: DeleteIdempotencyKeysByTestAccount :exec
DELETE FROM idempotency_keys WHERE test_account_id = sqlc.arg(account) AND (status <> 0 OR held_until < sqlc.arg(now));
