-- +goose Up
ALTER TABLE api_keys ADD COLUMN test_account_id BINARY(16) NULL; -- that a test key acts as
