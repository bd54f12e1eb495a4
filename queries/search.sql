-- name: GetSearchScope :one
SELECT scope FROM search_scopes WHERE owner = ?;

-- name: CreateSearchScope :exec
INSERT INTO search_scopes (owner, units) VALUES (?, 0) ON DUPLICATE KEY UPDATE owner = owner;

-- name: LockSearchScope :one
SELECT scope, units FROM search_scopes WHERE owner = ? FOR UPDATE;

-- name: LockSearchScopes :many
SELECT scope FROM search_scopes WHERE owner = ? FOR UPDATE;

-- name: LockSearchScopeByNumber :exec
SELECT scope FROM search_scopes WHERE scope = ? FOR UPDATE;

-- name: UpdateSearchScopeUnits :exec
UPDATE search_scopes SET units = ? WHERE scope = ?;

-- name: ListSearchEntriesByDocument :many
SELECT entry FROM search_pages WHERE document_id = ? ORDER BY entry;

-- name: ListSearchEntriesByDocuments :many
SELECT entry FROM search_pages WHERE document_id IN (sqlc.slice(documents));

-- name: DeleteSearchPagesByDocument :exec
DELETE FROM search_pages WHERE document_id = ?;

-- name: LockSearchPostingsByBlock :many
SELECT term, postings FROM search_postings WHERE scope = ? AND block = ? FOR UPDATE;

-- name: DeleteSearchPostings :exec
DELETE FROM search_postings WHERE scope = sqlc.arg(scope) AND block = sqlc.arg(block) AND term IN (sqlc.slice(terms));

-- name: DeleteSearchPostingsByScope :exec
DELETE FROM search_postings WHERE scope = ?;

-- name: DeleteSearchPagesInRange :exec
DELETE FROM search_pages WHERE entry >= sqlc.arg(from_entry) AND entry < sqlc.arg(to_entry);

-- name: ListSearchPostingsByScopes :many
SELECT term, scope, block, postings FROM search_postings FORCE INDEX (PRIMARY)
WHERE term IN (sqlc.slice(terms)) AND scope IN (sqlc.slice(scopes))
ORDER BY term DESC, scope DESC, block DESC
LIMIT ?;

-- name: ListSearchPostings :many
SELECT term, scope, block, postings FROM search_postings FORCE INDEX (PRIMARY)
WHERE term IN (sqlc.slice(terms))
ORDER BY term DESC, scope DESC, block DESC
LIMIT ?;

-- name: ListOrphanedSearchDocuments :many
SELECT DISTINCT s.document_id FROM search_pages s
LEFT JOIN documents d ON d.id = s.document_id
WHERE d.id IS NULL
LIMIT ?;
