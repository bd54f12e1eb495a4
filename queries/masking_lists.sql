-- name: GetMaskingLists :one
SELECT version, always, never, updated_at, updated_by FROM masking_lists WHERE id = 1;

-- name: LockMaskingListsVersion :one
SELECT version FROM masking_lists WHERE id = 1 FOR UPDATE;

-- name: CreateMaskingLists :exec
INSERT INTO masking_lists (id, version, always, never, updated_at, updated_by) VALUES (1, 1, ?, ?, ?, ?);

-- name: UpdateMaskingLists :exec
UPDATE masking_lists
SET version = version + 1, always = ?, never = ?, updated_at = ?, updated_by = ?
WHERE id = 1;
