-- name: CreateDocument :exec
INSERT INTO documents (id, user_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at, case_id)
VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?);

-- name: UpdateDocumentStored :execrows
UPDATE documents SET state = 'stored', changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'pending';

-- name: UpdateDocumentDeleted :execrows
UPDATE documents SET state = 'deleted', changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = sqlc.arg(from_state);

-- name: DeleteDocument :exec
DELETE FROM documents WHERE id = ? AND state = 'deleted';

-- name: GetStoredDocument :one
SELECT * FROM documents WHERE id = ? AND state = 'stored';

-- name: LockStoredDocument :one
SELECT id FROM documents WHERE id = ? AND state = 'stored' FOR UPDATE;

-- name: LockUserDocuments :many
SELECT id FROM documents WHERE user_id = ? AND case_id IS NULL AND state <> 'deleted' FOR UPDATE;

-- name: GetDocument :one
SELECT * FROM documents WHERE id = ?;

-- name: UpdatePendingDocument :execrows
UPDATE documents SET changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'pending' AND sha256 = sqlc.arg(sha256);

-- name: ListStoredObjects :many
SELECT id, size, sha256, content_type FROM documents WHERE id > sqlc.arg('cursor') AND state = 'stored' ORDER BY id LIMIT ?;

-- name: ListDocuments :many
SELECT * FROM documents FORCE INDEX (documents_user_state, documents_user_kind)
WHERE user_id = sqlc.arg(user_id) AND case_id IS NULL AND state = 'stored' AND id < sqlc.arg('cursor')
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListAllDocuments :many
SELECT * FROM documents FORCE INDEX (documents_case_state, documents_case_kind)
WHERE case_id IS NULL AND state = 'stored' AND id < sqlc.arg('cursor')
  AND RIGHT(user_id, 6) <> x'7E577E577E57'
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListCaseDocuments :many
SELECT * FROM documents FORCE INDEX (documents_user_state, documents_user_kind, documents_case_state, documents_case_kind)
WHERE case_id = sqlc.arg(case_id) AND state = 'stored' AND id < sqlc.arg('cursor')
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
  AND (CAST(sqlc.arg(anyone) AS SIGNED) = 1 OR user_id = sqlc.arg(user_id))
ORDER BY id DESC
LIMIT ?;

-- name: ListStalePendingDocuments :many
SELECT id FROM documents WHERE state = 'pending' AND changed_at < sqlc.arg(older_than) ORDER BY changed_at LIMIT ?;

-- name: ListDeletedDocuments :many
SELECT id FROM documents WHERE state = 'deleted' ORDER BY changed_at LIMIT ?;

-- name: ListExistingDocumentIDs :many
SELECT id FROM documents WHERE id IN (sqlc.slice(ids));

-- name: ListTextPendingDocuments :many
SELECT * FROM documents WHERE state = 'stored' AND text_state = 'pending' AND id > sqlc.arg(after) ORDER BY id LIMIT ?;

-- name: UpdateTextAttempts :exec
UPDATE documents SET text_attempts = text_attempts + 1 WHERE id = ?;

-- name: UpdateDocumentText :execrows
UPDATE documents SET text_state = sqlc.arg(text_state), text_error = sqlc.arg(text_error), text_changes = sqlc.narg(text_changes), search_version = sqlc.arg(search_version) WHERE id = sqlc.arg(id) AND state = 'stored' AND text_state = 'pending';

-- name: ListDocumentPages :many
SELECT page, text FROM document_pages WHERE document_id = ? ORDER BY page;

-- name: CreateDocumentPage :exec
INSERT INTO document_pages (document_id, page, text) VALUES (?, ?, ?);

-- name: ListReadableScopes :many
SELECT s.scope FROM search_scopes s WHERE s.owner = sqlc.arg(user_id)
UNION ALL
SELECT s.scope FROM case_members m
JOIN cases c ON c.id = m.case_id
JOIN search_scopes s ON s.owner = m.case_id
WHERE m.user_id = sqlc.arg(user_id) AND c.deleted_at IS NULL;

-- name: ListDeletedCaseScopes :many
SELECT s.scope FROM cases c JOIN search_scopes s ON s.owner = c.id WHERE c.deleted_at IS NOT NULL ORDER BY s.scope;

-- name: ListScopesOf :many
SELECT DISTINCT s.scope FROM documents d JOIN search_scopes s ON s.owner = COALESCE(d.case_id, d.user_id)
WHERE d.id IN (sqlc.slice(documents));

-- name: ListFoundPages :many
SELECT s.entry, p.document_id, d.name, d.case_id, p.page, p.text
FROM search_pages s
JOIN document_pages p ON p.document_id = s.document_id AND p.page = s.page
JOIN documents d ON d.id = s.document_id
LEFT JOIN cases c ON c.id = d.case_id
LEFT JOIN case_members m ON m.case_id = d.case_id AND m.user_id = sqlc.arg(user_id)
WHERE s.entry IN (sqlc.slice(entries))
  AND d.state = 'stored'
  AND c.deleted_at IS NULL
  AND ((CAST(sqlc.arg(everyone) AS SIGNED) = 1 AND RIGHT(d.user_id, 6) <> x'7E577E577E57') OR (d.case_id IS NULL AND d.user_id = sqlc.arg(user_id)) OR m.user_id IS NOT NULL)
  AND (sqlc.narg(case_id) IS NULL OR d.case_id = sqlc.narg(case_id));

-- name: ListPagesByEntry :many
SELECT s.entry, sqlc.embed(d), p.page, p.text
FROM search_pages s
JOIN document_pages p ON p.document_id = s.document_id AND p.page = s.page
JOIN documents d ON d.id = s.document_id
WHERE s.entry IN (sqlc.slice(entries)) AND d.state = 'stored';

-- name: ListUnindexedDocuments :many
SELECT id, user_id, case_id FROM documents
WHERE state = 'stored' AND text_state = 'indexed' AND search_version < sqlc.arg(version)
LIMIT ?;

-- name: ListUnindexedDocumentsOf :many
SELECT id, user_id, case_id FROM documents
WHERE id IN (sqlc.slice(documents)) AND state = 'stored' AND text_state = 'indexed' AND search_version < sqlc.arg(version);

-- name: UpdateSearchVersion :execrows
UPDATE documents SET search_version = sqlc.arg(version) WHERE id = sqlc.arg(id) AND state = 'stored' AND text_state = 'indexed' AND search_version < sqlc.arg(version);

-- name: UpdateDocumentsUnindexed :exec
UPDATE documents SET search_version = 0 WHERE user_id = ? AND case_id IS NULL AND kind = 'signed';

-- name: ListFirstPages :many
SELECT document_id, page, text FROM document_pages
WHERE document_id IN (sqlc.slice(documents)) AND page <= sqlc.arg(last)
ORDER BY page, document_id;

-- name: UpdateUserDocumentsDeleted :exec
UPDATE documents SET state = 'deleted', name = '', changed_at = ? WHERE user_id = ? AND case_id IS NULL AND state <> 'deleted' AND kind <> 'signed';

-- name: DeleteUserDocumentPages :exec
DELETE p FROM document_pages p JOIN documents d ON d.id = p.document_id WHERE d.user_id = ? AND d.case_id IS NULL AND d.kind <> 'signed';

-- name: UpdateTestDocumentsDeleted :exec
UPDATE documents SET state = 'deleted', name = '', case_id = NULL, changed_at = ? WHERE user_id = ?;

-- name: DeleteTestDocumentPages :exec
DELETE p FROM document_pages p JOIN documents d ON d.id = p.document_id WHERE d.user_id = ?;
