-- +goose Up
CREATE TABLE emails (
  id         BINARY(16)   NOT NULL PRIMARY KEY, -- also what its Message-ID is made of
  user_id    BINARY(16)   NOT NULL, -- who sent it; whom it is about, if the service did
  kind       VARCHAR(32)  NOT NULL, -- message: a person wrote it; else the name of one of the service's own mails
  locale     VARCHAR(35)  NOT NULL, -- of the service's own
  subject    VARCHAR(255) NOT NULL,
  body_text  MEDIUMTEXT   NOT NULL, -- '' of the service's own: they are written when they go, for they may hold secrets
  body_html  MEDIUMTEXT   NOT NULL,
  reply_to   VARCHAR(254) NOT NULL,
  fields     TEXT         NOT NULL, -- JSON: what the service's own say
  status     VARCHAR(16)  NOT NULL, -- queued, sending, sent, bounced, failed, cancelled
  reason     VARCHAR(300) NOT NULL,
  attempts   INT          NOT NULL DEFAULT 0,
  send_at    DATETIME(6)  NOT NULL,
  expires_at DATETIME(6)  NULL,     -- of no use to anyone from then on
  created_at DATETIME(6)  NOT NULL,
  updated_at DATETIME(6)  NOT NULL,
  KEY emails_user (user_id, kind, id),
  KEY emails_kind (kind, id),
  CONSTRAINT emails_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE email_recipients (
  email_id   BINARY(16)   NOT NULL,
  position   INT          NOT NULL,
  field      VARCHAR(8)   NOT NULL, -- to, cc, bcc
  address    VARCHAR(254) COLLATE utf8mb4_bin NOT NULL,
  status     VARCHAR(16)  NOT NULL, -- queued, sent, bounced, failed, suppressed, cancelled
  reason     VARCHAR(300) NOT NULL,
  updated_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (email_id, position),
  CONSTRAINT email_recipients_fk FOREIGN KEY (email_id) REFERENCES emails (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- The document may be deleted before the mail goes: then the mail does not.
CREATE TABLE email_attachments (
  email_id     BINARY(16)   NOT NULL,
  position     INT          NOT NULL,
  document_id  BINARY(16)   NOT NULL,
  filename     VARCHAR(200) NOT NULL,
  content_type VARCHAR(100) NOT NULL,
  size         BIGINT       NOT NULL,
  sha256       BINARY(32)   NOT NULL,
  inline       BOOLEAN      NOT NULL,
  PRIMARY KEY (email_id, position),
  CONSTRAINT email_attachments_fk FOREIGN KEY (email_id) REFERENCES emails (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE email_suppressions (
  id         BINARY(16)   NOT NULL PRIMARY KEY,
  address    VARCHAR(254) COLLATE utf8mb4_bin NOT NULL, -- lower case
  reason     VARCHAR(16)  NOT NULL, -- bounced, manual
  created_at DATETIME(6)  NOT NULL,
  UNIQUE KEY email_suppressions_address (address)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
