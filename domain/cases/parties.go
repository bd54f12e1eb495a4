package cases

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/matching"
	query "counsel/gen/query/cases"
)

// PartyKind is the kind of a party.
type PartyKind string

// Side is the side a party is on.
type Side string

// Kinds and sides. Parties on SideOther, such as witnesses, never conflict.
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

// Conflict is the same person or company on the opposing side of another case.
type Conflict struct {
	Side    Side              // of the other party
	Matched []string          // exact: name, email, registrationNumber; possible: similarName
	Score   float64           // how well the best match matches, 1 being equal
	Reasons []matching.Reason // how the names differ; none if only an address or number matches
	CaseID  *domain.ID        // nil if the caller may not see the case; all such cases are one Conflict
}

// NewParty describes a party to add.
type NewParty struct {
	ID                  domain.ID // optional, as in NewCase
	Kind                PartyKind
	Side                Side
	Name                string
	Email               string // "": unknown
	RegistrationNumber  string // "": unknown
	RegistrationCountry string // ISO 3166-1 alpha-2, "": unknown
}

// Party is a party of a case.
type Party struct {
	ID domain.ID
	NewParty
	CreatedAt time.Time
	Conflicts []Conflict // nil if the caller may not see them
}

func (n *NewParty) validate() error {
	if n.Kind != PartyPerson && n.Kind != PartyCompany {
		return domain.InvalidField("/kind", "must be person or company")
	}
	if n.Side != SideClient && n.Side != SideOpposing && n.Side != SideOther {
		return domain.InvalidField("/side", "must be client, opposing or other")
	}
	var err error
	if n.Name, err = singleLine("/name", n.Name, maxPartyName); err != nil {
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
		if n.RegistrationNumber, err = singleLine("/registrationNumber", n.RegistrationNumber, maxRegistration); err != nil {
			return err
		}
	}
	if n.RegistrationCountry != "" && !isCountry(n.RegistrationCountry) {
		return domain.InvalidField("/registrationCountry", "must be a country code such as DE")
	}
	return nil
}

// isCountry reports whether code has the form of ISO 3166-1 alpha-2.
func isCountry(code string) bool {
	return len(code) == 2 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// canSeeConflicts reports whether the caller sees conflicts: those who work on the case with an
// account of the firm. Conflicts reveal whom the firm represents.
func canSeeConflicts(p domain.Principal, role Role) bool {
	return p.Admin() || p.Role == domain.RoleLawyer && permits(p, role, Action{Verb: VerbCreate, Resource: ResourceParty})
}

// AddParty adds a party and runs the conflict check for callers who may see it. A conflict does not
// prevent adding the party: people decide.
func (s *Service) AddParty(ctx context.Context, p domain.Principal, id domain.ID, n NewParty) (Party, error) {
	if err := n.validate(); err != nil {
		return Party{}, err
	}
	row, ok, err := findExisting(ctx, s, p, id, n.ID, ResourceParty, func() (query.CaseParty, error) {
		return s.queries.GetCaseParty(ctx, query.GetCasePartyParams{CaseID: id, ID: n.ID})
	})
	if err != nil {
		return Party{}, err
	}
	if ok {
		return s.withConflicts(ctx, p, id, row)
	}
	keys, exact, _ := searchKeys(n, n.parsedName())
	party := Party{ID: cmp.Or(n.ID, s.newID()), NewParty: n, CreatedAt: s.now()}
	row = query.CaseParty{ID: party.ID, CaseID: id, Kind: string(n.Kind), Side: string(n.Side), Name: n.Name, Email: n.Email, RegistrationNumber: n.RegistrationNumber,
		NameKey: exact[0], EmailKey: emailKey(n.Email), RegistrationKey: registrationKey(n.registration()), CreatedBy: p.UserID, CreatedAt: party.CreatedAt, KeyRules: keyVersion,
		RegistrationCountry: n.RegistrationCountry}
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
		return createPartyKeys(ctx, tx, party.ID, keys)
	})
	if err != nil {
		return Party{}, err
	}
	// After the commit, so that of two concurrent requests the later sees the earlier.
	return s.withConflicts(ctx, p, id, row)
}

// withConflicts runs the conflict check for the caller who added the party.
func (s *Service) withConflicts(ctx context.Context, p domain.Principal, id domain.ID, row query.CaseParty) (Party, error) {
	if !canSeeConflicts(p, Owner) {
		return toParty(row, nil), nil
	}
	conflicts, err := s.conflicts(ctx, p, id, []query.CaseParty{row})
	if err != nil {
		return Party{}, err
	}
	return toParty(row, conflicts[row.ID]), nil
}

