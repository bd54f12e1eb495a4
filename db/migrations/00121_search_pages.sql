-- +goose Up
-- The pages of documents that are in the index. It has no foreign key: a document that a former version of
-- the program deletes leaves its entries for the sweep, which then knows of its postings.
CREATE TABLE search_pages (
  entry       BIGINT     NOT NULL PRIMARY KEY, -- scope << 32 | the page's number in the scope
  document_id BINARY(16) NOT NULL,
  page        INT        NOT NULL,
  KEY search_pages_document (document_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
