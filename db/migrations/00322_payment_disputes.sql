-- +goose Up
CREATE TABLE payment_disputes (
    id          BINARY(16)   NOT NULL PRIMARY KEY,
    payment_id  BINARY(16)   NOT NULL,
    provider_id VARCHAR(255) NOT NULL,
    status      VARCHAR(20)  NOT NULL,
    reason      VARCHAR(100) NOT NULL, -- the provider's code
    amount      BIGINT       NOT NULL,
    created_at  DATETIME(6)  NOT NULL,
    updated_at  DATETIME(6)  NOT NULL,
    UNIQUE KEY payment_disputes_provider (provider_id),
    KEY payment_disputes_payment (payment_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
