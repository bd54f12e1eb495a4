-- +goose Up
ALTER TABLE signature_signers ADD KEY signature_signers_email (email);
ALTER TABLE signature_requests
  ADD COLUMN language VARCHAR(8) NOT NULL DEFAULT 'en', -- of the mails
  ADD COLUMN forget_at DATETIME(6) NULL; -- when all of it goes; NULL: it stays
ALTER TABLE signature_requests ADD KEY signature_requests_forget (forget_at);
