-- name: CreateCaseMember :exec
INSERT INTO case_members (case_id, user_id, role, created_at) VALUES (?, ?, ?, ?);

-- name: GetCaseMember :one
SELECT * FROM case_members WHERE case_id = ? AND user_id = ?;

-- name: ListCaseMembers :many
SELECT user_id, role, created_at FROM case_members WHERE case_id = ? ORDER BY created_at, user_id LIMIT ?;

-- name: CountCaseMembers :one
SELECT COUNT(*) FROM case_members WHERE case_id = ?;

-- name: CountCaseOwners :one
SELECT COUNT(*) FROM case_members WHERE case_id = ? AND role = 'owner';

-- name: UpdateCaseMember :exec
UPDATE case_members SET role = ? WHERE case_id = ? AND user_id = ?;

-- name: DeleteCaseMember :exec
DELETE FROM case_members WHERE case_id = ? AND user_id = ?;
