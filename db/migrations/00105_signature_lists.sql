-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE signature_requests ADD KEY signature_requests_user_status (user_id, status, id);
ALTER TABLE signature_requests ADD KEY signature_requests_by_status (status, id);
ALTER TABLE signature_requests ADD KEY signature_requests_case_status (case_id, status, id);
