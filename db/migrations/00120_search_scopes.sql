-- +goose Up
-- What is searched together: a case, or somebody's documents outside of cases.
CREATE TABLE search_scopes (
  scope INT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner BINARY(16) NOT NULL, -- the case or the user
  units BIGINT     NOT NULL, -- pages that have ever been entered: the next one's number
  UNIQUE KEY search_scopes_owner (owner)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
