package drafts

import (
	"database/sql"
	"time"

	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/drafts"
)

// Status is the review status of a draft.
type Status string

const (
	// Drafted means that the text is being written. Everybody with access can edit it.
	Drafted Status = "drafted"
	// Reviewed means that a lawyer or an admin has approved this text. An edit returns the draft to Drafted.
	Reviewed Status = "reviewed"
	// Final means that a lawyer or an admin has released the text. It cannot be edited or deleted, and is rendered
	// without the watermark DRAFT.
	Final Status = "final"
)

// Lifecycle is the life cycle of a draft. Only lawyers and admins change the status; an edit of the
// text by anybody returns a reviewed draft to Drafted.
var Lifecycle = lifecycle.Table[Status]{
	Thing:   "draft",
	Initial: []Status{Drafted},
	Transitions: []lifecycle.Transition[Status]{
		{From: Drafted, To: Reviewed, On: "approved"},
		{From: Reviewed, To: Drafted, On: "edited or rejected"},
		{From: Reviewed, To: Final, On: "released"},
	},
}

// transition changes the status of a draft's row. Forbidden: the caller is not a lawyer or admin.
// Conflict: the life cycle does not allow it.
func transition(d *query.Draft, to Status, caller domain.Principal, now time.Time) error {
	if !caller.Staff() {
		return domain.Errorf(domain.Forbidden, "Only a lawyer may review a draft or make it final.")
	}
	if err := Lifecycle.Check(Status(d.Status), to); err != nil {
		return err
	}
	at := sql.NullTime{Time: now, Valid: true}
	switch to {
	case Reviewed:
		d.ReviewedBy, d.ReviewedAt = &caller.UserID, at
	case Final:
		d.FinalizedBy, d.FinalizedAt = &caller.UserID, at
	case Drafted:
		d.ReviewedBy, d.ReviewedAt = nil, sql.NullTime{}
	}
	d.Status = string(to)
	return nil
}

// resetReview returns a draft to Drafted after an edit, because another text was reviewed.
func resetReview(d *query.Draft) {
	d.Status = string(Drafted)
	d.ReviewedBy, d.ReviewedAt = nil, sql.NullTime{}
}
