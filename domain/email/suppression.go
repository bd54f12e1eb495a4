package email

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// SuppressionReason says why an address is on the list.
type SuppressionReason string

// The reasons.
const (
	SuppressedBounce       SuppressionReason = "bounced"      // a mail server said that there is no such address
	SuppressedManually     SuppressionReason = "manual"       // an admin did
	SuppressedUnsubscribed SuppressionReason = "unsubscribed" // whoever has the address did, from what is sent to many
)

// Suppression is an address that is not written to.
type Suppression struct {
	ID        domain.ID
	Address   string // lower case; of somebody who was erased what stands for it
	Reason    SuppressionReason
	CreatedAt time.Time
}

// suppressedRecipients tells which of these addresses a mail must not go to. What an admin put on the list
// still gets the service's own mails but notifications: nobody is kept from their own account. Who unsubscribed
// still gets what was written to them alone.
func (s *Service) suppressedRecipients(ctx context.Context, mail query.Email, all []query.EmailRecipient) (map[string]bool, error) {
	keys := make([]string, 0, 2*len(all))
	of := map[string]string{} // entry: address
	for _, r := range all {
		if Status(r.Status) == Queued {
			key := domain.EmailKey(r.Address)
			keys = append(keys, key, erasedAddress(key))
			of[key], of[erasedAddress(key)] = key, key
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := s.rows.ListSuppressionsByAddress(ctx, keys)
	if err != nil {
		return nil, db.Error(err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		blocks := mail.Kind == kindMessage || mail.Kind == string(Notification)
		switch SuppressionReason(r.Reason) {
		case SuppressedBounce:
			blocks = true
		case SuppressedUnsubscribed:
			blocks = mail.Bulk
		}
		out[of[r.Address]] = out[of[r.Address]] || blocks
	}
	return out, nil
}

// erasedAddress stands on the list for the address of somebody who was erased: it cannot be read, but what
// is sent there again is known by it.
func erasedAddress(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "erased-" + hex.EncodeToString(sum[:16]) + "@erased.invalid"
}

// WhySuppressed tells why an address is not to be written to on somebody's behalf; "" when it may be. Who
// unsubscribed from what goes to many may.
func (s *Service) WhySuppressed(ctx context.Context, address string) (SuppressionReason, error) {
	key := domain.EmailKey(address)
	rows, err := s.rows.ListSuppressionsByAddress(ctx, []string{key, erasedAddress(key)})
	for _, r := range rows {
		if reason := SuppressionReason(r.Reason); reason != SuppressedUnsubscribed {
			return reason, nil
		}
	}
	return "", db.Error(err)
}

// SuppressBounced puts an address on the list that a mail server said there is none of.
func (s *Service) SuppressBounced(ctx context.Context, address string) error {
	return db.Error(s.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: domain.EmailKey(address), Reason: string(SuppressedBounce), CreatedAt: s.clock()}))
}

// Suppressions lists the addresses that are not written to, the latest first, for admins. next
// is the before of the next page, nil on the last.
func (s *Service) Suppressions(ctx context.Context, caller domain.Principal, limit int, before *domain.ID) (items []Suppression, next *domain.ID, err error) {
	if err := requireAdmin(caller); err != nil {
		return nil, nil, err
	}
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	from := domain.Before(before)
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
	if err := requireAdmin(caller); err != nil {
		return Suppression{}, err
	}
	parsed, err := domain.ParseEmail(address)
	if err != nil {
		return Suppression{}, domain.InvalidField("/address", "%s", err.Error())
	}
	key := parsed.Key()
	if err := s.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: key, Reason: string(SuppressedManually), CreatedAt: s.clock()}); err != nil {
		return Suppression{}, db.Error(err)
	}
	row, err := s.rows.GetSuppression(ctx, key)
	return suppression(row), db.Error(err)
}

// Unsuppress takes an address off the list, by an admin. NotFound: it is not there.
func (s *Service) Unsuppress(ctx context.Context, caller domain.Principal, id domain.ID) error {
	if err := requireAdmin(caller); err != nil {
		return err
	}
	n, err := s.rows.DeleteSuppression(ctx, id)
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return domain.NoSuch("entry")
	}
	return nil
}

// UnsubscribeAddress is the address that the mail with this link went to, one of a batch. NotFound: there
// is no such link.
func (s *Service) UnsubscribeAddress(ctx context.Context, link string) (string, error) {
	noLink := domain.Errorf(domain.NotFound, "This link is not valid.")
	id, err := s.linkID(link)
	if err != nil {
		return "", noLink
	}
	row, err := s.rows.GetEmail(ctx, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !row.Bulk {
		return "", noLink
	} else if err != nil {
		return "", db.Error(err)
	}
	all, err := s.rows.ListEmailRecipients(ctx, []domain.ID{id})
	if err != nil {
		return "", db.Error(err)
	}
	if len(all) != 1 {
		return "", noLink
	}
	return domain.EmailForPeople(domain.EmailKey(all[0].Address)), nil
}

// Unsubscribe puts the Subscriber on the list.
func (s *Service) Unsubscribe(ctx context.Context, link string) error {
	address, err := s.UnsubscribeAddress(ctx, link)
	if err != nil {
		return err
	}
	return db.Error(s.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: domain.EmailKey(address), Reason: string(SuppressedUnsubscribed), CreatedAt: s.clock()}))
}

func requireAdmin(caller domain.Principal) error {
	if !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only an admin may see whom the service does not write to.")
	}
	return nil
}

func suppression(r query.EmailSuppression) Suppression {
	return Suppression{ID: r.ID, Address: domain.EmailForPeople(r.Address), Reason: SuppressionReason(r.Reason), CreatedAt: r.CreatedAt}
}
