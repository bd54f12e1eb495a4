-- +goose Up
ALTER TABLE case_timeline ADD COLUMN key_id BINARY(16) NULL; -- the API key that acted for the actor
