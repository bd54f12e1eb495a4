-- name: CreateCaseParty :exec
INSERT INTO case_parties (id, case_id, kind, side, name, email, registration_number, name_key, email_key, registration_key, created_by, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: CountCaseParties :one
SELECT COUNT(*) FROM case_parties WHERE case_id = ?;

-- name: ListCaseParties :many
SELECT * FROM case_parties WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg(before) ORDER BY id DESC LIMIT ?;

-- name: DeleteCaseParty :execrows
DELETE FROM case_parties WHERE case_id = ? AND id = ?;

-- name: FindParties :many
SELECT p.case_id, p.side, p.name_key, p.email_key, p.registration_key, m.role AS my_role
FROM case_parties p
JOIN cases c ON c.id = p.case_id
LEFT JOIN case_members m ON m.case_id = p.case_id AND m.user_id = sqlc.arg(member)
WHERE (p.name_key IN (sqlc.slice(names)) OR p.email_key IN (sqlc.slice(emails)) OR p.registration_key IN (sqlc.slice(registrations)))
  AND p.case_id <> sqlc.arg(case_id)
  AND c.deleted_at IS NULL
ORDER BY p.id
LIMIT 1000;

-- name: GetCaseParty :one
SELECT * FROM case_parties WHERE case_id = ? AND id = ?;
