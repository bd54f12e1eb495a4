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
SELECT d.id, 1, d.title, d.body, '', d.user_id, d.created_at FROM drafts d LEFT JOIN draft_versions v ON v.draft_id = d.id WHERE v.draft_id IS NULL;

-- Title and text are those of the present version from now on.
ALTER TABLE drafts DROP COLUMN body;
ALTER TABLE drafts DROP COLUMN title;
ALTER TABLE drafts MODIFY COLUMN status VARCHAR(16) NOT NULL; -- drafted, reviewed, final
ALTER TABLE drafts MODIFY COLUMN quality_score DOUBLE NULL;   -- of the first version; NULL: written by hand
ALTER TABLE drafts
  ADD COLUMN origin VARCHAR(16) NOT NULL DEFAULT 'generated', -- generated, written
  ADD COLUMN version INT NOT NULL DEFAULT 1,                  -- the present one
  ADD COLUMN reviewed_by BINARY(16) NULL,
  ADD COLUMN reviewed_at DATETIME(6) NULL,
  ADD COLUMN finalized_by BINARY(16) NULL,
  ADD COLUMN finalized_at DATETIME(6) NULL,
  ADD COLUMN updated_at DATETIME(6) NULL;
ALTER TABLE drafts ADD CONSTRAINT drafts_reviewer_fk FOREIGN KEY (reviewed_by) REFERENCES users (id);
ALTER TABLE drafts ADD CONSTRAINT drafts_finalizer_fk FOREIGN KEY (finalized_by) REFERENCES users (id);
UPDATE drafts SET updated_at = created_at;
ALTER TABLE drafts MODIFY COLUMN updated_at DATETIME(6) NOT NULL;
ALTER TABLE drafts MODIFY COLUMN origin VARCHAR(16) NOT NULL;

-- A consultation outlives its draft.
ALTER TABLE consultations DROP FOREIGN KEY consultations_draft_fk;
ALTER TABLE consultations ADD CONSTRAINT consultations_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE SET NULL;
