-- +goose Up
ALTER TABLE consultations ADD COLUMN case_id BINARY(16) NULL; -- it belongs to this case, and only its members may see it
ALTER TABLE consultations ADD KEY consultations_case (case_id, id);
ALTER TABLE consultations ADD CONSTRAINT consultations_case_fk FOREIGN KEY (case_id) REFERENCES cases (id);
