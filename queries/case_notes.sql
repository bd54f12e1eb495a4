-- name: CreateCaseNote :exec
INSERT INTO case_notes (id, case_id, author_id, body, created_at) VALUES (?, ?, ?, ?, ?);

-- name: ListCaseNotes :many
SELECT * FROM case_notes WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: DeleteCaseNote :execrows
DELETE FROM case_notes WHERE case_id = ? AND id = ?;

-- name: ListCaseNotesByAuthor :many
SELECT * FROM case_notes WHERE case_id = ? AND author_id = ? ORDER BY id;

-- name: GetCaseNote :one
SELECT * FROM case_notes WHERE case_id = ? AND id = ?;
