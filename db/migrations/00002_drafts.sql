-- +goose Up
CREATE TABLE drafts (
  id               BINARY(16)   NOT NULL PRIMARY KEY,
  user_id          BINARY(16)   NOT NULL,
  type             VARCHAR(64)  NOT NULL,
  template_version VARCHAR(100) NOT NULL,
  title            VARCHAR(300) NOT NULL,
  locale           VARCHAR(35)  NOT NULL,
  tone             VARCHAR(16)  NOT NULL,
  status           VARCHAR(16)  NOT NULL, -- drafted
  body             MEDIUMTEXT   NOT NULL, -- the whole draft, Markdown
  sections         JSON         NOT NULL,
  warnings         JSON         NOT NULL,
  quality_score    DOUBLE       NOT NULL,
  created_at       DATETIME(6)  NOT NULL,
  KEY drafts_user (user_id, id),
  CONSTRAINT drafts_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
