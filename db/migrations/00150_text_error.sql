-- +goose Up
ALTER TABLE documents ADD COLUMN text_error VARCHAR(16) NOT NULL DEFAULT ''; -- why text_state is unreadable
