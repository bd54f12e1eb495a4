package notifications

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

const kindTell = "notifications.tell"

// happening is the payload of a job that tells.
type happening struct {
	Event domain.Event `json:"event"`
	At    time.Time    `json:"at"`
}

// OnEvent leaves a job that tells those of an event's audience whom it concerns, in the transaction of
// the thing itself. What nobody else could hear of costs nothing, and what is told only to who asked
// for it one look-up, unless somebody did.
func (s *Service) OnEvent(ctx context.Context, tx db.Tx, e domain.Event, audience []domain.ID) error {
	k, ok := kinds[e.Type]
	if !ok {
		return nil
	}
	told := k.told(e, audience)
	if len(told) == 0 {
		return nil
	}
	if !k.inApp && !k.email {
		chosen, err := choices(ctx, tx, e.Type, told)
		if err != nil || !slices.ContainsFunc(told, func(user domain.ID) bool { return k.wants(chosen, user) != none }) {
			return err
		}
	}
	_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: kindTell, Payload: happening{e, s.now()}})
	s.Jobs.Wake() // the commit follows; a relay that is quicker looks again within a second
	return err
}

// choices are what these people chose for a type of event; who chose nothing is not among them.
func choices(ctx context.Context, tx db.Tx, t domain.EventType, users []domain.ID) (map[domain.ID]Preference, error) {
	rows, err := query.New(tx).ListPreferencesFor(ctx, query.ListPreferencesForParams{EventType: string(t), Users: users})
	chosen := make(map[domain.ID]Preference, len(rows))
	for _, r := range rows {
		chosen[r.UserID] = preference(r)
	}
	return chosen, err
}

// tell writes what is told of an event, to all it is told to or to none.
func (s *Service) tell(ctx context.Context, run *jobs.Run) (any, error) {
	var h happening
	if err := run.Read(&h); err != nil {
		return nil, err
	}
	e, k := h.Event, kinds[h.Event.Type]
	var audience []domain.ID
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) (err error) {
		audience, err = events.Audience(ctx, tx, s.Cases, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	told := k.told(e, audience)
	people, err := s.People.ByID(ctx, told)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, err
	}
	err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		chosen, err := choices(ctx, tx, e.Type, told)
		if err != nil {
			return err
		}
		for _, user := range told {
			u, there := people[user]
			if !there || u.Disabled {
				continue
			}
			by := k.wants(chosen, user)
			if by.inApp {
				if err := query.New(tx).CreateNotification(ctx, query.CreateNotificationParams{UserID: user, ID: run.ID, EventType: string(e.Type), CaseID: e.CaseID,
					Data: string(data), CreatedAt: h.At, ExpiresAt: h.At.Add(Kept)}); err != nil {
					return err
				}
			}
			if by.email && s.Mail != nil && u.EmailVerified && !(k.mailed && user == e.UserID) {
				if err := s.Mail(ctx, tx, Mail{ID: mailID(run.ID, user), To: u, Type: e.Type, Notification: run.ID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if domain.CodeOf(err) == domain.Conflict { // an earlier run wrote it
		return nil, nil
	}
	return nil, err
}

// mailID is the id of the mail that tells somebody of an event: always the same, so that no run
// writes it twice.
func mailID(event, user domain.ID) domain.ID {
	sum := sha256.Sum256(append(event[:], user[:]...))
	id := event // with its time and version
	copy(id[9:], sum[:])
	return id
}
