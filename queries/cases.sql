-- name: CreateCase :exec
INSERT INTO cases (id, title, description, status, created_by, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: GetCase :one
SELECT c.id, c.title, c.description, c.status, c.legal_hold, c.created_by, c.created_at, c.updated_at, c.closed_at,
       m.role AS my_role
FROM cases c LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = sqlc.arg(member)
WHERE c.id = sqlc.arg(id) AND c.deleted_at IS NULL;

-- name: GetCaseAccess :one
SELECT c.status, c.legal_hold, c.created_by, m.role AS my_role
FROM cases c LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = sqlc.arg(member)
WHERE c.id = sqlc.arg(id) AND c.deleted_at IS NULL;

-- name: ListCases :many
SELECT c.id, c.title, c.status, c.legal_hold, c.created_at, c.updated_at, m.role AS my_role
FROM case_members m FORCE INDEX (case_members_user) JOIN cases c ON c.id = m.case_id
WHERE m.user_id = sqlc.arg(member)
  AND m.case_id < sqlc.arg('cursor')
  AND c.deleted_at IS NULL
  AND (sqlc.arg(status) = '' OR c.status = sqlc.arg(status))
  AND (sqlc.arg(words) = '' OR c.title LIKE sqlc.arg(words) OR c.description LIKE sqlc.arg(words))
ORDER BY m.case_id DESC
LIMIT ?;

-- name: ListAllCases :many
SELECT c.id, c.title, c.status, c.legal_hold, c.created_at, c.updated_at,
       m.role AS my_role
FROM cases c FORCE INDEX (cases_present, cases_present_status) LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = sqlc.arg(member)
WHERE c.id < sqlc.arg('cursor')
  AND c.deleted_at IS NULL
  AND RIGHT(c.created_by, 6) <> x'7E577E577E57'
  AND (sqlc.arg(status) = '' OR c.status = sqlc.arg(status))
  AND (sqlc.arg(words) = '' OR c.title LIKE sqlc.arg(words) OR c.description LIKE sqlc.arg(words))
ORDER BY c.id DESC
LIMIT ?;

-- name: UpdateCase :exec
UPDATE cases SET title = ?, description = ?, status = ?, legal_hold = ?, closed_at = ?, updated_at = ?
WHERE id = ?;

-- name: DeleteCase :exec
UPDATE cases SET deleted_at = ? WHERE id = ?;

-- name: CountCasesUnderHold :one
SELECT COUNT(*) FROM cases c
WHERE c.legal_hold = TRUE AND c.deleted_at IS NULL
  AND (EXISTS (SELECT 1 FROM case_members m WHERE m.case_id = c.id AND m.user_id = sqlc.arg(user_id))
    OR EXISTS (SELECT 1 FROM case_parties p WHERE p.case_id = c.id AND p.email_key = sqlc.arg(email_key))
    OR EXISTS (SELECT 1 FROM case_notes n WHERE n.case_id = c.id AND n.author_id = sqlc.arg(user_id))
    OR EXISTS (SELECT 1 FROM consultations q WHERE q.case_id = c.id AND q.user_id = sqlc.arg(user_id))
    OR EXISTS (SELECT 1 FROM documents d WHERE d.case_id = c.id AND d.user_id = sqlc.arg(user_id))
    OR EXISTS (SELECT 1 FROM drafts d JOIN draft_versions v ON v.draft_id = d.id
               WHERE d.case_id = c.id AND (d.user_id = sqlc.arg(user_id) OR v.author_id = sqlc.arg(user_id))));

-- name: ListCaseAccess :many
SELECT c.id, c.status, c.legal_hold, c.created_by, m.role AS my_role
FROM cases c LEFT JOIN case_members m ON m.case_id = c.id AND m.user_id = sqlc.arg(member)
WHERE c.id IN (sqlc.slice('ids')) AND c.deleted_at IS NULL;

-- name: LockTestCases :many
SELECT h.case_id FROM case_heads h JOIN cases c ON c.id = h.case_id WHERE c.created_by = ? ORDER BY h.case_id LIMIT ? FOR UPDATE;

-- name: DeleteTestNotes :exec
DELETE FROM case_notes WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestTasks :exec
DELETE FROM case_tasks WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestParties :exec
DELETE FROM case_parties WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestInvitations :exec
DELETE FROM case_invitations WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestMembers :exec
DELETE FROM case_members WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestTimelines :exec
DELETE FROM case_timeline WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestTimelineHeads :exec
DELETE FROM case_heads WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestRefusals :exec
DELETE FROM case_refusals WHERE case_id IN (sqlc.slice('ids'));

-- name: DeleteTestCases :exec
DELETE FROM cases WHERE id IN (sqlc.slice('ids'));
