-- name: CreateEnvelope :exec
INSERT INTO signature_envelopes (request_id, state, next_at) VALUES (?, ?, ?);

-- name: GetEnvelope :one
SELECT * FROM signature_envelopes WHERE request_id = ?;

-- name: UpdateEnvelope :exec
UPDATE signature_envelopes SET envelope_id = ?, state = ?, audit_id = ?, tries = ?, next_at = ? WHERE request_id = ?;

-- name: GetEnvelopeRequest :one
SELECT e.request_id FROM signature_envelopes e
JOIN signature_requests r ON r.id = e.request_id
WHERE e.envelope_id = ? AND r.provider = ?;

-- name: ListDueEnvelopes :many
SELECT * FROM signature_envelopes WHERE next_at <= sqlc.arg(now) ORDER BY next_at LIMIT ?;

-- name: UpdateEnvelopeNextSync :execrows
UPDATE signature_envelopes SET tries = tries + 1, next_at = sqlc.arg(later) WHERE request_id = sqlc.arg(request_id) AND next_at <= sqlc.arg(now);

-- name: CreateProviderEvent :execrows
INSERT IGNORE INTO signature_hints (provider, hint_id, request_id, kind, signer, told_at, address, agent, reason, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: ListProviderEvents :many
SELECT * FROM signature_hints WHERE request_id = ? AND NOT used ORDER BY told_at;

-- name: UpdateProviderEventUsed :exec
UPDATE signature_hints SET used = TRUE, address = '', agent = '', reason = '' WHERE provider = ? AND hint_id = ?;

-- name: DeleteProviderEvents :execrows
DELETE FROM signature_hints WHERE received_at < ? LIMIT ?;
