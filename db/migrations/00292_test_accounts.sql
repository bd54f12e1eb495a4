-- +goose Up
ALTER TABLE users ADD COLUMN test_of BINARY(16) NULL; -- the account whose test account this is
ALTER TABLE users ADD UNIQUE KEY users_test_of (test_of);
