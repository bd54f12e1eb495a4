-- +goose Up
ALTER TABLE documents ADD KEY documents_search (state, text_state, search_version);
