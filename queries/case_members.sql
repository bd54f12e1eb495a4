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

-- name: ListCaseMembersByUser :many
SELECT m.case_id, m.role, m.created_at FROM case_members m JOIN cases c ON c.id = m.case_id
WHERE m.user_id = ? AND c.deleted_at IS NULL
ORDER BY m.case_id;

-- name: LockCaseMembersByUser :many
SELECT case_id, role FROM case_members WHERE user_id = ? ORDER BY case_id FOR UPDATE;

-- name: ListCaseMemberIDs :many
SELECT m.user_id FROM case_members m JOIN cases c ON c.id = m.case_id
WHERE m.case_id = ? AND c.deleted_at IS NULL;
