-- +goose Up
-- The registered company that a party of a case is, with what the register reported when it was linked.
CREATE TABLE case_party_companies (
  party_id   BINARY(16)  NOT NULL,
  case_id    BINARY(16)  NOT NULL,
  source     VARCHAR(32) NOT NULL, -- the register
  company_id VARCHAR(64) NOT NULL, -- in the register
  content    MEDIUMTEXT  NOT NULL, -- JSON
  linked_by  BINARY(16)  NOT NULL,
  linked_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (party_id),
  KEY case_party_companies_case (case_id),
  CONSTRAINT case_party_companies_party_fk FOREIGN KEY (party_id) REFERENCES case_parties (id) ON DELETE CASCADE,
  CONSTRAINT case_party_companies_user_fk FOREIGN KEY (linked_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
