-- name: CreateDraft :exec
INSERT INTO drafts (id, user_id, origin, type, template_version, locale, tone, status, version, sections, warnings, quality_score, created_at, updated_at, case_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, sqlc.arg(now), sqlc.arg(now), ?);

-- name: CreateDraftVersion :exec
INSERT INTO draft_versions (draft_id, version, title, body, note, author_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: GetDraft :one
SELECT sqlc.embed(drafts), sqlc.embed(draft_versions)
FROM drafts JOIN draft_versions ON draft_versions.draft_id = drafts.id AND draft_versions.version = drafts.version
WHERE drafts.id = ?;

-- name: LockDraft :one
SELECT sqlc.embed(drafts), sqlc.embed(draft_versions)
FROM drafts JOIN draft_versions ON draft_versions.draft_id = drafts.id AND draft_versions.version = drafts.version
WHERE drafts.id = ?
FOR UPDATE;

-- name: ListDrafts :many
SELECT d.id, d.user_id, d.origin, d.type, d.locale, d.status, d.version, d.created_at, d.updated_at, d.case_id, v.title
FROM drafts d FORCE INDEX (drafts_user_case, drafts_user_status, drafts_user_type, drafts_user_type_status)
JOIN draft_versions v ON v.draft_id = d.id AND v.version = d.version
WHERE d.user_id = sqlc.arg(user_id)
  AND d.case_id IS NULL
  AND d.id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR d.status = sqlc.arg(status))
  AND (sqlc.arg(type) = '' OR d.type = sqlc.arg(type))
ORDER BY d.id DESC
LIMIT ?;

-- name: ListAllDrafts :many
SELECT d.id, d.user_id, d.origin, d.type, d.locale, d.status, d.version, d.created_at, d.updated_at, d.case_id, v.title
FROM drafts d FORCE INDEX (drafts_case, drafts_case_status, drafts_case_type, drafts_case_type_status)
JOIN draft_versions v ON v.draft_id = d.id AND v.version = d.version
WHERE d.case_id IS NULL
  AND RIGHT(d.user_id, 6) <> x'7E577E577E57'
  AND d.id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR d.status = sqlc.arg(status))
  AND (sqlc.arg(type) = '' OR d.type = sqlc.arg(type))
ORDER BY d.id DESC
LIMIT ?;

-- name: ListCaseDrafts :many
SELECT d.id, d.user_id, d.origin, d.type, d.locale, d.status, d.version, d.created_at, d.updated_at, d.case_id, v.title
FROM drafts d FORCE INDEX (drafts_user_case, drafts_user_status, drafts_user_type, drafts_user_type_status, drafts_case, drafts_case_status, drafts_case_type, drafts_case_type_status)
JOIN draft_versions v ON v.draft_id = d.id AND v.version = d.version
WHERE d.case_id = sqlc.arg(case_id)
  AND d.id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR d.status = sqlc.arg(status))
  AND (sqlc.arg(type) = '' OR d.type = sqlc.arg(type))
  AND (CAST(sqlc.arg(anyone) AS SIGNED) = 1 OR d.user_id = sqlc.arg(user_id))
ORDER BY d.id DESC
LIMIT ?;

-- name: UpdateDraft :exec
UPDATE drafts SET version = ?, status = ?, reviewed_by = ?, reviewed_at = ?, finalized_by = ?, finalized_at = ?, updated_at = ?, case_id = ?
WHERE id = ?;

-- name: DeleteDraft :exec
DELETE FROM drafts WHERE id = ?;

-- name: GetDraftOwner :one
SELECT user_id, case_id FROM drafts WHERE id = ?;

-- name: ListDraftVersions :many
SELECT version, title, note, author_id, created_at FROM draft_versions
WHERE draft_id = sqlc.arg(draft_id) AND version < sqlc.arg('cursor')
ORDER BY version DESC
LIMIT ?;

-- name: GetDraftVersion :one
SELECT * FROM draft_versions WHERE draft_id = ? AND version = ?;

-- name: DeleteUserDrafts :exec
DELETE FROM drafts WHERE user_id = ? AND case_id IS NULL;

-- name: DeleteTestDrafts :exec
DELETE FROM drafts WHERE user_id = ?;
