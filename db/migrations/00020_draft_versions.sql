-- +goose Up
CREATE TABLE draft_versions (
  draft_id   BINARY(16)   NOT NULL,
  version    INT          NOT NULL, -- 1, 2, …; never changed once written
  title      VARCHAR(300) NOT NULL,
  body       MEDIUMTEXT   NOT NULL, -- the whole draft, Markdown
  note       VARCHAR(300) NOT NULL, -- what its author says about the change; '': nothing
  author_id  BINARY(16)   NOT NULL,
  created_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (draft_id, version),
  CONSTRAINT draft_versions_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE CASCADE,
  CONSTRAINT draft_versions_author_fk FOREIGN KEY (author_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

INSERT INTO draft_versions (draft_id, version, title, body, note, author_id, created_at)
SELECT id, 1, title, body, '', user_id, created_at FROM drafts;

-- Title and text are those of the present version from now on.
ALTER TABLE drafts
  DROP COLUMN body,
  DROP COLUMN title,
  MODIFY COLUMN status VARCHAR(16) NOT NULL, -- drafted, reviewed, final
  MODIFY COLUMN quality_score DOUBLE NULL,   -- of the first version; NULL: written by hand
  ADD COLUMN origin VARCHAR(16) NOT NULL DEFAULT 'generated', -- generated, written
  ADD COLUMN version INT NOT NULL DEFAULT 1,                  -- the present one
  ADD COLUMN reviewed_by BINARY(16) NULL,
  ADD COLUMN reviewed_at DATETIME(6) NULL,
  ADD COLUMN finalized_by BINARY(16) NULL,
  ADD COLUMN finalized_at DATETIME(6) NULL,
  ADD COLUMN updated_at DATETIME(6) NULL,
  ADD CONSTRAINT drafts_reviewer_fk FOREIGN KEY (reviewed_by) REFERENCES users (id),
  ADD CONSTRAINT drafts_finalizer_fk FOREIGN KEY (finalized_by) REFERENCES users (id);
UPDATE drafts SET updated_at = created_at;
ALTER TABLE drafts
  MODIFY COLUMN updated_at DATETIME(6) NOT NULL,
  MODIFY COLUMN origin VARCHAR(16) NOT NULL;

-- A consultation outlives its draft.
ALTER TABLE consultations DROP FOREIGN KEY consultations_draft_fk;
ALTER TABLE consultations
  ADD CONSTRAINT consultations_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE SET NULL;
