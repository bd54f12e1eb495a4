-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE consultations ADD KEY consultations_user_case (user_id, case_id, id);
ALTER TABLE consultations ADD KEY consultations_user_kind (user_id, case_id, kind, id);
ALTER TABLE consultations ADD KEY consultations_case_kind (case_id, kind, id);
ALTER TABLE consultations DROP KEY consultations_user;
