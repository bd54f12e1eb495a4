-- +goose Up
ALTER TABLE renderings ADD KEY renderings_template (template_id, template_version);
