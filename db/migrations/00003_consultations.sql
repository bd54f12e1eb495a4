-- +goose Up
CREATE TABLE consultations (
  id             BINARY(16)   NOT NULL PRIMARY KEY,
  user_id        BINARY(16)   NOT NULL, -- whose consultation it is
  actor_id       BINARY(16)   NOT NULL, -- who asked: the same, or an admin
  kind           VARCHAR(16)  NOT NULL, -- chat, document, analysis
  excerpt        VARCHAR(400) NOT NULL, -- the beginning of the question, for lists
  question       MEDIUMTEXT   NOT NULL,
  answer         MEDIUMTEXT   NOT NULL,
  draft_id       BINARY(16)   NULL,
  locale         VARCHAR(35)  NOT NULL,
  model          VARCHAR(200) NOT NULL,
  prompt_version VARCHAR(100) NOT NULL,
  cached         BOOLEAN      NOT NULL,
  tokens_used    INT          NOT NULL,
  latency_ms     INT          NOT NULL,
  created_at     DATETIME(6)  NOT NULL,
  KEY consultations_user (user_id, id),
  CONSTRAINT consultations_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT consultations_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
