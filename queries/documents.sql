-- name: CreateDocument :exec
INSERT INTO documents (id, user_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at, case_id)
VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?);

-- name: MarkDocumentStored :execrows
UPDATE documents SET state = 'stored', changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'pending';

-- name: MarkDocumentDeleted :execrows
UPDATE documents SET state = 'deleted', changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = sqlc.arg(from_state);

-- name: RemoveDocument :exec
DELETE FROM documents WHERE id = ? AND state = 'deleted';

-- name: GetStoredDocument :one
SELECT * FROM documents WHERE id = ? AND state = 'stored';

-- name: LockStoredDocument :one
SELECT id FROM documents WHERE id = ? AND state = 'stored' FOR UPDATE;

-- name: LockOwnDocuments :many
SELECT id FROM documents WHERE user_id = ? AND case_id IS NULL AND state <> 'deleted' FOR UPDATE;

-- name: GetDocument :one
SELECT * FROM documents WHERE id = ?;

-- name: TouchPendingDocument :execrows
UPDATE documents SET changed_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'pending' AND sha256 = sqlc.arg(sha256);

-- name: ListDocuments :many
SELECT * FROM documents FORCE INDEX (documents_user_state, documents_user_kind)
WHERE user_id = sqlc.arg(user_id) AND case_id IS NULL AND state = 'stored' AND id < sqlc.arg(before)
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListAllDocuments :many
SELECT * FROM documents FORCE INDEX (documents_case_state, documents_case_kind)
WHERE case_id IS NULL AND state = 'stored' AND id < sqlc.arg(before)
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC
LIMIT ?;

-- name: ListCaseDocuments :many
SELECT * FROM documents FORCE INDEX (documents_user_state, documents_user_kind, documents_case_state, documents_case_kind)
WHERE case_id = sqlc.arg(case_id) AND state = 'stored' AND id < sqlc.arg(before)
  AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
  AND (CAST(sqlc.arg(anyone) AS SIGNED) = 1 OR user_id = sqlc.arg(user_id))
ORDER BY id DESC
LIMIT ?;

-- name: ListStalePending :many
SELECT id FROM documents WHERE state = 'pending' AND changed_at < sqlc.arg(older_than) ORDER BY changed_at LIMIT ?;

-- name: ListDeletedDocuments :many
SELECT id FROM documents WHERE state = 'deleted' ORDER BY changed_at LIMIT ?;

-- name: ListKnownDocuments :many
SELECT id FROM documents WHERE id IN (sqlc.slice(ids));

-- name: ListUnreadDocuments :many
SELECT * FROM documents WHERE state = 'stored' AND text_state = 'pending' AND id > sqlc.arg(after) ORDER BY id LIMIT ?;

-- name: CountDocumentTry :exec
UPDATE documents SET text_tries = text_tries + 1 WHERE id = ?;

-- name: MarkDocumentRead :execrows
UPDATE documents SET text_state = sqlc.arg(text_state), text_error = sqlc.arg(text_error) WHERE id = sqlc.arg(id) AND state = 'stored' AND text_state = 'pending';

-- name: CreateDocumentPage :exec
INSERT INTO document_pages (document_id, page, text) VALUES (?, ?, ?);

-- name: SearchDocumentPages :many
SELECT p.document_id, d.name, d.case_id, p.page, p.text,
  CAST(MATCH (p.text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE) AS DOUBLE) AS score
FROM document_pages p
JOIN documents d ON d.id = p.document_id
LEFT JOIN cases c ON c.id = d.case_id
LEFT JOIN case_members m ON m.case_id = d.case_id AND m.user_id = sqlc.arg(user_id)
WHERE MATCH (p.text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE)
  AND d.state = 'stored'
  AND c.deleted_at IS NULL
  AND (CAST(sqlc.arg(everyone) AS SIGNED) = 1 OR (d.case_id IS NULL AND d.user_id = sqlc.arg(user_id)) OR m.user_id IS NOT NULL)
  AND (sqlc.narg(case_id) IS NULL OR d.case_id = sqlc.narg(case_id))
ORDER BY score DESC, p.document_id DESC, p.page
LIMIT ?;

-- name: SearchPagesOf :many
SELECT document_id, page, text,
  CAST(MATCH (text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE) AS DOUBLE) AS score
FROM document_pages
WHERE MATCH (text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE)
  AND document_id IN (sqlc.slice(documents))
ORDER BY score DESC, document_id, page
LIMIT ?;

-- name: SearchPagesOfCase :many
SELECT sqlc.embed(d), p.page, p.text,
  CAST(MATCH (p.text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE) AS DOUBLE) AS score
FROM document_pages p
JOIN documents d ON d.id = p.document_id
WHERE MATCH (p.text) AGAINST (sqlc.arg(words) IN NATURAL LANGUAGE MODE)
  AND d.case_id = sqlc.arg(case_id) AND d.state = 'stored'
ORDER BY score DESC, p.document_id, p.page
LIMIT ?;

-- name: ListFirstPages :many
SELECT document_id, page, text FROM document_pages
WHERE document_id IN (sqlc.slice(documents)) AND page <= sqlc.arg(last)
ORDER BY page, document_id;

-- name: ForgetDocuments :exec
UPDATE documents SET state = 'deleted', name = '', changed_at = ? WHERE user_id = ? AND case_id IS NULL AND state <> 'deleted' AND kind <> 'signed';

-- name: ForgetDocumentPages :exec
DELETE p FROM document_pages p JOIN documents d ON d.id = p.document_id WHERE d.user_id = ? AND d.case_id IS NULL AND d.kind <> 'signed';

-- name: ForgetRenderings :exec
DELETE r FROM renderings r JOIN documents d ON d.id = r.document_id WHERE d.user_id = ? AND d.case_id IS NULL;
