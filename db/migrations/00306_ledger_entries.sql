-- +goose Up
-- The ledger of double entries. Nothing in it is changed or deleted.
CREATE TABLE ledger_entries (
    id         BINARY(16)   NOT NULL PRIMARY KEY,
    case_id    BINARY(16)   NOT NULL,
    scope      BINARY(16)   NOT NULL, -- the test account, or zeros
    kind       VARCHAR(30)  NOT NULL,
    source_id  BINARY(16)   NOT NULL, -- what it books, once for each kind
    invoice_id BINARY(16)   NULL,
    actor_id   BINARY(16)   NOT NULL,
    memo       VARCHAR(300) NOT NULL,
    created_at DATETIME(6)  NOT NULL,
    UNIQUE KEY ledger_entries_source (source_id, kind),
    KEY ledger_entries_case (case_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
