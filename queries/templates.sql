-- name: CreateTemplate :exec
INSERT INTO templates (id, created_by, created_at) VALUES (?, ?, ?);

-- name: EnsureTemplate :exec
INSERT INTO templates (id, created_by, created_at) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE id = id;

-- name: LockTemplate :one
SELECT id FROM templates WHERE id = ? FOR UPDATE;

-- name: CountTemplateVersions :one
SELECT COUNT(*) FROM template_versions WHERE template_id = ?;

-- name: CreateTemplateVersion :exec
INSERT INTO template_versions (template_id, version, name, description, body, data_schema, sample, author_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetTemplateVersion :one
SELECT * FROM template_versions WHERE template_id = ? AND version = ?;

-- name: PublishTemplateVersion :exec
UPDATE template_versions SET published_by = ?, published_at = ?
WHERE template_id = ? AND version = ? AND published_at IS NULL;

-- name: ListTemplateIDs :many
SELECT DISTINCT template_id FROM template_versions
WHERE template_id > sqlc.arg(after) AND (published_at IS NOT NULL OR CAST(sqlc.arg(unpublished) AS SIGNED) = 1)
ORDER BY template_id
LIMIT ?;

-- name: ListTemplateVersions :many
SELECT template_id, version, name, description, author_id, created_at, published_at FROM template_versions
WHERE template_id IN (sqlc.slice('ids')) AND (published_at IS NOT NULL OR CAST(sqlc.arg(unpublished) AS SIGNED) = 1)
ORDER BY template_id, created_at, version;
