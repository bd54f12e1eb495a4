package templates

import (
	"context"
	"database/sql"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/templates"
)

// VersionState is the state of a template version.
type VersionState string

const (
	// Unpublished means that only the owner and admins see the version. It can be previewed and rendered by them.
	Unpublished VersionState = "unpublished"
	// Published means that everybody with whom the template is shared may use the version.
	Published VersionState = "published"
	// Withdrawn means that the version was published before and is not now. Nothing new is rendered from it, but what was
	// rendered can still be verified.
	Withdrawn VersionState = "withdrawn"
)

// Lifecycle is the life cycle of a template version. Archiving a template ends the use of all its
// versions, whatever their states.
var Lifecycle = lifecycle.Table[VersionState]{
	Thing:   "template version",
	Initial: []VersionState{Unpublished},
	Transitions: []lifecycle.Transition[VersionState]{
		{From: Unpublished, To: Published, On: "published"},
		{From: Published, To: Withdrawn, On: "unpublished"},
		{From: Withdrawn, To: Published, On: "published again"},
	},
}

// State is the state of the version.
func (v VersionSummary) State() VersionState {
	switch {
	case v.PublishedAt != nil:
		return Published
	case v.Withdrawn:
		return Withdrawn
	}
	return Unpublished
}

func errArchived() error {
	return &domain.Error{Code: domain.Conflict, Reason: "template_archived", Message: "The template is archived. Copy it to continue using it."}
}

// Publish makes a version available to those with whom its template is shared. It is idempotent. Errors:
// Forbidden, NotFound; Conflict: the template is archived (reason template_archived), or the firm shares
// another one with its id.
func (s *Service) Publish(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	t, err := s.authorizeChange(ctx, caller, id)
	if err != nil {
		return TemplateVersion{}, err
	}
	v, _, err := s.version(ctx, caller, id, version)
	if err != nil || v.State() == Published {
		return v, err
	}
	if t.ArchivedAt.Valid {
		return v, errArchived()
	}
	if err := Lifecycle.Check(v.State(), Published); err != nil {
		return v, err
	}
	err = s.changeSharing(ctx, t, Sharing(t.Sharing) == SharedWithFirm, func(tx db.Tx) error {
		return query.New(tx).UpdateTemplateVersionPublished(ctx, query.UpdateTemplateVersionPublishedParams{PublishedBy: &caller.UserID,
			PublishedAt: sql.NullTime{Time: s.clock(), Valid: true}, TemplateID: t.ID, Version: version})
	})
	if err != nil {
		return v, err
	}
	return s.Version(ctx, caller, id, version)
}

// Unpublish withdraws a published version; "" is all of them. What was rendered from it can still be
// verified. Errors: Forbidden, NotFound.
func (s *Service) Unpublish(ctx context.Context, caller domain.Principal, id, version string) (Template, error) {
	t, err := s.authorizeChange(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	if version != "" {
		if _, _, err := s.version(ctx, caller, id, version); err != nil {
			return Template{}, err
		}
	}
	err = query.New(s.pool).UpdateTemplateVersionsUnpublished(ctx, query.UpdateTemplateVersionsUnpublishedParams{Now: sql.NullTime{Time: s.clock(), Valid: true}, TemplateID: t.ID, Version: version})
	if err != nil {
		return Template{}, db.Error(err)
	}
	return s.Get(ctx, caller, id)
}

// Archive ends the use of a template, permanently. What was rendered from it can still be verified.
// Errors: Forbidden, NotFound.
func (s *Service) Archive(ctx context.Context, caller domain.Principal, id string) (Template, error) {
	t, err := s.authorizeChange(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	if err := query.New(s.pool).UpdateTemplateArchived(ctx, query.UpdateTemplateArchivedParams{ArchivedAt: sql.NullTime{Time: s.clock(), Valid: true}, ID: t.ID}); err != nil {
		return Template{}, db.Error(err)
	}
	return s.Get(ctx, caller, id)
}

// Share sets who may use a template. Errors: Forbidden, NotFound; Invalid: /sharing; Conflict: the firm
// shares another one with its id.
func (s *Service) Share(ctx context.Context, caller domain.Principal, id string, with Sharing) (Template, error) {
	if with != SharedWithFirm && with != Private {
		return Template{}, domain.InvalidField("/sharing", "must be firm or private")
	}
	t, err := s.authorizeChange(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	err = s.changeSharing(ctx, t, with == SharedWithFirm && t.Published && !t.ArchivedAt.Valid, func(tx db.Tx) error {
		return query.New(tx).UpdateTemplateSharing(ctx, query.UpdateTemplateSharingParams{Sharing: string(with), ID: t.ID})
	})
	if err != nil {
		return Template{}, err
	}
	return s.Get(ctx, caller, id)
}

// changeSharing runs a change, in a transaction. If the change shares the template with the firm, it is
// serialized with other changes to templates of the same id, since the firm shares one of them at most.
func (s *Service) changeSharing(ctx context.Context, t templateRow, shares bool, change func(db.Tx) error) error {
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		if shares {
			if err := query.New(tx).LockTemplatesOfSlug(ctx, query.LockTemplatesOfSlugParams{Slug: sql.NullString{String: t.Slug, Valid: true}, ID: t.Slug}); err != nil {
				return err
			}
			if err := s.checkUniqueInFirm(ctx, t); err != nil {
				return err
			}
		}
		return change(tx)
	})
}

// checkUniqueInFirm returns Conflict while the firm shares another template with the id of t.
func (s *Service) checkUniqueInFirm(ctx context.Context, t templateRow) error {
	found, err := s.resolve(ctx, domain.Principal{}, t.Slug)
	if err != nil {
		return err
	}
	if other, ok := found[t.Slug]; ok && other.ID != t.ID {
		return domain.Errorf(domain.Conflict, "The firm shares another template with this id. Copy yours to another id first.")
	}
	return nil
}
