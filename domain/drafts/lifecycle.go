package drafts

import (
	"database/sql"
	"time"

	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/drafts"
)

// Status is how far the review of a draft has come.
type Status string

const (
	// Drafted means that the text is in the making. Everybody with access edits it.
	Drafted Status = "drafted"
	// Reviewed means that a lawyer or an admin has approved this text. An edit returns the draft to Drafted.
	Reviewed Status = "reviewed"
	// Final means that a lawyer or an admin has released the text. It cannot be edited or deleted, and is rendered
	// without the watermark DRAFT.
	Final Status = "final"
)

// Lifecycle is the life cycle of a draft. Only a lawyer or an admin moves a draft; an edit of the text
// returns a reviewed one to Drafted, whoever makes it.
var Lifecycle = lifecycle.Table[Status]{
	Thing:   "draft",
	Initial: []Status{Drafted},
	Transitions: []lifecycle.Transition[Status]{
		{From: Drafted, To: Reviewed, On: "approved"},
		{From: Reviewed, To: Drafted, On: "edited or rejected"},
		{From: Reviewed, To: Final, On: "released"},
	},
}

// transition moves the row of a draft to another status. Forbidden: the caller is no lawyer or admin.
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

// resetReview returns a draft whose text was edited to Drafted: it was another text that was reviewed.
func resetReview(d *query.Draft) {
	d.Status = string(Drafted)
	d.ReviewedBy, d.ReviewedAt = nil, sql.NullTime{}
}
