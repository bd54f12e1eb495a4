-- +goose Up
-- The sum of the lines of each account of a case, changed with them.
CREATE TABLE ledger_balances (
    case_id  BINARY(16)  NOT NULL,
    currency CHAR(3)     NOT NULL,
    account  VARCHAR(20) NOT NULL,
    scope    BINARY(16)  NOT NULL, -- the test account, or zeros
    balance  BIGINT      NOT NULL,
    PRIMARY KEY (case_id, currency, account),
    KEY ledger_balances_scope (scope, currency, account, balance)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
