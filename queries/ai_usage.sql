-- name: CreateSpending :exec
INSERT INTO ai_spending (scope, period, starts_on, tokens, cost, reserved_tokens, reserved_cost)
VALUES (?, ?, ?, 0, 0, 0, 0)
ON DUPLICATE KEY UPDATE tokens = tokens;

-- name: UpdateSpendingReserve :execrows
UPDATE ai_spending
SET reserved_tokens = reserved_tokens + sqlc.arg(tokens), reserved_cost = reserved_cost + sqlc.arg(cost)
WHERE scope = sqlc.arg(scope) AND period = sqlc.arg(period) AND starts_on = sqlc.arg(starts_on)
  AND (CAST(sqlc.arg(token_limit) AS SIGNED) = 0 OR tokens + reserved_tokens < CAST(sqlc.arg(token_limit) AS SIGNED))
  AND (CAST(sqlc.arg(cost_limit) AS SIGNED) = 0 OR cost + reserved_cost < CAST(sqlc.arg(cost_limit) AS SIGNED));

-- name: GetSpending :one
SELECT tokens, cost FROM ai_spending WHERE scope = ? AND period = ? AND starts_on = ?;

-- name: DeleteSpendingBefore :execrows
DELETE FROM ai_spending WHERE starts_on < ? LIMIT 1000;

-- name: DeleteUserSpending :exec
DELETE FROM ai_spending WHERE scope = ?;

-- name: CreateErasedUsage :exec
INSERT INTO ai_usage (day, user_id, case_id, model, currency, calls, cached_calls, prompt_tokens, completion_tokens, cost)
SELECT u.day, sqlc.arg(nobody), u.case_id, u.model, u.currency, u.calls, u.cached_calls, u.prompt_tokens, u.completion_tokens, u.cost
FROM ai_usage u WHERE u.user_id = sqlc.arg(user_id)
ON DUPLICATE KEY UPDATE calls = ai_usage.calls + VALUES(calls), cached_calls = ai_usage.cached_calls + VALUES(cached_calls),
  prompt_tokens = ai_usage.prompt_tokens + VALUES(prompt_tokens), completion_tokens = ai_usage.completion_tokens + VALUES(completion_tokens),
  cost = ai_usage.cost + VALUES(cost);

-- name: DeleteUserUsage :exec
DELETE FROM ai_usage WHERE user_id = ?;
