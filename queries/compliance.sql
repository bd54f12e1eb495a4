-- name: CreateWatch :exec
INSERT INTO compliance_watches (id, case_id, user_id, kind, source, label, subject, answer, next_check_at, last_checked_at, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL, ?);

-- name: GetWatch :one
SELECT * FROM compliance_watches WHERE id = ?;

-- name: LockWatch :one
SELECT * FROM compliance_watches WHERE id = ? FOR UPDATE;

-- name: CountWatchesByUser :one
SELECT COUNT(*) FROM compliance_watches WHERE user_id = ?;

-- name: ListCaseWatches :many
SELECT * FROM compliance_watches WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListFirmWatches :many
SELECT * FROM compliance_watches WHERE case_id IS NULL AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListOwnFirmWatches :many
SELECT * FROM compliance_watches WHERE user_id = sqlc.arg(user_id) AND case_id IS NULL AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListDueWatches :many
SELECT * FROM compliance_watches FORCE INDEX (compliance_watches_due)
WHERE source = sqlc.arg(source) AND next_check_at <= sqlc.arg(due) ORDER BY next_check_at, id LIMIT ?;

-- name: UpdateWatchChecked :execrows
UPDATE compliance_watches SET answer = ?, last_checked_at = ?, next_check_at = ? WHERE id = ?;

-- name: UpdateWatchNextCheck :exec
UPDATE compliance_watches SET next_check_at = sqlc.arg(next_check_at) WHERE id = sqlc.arg(id) AND next_check_at = sqlc.arg(previous);

-- name: DeleteWatch :execrows
DELETE FROM compliance_watches WHERE id = ?;

-- name: DeleteFirmWatchesByUser :exec
DELETE FROM compliance_watches WHERE user_id = ? AND case_id IS NULL;

-- name: DeleteWatchesByUser :exec
DELETE FROM compliance_watches WHERE user_id = ?;

-- name: CreateCheck :exec
INSERT INTO compliance_checks (id, watch_id, outcome, asked, answer, changes, error_code, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: ListChecks :many
SELECT * FROM compliance_checks WHERE watch_id = sqlc.arg(watch_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: GetCheck :one
SELECT * FROM compliance_checks WHERE watch_id = ? AND id = ?;
