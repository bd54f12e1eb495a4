-- +goose Up
CREATE INDEX signature_requests_document ON signature_requests (document_id); -- what keeps a document from being deleted
