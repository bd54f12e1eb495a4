-- +goose Up
CREATE TABLE idempotency_keys (
  key_hash     BINARY(32)   NOT NULL PRIMARY KEY, -- SHA-256 over caller, operation and key
  fingerprint  BINARY(32)   NOT NULL, -- SHA-256 of the request
  held_until   DATETIME(6)  NOT NULL, -- by the request that runs; past: another may take over
  status       SMALLINT     NOT NULL, -- of the answer; 0 while there is none
  content_type VARCHAR(100) NOT NULL,
  answer       MEDIUMBLOB   NOT NULL,
  created_at   DATETIME(6)  NOT NULL,
  KEY idempotency_keys_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
