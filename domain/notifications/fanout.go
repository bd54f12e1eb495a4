package notifications

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
	"counsel/domain/jobs"
	query "counsel/gen/query/notifications"
)

// OnEvent enqueues the job that notifies the recipients of an event, in the publisher's transaction.
// Without recipients it costs nothing; for an opt-in type it costs one query unless somebody opted in.
func (s *Service) OnEvent(ctx context.Context, tx db.Tx, e domain.Event, audience []domain.ID) error {
	r, ok := rules[e.Type]
	if !ok {
		return nil
	}
	recipients := r.recipients(e, audience)
	if len(recipients) == 0 {
		return nil
	}
	if r.channels == none {
		preferences, err := preferencesFor(ctx, tx, e.Type, recipients)
		if err != nil || !slices.ContainsFunc(recipients, func(user domain.ID) bool { return r.channelsFor(preferences, user) != none }) {
			return err
		}
	}
	_, err := s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: fanOutArgs{e, s.now()}})
	s.jobs.Wake() // before the commit; a dispatcher that is faster finds the job in its next round
	return err
}

// preferencesFor returns what these users prefer for a type of event. Those who set nothing are not
// in the map.
func preferencesFor(ctx context.Context, tx db.Tx, t domain.EventType, users []domain.ID) (map[domain.ID]Preference, error) {
	rows, err := query.New(tx).ListPreferencesByEventType(ctx, query.ListPreferencesByEventTypeParams{EventType: string(t), Users: users})
	preferences := make(map[domain.ID]Preference, len(rows))
	for _, r := range rows {
		preferences[r.UserID] = newPreference(r)
	}
	return preferences, err
}

// fanOut writes the notifications and mails for an event, all or none. The audience is looked up
// again: members may have left since the event.
func (s *Service) fanOut(ctx context.Context, job *jobs.Job[fanOutArgs]) (any, error) {
	e, r := job.Args.Event, rules[job.Args.Event.Type]
	var audience []domain.ID
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) (err error) {
		audience, err = events.Audience(ctx, tx, s.cases, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	recipients := r.recipients(e, audience)
	accounts, err := s.accounts.ByID(ctx, recipients)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, err
	}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		preferences, err := preferencesFor(ctx, tx, e.Type, recipients)
		if err != nil {
			return err
		}
		for _, user := range recipients {
			u, ok := accounts[user]
			if !ok || u.Disabled {
				continue
			}
			c := r.channelsFor(preferences, user)
			if c.inApp {
				if err := query.New(tx).CreateNotification(ctx, query.CreateNotificationParams{UserID: user, ID: job.ID, EventType: string(e.Type), CaseID: e.CaseID,
					Data: string(data), CreatedAt: job.Args.At, ExpiresAt: job.Args.At.Add(Retention)}); err != nil {
					return err
				}
			}
			if c.email && s.sendMail != nil && u.EmailVerified && !(r.ownerMailed && user == e.UserID) {
				if err := s.sendMail(ctx, tx, Mail{ID: mailID(job.ID, user), To: u, Type: e.Type, Notification: job.ID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if domain.CodeOf(err) == domain.Conflict { // an earlier attempt has written them
		return nil, nil
	}
	return nil, err
}

// mailID derives the id of the mail to a user, so that no attempt writes it twice.
func mailID(event, user domain.ID) domain.ID {
	sum := sha256.Sum256(append(event[:], user[:]...))
	id := event // with its time and version
	copy(id[9:], sum[:])
	return id
}
