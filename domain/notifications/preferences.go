package notifications

import (
	"context"
	"fmt"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/notifications"
)

// Preference is how a user wants to be notified of a type of event.
type Preference struct {
	Type         domain.EventType
	InApp, Email bool
}

func newPreference(r query.NotificationPreference) Preference {
	return Preference{Type: domain.EventType(r.EventType), InApp: r.InApp, Email: r.Email}
}

// Preferences lists the preferences of a user whose preferences the caller may see: one for every
// type of event that users can be notified of, by default those of the rules.
func (s *Service) Preferences(ctx context.Context, user domain.ID) ([]Preference, error) {
	rows, err := s.rows.ListNotificationPreferences(ctx, user)
	if err != nil {
		return nil, db.Error(err)
	}
	stored := map[domain.EventType]Preference{}
	for _, r := range rows {
		p := newPreference(r)
		stored[p.Type] = p
	}
	var list []Preference
	for _, t := range domain.EventTypes {
		r, ok := rules[t]
		if !ok {
			continue
		}
		p, ok := stored[t]
		if !ok {
			p = Preference{t, r.inApp, r.email}
		}
		list = append(list, p)
	}
	return list, nil
}

// SetPreferences replaces all preferences of the caller. Invalid: /items has a type twice, or one that
// users cannot be notified of.
func (s *Service) SetPreferences(ctx context.Context, caller domain.Principal, preferences []Preference) ([]Preference, error) {
	seen := map[domain.EventType]bool{}
	for i, p := range preferences {
		pointer := fmt.Sprintf("/items/%d/type", i)
		if _, ok := rules[p.Type]; !ok {
			return nil, domain.InvalidField(pointer, "is not a type of event that users can be notified of")
		}
		if seen[p.Type] {
			return nil, domain.InvalidField(pointer, "is a duplicate")
		}
		seen[p.Type] = true
	}
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		if err := q.DeleteNotificationPreferences(ctx, caller.UserID); err != nil {
			return err
		}
		for _, p := range preferences {
			if err := q.UpsertNotificationPreference(ctx, query.UpsertNotificationPreferenceParams{UserID: caller.UserID, EventType: string(p.Type), InApp: p.InApp, Email: p.Email}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Preferences(ctx, caller.UserID)
}
