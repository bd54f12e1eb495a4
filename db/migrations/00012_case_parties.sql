-- +goose Up
CREATE TABLE case_parties (
  id                  BINARY(16)   NOT NULL PRIMARY KEY,
  case_id             BINARY(16)   NOT NULL,
  kind                VARCHAR(16)  NOT NULL, -- person, company
  side                VARCHAR(16)  NOT NULL, -- client, opposing, other
  name                VARCHAR(200) NOT NULL,
  email               VARCHAR(254) NOT NULL, -- '' when not known
  registration_number VARCHAR(64)  NOT NULL, -- '' when not known
  name_key            BINARY(32)   NOT NULL, -- the same for all spellings, for the conflict check
  email_key           VARBINARY(32) NOT NULL, -- empty when not known
  registration_key    VARBINARY(32) NOT NULL,
  created_by          BINARY(16)   NOT NULL,
  created_at          DATETIME(6)  NOT NULL,
  KEY case_parties_case (case_id, id),
  KEY case_parties_name (name_key),
  KEY case_parties_email (email_key),
  KEY case_parties_registration (registration_key),
  CONSTRAINT case_parties_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_parties_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
