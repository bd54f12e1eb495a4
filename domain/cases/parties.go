package cases

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// PartyKind is what a party is.
type PartyKind string

// Side is where a party stands.
type Side string

// The kinds and the sides. Parties on the side Other, such as witnesses, conflict with nobody.
const (
	Person  PartyKind = "person"
	Company PartyKind = "company"

	OurSide   Side = "client"
	OtherSide Side = "opposing"
	NoSide    Side = "other"
)

// Limits of a party.
const (
	maxPartyName    = 200
	maxRegistration = 64
	maxParties      = 500 // of one case
)

// Conflict is the same person or company on the other side of another case.
type Conflict struct {
	Side    Side       // theirs in the other case
	Matched []string   // name, email, registrationNumber: what is the same
	CaseID  *domain.ID // nil when the caller may not see that case; all such cases are one Conflict
}

// NewParty is a person or company in a case.
type NewParty struct {
	ID                 domain.ID // optional, as of NewCase
	Kind               PartyKind
	Side               Side
	Name               string
	Email              string // "": not known
	RegistrationNumber string // "": not known
}

// PartyOf a case, as it stands in it.
type PartyOf struct {
	ID domain.ID
	NewParty
	CreatedAt time.Time
	Conflicts []Conflict // nil for members who only read
}

func (n *NewParty) check() error {
	if n.Kind != Person && n.Kind != Company {
		return domain.InvalidField("/kind", "must be person or company")
	}
	if n.Side != OurSide && n.Side != OtherSide && n.Side != NoSide {
		return domain.InvalidField("/side", "must be client, opposing or other")
	}
	var err error
	if n.Name, err = line("/name", n.Name, maxPartyName); err != nil {
		return err
	}
	if n.Email != "" {
		address, err := domain.ParseEmail(n.Email)
		if err != nil {
			return domain.InvalidField("/email", "%s", err.Error())
		}
		n.Email = address.String()
	}
	if n.RegistrationNumber != "" {
		if n.RegistrationNumber, err = line("/registrationNumber", n.RegistrationNumber, maxRegistration); err != nil {
			return err
		}
	}
	return nil
}

// AddParty puts a party into a case and tells with whom it conflicts. A conflict does not stop
// it: people decide about those.
func (s *Service) AddParty(ctx context.Context, p domain.Principal, id domain.ID, n NewParty) (PartyOf, error) {
	if err := n.check(); err != nil {
		return PartyOf{}, err
	}
	row, ok, err := existing(ctx, s, p, id, n.ID, SubjectParty, func() (query.CaseParty, error) {
		return s.rows.GetCaseParty(ctx, query.GetCasePartyParams{CaseID: id, ID: n.ID})
	})
	if err != nil {
		return PartyOf{}, err
	}
	if ok {
		return s.withConflicts(ctx, p, id, row)
	}
	party := PartyOf{ID: cmp.Or(n.ID, s.newID()), NewParty: n, CreatedAt: s.now()}
	row = query.CaseParty{ID: party.ID, CaseID: id, Kind: string(n.Kind), Side: string(n.Side), Name: n.Name, Email: n.Email, RegistrationNumber: n.RegistrationNumber,
		NameKey: nameKey(n.Name, n.Kind), EmailKey: emailKey(n.Email), RegistrationKey: registrationKey(n.RegistrationNumber), CreatedBy: p.UserID, CreatedAt: party.CreatedAt}
	err = s.Change(ctx, p, id, &Act{Verb: VerbCreate, Subject: SubjectParty, ID: &party.ID, Detail: "side " + string(n.Side)}, func(q *query.Queries) error {
		switch count, err := q.CountCaseParties(ctx, id); {
		case err != nil:
			return err
		case count >= maxParties:
			return domain.Errorf(domain.Conflict, "A case can have at most %d parties.", maxParties)
		}
		return q.CreateCaseParty(ctx, query.CreateCasePartyParams(row))
	})
	if err != nil {
		return PartyOf{}, err
	}
	// After the commit: of two who add the two sides at once, the later sees the earlier.
	return s.withConflicts(ctx, p, id, row)
}

func (s *Service) withConflicts(ctx context.Context, p domain.Principal, id domain.ID, row query.CaseParty) (PartyOf, error) {
	conflicts, err := s.conflicts(ctx, p, id, []query.CaseParty{row})
	if err != nil {
		return PartyOf{}, err
	}
	return partyOf(row, conflicts[row.ID]), nil
}

func partyOf(r query.CaseParty, conflicts []Conflict) PartyOf {
	return PartyOf{ID: r.ID, CreatedAt: r.CreatedAt, Conflicts: conflicts,
		NewParty: NewParty{Kind: PartyKind(r.Kind), Side: Side(r.Side), Name: r.Name, Email: r.Email, RegistrationNumber: r.RegistrationNumber}}
}

