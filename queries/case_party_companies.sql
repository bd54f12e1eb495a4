-- name: CreateCasePartyCompany :exec
INSERT INTO case_party_companies (party_id, case_id, source, company_id, content, linked_by, linked_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE source = VALUES(source), company_id = VALUES(company_id), content = VALUES(content), linked_by = VALUES(linked_by), linked_at = VALUES(linked_at);

-- name: GetCasePartyCompany :one
SELECT * FROM case_party_companies WHERE case_id = ? AND party_id = ?;

-- name: DeleteCasePartyCompany :execrows
DELETE FROM case_party_companies WHERE case_id = ? AND party_id = ?;
