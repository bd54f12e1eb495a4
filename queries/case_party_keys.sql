-- name: CreateCasePartyKey :exec
INSERT INTO case_party_keys (name_key, party_id) VALUES (?, ?);

-- name: DeleteCasePartyKeys :exec
DELETE FROM case_party_keys WHERE party_id = ?;

-- name: ListCasePartiesByOldKeys :many
SELECT id, kind, name, email, registration_number, registration_country FROM case_parties WHERE key_rules < sqlc.arg(rules) ORDER BY key_rules, id LIMIT ?;

-- name: LockCaseParty :one
SELECT id FROM case_parties WHERE id = ? FOR UPDATE;

-- name: UpdateCasePartyKeyVersion :exec
UPDATE case_parties SET key_rules = ? WHERE id = ?;

-- name: ListCasePartiesByKeys :many
SELECT p.id, p.case_id, p.kind, p.side, p.name, p.email_key, p.registration_number, p.registration_country, m.role AS my_role,
  HEX(k.beginnings) AS matched
FROM (
  SELECT n.party_id, GROUP_CONCAT(LEFT(n.name_key, 4) SEPARATOR '') AS beginnings -- 1,024 bytes hold more keys than a name has
  FROM case_party_keys n FORCE INDEX (PRIMARY) WHERE n.name_key IN (sqlc.slice('name_keys')) GROUP BY n.party_id
) k
STRAIGHT_JOIN case_parties p ON p.id = k.party_id
STRAIGHT_JOIN cases c ON c.id = p.case_id
STRAIGHT_JOIN cases own ON own.id = sqlc.arg(case_id)
LEFT JOIN case_members m ON m.case_id = p.case_id AND m.user_id = sqlc.arg(member)
WHERE p.side IN (sqlc.slice('sides'))
  AND p.case_id <> sqlc.arg(case_id)
  AND c.deleted_at IS NULL
  AND (RIGHT(c.created_by, 6) = x'7E577E577E57') = (RIGHT(own.created_by, 6) = x'7E577E577E57') -- test cases are compared with each other
ORDER BY p.id
LIMIT 1000;
