-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE cases ADD KEY cases_present (deleted_at, id);
ALTER TABLE cases ADD KEY cases_present_status (deleted_at, status, id);
ALTER TABLE case_tasks ADD KEY case_tasks_status (case_id, status, id);
