-- name: CreateRendering :exec
INSERT INTO renderings (document_id, template_id, template_version, data, options, draft_id, draft_version, rules_version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetRendering :one
SELECT * FROM renderings WHERE document_id = ?;

-- name: DeleteUserRenderings :exec
DELETE r FROM renderings r JOIN documents d ON d.id = r.document_id WHERE d.user_id = ? AND d.case_id IS NULL;

-- name: DeleteTestRenderings :exec
DELETE r FROM renderings r JOIN documents d ON d.id = r.document_id WHERE d.user_id = ?;
