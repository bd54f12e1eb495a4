-- +goose Up
-- What answers of the AI cost, summed up by day (UTC). case_id is zero outside of cases; user_id is zero for the use of erased
-- accounts. cost is in millionths of the currency.
CREATE TABLE ai_usage (
  day               DATE         NOT NULL,
  user_id           BINARY(16)   NOT NULL,
  case_id           BINARY(16)   NOT NULL,
  model             VARCHAR(200) NOT NULL,
  currency          CHAR(3)      NOT NULL,
  calls             BIGINT       NOT NULL,
  cached_calls      BIGINT       NOT NULL,
  prompt_tokens     BIGINT       NOT NULL,
  completion_tokens BIGINT       NOT NULL,
  cost              BIGINT       NOT NULL,
  PRIMARY KEY (day, user_id, case_id, model, currency),
  KEY ai_usage_user (user_id, day),
  KEY ai_usage_case (case_id, day)
);
