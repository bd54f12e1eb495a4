-- +goose Up
-- The words that are always or never masked, in one row: both lists are read and replaced as a whole.
CREATE TABLE masking_lists (
  id         TINYINT     NOT NULL,
  version    INT         NOT NULL, -- increases by 1 with each change
  always     MEDIUMTEXT  NOT NULL, -- JSON
  never      MEDIUMTEXT  NOT NULL, -- JSON
  updated_at DATETIME(6) NOT NULL,
  updated_by BINARY(16)  NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT masking_lists_user_fk FOREIGN KEY (updated_by) REFERENCES users (id)
);
