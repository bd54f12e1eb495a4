-- +goose Up
CREATE TABLE invoices (
    id                BINARY(16)    NOT NULL PRIMARY KEY,
    case_id           BINARY(16)    NOT NULL,
    scope             BINARY(16)    NOT NULL, -- the test account, or zeros
    status            VARCHAR(20)   NOT NULL,
    number            VARCHAR(40)   NULL,     -- given when it is issued
    currency          CHAR(3)       NOT NULL,
    recipient_name    VARCHAR(200)  NOT NULL,
    recipient_address VARCHAR(1000) NOT NULL,
    recipient_email   VARCHAR(254)  NOT NULL, -- '': it is not mailed
    locale            VARCHAR(10)   NOT NULL,
    notes             VARCHAR(2000) NOT NULL,
    due_on            DATE          NULL,
    subtotal          BIGINT        NOT NULL,
    tax               BIGINT        NOT NULL,
    total             BIGINT        NOT NULL,
    paid              BIGINT        NOT NULL, -- applied to the total
    credit            BIGINT        NOT NULL, -- received beyond it and not refunded
    document_id       BINARY(16)    NULL,     -- the PDF of the invoice
    receipt_id        BINARY(16)    NULL,     -- the PDF of the receipt
    created_by        BINARY(16)    NOT NULL,
    created_at        DATETIME(6)   NOT NULL,
    updated_at        DATETIME(6)   NOT NULL,
    issued_at         DATETIME(6)   NULL,
    sent_at           DATETIME(6)   NULL,
    paid_at           DATETIME(6)   NULL,
    voided_at         DATETIME(6)   NULL,
    overdue_at        DATETIME(6)   NULL,     -- when the members were told that it is overdue
    UNIQUE KEY invoices_number (scope, number),
    KEY invoices_case (case_id, id),
    KEY invoices_status (case_id, status, id),
    KEY invoices_due (status, overdue_at, due_on),
    KEY invoices_created_by (created_by, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
