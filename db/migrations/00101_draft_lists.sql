-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE drafts ADD KEY drafts_user_case (user_id, case_id, id);
ALTER TABLE drafts ADD KEY drafts_user_status (user_id, case_id, status, id);
ALTER TABLE drafts ADD KEY drafts_user_type (user_id, case_id, type, id);
ALTER TABLE drafts ADD KEY drafts_user_type_status (user_id, case_id, type, status, id);
ALTER TABLE drafts ADD KEY drafts_case_status (case_id, status, id);
ALTER TABLE drafts ADD KEY drafts_case_type (case_id, type, id);
ALTER TABLE drafts ADD KEY drafts_case_type_status (case_id, type, status, id);
ALTER TABLE drafts DROP KEY drafts_user;