// Parties lists a case's parties, the newest first, with their conflicts as they are now. next
// is the from of the following page, nil on the last.
func (s *Service) Parties(ctx context.Context, p domain.Principal, id domain.ID, limit int, from *domain.ID) (items []PartyOf, next *domain.ID, err error) {
	if err := s.Read(ctx, p, id, Act{Verb: VerbRead, Subject: SubjectParty}); err != nil {
		return nil, nil, err
	}
	at, err := s.rows.GetStanding(ctx, query.GetStandingParams{Member: p.UserID, ID: id})
	if err != nil {
		return nil, nil, absent(err, noCase())
	}
	n := pageSize(limit)
	rows, err := s.rows.ListCaseParties(ctx, query.ListCasePartiesParams{CaseID: id, Before: domain.Before(from), Limit: n + 1})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = page(rows, n, func(r query.CaseParty) domain.ID { return r.ID })
	var conflicts map[domain.ID][]Conflict
	// A client of the firm does not learn here whom else it acts for.
	works := p.Admin() || permits(p, Role(at.MyRole.String), Act{Verb: VerbCreate, Subject: SubjectParty})
	if works {
		if conflicts, err = s.conflicts(ctx, p, id, rows); err != nil {
			return nil, nil, err
		}
	}
	for _, r := range rows {
		items = append(items, partyOf(r, conflicts[r.ID]))
	}
	return items, next, nil
}

// RemoveParty takes a party out of a case. NotFound: the case has no such party.
func (s *Service) RemoveParty(ctx context.Context, p domain.Principal, id, party domain.ID) error {
	return s.Change(ctx, p, id, &Act{Verb: VerbDelete, Subject: SubjectParty, ID: &party}, func(q *query.Queries) error {
		n, err := q.DeleteCaseParty(ctx, query.DeleteCasePartyParams{CaseID: id, ID: party})
		if err == nil && n == 0 {
			return domain.Errorf(domain.NotFound, "There is no such party.")
		}
		return err
	})
}

// conflicts finds, for each of a case's parties, the same on the other side of other cases. The
// value for a party without any is empty, not nil.
func (s *Service) conflicts(ctx context.Context, p domain.Principal, id domain.ID, parties []query.CaseParty) (map[domain.ID][]Conflict, error) {
	found := make(map[domain.ID][]Conflict, len(parties))
	var names, emails, registrations [][]byte
	for _, mine := range parties {
		found[mine.ID] = []Conflict{}
		if opposite(Side(mine.Side)) == "" {
			continue
		}
		names = append(names, mine.NameKey)
		if len(mine.EmailKey) > 0 {
			emails = append(emails, mine.EmailKey)
		}
		if len(mine.RegistrationKey) > 0 {
			registrations = append(registrations, mine.RegistrationKey)
		}
	}
	if len(names) == 0 {
		return found, nil
	}
	others, err := s.rows.FindParties(ctx, query.FindPartiesParams{Member: p.UserID, CaseID: id, Names: names, Emails: emails, Registrations: registrations})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, mine := range parties {
		for _, other := range others {
			if Side(other.Side) != opposite(Side(mine.Side)) {
				continue
			}
			var matched []string
			for _, key := range []struct {
				what string
				a, b []byte
			}{{"name", mine.NameKey, other.NameKey}, {"email", mine.EmailKey, other.EmailKey}, {"registrationNumber", mine.RegistrationKey, other.RegistrationKey}} {
				if len(key.a) > 0 && bytes.Equal(key.a, key.b) {
					matched = append(matched, key.what)
				}
			}
			if len(matched) == 0 {
				continue
			}
			c := Conflict{Side: Side(other.Side), Matched: matched}
			if p.Admin() || other.MyRole.String != "" {
				c.CaseID = &other.CaseID
			}
			found[mine.ID] = merge(found[mine.ID], c)
		}
	}
	return found, nil
}

// merge adds a conflict; those of one case, and those of all hidden ones, are one.
func merge(all []Conflict, c Conflict) []Conflict {
	i := slices.IndexFunc(all, func(x Conflict) bool {
		return (x.CaseID == nil) == (c.CaseID == nil) && (x.CaseID == nil || *x.CaseID == *c.CaseID)
	})
	if i < 0 {
		return append(all, c)
	}
	for _, m := range c.Matched {
		if !slices.Contains(all[i].Matched, m) {
			all[i].Matched = append(all[i].Matched, m)
		}
	}
	slices.Sort(all[i].Matched)
	return all
}

func opposite(s Side) Side {
	switch s {
	case OurSide:
		return OtherSide
	case OtherSide:
		return OurSide
	}
	return ""
}
