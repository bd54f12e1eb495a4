-- +goose Up
CREATE TABLE webhooks (
  id              BINARY(16)    NOT NULL PRIMARY KEY,
  user_id         BINARY(16)    NOT NULL,
  url             VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  description     VARCHAR(200)  NOT NULL,
  event_types     VARCHAR(2000) NOT NULL, -- with spaces between
  secret          VARBINARY(100) NOT NULL, -- what it signs with, sealed
  old_secret      VARBINARY(100) NOT NULL, -- what it signed with before; empty: nothing
  old_until       DATETIME(6)   NULL, -- both sign until then
  enabled         BOOLEAN       NOT NULL,
  disabled_reason VARCHAR(16)   NOT NULL, -- owner, gone, failing; empty while enabled
  disabled_at     DATETIME(6)   NULL,
  failing_since   DATETIME(6)   NULL, -- the first of the failures since something was delivered
  created_at      DATETIME(6)   NOT NULL,
  updated_at      DATETIME(6)   NOT NULL,
  deleted_at      DATETIME(6)   NULL, -- nothing but ids is left, and goes with its deliveries
  KEY webhooks_user (user_id, id),
  KEY webhooks_deleted (deleted_at),
  CONSTRAINT webhooks_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- One event for one webhook. Without a foreign key to webhooks, which would make whatever emits
-- events wait for the lock of a webhook's row.
CREATE TABLE webhook_deliveries (
  id          BINARY(16)   NOT NULL PRIMARY KEY, -- sent as webhook-id
  webhook_id  BINARY(16)   NOT NULL,
  case_id     BINARY(16)   NULL, -- whose members alone may hear of it; NULL: it is the webhook's owner's
  event_type  VARCHAR(64)  NOT NULL,
  payload     TEXT         NOT NULL, -- JSON, as it is sent
  state       VARCHAR(16)  NOT NULL, -- pending, delivered, failed: given up; withheld: its owner may not hear of it any more
  tries       INT          NOT NULL, -- since it was last sent on its way
  attempts    INT          NOT NULL, -- all there ever were
  job_id      BINARY(16)   NOT NULL, -- the job that delivers it
  next_at     DATETIME(6)  NULL, -- the next try of a pending one that has failed
  finished_at DATETIME(6)  NULL,
  created_at  DATETIME(6)  NOT NULL,
  KEY webhook_deliveries_list (webhook_id, id),
  KEY webhook_deliveries_state (webhook_id, state, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE webhook_attempts (
  delivery_id BINARY(16)  NOT NULL,
  n           INT         NOT NULL, -- 1, 2, 3 …
  at          DATETIME(6) NOT NULL,
  outcome     VARCHAR(32) NOT NULL,
  status      SMALLINT    NOT NULL, -- of the answer; 0: there was none
  duration_ms INT         NOT NULL,
  PRIMARY KEY (delivery_id, n),
  CONSTRAINT webhook_attempts_fk FOREIGN KEY (delivery_id) REFERENCES webhook_deliveries (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
