-- +goose Up
-- What a rendered document was made from, so that it can be made again and compared.
CREATE TABLE renderings (
  document_id      BINARY(16)   NOT NULL PRIMARY KEY,
  template_id      VARCHAR(64)  NOT NULL,
  template_version VARCHAR(32)  NOT NULL,
  data             MEDIUMTEXT   NOT NULL, -- JSON
  options          TEXT         NOT NULL, -- JSON
  CONSTRAINT renderings_document_fk FOREIGN KEY (document_id) REFERENCES documents (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
