-- +goose Up
ALTER TABLE documents ADD COLUMN search_version INT NOT NULL DEFAULT 0; -- of the analysis that its text was indexed with; 0: none
