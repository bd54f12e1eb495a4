-- +goose Up
-- The work on a case, of which an invoice's lines are made.
CREATE TABLE time_entries (
    id          BINARY(16)    NOT NULL PRIMARY KEY,
    case_id     BINARY(16)    NOT NULL,
    user_id     BINARY(16)    NOT NULL, -- who worked
    worked_on   DATE          NOT NULL,
    minutes     INT           NOT NULL,
    rate        BIGINT        NOT NULL, -- minor units for each hour
    currency    CHAR(3)       NOT NULL,
    billable    BOOLEAN       NOT NULL,
    description VARCHAR(1000) NOT NULL,
    invoice_id  BINARY(16)    NULL,     -- that bills it and is not void
    created_by  BINARY(16)    NOT NULL,
    created_at  DATETIME(6)   NOT NULL,
    updated_at  DATETIME(6)   NOT NULL,
    KEY time_entries_case (case_id, id),
    KEY time_entries_unbilled (case_id, invoice_id, id),
    KEY time_entries_user (user_id, id),
    KEY time_entries_invoice (invoice_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
