-- +goose Up
ALTER TABLE documents ADD COLUMN text_changes JSON NULL; -- what a Word file's text was read without, or as if accepted
