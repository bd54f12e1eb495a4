-- +goose Up
CREATE TABLE documents (
  id           BINARY(16)   NOT NULL PRIMARY KEY, -- the key of its file is docs/<id>
  user_id      BINARY(16)   NOT NULL,
  name         VARCHAR(255) NOT NULL,
  content_type VARCHAR(100) NOT NULL,
  kind         VARCHAR(16)  NOT NULL, -- uploaded, rendered
  state        VARCHAR(16)  NOT NULL, -- pending: its file may not be there yet; stored; deleted: its file may still be there
  text_state   VARCHAR(16)  NOT NULL, -- pending: not read yet; indexed; none: it has no text that can be read
  size         BIGINT       NOT NULL,
  sha256       BINARY(32)   NOT NULL,
  created_at   DATETIME(6)  NOT NULL,
  changed_at   DATETIME(6)  NOT NULL, -- of state
  KEY documents_user (user_id, id),
  KEY documents_state (state, changed_at),
  KEY documents_text (state, text_state, id),
  CONSTRAINT documents_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE document_pages (
  document_id BINARY(16) NOT NULL,
  page        INT        NOT NULL, -- from 1
  text        MEDIUMTEXT NOT NULL,
  PRIMARY KEY (document_id, page),
  FULLTEXT KEY document_pages_text (text),
  CONSTRAINT document_pages_fk FOREIGN KEY (document_id) REFERENCES documents (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
