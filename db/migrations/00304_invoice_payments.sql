-- +goose Up
-- What was received for an invoice.
CREATE TABLE invoice_payments (
    id          BINARY(16)  NOT NULL PRIMARY KEY,
    invoice_id  BINARY(16)  NOT NULL,
    case_id     BINARY(16)  NOT NULL,
    source      VARCHAR(20) NOT NULL, -- provider or trust
    amount      BIGINT      NOT NULL,
    applied     BIGINT      NOT NULL, -- of it to the invoice's total
    credit      BIGINT      NOT NULL, -- of it to neither the total nor a refund
    currency    CHAR(3)     NOT NULL,
    received_at DATETIME(6) NOT NULL,
    KEY invoice_payments_invoice (invoice_id),
    KEY invoice_payments_case (case_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
