-- +goose Up
-- The last event of each provider up to which its list of events was read.
CREATE TABLE payment_cursors (
    provider   VARCHAR(20)  NOT NULL PRIMARY KEY,
    event_id   VARCHAR(255) NOT NULL,
    updated_at DATETIME(6)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
