-- +goose Up
ALTER TABLE ledger_entries ADD KEY ledger_entries_scope (scope);
