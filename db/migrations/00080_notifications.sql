-- +goose Up
CREATE TABLE notifications (
  user_id    BINARY(16)   NOT NULL, -- who is told
  id         BINARY(16)   NOT NULL, -- the event's own: all who are told of it have the same
  event_type VARCHAR(64)  NOT NULL,
  case_id    BINARY(16)   NULL,     -- it shows to members of this case alone
  data       VARCHAR(500) NOT NULL, -- JSON: ids of what it is about
  created_at DATETIME(6)  NOT NULL,
  read_at    DATETIME(6)  NULL,
  expires_at DATETIME(6)  NOT NULL, -- it is deleted then
  PRIMARY KEY (user_id, id),
  KEY notifications_unread (user_id, read_at, id),
  KEY notifications_expired (expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What somebody chose; of what they did not, the service's own choice holds.
CREATE TABLE notification_preferences (
  user_id    BINARY(16)  NOT NULL,
  event_type VARCHAR(64) NOT NULL,
  in_app     BOOLEAN     NOT NULL,
  email      BOOLEAN     NOT NULL,
  PRIMARY KEY (user_id, event_type)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
