-- +goose Up
ALTER TABLE templates
  ADD COLUMN slug VARCHAR(64) COLLATE utf8mb4_bin NULL,     -- the id that people give it; NULL, from a server that does not know the column: id
  ADD COLUMN sharing VARCHAR(16) NOT NULL DEFAULT 'firm',   -- firm: everyone may use what is published; private: only the owner, who is created_by
  ADD COLUMN archived_at DATETIME(6) NULL;                  -- nothing is rendered from it any more
