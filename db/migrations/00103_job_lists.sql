-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE jobs ADD KEY jobs_state (state, id);
ALTER TABLE jobs ADD KEY jobs_kind (kind, state, id);
ALTER TABLE jobs ADD KEY jobs_user_state (user_id, state, id);
ALTER TABLE jobs ADD KEY jobs_user_kind (user_id, kind, state, id);
