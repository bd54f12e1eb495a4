-- +goose Up
-- Versions that people added to a template of the service become a template of their author's.
UPDATE templates SET slug = IF(id IN ('demand-letter', 'employment-contract', 'engagement-letter', 'nda', 'power-of-attorney', 'service-agreement'), CONCAT(id, '-copy'), id)
WHERE slug IS NULL;
-- Unique among those of its owner only: a name that is taken must not tell of a template that cannot be seen.
ALTER TABLE templates ADD UNIQUE KEY templates_slug (slug, created_by);
