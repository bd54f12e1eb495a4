-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE documents ADD KEY documents_user_state (user_id, case_id, state, id);
ALTER TABLE documents ADD KEY documents_user_kind (user_id, case_id, state, kind, id);
ALTER TABLE documents ADD KEY documents_case_state (case_id, state, id);
ALTER TABLE documents ADD KEY documents_case_kind (case_id, state, kind, id);
ALTER TABLE documents DROP KEY documents_user;
ALTER TABLE documents DROP KEY documents_case;
