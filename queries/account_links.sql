-- name: CreateAccountLink :exec
INSERT INTO account_links (id, user_id, purpose, email, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?);

-- name: GetAccountLink :one
SELECT * FROM account_links WHERE id = ? AND purpose = ?;

-- name: LockAccountLink :one
SELECT * FROM account_links WHERE id = ? AND purpose = ? FOR UPDATE;

-- name: UpdateAccountLinksUsed :exec
UPDATE account_links SET used_at = ? WHERE user_id = ? AND purpose = ? AND used_at IS NULL;

-- name: DeleteExpiredAccountLinks :execrows
DELETE FROM account_links WHERE expires_at < ? LIMIT 1000;

-- name: DeleteAccountLinksByUser :exec
DELETE FROM account_links WHERE user_id = ?;
