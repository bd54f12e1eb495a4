-- +goose Up
-- Lists of payments with a status.
CREATE INDEX payments_case_status ON payments (case_id, status, id);
CREATE INDEX payments_invoice_status ON payments (invoice_id, status, id);
CREATE INDEX payments_user_status ON payments (user_id, status, id);
