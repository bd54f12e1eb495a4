-- +goose Up
ALTER TABLE case_parties ADD COLUMN registration_country VARCHAR(2) NOT NULL DEFAULT ''; -- of the register, '' when not known
