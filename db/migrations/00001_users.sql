-- +goose Up
CREATE TABLE users (
  id             BINARY(16)   NOT NULL PRIMARY KEY,
  email          VARCHAR(254) COLLATE utf8mb4_bin NOT NULL, -- lower case; no two spellings are equal
  full_name      VARCHAR(200) NOT NULL,
  role           VARCHAR(16)  NOT NULL,
  password_hash  VARCHAR(200) NOT NULL, -- argon2id, PHC string
  disabled_at    DATETIME(6)  NULL,
  session_epoch  INT UNSIGNED NOT NULL DEFAULT 0,     -- sessions of a lower epoch are void
  sessions_stale BOOLEAN      NOT NULL DEFAULT FALSE, -- void sessions may still lie in Redis
  created_at     DATETIME(6)  NOT NULL,
  updated_at     DATETIME(6)  NOT NULL,
  UNIQUE KEY users_email (email),
  KEY users_role (role, id),
  KEY users_stale (sessions_stale)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
