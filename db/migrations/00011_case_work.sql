-- +goose Up
CREATE TABLE case_notes (
  id         BINARY(16)  NOT NULL PRIMARY KEY,
  case_id    BINARY(16)  NOT NULL,
  author_id  BINARY(16)  NOT NULL,
  body       TEXT        NOT NULL,
  created_at DATETIME(6) NOT NULL,
  KEY case_notes_case (case_id, id),
  CONSTRAINT case_notes_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_notes_user_fk FOREIGN KEY (author_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE case_tasks (
  id          BINARY(16)   NOT NULL PRIMARY KEY,
  case_id     BINARY(16)   NOT NULL,
  title       VARCHAR(300) NOT NULL,
  status      VARCHAR(16)  NOT NULL, -- open, done
  due_on      DATE         NULL,
  assignee_id BINARY(16)   NULL,
  created_by  BINARY(16)   NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  KEY case_tasks_case (case_id, id),
  KEY case_tasks_assignee (assignee_id, case_id),
  CONSTRAINT case_tasks_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_tasks_assignee_fk FOREIGN KEY (assignee_id) REFERENCES users (id),
  CONSTRAINT case_tasks_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
