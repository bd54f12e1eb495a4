-- +goose Up
-- Lists end with id, the order they are in: a page is read, and no more.
ALTER TABLE emails ADD KEY emails_user_status (user_id, kind, status, id);
ALTER TABLE emails ADD KEY emails_status (kind, status, id);
