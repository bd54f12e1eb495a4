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
	PartyPerson  PartyKind = "person"
	PartyCompany PartyKind = "company"

	SideClient   Side = "client"
	SideOpposing Side = "opposing"
	SideOther    Side = "other"
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
	Matched []string   // name, email, registrationNumber: what is the same; similarName: what may be
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

// Party a case, as it stands in it.
type Party struct {
	ID domain.ID
	NewParty
	CreatedAt time.Time
	Conflicts []Conflict // nil for those who are not told
}

func (n *NewParty) check() error {
	if n.Kind != PartyPerson && n.Kind != PartyCompany {
		return domain.InvalidField("/kind", "must be person or company")
	}
	if n.Side != SideClient && n.Side != SideOpposing && n.Side != SideOther {
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

// mayCheck reports whether somebody is told of conflicts: those who work on a case with an account of
// the firm's. They say whom the firm acts for, which nobody may find out who only registered.
func mayCheck(p domain.Principal, role Role) bool {
	return p.Admin() || p.Role == domain.RoleLawyer && permits(p, role, Action{Verb: VerbCreate, Resource: ResourceParty})
}

// AddParty puts a party into a case and tells those who may know with whom it conflicts. A conflict
// does not stop it: people decide about those.
func (s *Service) AddParty(ctx context.Context, p domain.Principal, id domain.ID, n NewParty) (Party, error) {
	if err := n.check(); err != nil {
		return Party{}, err
	}
	row, ok, err := existing(ctx, s, p, id, n.ID, ResourceParty, func() (query.CaseParty, error) {
		return s.rows.GetCaseParty(ctx, query.GetCasePartyParams{CaseID: id, ID: n.ID})
	})
	if err != nil {
		return Party{}, err
	}
	if ok {
		return s.withConflicts(ctx, p, id, row)
	}
	keys := partyKeys(n)
	party := Party{ID: cmp.Or(n.ID, s.newID()), NewParty: n, CreatedAt: s.now()}
	row = query.CaseParty{ID: party.ID, CaseID: id, Kind: string(n.Kind), Side: string(n.Side), Name: n.Name, Email: n.Email, RegistrationNumber: n.RegistrationNumber,
		NameKey: keys[0], EmailKey: emailKey(n.Email), RegistrationKey: registrationKey(n.RegistrationNumber), CreatedBy: p.UserID, CreatedAt: party.CreatedAt, KeyRules: keyRules}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceParty, ID: &party.ID, Detail: "side " + string(n.Side)}, func(tx db.Tx) error {
		q := query.New(tx)

		switch count, err := q.CountCaseParties(ctx, id); {
		case err != nil:
			return err
		case count >= maxParties:
			return domain.Errorf(domain.Conflict, "A case can have at most %d parties.", maxParties)
		}
		if err := q.CreateCaseParty(ctx, query.CreateCasePartyParams(row)); err != nil {
			return err
		}
		return createKeys(ctx, tx, party.ID, keys)
	})
	if err != nil {
		return Party{}, err
	}
	// After the commit: of two who add the two sides at once, the later sees the earlier.
	return s.withConflicts(ctx, p, id, row)
}

// withConflicts is a party for whoever added it, and so works on the case.
func (s *Service) withConflicts(ctx context.Context, p domain.Principal, id domain.ID, row query.CaseParty) (Party, error) {
	if !mayCheck(p, Owner) {
		return partyOf(row, nil), nil
	}
	conflicts, err := s.conflicts(ctx, p, id, []query.CaseParty{row})
	if err != nil {
		return Party{}, err
	}
	return partyOf(row, conflicts[row.ID]), nil
}

func partyOf(r query.CaseParty, conflicts []Conflict) Party {
	return Party{ID: r.ID, CreatedAt: r.CreatedAt, Conflicts: conflicts,
		NewParty: NewParty{Kind: PartyKind(r.Kind), Side: Side(r.Side), Name: r.Name, Email: r.Email, RegistrationNumber: r.RegistrationNumber}}
}

// Parties lists a case's parties, the newest first, with their conflicts as they are now. next
// is the from of the following page, nil on the last.
func (s *Service) Parties(ctx context.Context, p domain.Principal, id domain.ID, limit int, from *domain.ID) (items []Party, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceParty}); err != nil {
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
	if mayCheck(p, Role(at.MyRole.String)) {
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
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceParty, ID: &party}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCaseParty(ctx, query.DeleteCasePartyParams{CaseID: id, ID: party})
		if err == nil && n == 0 {
			return errPartyGone
		}
		return err
	})
}

