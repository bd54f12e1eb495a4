-- +goose Up
-- How many times the text of a document was extracted. It replaces text_tries, in which the previous version still
-- counts; a later version drops that.
ALTER TABLE documents ADD COLUMN text_attempts INT NOT NULL DEFAULT 0;
