-- name: CreateTimeline :exec
INSERT INTO case_heads (case_id, seq, hash) VALUES (?, ?, ?);

-- name: LockTimeline :one
SELECT seq, hash FROM case_heads WHERE case_id = ? FOR UPDATE;

-- name: GetTimelineHead :one
SELECT seq, hash FROM case_heads WHERE case_id = ?;

-- name: UpdateTimelineHead :exec
UPDATE case_heads SET seq = ?, hash = ? WHERE case_id = ?;

-- name: CreateTimelineEntry :exec
INSERT INTO case_timeline (case_id, seq, created_at, actor_id, key_id, verb, subject, subject_id, refused, detail, prev_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ListTimelineEntries :many
SELECT * FROM case_timeline WHERE case_id = sqlc.arg(case_id) AND seq < sqlc.arg('cursor') ORDER BY seq DESC LIMIT ?;

-- name: ListTimelineEntriesAfter :many
SELECT * FROM case_timeline WHERE case_id = sqlc.arg(case_id) AND seq > sqlc.arg(after) ORDER BY seq LIMIT ?;

-- name: LockTimelines :many
SELECT case_id, seq, hash FROM case_heads WHERE case_id IN (sqlc.slice('ids')) ORDER BY case_id FOR UPDATE;

-- name: GetCaseDenialTime :one
SELECT refused_at FROM case_refusals WHERE case_id = ? AND user_id = ?;

-- name: UpdateCaseDenialTime :exec
INSERT INTO case_refusals (case_id, user_id, refused_at) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE refused_at = VALUES(refused_at);
