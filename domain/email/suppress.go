package email

import (
	"cmp"
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// SuppressionReason says why an address is on the list.
type SuppressionReason string

// The reasons.
const (
	SuppressedBounce SuppressionReason = "bounced" // a mail server said that there is no such address
	SuppressedByHand SuppressionReason = "manual"  // an admin did
)

// Suppression is an address that is not written to.
type Suppression struct {
	ID        domain.ID
	Address   string // lower case
	Reason    SuppressionReason
	CreatedAt time.Time
}

// suppressed tells which of these addresses a mail of this kind must not go to. What an admin
// put on the list still gets the service's own mails: nobody is kept from their own account.
func (s *Service) suppressed(ctx context.Context, kind string, all []query.EmailRecipient) (map[string]bool, error) {
	keys := make([]string, 0, len(all))
	for _, r := range all {
		if Status(r.Status) == Queued {
			keys = append(keys, suppressionKey(r.Address))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := s.rows.ListSuppressed(ctx, keys)
	if err != nil {
		return nil, db.Error(err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		if kind == message || SuppressionReason(r.Reason) == SuppressedBounce {
			out[r.Address] = true
		}
	}
	return out, nil
}

// Suppressions lists the addresses that are not written to, the latest first, for admins. next
// is the before of the next page, nil on the last.
func (s *Service) Suppressions(ctx context.Context, caller domain.Principal, limit int, before *domain.ID) (items []Suppression, next *domain.ID, err error) {
	if err := onlyAdmins(caller); err != nil {
		return nil, nil, err
	}
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	from := afterAll
	if before != nil {
		from = *before
	}
	rows, err := s.rows.ListSuppressions(ctx, query.ListSuppressionsParams{Before: from, Limit: int32(limit + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items = make([]Suppression, len(rows))
	for i, r := range rows {
		items[i] = suppression(r)
	}
	return items, next, nil
}

// Suppress puts an address on the list, by an admin. One that is there stays as it is. Invalid:
// it is no address.
func (s *Service) Suppress(ctx context.Context, caller domain.Principal, address string) (Suppression, error) {
	if err := onlyAdmins(caller); err != nil {
		return Suppression{}, err
	}
	address, err := Address(address)
	if err != nil {
		return Suppression{}, domain.InvalidField("/address", "%s", err.Error())
	}
	key := suppressionKey(address)
	if err := s.rows.Suppress(ctx, query.SuppressParams{ID: s.NewID(), Address: key, Reason: string(SuppressedByHand), CreatedAt: s.Clock()}); err != nil {
		return Suppression{}, db.Error(err)
	}
	row, err := s.rows.GetSuppression(ctx, key)
	return suppression(row), db.Error(err)
}

// Unsuppress takes an address off the list, by an admin. NotFound: it is not there.
func (s *Service) Unsuppress(ctx context.Context, caller domain.Principal, id domain.ID) error {
	if err := onlyAdmins(caller); err != nil {
		return err
	}
	n, err := s.rows.DeleteSuppression(ctx, id)
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return domain.Errorf(domain.NotFound, "There is no such entry.")
	}
	return nil
}

func onlyAdmins(caller domain.Principal) error {
	if !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only an admin may see whom the service does not write to.")
	}
	return nil
}

func suppression(r query.EmailSuppression) Suppression {
	return Suppression{ID: r.ID, Address: r.Address, Reason: SuppressionReason(r.Reason), CreatedAt: r.CreatedAt}
}
