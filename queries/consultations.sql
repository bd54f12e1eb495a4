-- name: GetConsultation :one
SELECT * FROM consultations WHERE id = ?;

-- name: ListConsultations :many
SELECT id, user_id, kind, excerpt, cached, created_at
FROM consultations FORCE INDEX (consultations_user_case, consultations_user_kind)
WHERE user_id = sqlc.arg(user_id)
  AND case_id IS NULL
  AND id < sqlc.arg('cursor')
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListAllConsultations :many
SELECT id, user_id, kind, excerpt, cached, created_at
FROM consultations FORCE INDEX (consultations_case, consultations_case_kind)
WHERE id < sqlc.arg('cursor')
  AND case_id IS NULL
  AND RIGHT(user_id, 6) <> x'7E577E577E57'
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListCaseConsultations :many
SELECT id, user_id, kind, excerpt, cached, created_at
FROM consultations FORCE INDEX (consultations_case, consultations_case_kind)
WHERE case_id = sqlc.arg(case_id)
  AND id < sqlc.arg('cursor')
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: CreateConsultation :exec
INSERT INTO consultations (id, user_id, actor_id, kind, excerpt, question, answer, draft_id, locale, model, prompt_version, cached, tokens_used, latency_ms, created_at, case_id, sources, masked_text)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: DeleteUserConsultations :exec
DELETE FROM consultations WHERE user_id = ? AND case_id IS NULL;

-- name: DeleteTestConsultations :exec
DELETE FROM consultations WHERE user_id = ?;
