-- +goose Up
-- NULL: it belongs to no case, but to its user alone.
ALTER TABLE drafts ADD COLUMN case_id BINARY(16) NULL;
ALTER TABLE drafts ADD KEY drafts_case (case_id, id);
ALTER TABLE drafts ADD CONSTRAINT drafts_case_fk FOREIGN KEY (case_id) REFERENCES cases (id);
ALTER TABLE documents ADD COLUMN case_id BINARY(16) NULL;
ALTER TABLE documents ADD KEY documents_case (case_id, id);
ALTER TABLE documents ADD CONSTRAINT documents_case_fk FOREIGN KEY (case_id) REFERENCES cases (id);
ALTER TABLE idempotency_keys ADD COLUMN case_id BINARY(16) NULL; -- the answer is of this case, and only replayed to who may read there
