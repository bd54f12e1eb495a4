-- +goose Up
-- The last number of each year, whose row is locked until the invoice that takes the next one is committed.
CREATE TABLE invoice_numbers (
    scope BINARY(16) NOT NULL, -- the test account, or zeros
    year  INT        NOT NULL,
    last  BIGINT     NOT NULL,
    PRIMARY KEY (scope, year)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