func toParty(r query.CaseParty, conflicts []Conflict) Party {
	return Party{ID: r.ID, CreatedAt: r.CreatedAt, Conflicts: conflicts,
		NewParty: NewParty{Kind: PartyKind(r.Kind), Side: Side(r.Side), Name: r.Name, Email: r.Email, RegistrationNumber: r.RegistrationNumber, RegistrationCountry: r.RegistrationCountry}}
}

// Parties lists the parties of a case, newest first, with their current conflicts. next is the
// cursor of the next page, nil on the last.
func (s *Service) Parties(ctx context.Context, p domain.Principal, id domain.ID, limit int, cursor *domain.ID) (items []Party, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceParty}); err != nil {
		return nil, nil, err
	}
	access, err := s.queries.GetCaseAccess(ctx, query.GetCaseAccessParams{Member: p.UserID, ID: id})
	if err != nil {
		return nil, nil, notFoundAs(err, errNoCase())
	}
	n := domain.PageSize(limit)
	rows, err := s.queries.ListCaseParties(ctx, query.ListCasePartiesParams{CaseID: id, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, n, func(r query.CaseParty) domain.ID { return r.ID })
	var conflicts map[domain.ID][]Conflict
	if canSeeConflicts(p, Role(access.MyRole.String)) {
		if conflicts, err = s.conflicts(ctx, p, id, rows); err != nil {
			return nil, nil, err
		}
	}
	for _, r := range rows {
		items = append(items, toParty(r, conflicts[r.ID]))
	}
	return items, next, nil
}

// RemoveParty removes a party. NotFound: the case has no such party.
func (s *Service) RemoveParty(ctx context.Context, p domain.Principal, id, party domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceParty, ID: &party}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCaseParty(ctx, query.DeleteCasePartyParams{CaseID: id, ID: party})
		if err == nil && n == 0 {
			return errNoParty
		}
		return err
	})
}

// CheckParty fails with NotFound unless the case has the party. It checks no policy and logs nothing.
func (s *Service) CheckParty(ctx context.Context, tx db.Tx, id, party domain.ID) error {
	_, err := query.New(tx).GetCaseParty(ctx, query.GetCasePartyParams{CaseID: id, ID: party})
	if err != nil {
		return notFoundAs(err, errNoParty)
	}
	return nil
}

// createPartyKeys inserts the search keys of a party.
func createPartyKeys(ctx context.Context, tx db.Tx, id domain.ID, keys [][]byte) error {
	for _, key := range keys {
		if err := query.New(tx).CreateCasePartyKey(ctx, query.CreateCasePartyKeyParams{NameKey: key, PartyID: id}); err != nil {
			return err
		}
	}
	return nil
}

// reindexBatch is how many parties are read at once.
const reindexBatch = 200

