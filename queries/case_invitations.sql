-- name: CreateCaseInvitation :exec
INSERT INTO case_invitations (id, case_id, email, role, invited_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: GetCaseInvitation :one
SELECT i.*, u.full_name AS inviter_name FROM case_invitations i
JOIN cases c ON c.id = i.case_id
JOIN users u ON u.id = i.invited_by
WHERE i.id = sqlc.arg(id) AND i.email = sqlc.arg(email) AND i.expires_at > sqlc.arg(now) AND c.deleted_at IS NULL;

-- name: ListCaseInvitationsByEmail :many
SELECT i.*, u.full_name AS inviter_name FROM case_invitations i
JOIN cases c ON c.id = i.case_id
JOIN users u ON u.id = i.invited_by
WHERE i.email = sqlc.arg(email) AND i.expires_at > sqlc.arg(now) AND c.deleted_at IS NULL
ORDER BY i.id DESC
LIMIT ?;

-- name: ListCaseInvitations :many
SELECT * FROM case_invitations WHERE case_id = sqlc.arg(case_id) AND expires_at > sqlc.arg(now) ORDER BY id DESC LIMIT ?;

-- name: CountCaseInvitations :one
SELECT COUNT(*) FROM case_invitations WHERE case_id = sqlc.arg(case_id) AND expires_at > sqlc.arg(now);

-- name: DeleteCaseInvitation :execrows
DELETE FROM case_invitations WHERE case_id = ? AND id = ?;

-- name: DeleteExpiredCaseInvitationByEmail :exec
DELETE FROM case_invitations WHERE case_id = sqlc.arg(case_id) AND email = sqlc.arg(email) AND expires_at <= sqlc.arg(now);

-- name: DeleteCaseInvitationsByInviter :exec
DELETE FROM case_invitations WHERE case_id = ? AND invited_by = ?;

-- name: DeleteExpiredCaseInvitations :execrows
DELETE FROM case_invitations WHERE expires_at <= sqlc.arg(now) LIMIT 1000;
