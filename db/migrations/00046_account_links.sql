-- +goose Up
ALTER TABLE users ADD COLUMN email_verified_at DATETIME(6) NULL;

-- What links in mails are good for. The links themselves are nowhere: each is made of the id and
-- a key that is not in the database.
CREATE TABLE account_links (
  id         BINARY(16)   NOT NULL PRIMARY KEY,
  user_id    BINARY(16)   NOT NULL,
  purpose    VARCHAR(16)  NOT NULL, -- reset, verify
  email      VARCHAR(254) COLLATE utf8mb4_bin NOT NULL, -- the address it was sent to
  created_at DATETIME(6)  NOT NULL,
  expires_at DATETIME(6)  NOT NULL,
  used_at    DATETIME(6)  NULL,
  KEY account_links_user (user_id, purpose),
  KEY account_links_expiry (expires_at),
  CONSTRAINT account_links_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
