-- +goose Up
CREATE TABLE templates (
  id         VARCHAR(64) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  created_by BINARY(16)  NOT NULL,
  created_at DATETIME(6) NOT NULL,
  CONSTRAINT templates_creator_fk FOREIGN KEY (created_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE template_versions (
  template_id  VARCHAR(64)   COLLATE utf8mb4_bin NOT NULL,
  version      VARCHAR(32)   COLLATE utf8mb4_bin NOT NULL,
  name         VARCHAR(300)  NOT NULL,
  description  VARCHAR(1000) NOT NULL,
  body         MEDIUMTEXT    NOT NULL, -- front matter and Markdown
  data_schema  MEDIUMTEXT    NOT NULL, -- JSON, in the order it was written
  sample       MEDIUMTEXT    NOT NULL, -- JSON
  author_id    BINARY(16)    NOT NULL,
  created_at   DATETIME(6)   NOT NULL,
  published_by BINARY(16)    NULL,
  published_at DATETIME(6)   NULL,     -- NULL: only its makers see it
  PRIMARY KEY (template_id, version),
  CONSTRAINT template_versions_template_fk FOREIGN KEY (template_id) REFERENCES templates (id),
  CONSTRAINT template_versions_author_fk FOREIGN KEY (author_id) REFERENCES users (id),
  CONSTRAINT template_versions_publisher_fk FOREIGN KEY (published_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