// createKeys lets a party be found.
func createKeys(ctx context.Context, tx db.Tx, id domain.ID, keys [][]byte) error {
	for _, key := range keys {
		if err := query.New(tx).CreatePartyKey(ctx, query.CreatePartyKeyParams{NameKey: key, PartyID: id}); err != nil {
			return err
		}
	}
	return nil
}

// reindexBatch is how many parties are given new keys between two looks at the deadline.
const reindexBatch = 200

// ReindexParties gives parties whose keys were made by older rules new ones.
func (s *Service) ReindexParties(ctx context.Context) error {
	for {
		rows, err := s.rows.ListPartiesToIndex(ctx, query.ListPartiesToIndexParams{Rules: keyRules, Limit: reindexBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
				q := query.New(tx)

				if _, err := q.LockParty(ctx, r.ID); err != nil {
					return absent(err, errPartyGone)
				}
				if err := q.DeletePartyKeys(ctx, r.ID); err != nil {
					return err
				}
				keys := partyKeys(NewParty{Kind: PartyKind(r.Kind), Name: r.Name, Email: r.Email, RegistrationNumber: r.RegistrationNumber})
				if err := createKeys(ctx, tx, r.ID, keys); err != nil {
					return err
				}
				return q.SetPartyKeyRules(ctx, query.SetPartyKeyRulesParams{KeyRules: keyRules, ID: r.ID})
			})
			if err != nil && domain.CodeOf(err) != domain.NotFound {
				return err
			}
		}
		if len(rows) < reindexBatch {
			return nil
		}
	}
}

var errPartyGone = domain.NoSuch("party")

// conflicts finds, for each of a case's parties, the same on the other side of other cases. The
// value for a party without any is empty, not nil.
func (s *Service) conflicts(ctx context.Context, p domain.Principal, id domain.ID, parties []query.CaseParty) (map[domain.ID][]Conflict, error) {
	found := make(map[domain.ID][]Conflict, len(parties))
	names := make(map[domain.ID][]reading, len(parties))
	var exact, alike [][]byte
	for _, mine := range parties {
		found[mine.ID] = []Conflict{}
		if opposite(Side(mine.Side)) == "" {
			continue
		}
		n := NewParty{Kind: PartyKind(mine.Kind), Name: mine.Name, Email: mine.Email, RegistrationNumber: mine.RegistrationNumber}
		names[mine.ID] = readings(n.Name, n.Kind)
		_, sought := similarKeys(n, names[mine.ID])
		exact, alike = append(exact, exactKeys(n, names[mine.ID])...), append(alike, sought...)
	}
	var others []query.FindPartiesRow
	// Apart, so that the many with a common name do not crowd out those that are the same.
	for _, keys := range [][][]byte{exact, alike} {
		if len(keys) == 0 {
			continue
		}
		rows, err := s.rows.FindParties(ctx, query.FindPartiesParams{Member: p.UserID, CaseID: id, NameKeys: keys})
		if err != nil {
			return nil, db.Error(err)
		}
		others = append(others, rows...)
	}
	theirs := make(map[domain.ID][]reading, len(others))
	for _, other := range others {
		if theirs[other.ID] == nil {
			theirs[other.ID] = readings(other.Name, PartyKind(other.Kind))
		}
	}
	for _, mine := range parties {
		for _, other := range others {
			if Side(other.Side) != opposite(Side(mine.Side)) {
				continue
			}
			var matched []string
			switch compareReadings(names[mine.ID], theirs[other.ID], PartyKind(mine.Kind) == PartyPerson && PartyKind(other.Kind) == PartyPerson) {
			case same:
				matched = append(matched, "name")
			case similar:
				matched = append(matched, "similarName")
			case unlike:
			}
			if len(mine.EmailKey) > 0 && bytes.Equal(mine.EmailKey, other.EmailKey) {
				matched = append(matched, "email")
			}
			if len(mine.RegistrationKey) > 0 && bytes.Equal(mine.RegistrationKey, other.RegistrationKey) {
				matched = append(matched, "registrationNumber")
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
	case SideClient:
		return SideOpposing
	case SideOpposing:
		return SideClient
	}
	return ""
}
