-- Leases are compared with the time of the database alone (sessions are in UTC). A lease that ends later than any that is
-- given now was written before that clock was set back, and counts as expired.
--
-- The statements that move a job from one state to another are listed in domain/jobs/lifecycle.go.

-- name: CreateJob :exec
INSERT INTO jobs (id, user_id, kind, queue, job_key, state, payload, result, error_code, error, done, total, runs, tries, lost, cancelling, owner, run_at, due_at, created_at, key_id)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(kind), sqlc.arg(queue), sqlc.arg(job_key), sqlc.arg(state), sqlc.arg(payload), '', '', '', 0, sqlc.arg(total), 0, 0, 0, FALSE, '', sqlc.arg(run_at), sqlc.arg(run_at), sqlc.arg(created_at), sqlc.narg(key_id));

-- name: CreateUniqueJob :exec
INSERT INTO jobs (id, user_id, kind, queue, job_key, state, payload, result, error_code, error, done, total, runs, tries, lost, cancelling, owner, run_at, due_at, created_at, key_id)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(kind), sqlc.arg(queue), sqlc.arg(job_key), sqlc.arg(state), sqlc.arg(payload), '', '', '', 0, sqlc.arg(total), 0, 0, 0, FALSE, '', sqlc.arg(run_at), sqlc.arg(run_at), sqlc.arg(created_at), sqlc.narg(key_id))
ON DUPLICATE KEY UPDATE total = jobs.total;

-- name: GetJobIDByKey :one
SELECT id FROM jobs WHERE job_key = ?;

-- name: GetJob :one
SELECT * FROM jobs WHERE id = ?;

-- name: ListJobsByUser :many
SELECT * FROM jobs FORCE INDEX (jobs_user) WHERE user_id = sqlc.arg(user_id) AND id < sqlc.arg('cursor') ORDER BY id DESC LIMIT ?;

-- name: ListJobsByUserAndState :many
SELECT * FROM jobs FORCE INDEX (jobs_user_state, jobs_user_kind)
WHERE user_id = sqlc.arg(user_id) AND state = sqlc.arg(state) AND id < sqlc.arg('cursor') AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC LIMIT ?;

-- name: ListJobs :many
SELECT * FROM jobs WHERE id < sqlc.arg('cursor') AND RIGHT(user_id, 6) <> x'7E577E577E57' ORDER BY id DESC LIMIT ?;

-- name: ListJobsByState :many
SELECT * FROM jobs FORCE INDEX (jobs_state, jobs_kind)
WHERE state = sqlc.arg(state) AND id < sqlc.arg('cursor') AND RIGHT(user_id, 6) <> x'7E577E577E57' AND (sqlc.arg(kind) = '' OR kind = sqlc.arg(kind))
ORDER BY id DESC LIMIT ?;

-- name: GetDatabaseTime :one
SELECT CAST(NOW(6) AS DATETIME(6)) AS now;

-- name: GetNextWaitingUser :one
SELECT user_id FROM jobs FORCE INDEX (jobs_pick)
WHERE state = 'waiting' AND queue = sqlc.arg(queue) AND user_id >= sqlc.arg(user_id) ORDER BY user_id LIMIT 1;

-- name: ListWaitingJobs :many
SELECT id FROM jobs FORCE INDEX (jobs_pick)
WHERE state = 'waiting' AND queue = sqlc.arg(queue) AND user_id = sqlc.arg(user_id) ORDER BY id LIMIT ?;

-- name: CountWaitingJobs :one
SELECT COUNT(*) FROM (SELECT 1 FROM jobs FORCE INDEX (jobs_pick) WHERE state = 'waiting' AND queue = sqlc.arg(queue) LIMIT ?) AS waiting;

-- name: CountQueuedJobs :many
SELECT queue, COUNT(*) AS n FROM jobs WHERE state = 'queued' AND owner = ? GROUP BY queue;

-- name: QueueJobs :execrows
UPDATE jobs SET state = 'queued', owner = sqlc.arg(owner), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(lease_us) AS SIGNED) MICROSECOND
WHERE id IN (sqlc.slice(ids)) AND state = 'waiting';

-- name: ListQueuedJobs :many
SELECT id, kind, queue FROM jobs WHERE id IN (sqlc.slice(ids)) AND state = 'queued' AND owner = sqlc.arg(owner);

-- name: UnqueueJobs :exec
UPDATE jobs SET state = 'waiting' WHERE id IN (sqlc.slice(ids)) AND state = 'queued' AND owner = sqlc.arg(owner);

-- name: ListExpiredJobs :many
SELECT id FROM jobs
WHERE state = sqlc.arg(state) AND (due_at < NOW(6) OR due_at > NOW(6) + INTERVAL CAST(sqlc.arg(longest_us) AS SIGNED) MICROSECOND)
ORDER BY due_at LIMIT ?;

-- name: UnqueueExpiredJobs :execrows
UPDATE jobs SET state = 'waiting'
WHERE id IN (sqlc.slice(ids)) AND state = 'queued'
  AND (due_at < NOW(6) OR due_at > NOW(6) + INTERVAL CAST(sqlc.arg(longest_us) AS SIGNED) MICROSECOND);

