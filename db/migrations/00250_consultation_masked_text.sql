-- +goose Up
-- What the AI received, with placeholders. NULL: the consultation is older.
ALTER TABLE consultations ADD COLUMN masked_text MEDIUMTEXT NULL;
