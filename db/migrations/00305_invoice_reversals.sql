-- +goose Up
-- Refunds and chargebacks of what was received.
CREATE TABLE invoice_reversals (
    id         BINARY(16)  NOT NULL PRIMARY KEY,
    payment_id BINARY(16)  NOT NULL,
    invoice_id BINARY(16)  NOT NULL,
    case_id    BINARY(16)  NOT NULL,
    kind       VARCHAR(20) NOT NULL, -- refund or chargeback
    status     VARCHAR(20) NOT NULL,
    amount     BIGINT      NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY invoice_reversals_payment (payment_id),
    KEY invoice_reversals_case (case_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
