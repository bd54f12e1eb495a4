-- name: CreateCaseTask :exec
INSERT INTO case_tasks (id, case_id, title, status, due_on, assignee_id, created_by, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetCaseTask :one
SELECT * FROM case_tasks WHERE case_id = ? AND id = ?;

-- name: ListCaseTasks :many
SELECT * FROM case_tasks FORCE INDEX (case_tasks_case, case_tasks_status)
WHERE case_id = sqlc.arg(case_id)
  AND id < sqlc.arg('cursor')
  AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC
LIMIT ?;

-- name: UpdateCaseTask :exec
UPDATE case_tasks SET title = ?, status = ?, due_on = ?, assignee_id = ?, updated_at = ?
WHERE case_id = ? AND id = ?;

-- name: UpdateCaseTasksUnassigned :exec
UPDATE case_tasks SET assignee_id = NULL, updated_at = ? WHERE case_id = ? AND assignee_id = ?;

-- name: DeleteCaseTask :execrows
DELETE FROM case_tasks WHERE case_id = ? AND id = ?;

-- name: ListCaseTasksByUser :many
SELECT * FROM case_tasks WHERE case_id = sqlc.arg(case_id) AND (created_by = sqlc.arg(maker) OR assignee_id = sqlc.arg(assignee)) ORDER BY id;
