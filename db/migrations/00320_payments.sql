-- +goose Up
-- The payments of invoices at a payment provider.
CREATE TABLE payments (
    id           BINARY(16)    NOT NULL PRIMARY KEY,
    invoice_id   BINARY(16)    NOT NULL,
    case_id      BINARY(16)    NOT NULL,
    user_id      BINARY(16)    NOT NULL, -- who opened the checkout
    open_invoice BINARY(16)    NULL,     -- the invoice while somebody can pay: one payment at a time
    status       VARCHAR(20)   NOT NULL,
    provider     VARCHAR(20)   NOT NULL,
    amount       BIGINT        NOT NULL, -- minor units
    currency     CHAR(3)       NOT NULL,
    received     BIGINT        NOT NULL,
    fee          BIGINT        NOT NULL, -- of the provider
    fee_currency VARCHAR(3)    NOT NULL, -- '': the fee is not known
    description  VARCHAR(200)  NOT NULL,
    success_url  VARCHAR(2000) NOT NULL,
    cancel_url   VARCHAR(2000) NOT NULL,
    checkout_id  VARCHAR(255)  NULL,     -- the provider's
    intent_id    VARCHAR(255)  NULL,     -- likewise
    checkout_url VARCHAR(2000) NOT NULL,
    decline      VARCHAR(100)  NOT NULL, -- the provider's code for why the last attempt to pay failed
    expires_at   DATETIME(6)   NOT NULL,
    check_at     DATETIME(6)   NULL,     -- when the provider is asked again
    checked_at   DATETIME(6)   NOT NULL,
    created_at   DATETIME(6)   NOT NULL,
    updated_at   DATETIME(6)   NOT NULL,
    paid_at      DATETIME(6)   NULL,
    UNIQUE KEY payments_open (open_invoice),
    KEY payments_case (case_id, id),
    KEY payments_invoice (invoice_id, id),
    KEY payments_user (user_id, id),
    KEY payments_intent (intent_id),
    KEY payments_check (check_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