-- name: RescueJobs :execrows
UPDATE jobs SET state = 'waiting', crashes = crashes + 1
WHERE id IN (sqlc.slice(ids)) AND state = 'running' AND NOT cancelling
  AND (due_at < NOW(6) OR due_at > NOW(6) + INTERVAL CAST(sqlc.arg(longest_us) AS SIGNED) MICROSECOND);

-- name: CancelExpiredJobs :execrows
UPDATE jobs SET state = 'cancelled', payload = '', finished_at = NOW(6), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(keep_us) AS SIGNED) MICROSECOND
WHERE id IN (sqlc.slice(ids)) AND state = 'running' AND cancelling
  AND (due_at < NOW(6) OR due_at > NOW(6) + INTERVAL CAST(sqlc.arg(longest_us) AS SIGNED) MICROSECOND);

-- name: ListDueJobs :many
SELECT id FROM jobs WHERE state = sqlc.arg(state) AND due_at <= NOW(6) ORDER BY due_at LIMIT ?;

-- name: WakeJobs :execrows
UPDATE jobs SET state = 'waiting' WHERE id IN (sqlc.slice(ids)) AND state = 'scheduled' AND due_at <= NOW(6);

-- name: DeleteJobs :execrows
DELETE FROM jobs WHERE id IN (sqlc.slice(ids)) AND state = sqlc.arg(state) AND due_at <= NOW(6);

-- name: ClaimJob :execrows
UPDATE jobs SET state = 'running', owner = sqlc.arg(owner), runs = runs + 1, started_at = NOW(6),
  due_at = NOW(6) + INTERVAL CAST(sqlc.arg(lease_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state IN ('waiting', 'queued');

-- name: GetClaimedJob :one
SELECT * FROM jobs WHERE id = ? AND state = 'running' AND owner = ?;

-- name: ExtendLeases :execrows
UPDATE jobs SET due_at = NOW(6) + INTERVAL CAST(sqlc.arg(lease_us) AS SIGNED) MICROSECOND
WHERE id IN (sqlc.slice(ids)) AND state = 'running' AND owner = sqlc.arg(owner);

-- name: ListRunningJobs :many
SELECT id, runs, cancelling FROM jobs WHERE id IN (sqlc.slice(ids)) AND state = 'running' AND owner = sqlc.arg(owner);

-- name: CountOtherRunningJobs :one
SELECT COUNT(*) FROM jobs WHERE state = 'running' AND kind IN (sqlc.slice(kinds)) AND id <> sqlc.arg(id);

-- name: UpdateJobProgress :execrows
UPDATE jobs SET done = sqlc.arg(done) WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs) AND NOT cancelling;

-- name: SucceedJob :execrows
UPDATE jobs SET state = 'succeeded', result = sqlc.arg(result), done = GREATEST(done, total), payload = '', error_code = '', error = '',
  finished_at = NOW(6), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(keep_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs);

-- name: DiscardJob :execrows
UPDATE jobs SET state = 'failed', tries = sqlc.arg(tries), error_code = sqlc.arg(error_code), error = sqlc.arg(error),
  finished_at = NOW(6), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(keep_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs);

-- name: ScheduleJobRetry :execrows
UPDATE jobs SET state = 'scheduled', tries = sqlc.arg(tries), error_code = sqlc.arg(error_code), error = sqlc.arg(error),
  run_at = NOW(6) + INTERVAL CAST(sqlc.arg(delay_us) AS SIGNED) MICROSECOND, due_at = NOW(6) + INTERVAL CAST(sqlc.arg(delay_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs);

-- name: ReleaseJob :execrows
UPDATE jobs SET state = 'waiting' WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs);

-- name: FinishCancelledJob :execrows
UPDATE jobs SET state = 'cancelled', payload = '', result = sqlc.arg(result), done = GREATEST(done, sqlc.arg(done)),
  finished_at = NOW(6), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(keep_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state = 'running' AND owner = sqlc.arg(owner) AND runs = sqlc.arg(runs);

-- name: CancelWaitingJob :execrows
UPDATE jobs SET state = 'cancelled', payload = '',
  finished_at = NOW(6), due_at = NOW(6) + INTERVAL CAST(sqlc.arg(keep_us) AS SIGNED) MICROSECOND
WHERE id = sqlc.arg(id) AND state IN ('scheduled', 'waiting', 'queued');

-- name: RequestJobCancel :execrows
UPDATE jobs SET cancelling = TRUE WHERE id = ? AND state = 'running';

-- name: RetryFailedJob :execrows
UPDATE jobs SET state = 'waiting', tries = 0, lost = 0, crashes = 0, error_code = '', error = '', finished_at = NULL, run_at = NOW(6), due_at = NOW(6)
WHERE id = ? AND state = 'failed';

-- name: DeleteJobsByUser :exec
DELETE FROM jobs WHERE user_id = sqlc.arg(user_id) AND id <> sqlc.arg(running);
