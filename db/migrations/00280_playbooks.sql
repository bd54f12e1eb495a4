-- +goose Up
-- The firm's own policies for reviews.
CREATE TABLE playbooks (
  id         BINARY(16)   NOT NULL,
  created_by BINARY(16)   NOT NULL,
  name       VARCHAR(200) NOT NULL,
  content    MEDIUMTEXT   NOT NULL, -- JSON
  version    INT          NOT NULL, -- increases by 1 with each change
  created_at DATETIME(6)  NOT NULL,
  updated_at DATETIME(6)  NOT NULL,
  updated_by BINARY(16)   NOT NULL,
  PRIMARY KEY (id),
  KEY playbooks_owner (created_by, id),
  CONSTRAINT playbooks_owner_fk FOREIGN KEY (created_by) REFERENCES users (id),
  CONSTRAINT playbooks_editor_fk FOREIGN KEY (updated_by) REFERENCES users (id)
);
