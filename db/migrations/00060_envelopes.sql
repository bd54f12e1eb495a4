-- +goose Up
ALTER TABLE signature_requests ADD COLUMN provider VARCHAR(16) NOT NULL DEFAULT 'builtin'; -- builtin, docuseal, documenso

-- What is known of a request at its provider. Requests that are signed here have none.
CREATE TABLE signature_envelopes (
  request_id  BINARY(16)  NOT NULL PRIMARY KEY,
  envelope_id VARCHAR(64) NOT NULL DEFAULT '', -- the provider's; '' until it is known
  state       VARCHAR(16) NOT NULL, -- creating, open, fetching, dropping, over
  audit_id    BINARY(16)  NULL,     -- the document that is the provider's own record; chosen before it is fetched
  tries       INT         NOT NULL DEFAULT 0, -- looks in a row at which nothing had changed
  next_at     DATETIME(6) NULL,     -- of the next look; NULL: there is none
  KEY signature_envelopes_next (next_at),
  KEY signature_envelopes_envelope (envelope_id),
  CONSTRAINT signature_envelopes_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What webhooks told. What it says of a signer goes into the log, and then from here; the row stays
-- for a while, so that the same is not taken twice.
CREATE TABLE signature_hints (
  provider    VARCHAR(16)  NOT NULL,
  hint_id     VARCHAR(128) NOT NULL, -- the provider's
  request_id  BINARY(16)   NOT NULL,
  kind        VARCHAR(16)  NOT NULL, -- viewed, signed, declined, envelope
  signer      INT          NOT NULL, -- their number; 0: nobody
  told_at     DATETIME(6)  NOT NULL,
  address     VARCHAR(45)  NOT NULL,
  agent       VARCHAR(300) NOT NULL,
  reason      TEXT         NOT NULL,
  received_at DATETIME(6)  NOT NULL,
  used        BOOLEAN      NOT NULL DEFAULT FALSE,
  PRIMARY KEY (provider, hint_id),
  KEY signature_hints_request (request_id, used),
  KEY signature_hints_received (received_at),
  CONSTRAINT signature_hints_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
