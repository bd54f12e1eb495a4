-- name: CreatePlaybook :exec
INSERT INTO playbooks (id, created_by, name, content, version, created_at, updated_at, updated_by)
VALUES (?, ?, ?, ?, 1, ?, ?, ?);

-- name: GetPlaybook :one
SELECT * FROM playbooks WHERE id = ?;

-- name: LockPlaybook :one
SELECT * FROM playbooks WHERE id = ? FOR UPDATE;

-- name: CountPlaybooksOfOwner :one
SELECT COUNT(*) FROM playbooks WHERE created_by = ?;

-- name: ListPlaybooks :many
SELECT * FROM playbooks WHERE id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListPlaybooksOfOwner :many
SELECT * FROM playbooks WHERE created_by = sqlc.arg(created_by) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: UpdatePlaybook :exec
UPDATE playbooks SET name = ?, content = ?, version = version + 1, updated_at = ?, updated_by = ? WHERE id = ?;

-- name: DeletePlaybook :exec
DELETE FROM playbooks WHERE id = ?;