// ReindexParties rebuilds search keys of an older keyVersion.
func (s *Service) ReindexParties(ctx context.Context) error {
	for {
		rows, err := s.queries.ListCasePartiesByOldKeys(ctx, query.ListCasePartiesByOldKeysParams{Rules: keyVersion, Limit: reindexBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
				q := query.New(tx)
				if _, err := q.LockCaseParty(ctx, r.ID); err != nil {
					return notFoundAs(err, errNoParty)
				}
				if err := q.DeleteCasePartyKeys(ctx, r.ID); err != nil {
					return err
				}
				n := NewParty{Kind: PartyKind(r.Kind), Name: r.Name, Email: r.Email, RegistrationNumber: r.RegistrationNumber, RegistrationCountry: r.RegistrationCountry}
				keys, _, _ := searchKeys(n, n.parsedName())
				if err := createPartyKeys(ctx, tx, r.ID, keys); err != nil {
					return err
				}
				return q.UpdateCasePartyKeyVersion(ctx, query.UpdateCasePartyKeyVersionParams{KeyRules: keyVersion, ID: r.ID})
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

var errNoParty = domain.NoSuch("party")

// conflicts finds, for each party, matching parties on the opposing side of other cases. The value
// for a party without conflicts is empty, not nil.
func (s *Service) conflicts(ctx context.Context, p domain.Principal, id domain.ID, parties []query.CaseParty) (map[domain.ID][]Conflict, error) {
	found := make(map[domain.ID][]Conflict, len(parties))
	wantedBy := map[string][]*wantedParty{} // by shortKey
	var exact, similar [][]byte
	var sides []string
	for _, party := range parties {
		found[party.ID] = []Conflict{}
		side := string(opposite(Side(party.Side)))
		if side == "" {
			continue
		}
		if !slices.Contains(sides, side) {
			sides = append(sides, side)
		}
		n := toParty(party, nil).NewParty
		w := &wantedParty{CaseParty: party, name: n.parsedName(), registration: n.registration(), matches: map[string]matching.Match{}}
		_, e, s := searchKeys(n, w.name)
		exact, similar = append(exact, e...), append(similar, s...)
		for _, key := range slices.Concat(e, s) {
			wantedBy[shortKey(key)] = append(wantedBy[shortKey(key)], w)
		}
	}
	var candidates []query.ListCasePartiesByKeysRow
	// Separately, so that many similar names do not crowd out exact matches.
	for _, keys := range [][][]byte{exact, similar} {
		if len(keys) == 0 {
			continue
		}
		rows, err := s.queries.ListCasePartiesByKeys(ctx, query.ListCasePartiesByKeysParams{Member: p.UserID, CaseID: id, NameKeys: keys, Sides: sides})
		if err != nil {
			return nil, db.Error(err)
		}
		candidates = append(candidates, rows...)
	}
	names := map[string]matching.Name{} // many parties have the same name
	for _, candidate := range uniqueCandidates(candidates) {
		label := candidate.Kind + " " + candidate.Name
		name, ok := names[label]
		if !ok {
			name = matching.Parse(candidate.Name, matching.Kind(candidate.Kind))
			names[label] = name
		}
		for _, w := range sharingKeys(candidate.Matched, wantedBy) {
			if Side(candidate.Side) != opposite(Side(w.Side)) {
				continue
			}
			m, ok := w.matches[label]
			if !ok {
				m = matching.Compare(w.name, name)
				w.matches[label] = m
			}
			c := w.compare(candidate, m)
			if len(c.Matched) == 0 {
				continue
			}
			if p.Admin() || candidate.MyRole.String != "" {
				c.CaseID = &candidate.CaseID
			}
			found[w.ID] = mergeConflict(found[w.ID], c)
		}
	}
	return found, nil
}

// wantedParty is a party for which conflicts are searched.
type wantedParty struct {
	query.CaseParty
	name         matching.Name
	registration matching.Registration
	matches      map[string]matching.Match // by kind and name
}

// compare compares it with a candidate, of which m is the match of the name.
func (w *wantedParty) compare(candidate query.ListCasePartiesByKeysRow, m matching.Match) Conflict {
	c := Conflict{Side: Side(candidate.Side)}
	switch {
	case m.Score >= matching.Strong:
		c.Matched, c.Score, c.Reasons = append(c.Matched, "name"), m.Score, m.Reasons
	case m.Score >= matching.Possible:
		c.Matched, c.Score, c.Reasons = append(c.Matched, "similarName"), m.Score, m.Reasons
	}
	if len(w.EmailKey) > 0 && bytes.Equal(w.EmailKey, candidate.EmailKey) {
		c.Matched, c.Score = append(c.Matched, "email"), 1
	}
	if w.registration.Same(matching.Registration{Number: candidate.RegistrationNumber, Country: candidate.RegistrationCountry}) {
		c.Matched, c.Score = append(c.Matched, "registrationNumber"), 1
	}
	return c
}

// shortKeyLength is the length of a shortKey.
const shortKeyLength = 8

// shortKey is the beginning of a key in hexadecimal digits, as ListCasePartiesByKeys returns it.
func shortKey(key []byte) string {
	return strings.ToUpper(hex.EncodeToString(key[:shortKeyLength/2]))
}

// sharingKeys are the parties that have one of the short keys, each once.
func sharingKeys(matched string, wantedBy map[string][]*wantedParty) (parties []*wantedParty) {
	for i := 0; i+shortKeyLength <= len(matched); i += shortKeyLength {
		for _, w := range wantedBy[matched[i:i+shortKeyLength]] {
			if !slices.Contains(parties, w) {
				parties = append(parties, w)
			}
		}
	}
	return parties
}

// uniqueCandidates merges those that were found by exact and by similar keys.
func uniqueCandidates(rows []query.ListCasePartiesByKeysRow) (unique []query.ListCasePartiesByKeysRow) {
	at := make(map[domain.ID]int, len(rows))
	for _, r := range rows {
		if i, ok := at[r.ID]; ok {
			unique[i].Matched += r.Matched
			continue
		}
		at[r.ID] = len(unique)
		unique = append(unique, r)
	}
	return unique
}

// mergeConflict adds c to all. Conflicts of one case are merged, and so are those of all hidden
// cases.
func mergeConflict(all []Conflict, c Conflict) []Conflict {
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
	all[i].Score = max(all[i].Score, c.Score)
	all[i].Reasons = slices.Compact(slices.Sorted(slices.Values(slices.Concat(all[i].Reasons, c.Reasons))))
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
