-- +goose Up
-- One of many that a person sent at once: who gets it can say that they want no more of these.
ALTER TABLE emails ADD COLUMN bulk BOOLEAN NOT NULL DEFAULT FALSE;
