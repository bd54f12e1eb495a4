-- name: CreateDraft :exec
INSERT INTO drafts (id, user_id, type, template_version, title, locale, tone, status, body, sections, warnings, quality_score, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
