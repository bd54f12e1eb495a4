-- +goose Up
ALTER TABLE jobs ADD COLUMN key_id BINARY(16) NULL; -- the API key that acts for the owner
