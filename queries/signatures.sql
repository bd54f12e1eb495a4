-- name: CreateSignatureRequest :exec
INSERT INTO signature_requests (id, user_id, case_id, document_id, document_name, document_size, document_sha256, workflow, status, message, sender_name, expires_at, created_at, changed_at, seq, head, provider, language)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: GetSignatureRequest :one
SELECT * FROM signature_requests WHERE id = ?;

-- name: LockSignatureRequest :one
SELECT * FROM signature_requests WHERE id = ? FOR UPDATE;

-- name: UpdateSignatureRequest :exec
UPDATE signature_requests SET status = ?, changed_at = ?, signed_id = ?, seq = ?, head = ? WHERE id = ?;

-- name: ListSignatureRequests :many
SELECT * FROM signature_requests FORCE INDEX (signature_requests_user, signature_requests_user_status)
WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor') AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC LIMIT ?;

-- name: ListAllSignatureRequests :many
SELECT * FROM signature_requests WHERE id < sqlc.arg('cursor') AND RIGHT(user_id, 6) <> x'7E577E577E57' ORDER BY id DESC LIMIT ?;

-- name: ListAllSignatureRequestsIn :many
SELECT * FROM signature_requests FORCE INDEX (signature_requests_by_status)
WHERE status = sqlc.arg(status) AND id < sqlc.arg('cursor') AND RIGHT(user_id, 6) <> x'7E577E577E57'
ORDER BY id DESC LIMIT ?;

-- name: ListCaseSignatureRequests :many
SELECT * FROM signature_requests FORCE INDEX (signature_requests_case, signature_requests_case_status)
WHERE case_id = sqlc.arg(case_id) AND id < sqlc.arg('cursor') AND (sqlc.arg(status) = '' OR status = sqlc.arg(status))
ORDER BY id DESC LIMIT ?;

-- name: ListOverdueSignatureRequests :many
SELECT id FROM signature_requests WHERE status = 'open' AND expires_at <= sqlc.arg(now) ORDER BY expires_at LIMIT ?;

-- name: CreateSigner :exec
INSERT INTO signature_signers (id, request_id, number, turn, name, email, status, token_hash, mark, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '');

-- name: ListSigners :many
SELECT * FROM signature_signers WHERE request_id = ? ORDER BY number;

-- name: GetSignerByToken :one
SELECT * FROM signature_signers WHERE token_hash = ?;

-- name: GetSigner :one
SELECT * FROM signature_signers WHERE id = ?;

-- name: UpdateSigner :exec
UPDATE signature_signers SET status = ?, invited_at = ?, reminders = ?, reminded_at = ?, disclosure = ?, mark = ?, signed_at = ?, reason = ? WHERE id = ?;

-- name: ListSignersToRemind :many
SELECT s.id, s.request_id FROM signature_signers s
JOIN signature_requests r ON r.id = s.request_id
WHERE r.status = 'open' AND s.status IN ('sent', 'opened', 'viewed', 'consented') AND s.reminders < sqlc.arg(most)
  AND s.invited_at <= sqlc.arg(since) AND (s.reminded_at IS NULL OR s.reminded_at <= sqlc.arg(since))
ORDER BY s.id LIMIT ?;

-- name: CreateSignatureEvent :exec
INSERT INTO signature_events (request_id, seq, created_at, kind, signer, address, agent, detail, prev_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ListSignatureEvents :many
SELECT * FROM signature_events WHERE request_id = ? ORDER BY seq;

-- name: UpdateSignerToken :exec
UPDATE signature_signers SET token_hash = ? WHERE id = ?;

-- name: ListSignerRows :many
SELECT id, request_id, email FROM signature_signers WHERE email = sqlc.arg(email) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: LockUnfinishedSignatureRequests :many
SELECT * FROM signature_requests WHERE user_id = ? AND case_id IS NULL AND status IN ('creating', 'open', 'sealing') FOR UPDATE;

-- name: LockUnfinishedRequestsOfOwner :many
SELECT r.* FROM documents d
JOIN signature_requests r ON r.document_id = d.id
WHERE d.user_id = sqlc.arg(owner) AND d.case_id IS NULL AND r.user_id <> sqlc.arg(owner) AND r.status IN ('creating', 'open', 'sealing')
FOR UPDATE;

-- name: LockUnfinishedRequestOfDocument :one
SELECT id FROM signature_requests WHERE document_id = ? AND status IN ('creating', 'open', 'sealing') LIMIT 1 FOR UPDATE;

-- name: LockUnfinishedRequestOfCase :one
SELECT id FROM signature_requests WHERE case_id = ? AND status IN ('creating', 'open', 'sealing') LIMIT 1 FOR UPDATE;

-- name: ListStaleSealings :many
SELECT id FROM signature_requests WHERE status = 'sealing' AND changed_at < sqlc.arg(since) ORDER BY changed_at LIMIT ?;

-- name: UpdateSignatureRequestErasure :exec
UPDATE signature_requests r SET r.forget_at = ?
WHERE r.id = ? AND NOT EXISTS (SELECT 1 FROM signature_signers s WHERE s.request_id = r.id AND s.status = 'signed');

-- name: UpdateSignatureRequestErasuresByUser :exec
UPDATE signature_requests r SET r.forget_at = ?
WHERE r.user_id = ? AND r.case_id IS NULL AND r.status <> 'completed'
  AND NOT EXISTS (SELECT 1 FROM signature_signers s WHERE s.request_id = r.id AND s.status = 'signed');

-- name: ListSignatureRequestsToErase :many
SELECT r.id FROM signature_requests r
WHERE r.forget_at <= sqlc.arg(now) AND NOT EXISTS (SELECT 1 FROM signature_envelopes e WHERE e.request_id = r.id AND e.state <> 'over')
ORDER BY r.forget_at LIMIT ?;

-- name: DeleteRequestProviderEvents :exec
DELETE FROM signature_hints WHERE request_id = ?;

-- name: DeleteSignatureRequestEnvelope :exec
DELETE FROM signature_envelopes WHERE request_id = ?;

-- name: DeleteSignatureRequestEvents :exec
DELETE FROM signature_events WHERE request_id = ?;

-- name: DeleteSignatureRequestSigners :exec
DELETE FROM signature_signers WHERE request_id = ?;

-- name: DeleteSignatureRequest :exec
DELETE FROM signature_requests WHERE id = ?;

-- name: ListSignatureRequestIDs :many
SELECT id FROM signature_requests WHERE user_id = ? ORDER BY id LIMIT ?;
