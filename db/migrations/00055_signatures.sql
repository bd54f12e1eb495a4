-- +goose Up
CREATE TABLE signature_requests (
  id              BINARY(16)      NOT NULL PRIMARY KEY,
  user_id         BINARY(16)      NOT NULL, -- the sender
  case_id         BINARY(16)      NULL,
  document_id     BINARY(16)      NOT NULL, -- no foreign key: what was asked stays on record when the document goes
  document_name   VARCHAR(255)    NOT NULL,
  document_size   BIGINT          NOT NULL,
  document_sha256 BINARY(32)      NOT NULL,
  workflow        VARCHAR(16)     NOT NULL, -- sequential, parallel
  status          VARCHAR(16)     NOT NULL, -- open, sealing, completed, declined, cancelled, expired
  message         TEXT            NOT NULL,
  sender_name     VARCHAR(255)    NOT NULL,
  expires_at      DATETIME(6)     NOT NULL,
  created_at      DATETIME(6)     NOT NULL,
  changed_at      DATETIME(6)     NOT NULL, -- of status
  signed_id       BINARY(16)      NULL, -- the sealed document; chosen before it is made
  seq             BIGINT UNSIGNED NOT NULL, -- of the last event
  head            BINARY(32)      NOT NULL, -- its hash
  KEY signature_requests_user (user_id, id),
  KEY signature_requests_case (case_id, id),
  KEY signature_requests_status (status, expires_at),
  CONSTRAINT signature_requests_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT signature_requests_case_fk FOREIGN KEY (case_id) REFERENCES cases (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE signature_signers (
  id          BINARY(16)   NOT NULL PRIMARY KEY,
  request_id  BINARY(16)   NOT NULL,
  number      INT          NOT NULL, -- from 1
  turn        INT          NOT NULL, -- those of a turn sign at the same time
  name        VARCHAR(255) NOT NULL,
  email       VARCHAR(320) NOT NULL,
  status      VARCHAR(16)  NOT NULL, -- waiting, sent, viewed, consented, signed, declined
  token_hash  BINARY(32)   NOT NULL, -- SHA-256 of the secret in the link
  invited_at  DATETIME(6)  NULL,
  reminders   INT          NOT NULL DEFAULT 0,
  reminded_at DATETIME(6)  NULL,
  disclosure  VARCHAR(16)  NOT NULL DEFAULT '', -- the version they consented to
  mark        MEDIUMTEXT   NOT NULL, -- JSON: the signature as it was made; '' before
  signed_at   DATETIME(6)  NULL,
  reason      TEXT         NOT NULL, -- why they declined
  UNIQUE KEY signature_signers_token (token_hash),
  UNIQUE KEY signature_signers_number (request_id, number),
  CONSTRAINT signature_signers_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Nothing changes or removes an event.
CREATE TABLE signature_events (
  request_id BINARY(16)      NOT NULL,
  seq        BIGINT UNSIGNED NOT NULL,
  created_at DATETIME(6)     NOT NULL,
  kind       VARCHAR(16)     NOT NULL,
  signer     INT             NOT NULL, -- their number; 0: nobody
  address    VARCHAR(45)     NOT NULL,
  agent      VARCHAR(300)    NOT NULL,
  detail     VARCHAR(200)    NOT NULL,
  prev_hash  BINARY(32)      NOT NULL,
  hash       BINARY(32)      NOT NULL,
  PRIMARY KEY (request_id, seq),
  CONSTRAINT signature_events_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
