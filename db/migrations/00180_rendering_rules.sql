-- +goose Up
-- By which version of the rules a document was rendered; the first is that of those made before.
ALTER TABLE renderings ADD COLUMN rules_version TINYINT UNSIGNED NOT NULL DEFAULT 1;
