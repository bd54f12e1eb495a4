-- +goose Up
-- The inverted index; see domain/search.
CREATE TABLE search_postings (
  term     BIGINT         NOT NULL, -- a hash of it
  scope    INT            NOT NULL,
  block    INT            NOT NULL, -- the pages' numbers in the scope / 256
  postings VARBINARY(512) NOT NULL, -- for each page two bytes: its number % 256, how much the term counts there
  PRIMARY KEY (term, scope, block),
  KEY search_postings_block (scope, block)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
