-- name: CreateUser :exec
INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: GetUser :one
SELECT * FROM users WHERE id = ?;

-- name: GetUserByEmail :one
SELECT * FROM users WHERE email = ? AND test_of IS NULL;

-- name: GetUserAuthState :one
SELECT role, disabled_at, session_epoch FROM users WHERE id = ?;

-- name: LockUser :one
SELECT * FROM users WHERE id = ? FOR UPDATE;

-- name: LockActiveAdmins :many
SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE;

-- name: CountActiveAdmins :one
SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL;

-- name: ListUsers :many
SELECT id, email, full_name, role, disabled_at, created_at, email_verified_at FROM users
WHERE id < sqlc.arg('cursor') AND test_of IS NULL
ORDER BY id DESC
LIMIT ?;

-- name: ListUsersByRole :many
SELECT id, email, full_name, role, disabled_at, created_at, email_verified_at FROM users
WHERE role = sqlc.arg(role) AND id < sqlc.arg('cursor') AND test_of IS NULL
ORDER BY id DESC
LIMIT ?;

-- name: UpdateUser :exec
UPDATE users SET role = ?, disabled_at = ?, session_epoch = ?, sessions_stale = ?, updated_at = ?
WHERE id = ?;

-- name: UpdateUserPasswordHash :exec
UPDATE users SET password_hash = sqlc.arg(new_hash), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND password_hash = sqlc.arg(old_hash);

-- name: ListUsersWithStaleSessions :many
SELECT id, session_epoch FROM users WHERE sessions_stale = TRUE LIMIT ?;

-- name: UpdateUserSessionsRevoked :exec
UPDATE users SET sessions_stale = FALSE WHERE id = ? AND session_epoch = ?;

-- name: ListUsersByID :many
SELECT id, email, full_name, role, disabled_at, created_at, email_verified_at FROM users WHERE id IN (sqlc.slice(ids));

-- name: UpdateUserPassword :exec
UPDATE users SET password_hash = ?, email_verified_at = ?, session_epoch = ?, sessions_stale = TRUE, updated_at = ? WHERE id = ?;

-- name: UpdateUserEmailVerified :exec
UPDATE users SET email_verified_at = ?, updated_at = ? WHERE id = ? AND email = ? AND email_verified_at IS NULL;

-- name: UpdateUserErased :exec
UPDATE users SET email_verified_at = NULL, email = ?, full_name = ?, password_hash = ?, disabled_at = ?, session_epoch = ?, sessions_stale = TRUE, updated_at = ?
WHERE id = ?;

-- name: GetTestAccount :one
SELECT id FROM users WHERE test_of = ?;

-- name: CreateTestAccount :exec
INSERT INTO users (id, email, full_name, role, password_hash, email_verified_at, created_at, updated_at, test_of)
VALUES (?, ?, ?, ?, '', ?, ?, ?, ?);

-- name: UpdateTestAccount :exec
UPDATE users SET role = ?, disabled_at = ?, updated_at = ? WHERE test_of = ?;

-- name: UpdateTestAccountErased :exec
UPDATE users SET full_name = ?, disabled_at = ?, updated_at = ? WHERE test_of = ?;
