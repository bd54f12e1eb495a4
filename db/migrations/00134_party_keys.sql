-- +goose Up
-- What a party is found by in the conflict check. Hashes: of a name's letters, of two words of it, of
-- an initial and a word, of an address, of a registration number.
CREATE TABLE case_party_keys (
  name_key BINARY(32) NOT NULL,
  party_id BINARY(16) NOT NULL,
  PRIMARY KEY (name_key, party_id),
  KEY case_party_keys_party (party_id),
  CONSTRAINT case_party_keys_party_fk FOREIGN KEY (party_id) REFERENCES case_parties (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
