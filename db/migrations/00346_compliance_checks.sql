-- +goose Up
-- The evidence: what a register was asked, and what it answered.
CREATE TABLE compliance_checks (
  id         BINARY(16)  NOT NULL,
  watch_id   BINARY(16)  NOT NULL,
  outcome    VARCHAR(16) NOT NULL, -- first, unchanged, changed, failed
  asked      TEXT        NOT NULL, -- JSON
  answer     MEDIUMTEXT  NULL,     -- JSON; NULL: failed
  changes    MEDIUMTEXT  NOT NULL, -- JSON
  error_code VARCHAR(64) NOT NULL, -- why it failed
  checked_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY compliance_checks_watch (watch_id, id),
  CONSTRAINT compliance_checks_watch_fk FOREIGN KEY (watch_id) REFERENCES compliance_watches (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
