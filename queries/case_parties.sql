-- name: CreateCaseParty :exec
INSERT INTO case_parties (id, case_id, kind, side, name, email, registration_number, name_key, email_key, registration_key, created_by, created_at, key_rules, registration_country)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: CountCaseParties :one
SELECT COUNT(*) FROM case_parties WHERE case_id = ?;

-- name: ListCaseParties :many
SELECT * FROM case_parties WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: DeleteCaseParty :execrows
DELETE FROM case_parties WHERE case_id = ? AND id = ?;

-- name: GetCaseParty :one
SELECT * FROM case_parties WHERE case_id = ? AND id = ?;
