-- +goose Up
ALTER TABLE consultations ADD COLUMN sources MEDIUMTEXT NULL; -- JSON: what the answer refers to, and warnings about it
