-- name: CreateRendering :exec
INSERT INTO renderings (document_id, template_id, template_version, data, options, draft_id, draft_version, rules_version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetRendering :one
SELECT * FROM renderings WHERE document_id = ?;
