-- +goose Up
ALTER TABLE consultations
  ADD COLUMN case_id BINARY(16) NULL, -- it belongs to this case, and only its members may see it
  ADD KEY consultations_case (case_id, id),
  ADD CONSTRAINT consultations_case_fk FOREIGN KEY (case_id) REFERENCES cases (id);
