-- +goose Up
CREATE TABLE ledger_lines (
    entry_id BINARY(16)  NOT NULL,
    position INT         NOT NULL,
    account  VARCHAR(20) NOT NULL,
    currency CHAR(3)     NOT NULL,
    amount   BIGINT      NOT NULL, -- above zero: debit; below: credit
    PRIMARY KEY (entry_id, position)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
