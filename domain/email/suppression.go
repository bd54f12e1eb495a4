package email

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/email"
)

// SuppressionReason is why an address is on the suppression list.
type SuppressionReason string

// The reasons.
const (
	SuppressedBounce       SuppressionReason = "bounced"      // a mail server rejected it as nonexistent
	SuppressedManually     SuppressionReason = "manual"       // added by an admin
	SuppressedUnsubscribed SuppressionReason = "unsubscribed" // its owner unsubscribed from batches
)

// Suppression is an address that is not mailed.
type Suppression struct {
	ID        domain.ID
	Address   string // in lower case; a hash if its owner was erased
	Reason    SuppressionReason
	CreatedAt time.Time
}

// suppressedRecipients returns the queued recipients, by key, to which a mail must not be sent. An address that an
// admin added still gets system mails other than notifications, so that its owner can use their account. An
// unsubscribed address still gets mails that were not sent as a batch.
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

// erasedAddress returns the anonymized form of an address on the list: it cannot be read, but matched.
func erasedAddress(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "erased-" + hex.EncodeToString(sum[:16]) + "@erased.invalid"
}

// WhySuppressed returns why single mails must not be sent to an address, or "". Unsubscribing from batches does not
// count.
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

// SuppressBounced adds an address that a mail server rejected as nonexistent.
func (s *Service) SuppressBounced(ctx context.Context, address string) error {
	return db.Error(s.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: domain.EmailKey(address), Reason: string(SuppressedBounce), CreatedAt: s.clock()}))
}

// Suppressions returns a page of the list, newest first, for admins. next is the cursor of the next page, nil on the
// last.
func (s *Service) Suppressions(ctx context.Context, caller domain.Principal, limit int, cursor *domain.ID) (items []Suppression, next *domain.ID, err error) {
	if err := requireAdmin(caller); err != nil {
		return nil, nil, err
	}
	limit = domain.PageSize(limit)
	from := domain.CursorOrMax(cursor)
	rows, err := s.rows.ListSuppressions(ctx, query.ListSuppressionsParams{Cursor: from, Limit: int32(limit + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.EmailSuppression) domain.ID { return r.ID })
	items = make([]Suppression, len(rows))
	for i, r := range rows {
		items[i] = suppression(r)
	}
	return items, next, nil
}

// Suppress adds an address, for admins. An existing entry is kept. It fails with Invalid if the address is malformed.
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

// Unsuppress removes an entry, for admins. It fails with NotFound if there is none.
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

// UnsubscribeAddress returns the recipient of the batch mail with an unsubscribe link. It fails with NotFound if the link
// is not valid.
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
	return domain.EmailUnicode(domain.EmailKey(all[0].Address)), nil
}

// Unsubscribe adds the UnsubscribeAddress of a link to the list.
func (s *Service) Unsubscribe(ctx context.Context, link string) error {
	address, err := s.UnsubscribeAddress(ctx, link)
	if err != nil {
		return err
	}
	return db.Error(s.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: domain.EmailKey(address), Reason: string(SuppressedUnsubscribed), CreatedAt: s.clock()}))
}

func requireAdmin(caller domain.Principal) error {
	if !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only an admin may view or edit the suppression list.")
	}
	return nil
}

func suppression(r query.EmailSuppression) Suppression {
	return Suppression{ID: r.ID, Address: domain.EmailUnicode(r.Address), Reason: SuppressionReason(r.Reason), CreatedAt: r.CreatedAt}
}
