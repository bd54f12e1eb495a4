-- +goose Up
-- Keys with which programs act as their owner. The secrets are nowhere: only their SHA-256 is.
CREATE TABLE api_keys (
  id           BINARY(16)    NOT NULL PRIMARY KEY,
  user_id      BINARY(16)    NOT NULL,
  name         VARCHAR(100)  NOT NULL,
  mode         VARCHAR(8)    NOT NULL, -- live, test
  secret_hash  BINARY(32)    NOT NULL,
  last_four    CHAR(4)       COLLATE utf8mb4_bin NOT NULL,
  scopes       VARCHAR(1000) NOT NULL, -- separated by commas
  ip_ranges    VARCHAR(1100) NOT NULL, -- separated by commas; empty: all
  rate_limit   INT UNSIGNED  NOT NULL, -- requests per minute; 0: the service's limit
  created_at   DATETIME(6)   NOT NULL,
  expires_at   DATETIME(6)   NOT NULL,
  last_used_at DATETIME(6)   NULL,     -- written at most once a minute
  revoked_at   DATETIME(6)   NULL,
  UNIQUE KEY api_keys_secret (secret_hash),
  KEY api_keys_user (user_id, id),
  CONSTRAINT api_keys_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
