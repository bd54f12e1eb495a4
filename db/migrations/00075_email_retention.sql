-- +goose Up
ALTER TABLE emails ADD COLUMN emptied BOOLEAN NOT NULL DEFAULT FALSE; -- its text was kept for as long as it is to be, and is gone
ALTER TABLE emails ADD KEY emails_keep (emptied, updated_at);
