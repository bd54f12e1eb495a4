-- +goose Up
-- When a stranger's refused access was last put into a case's timeline.
CREATE TABLE case_refusals (
  case_id    BINARY(16)  NOT NULL,
  user_id    BINARY(16)  NOT NULL,
  refused_at DATETIME(6) NOT NULL,
  PRIMARY KEY (case_id, user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
