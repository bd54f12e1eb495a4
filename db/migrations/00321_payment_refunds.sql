-- +goose Up
CREATE TABLE payment_refunds (
    id          BINARY(16)   NOT NULL PRIMARY KEY,
    payment_id  BINARY(16)   NOT NULL,
    user_id     BINARY(16)   NOT NULL, -- who asked for it; zeros: it was made at the provider
    provider_id VARCHAR(255) NULL,
    status      VARCHAR(20)  NOT NULL,
    amount      BIGINT       NOT NULL,
    reason      VARCHAR(500) NOT NULL,
    created_at  DATETIME(6)  NOT NULL,
    updated_at  DATETIME(6)  NOT NULL,
    UNIQUE KEY payment_refunds_provider (provider_id),
    KEY payment_refunds_payment (payment_id, id),
    KEY payment_refunds_user (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
