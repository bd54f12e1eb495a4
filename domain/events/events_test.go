package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
)

func ExampleBus() {
	bus := events.NewBus()
	for _, name := range []string{"webhooks", "notifications"} {
		bus.Subscribe(func(_ context.Context, _ db.Tx, e domain.Event) error {
			fmt.Println(name, "got", e.Type)
			return nil
		})
	}
	if err := bus.Publish(context.Background(), db.Tx{}, domain.Event{Type: domain.EventDraftCreated}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// webhooks got draft.created
	// notifications got draft.created
}

var errSubscriber = errors.New("the subscriber failed")

func TestBus(t *testing.T) {
	for _, tc := range []struct {
		name        string
		subscribers int
		failing     int // position of the one that fails; -1: none
		called      []int
		err         error
	}{
		{"without subscribers", 0, -1, nil, nil},
		{"in the order of subscription", 3, -1, []int{0, 1, 2}, nil},
		{"the first fails", 3, 0, []int{0}, errSubscriber},
		{"the second fails", 3, 1, []int{0, 1}, errSubscriber},
		{"the last fails", 3, 2, []int{0, 1, 2}, errSubscriber},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bus, event := events.NewBus(), domain.Event{UserID: domain.NewID(), Type: domain.EventCaseClosed}
			var called []int
			for i := range tc.subscribers {
				bus.Subscribe(func(_ context.Context, _ db.Tx, e domain.Event) error {
					if e.UserID != event.UserID || e.Type != event.Type {
						t.Errorf("got %+v, want %+v", e, event)
					}
					if called = append(called, i); i == tc.failing {
						return errSubscriber
					}
					return nil
				})
			}
			if err := bus.Publish(t.Context(), db.Tx{}, event); !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if !slices.Equal(called, tc.called) {
				t.Errorf("called %v, want %v", called, tc.called)
			}
		})
	}
}

// fakeCases are cases by id; any other is NotFound.
type fakeCases map[domain.ID][]domain.ID

func (c fakeCases) Readers(_ context.Context, _ db.Tx, id domain.ID) ([]domain.ID, error) {
	readers, ok := c[id]
	if !ok {
		return nil, domain.NoSuch("case")
	}
	return readers, nil
}

func TestForAudience(t *testing.T) {
	owner, member, other := domain.NewID(), domain.NewID(), domain.NewID()
	shared, abandoned, missing := domain.NewID(), domain.NewID(), domain.NewID()
	cases := fakeCases{shared: {member, other}, abandoned: {}}
	for _, tc := range []struct {
		name     string
		event    domain.Event
		audience []domain.ID // nil: no subscriber is called
		code     domain.Code
	}{
		{"outside of cases: the owner", domain.Event{UserID: owner}, []domain.ID{owner}, ""},
		{"in a case: its members, not the owner", domain.Event{UserID: owner, CaseID: &shared}, []domain.ID{member, other}, ""},
		{"in a case without members", domain.Event{UserID: owner, CaseID: &abandoned}, nil, ""},
		{"in a case that does not exist", domain.Event{UserID: owner, CaseID: &missing}, nil, domain.NotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got [][]domain.ID
			record := func(_ context.Context, _ db.Tx, _ domain.Event, audience []domain.ID) error {
				got = append(got, audience)
				return nil
			}
			err := events.ForAudience(cases, record, record)(t.Context(), db.Tx{}, tc.event)
			if err != nil && domain.CodeOf(err) != tc.code || (err != nil) != (tc.code != "") {
				t.Errorf("error %v, want %q", err, tc.code)
			}
			switch {
			case tc.audience == nil && got != nil:
				t.Errorf("called for %v", got)
			case tc.audience != nil && (len(got) != 2 || !slices.Equal(got[0], tc.audience) || !slices.Equal(got[1], tc.audience)):
				t.Errorf("called for %v, want %v twice", got, tc.audience)
			}
		})
	}

	t.Run("a subscriber fails", func(t *testing.T) {
		var called []string
		subscriber := func(name string, err error) events.AudienceSubscriber {
			return func(context.Context, db.Tx, domain.Event, []domain.ID) error {
				called = append(called, name)
				return err
			}
		}
		err := events.ForAudience(cases, subscriber("first", nil), subscriber("second", errSubscriber), subscriber("third", nil))(t.Context(), db.Tx{}, domain.Event{UserID: owner})
		if !errors.Is(err, errSubscriber) || !slices.Equal(called, []string{"first", "second"}) {
			t.Errorf("error %v after %v", err, called)
		}
	})
}
