-- +goose Up
-- How many servers crashed while they ran the job. It replaces lost, which the previous version still counts in; a
-- later version drops that.
ALTER TABLE jobs ADD COLUMN crashes INT NOT NULL DEFAULT 0;
