-- +goose Up
-- The provider's events that were received, each once.
CREATE TABLE payment_events (
    event_id   VARCHAR(255) NOT NULL PRIMARY KEY,
    created_at DATETIME(6)  NOT NULL,
    KEY payment_events_created (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
