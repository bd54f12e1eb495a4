-- +goose Up
ALTER TABLE case_parties ADD COLUMN key_rules SMALLINT NOT NULL DEFAULT 0; -- by which rules its keys were made; 0: it has none yet
