-- +goose Up
CREATE TABLE cases (
  id          BINARY(16)   NOT NULL PRIMARY KEY,
  title       VARCHAR(200) NOT NULL,
  description TEXT         NOT NULL,
  status      VARCHAR(16)  NOT NULL, -- open, closed
  legal_hold  BOOLEAN      NOT NULL DEFAULT FALSE,
  created_by  BINARY(16)   NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  closed_at   DATETIME(6)  NULL,
  deleted_at  DATETIME(6)  NULL, -- hidden from everybody from then on; the timeline stays
  KEY cases_status (status, id),
  CONSTRAINT cases_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE case_members (
  case_id    BINARY(16)  NOT NULL,
  user_id    BINARY(16)  NOT NULL,
  role       VARCHAR(16) NOT NULL, -- owner, lawyer, assistant, client, viewer
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (case_id, user_id),
  KEY case_members_user (user_id, case_id),
  CONSTRAINT case_members_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_members_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- The end of each case's timeline. Whoever appends holds this row, and no other: rows that
-- refer to the case are not held up.
CREATE TABLE case_heads (
  case_id BINARY(16)      NOT NULL PRIMARY KEY,
  seq     BIGINT UNSIGNED NOT NULL,
  hash    BINARY(32)      NOT NULL,
  CONSTRAINT case_heads_case_fk FOREIGN KEY (case_id) REFERENCES cases (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Only ever added to. It holds ids and kinds, never words or names, so that a person can be
-- erased without touching it. Triggers that refuse UPDATE and DELETE would need SUPER on a
-- MySQL that writes a binary log; the chain of hashes shows a change instead.
CREATE TABLE case_timeline (
  case_id    BINARY(16)      NOT NULL,
  seq        BIGINT UNSIGNED NOT NULL, -- 1, 2, 3 …
  created_at DATETIME(6)     NOT NULL,
  actor_id   BINARY(16)      NOT NULL,
  verb       VARCHAR(16)     NOT NULL,
  subject    VARCHAR(16)     NOT NULL,
  subject_id BINARY(16)      NULL,
  refused    BOOLEAN         NOT NULL,
  detail     VARCHAR(500)    NOT NULL,
  prev_hash  BINARY(32)      NOT NULL,
  hash       BINARY(32)      NOT NULL,
  PRIMARY KEY (case_id, seq),
  CONSTRAINT case_timeline_case_fk FOREIGN KEY (case_id) REFERENCES cases (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
