-- +goose Up
ALTER TABLE case_parties ADD KEY case_parties_rules (key_rules, id);
