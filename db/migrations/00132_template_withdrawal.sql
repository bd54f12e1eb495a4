-- +goose Up
ALTER TABLE template_versions ADD COLUMN withdrawn_at DATETIME(6) NULL; -- it was published, and is not any more
