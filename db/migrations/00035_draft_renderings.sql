-- +goose Up
-- A document made of a draft has '' for a template, and in data the text itself: the draft may go.
ALTER TABLE renderings
  ADD COLUMN draft_id BINARY(16) NULL,
  ADD COLUMN draft_version INT NULL;
ALTER TABLE renderings ADD CONSTRAINT renderings_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE SET NULL;
