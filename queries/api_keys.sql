-- name: LockAPIKeysByUser :many
SELECT id, expires_at, revoked_at FROM api_keys WHERE user_id = ? FOR UPDATE;

-- name: CreateAPIKey :exec
INSERT INTO api_keys (id, user_id, name, mode, secret_hash, last_four, scopes, ip_ranges, rate_limit, created_at, expires_at, test_account_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetAPIKey :one
SELECT * FROM api_keys WHERE id = ?;

-- name: GetAPIKeyBySecret :one
SELECT * FROM api_keys WHERE secret_hash = ?;

-- name: ListAPIKeysByUser :many
SELECT * FROM api_keys WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListAPIKeys :many
SELECT * FROM api_keys WHERE id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: UpdateAPIKeySecret :execrows
UPDATE api_keys SET secret_hash = ?, last_four = ? WHERE id = ? AND last_used_at IS NULL AND revoked_at IS NULL;

-- name: UpdateAPIKeyUsed :exec
UPDATE api_keys SET last_used_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND (last_used_at IS NULL OR last_used_at <= sqlc.arg(before));

-- name: UpdateAPIKeyRevoked :exec
UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL;

-- name: UpdateAPIKeysRevokedByUser :exec
UPDATE api_keys SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL;

-- name: DeleteAPIKeysByUser :exec
DELETE FROM api_keys WHERE user_id = ?;
