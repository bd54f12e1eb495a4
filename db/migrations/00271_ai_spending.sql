-- +goose Up
-- What counts against the AI budgets of one user, or of everybody (scope is zero), in one period: a day or a month (UTC).
-- reserved_… are the estimates of calls in progress; those of a server that crashed stay until the period ends.
CREATE TABLE ai_spending (
  scope           BINARY(16)  NOT NULL,
  period          VARCHAR(5)  NOT NULL,
  starts_on       DATE        NOT NULL,
  tokens          BIGINT      NOT NULL,
  cost            BIGINT      NOT NULL,
  reserved_tokens BIGINT      NOT NULL,
  reserved_cost   BIGINT      NOT NULL,
  PRIMARY KEY (scope, period, starts_on),
  KEY ai_spending_starts_on (starts_on)
);
