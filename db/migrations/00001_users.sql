-- +goose Up
CREATE TABLE users (
  id            BINARY(16)   NOT NULL PRIMARY KEY,
  email         VARCHAR(254) NOT NULL, -- lower case
  full_name     VARCHAR(200) NOT NULL,
  role          VARCHAR(16)  NOT NULL,
  password_hash VARCHAR(200) NOT NULL, -- argon2id, PHC string
  disabled_at   DATETIME(6)  NULL,
  created_at    DATETIME(6)  NOT NULL,
  updated_at    DATETIME(6)  NOT NULL,
  UNIQUE KEY users_email (email)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
