-- +goose Up
-- Work that is to be done, is being done, and was: outbox and record in one.
CREATE TABLE jobs (
  id          BINARY(16)    NOT NULL PRIMARY KEY,
  user_id     BINARY(16)    NOT NULL, -- zeros: the service's own
  kind        VARCHAR(64)   NOT NULL,
  queue       VARCHAR(16)   NOT NULL, -- interactive, standard, bulk
  job_key     VARCHAR(190)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL, -- at most one job has it
  state       VARCHAR(16)   NOT NULL, -- scheduled, waiting: due; queued: handed to Redis; running; succeeded, failed, cancelled
  payload     MEDIUMTEXT    NOT NULL, -- JSON; emptied once it can no longer be needed
  result      MEDIUMTEXT    NOT NULL, -- JSON
  error_code  VARCHAR(64)   NOT NULL,
  error       VARCHAR(2000) NOT NULL, -- for its owner to read
  done        INT           NOT NULL,
  total       INT           NOT NULL,
  runs        INT           NOT NULL, -- times begun
  tries       INT           NOT NULL, -- times failed
  lost        INT           NOT NULL, -- times its server went down with it
  cancelling  BOOLEAN       NOT NULL, -- it runs, and should not
  owner       BINARY(16)    NOT NULL, -- the process that queued or runs it
  run_at      DATETIME(6)   NOT NULL, -- not before
  due_at      DATETIME(6)   NOT NULL, -- scheduled: when it is due; queued, running: when the lease ends; finished: when it is forgotten
  created_at  DATETIME(6)   NOT NULL,
  started_at  DATETIME(6)   NULL,
  finished_at DATETIME(6)   NULL,
  UNIQUE KEY jobs_key (job_key),
  KEY jobs_pick (state, queue, user_id, id),
  KEY jobs_due (state, due_at),
  KEY jobs_user (user_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
