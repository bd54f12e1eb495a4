-- +goose Up
CREATE TABLE invoice_lines (
    invoice_id    BINARY(16)    NOT NULL,
    position      INT           NOT NULL,
    time_entry_id BINARY(16)    NULL,     -- that it bills
    description   VARCHAR(1000) NOT NULL,
    quantity      BIGINT        NOT NULL, -- in fractions of the divisor
    divisor       INT           NOT NULL, -- 60 for minutes, 1000 for thousandths
    unit_price    BIGINT        NOT NULL,
    tax_rate      INT           NOT NULL, -- in basis points
    tax_name      VARCHAR(50)   NOT NULL,
    amount        BIGINT        NOT NULL, -- without tax
    tax           BIGINT        NOT NULL,
    PRIMARY KEY (invoice_id, position)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
