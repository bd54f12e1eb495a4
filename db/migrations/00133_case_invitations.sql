-- +goose Up
-- Deleted when it is accepted, declined or withdrawn.
CREATE TABLE case_invitations (
  id         BINARY(16)   NOT NULL PRIMARY KEY,
  case_id    BINARY(16)   NOT NULL,
  email      VARCHAR(254) COLLATE utf8mb4_bin NOT NULL, -- in the spelling of users.email
  role       VARCHAR(16)  NOT NULL,
  invited_by BINARY(16)   NOT NULL,
  created_at DATETIME(6)  NOT NULL,
  expires_at DATETIME(6)  NOT NULL,
  UNIQUE KEY case_invitations_email (case_id, email),
  KEY case_invitations_invitee (email, id),
  KEY case_invitations_expiry (expires_at),
  CONSTRAINT case_invitations_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_invitations_user_fk FOREIGN KEY (invited_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
