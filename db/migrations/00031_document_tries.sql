-- +goose Up
ALTER TABLE documents ADD COLUMN text_tries INT NOT NULL DEFAULT 0; -- to read its text
