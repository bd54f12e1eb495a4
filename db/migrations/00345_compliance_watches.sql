-- +goose Up
-- What is checked against a register each night.
CREATE TABLE compliance_watches (
  id              BINARY(16)   NOT NULL,
  case_id         BINARY(16)   NULL,     -- NULL: it belongs to the firm
  user_id         BINARY(16)   NOT NULL, -- who is notified, if it belongs to no case
  kind            VARCHAR(16)  NOT NULL, -- company, sanctions, vat
  source          VARCHAR(32)  NOT NULL, -- the register
  label           VARCHAR(200) NOT NULL,
  subject         TEXT         NOT NULL, -- JSON: what the register is asked
  answer          MEDIUMTEXT   NULL,     -- JSON: the last answer; NULL: none yet
  next_check_at   DATETIME(6)  NOT NULL,
  last_checked_at DATETIME(6)  NULL,
  created_at      DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY compliance_watches_due (source, next_check_at, id),
  KEY compliance_watches_case (case_id, id),
  KEY compliance_watches_user (user_id, id),
  CONSTRAINT compliance_watches_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT compliance_watches_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
