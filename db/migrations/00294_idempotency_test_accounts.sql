-- +goose Up
ALTER TABLE idempotency_keys ADD COLUMN test_account_id BINARY(16) NULL; -- the caller, if that is a test account
ALTER TABLE idempotency_keys ADD KEY idempotency_keys_test_account (test_account_id);
