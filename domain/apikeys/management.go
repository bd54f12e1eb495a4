package apikeys

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	query "counsel/gen/query/apikeys"
)

// Notice is the mail about a new key.
type Notice struct {
	Key    Key
	Owner  account.User
	Locale string // an Accept-Language value
}

// Mailer sends the mails about keys.
type Mailer interface {
	// APIKeyMail enqueues a mail in the caller's transaction, if the owner can be mailed at all.
	APIKeyMail(ctx context.Context, tx db.Tx, n Notice) error
	// Wake starts delivery of enqueued mails, after the commit.
	Wake()
}

// NewKey describes a key to be created.
type NewKey struct {
	ID        domain.ID // optional; the same for each retry of a request
	Name      string
	Mode      Mode // "": ModeLive
	Scopes    []Scope
	ExpiresAt time.Time // zero: in a year
	IPRanges  []string  // addresses, or ranges in CIDR notation; empty: all
	RateLimit int       // requests per minute; 0: Config.MaxRateLimit
	Locale    string    // of the mail to the owner: an Accept-Language value
}

// Create adds a key of the caller. The secret is returned only here. A retry under the ID of a key that was
// never used gets a new secret, since nobody received the first one. Errors: Invalid, naming the fields;
// Forbidden with ReasonRefused if the caller is a key; Conflict if the caller has MaxKeys, or the key of the ID is in
// use.
func (s *Service) Create(ctx context.Context, caller domain.Principal, n NewKey) (k Key, secret string, err error) {
	if err := refuseKey(caller); err != nil {
		return Key{}, "", err
	}
	now := s.clock()
	k, err = s.validate(n, now)
	if err != nil {
		return Key{}, "", err
	}
	if secret, err = newSecret(s.random, k.Mode); err != nil {
		return Key{}, "", err
	}
	k.ID, k.UserID, k.Status, k.LastFour, k.CreatedAt = cmp.Or(n.ID, s.newID()), caller.UserID, StatusActive, secret[len(secret)-4:], now
	owners, err := s.accounts.ByID(ctx, []domain.ID{caller.UserID})
	if err != nil {
		return Key{}, "", err
	}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		if k.Mode == ModeTest {
			testAccount, err := s.accounts.EnsureTestAccount(ctx, tx, caller.UserID)
			if err != nil {
				return err
			}
			k.testAccount = &testAccount
		}
		existing, err := q.LockAPIKeysByUser(ctx, caller.UserID)
		if err != nil {
			return err
		}
		active := 0
		for _, e := range existing {
			if e.ID == k.ID {
				k, err = s.replaceSecret(ctx, q, k, secret)
				return err
			}
			if !e.RevokedAt.Valid && now.Before(e.ExpiresAt) {
				active++
			}
		}
		if active >= MaxKeys {
			return domain.Errorf(domain.Conflict, "An account can have at most %d active API keys.", MaxKeys)
		}
		if err := q.CreateAPIKey(ctx, toRow(k, secret)); err != nil {
			return err
		}
		if s.mailer == nil {
			return nil
		}
		return s.mailer.APIKeyMail(ctx, tx, Notice{Key: k, Owner: owners[caller.UserID], Locale: n.Locale})
	})
	if err != nil {
		return Key{}, "", err
	}
	if s.mailer != nil {
		s.mailer.Wake()
	}
	return k, secret, nil
}

// replaceSecret gives a key that was created by an earlier try of the same request another secret, and returns it.
func (s *Service) replaceSecret(ctx context.Context, q *query.Queries, k Key, secret string) (Key, error) {
	replaced, err := q.UpdateAPIKeySecret(ctx, query.UpdateAPIKeySecretParams{SecretHash: hashSecret(secret), LastFour: k.LastFour, ID: k.ID})
	if err != nil {
		return k, err
	}
	if replaced == 0 {
		return k, domain.Errorf(domain.Conflict, "This key was created by an earlier request and is in use or revoked.")
	}
	row, err := q.GetAPIKey(ctx, k.ID)
	if err != nil {
		return k, err
	}
	return s.toKey(row)
}

func toRow(k Key, secret string) query.CreateAPIKeyParams {
	scopes, ranges := make([]string, len(k.Scopes)), make([]string, len(k.IPRanges))
	for i, scope := range k.Scopes {
		scopes[i] = string(scope)
	}
	for i, r := range k.IPRanges {
		ranges[i] = r.String()
	}
	return query.CreateAPIKeyParams{ID: k.ID, UserID: k.UserID, Name: k.Name, Mode: string(k.Mode), SecretHash: hashSecret(secret), LastFour: k.LastFour,
		Scopes: strings.Join(scopes, ","), IpRanges: strings.Join(ranges, ","), RateLimit: uint32(k.RateLimit), CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, TestAccountID: k.testAccount}
}

// refuseKey fails if the caller is a key: keys neither create nor see nor revoke keys.
func refuseKey(caller domain.Principal) error {
	if !caller.KeyID.IsZero() {
		return &domain.Error{Code: domain.Forbidden, Reason: ReasonRefused, Message: "An API key cannot do this. Please sign in."}
	}
	return nil
}

// validate checks a new key and completes it with defaults.
func (s *Service) validate(n NewKey, now time.Time) (Key, error) {
	k := Key{Name: strings.TrimSpace(n.Name), Mode: cmp.Or(n.Mode, ModeLive), RateLimit: n.RateLimit, ExpiresAt: n.ExpiresAt.UTC().Truncate(time.Microsecond)}
	var fields []domain.Field
	invalid := func(pointer, format string, args ...any) {
		fields = append(fields, domain.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if length := utf8.RuneCountInString(k.Name); length == 0 || length > maxName || !utf8.ValidString(k.Name) || strings.ContainsFunc(k.Name, unicode.IsControl) {
		invalid("/name", "must be one line of 1 to %d characters", maxName)
	}
	if k.Mode != ModeLive && k.Mode != ModeTest {
		invalid("/mode", "is not a mode of keys")
	}
	for i, scope := range n.Scopes {
		if !slices.Contains(Scopes, scope) {
			invalid(fmt.Sprintf("/scopes/%d", i), "is not a scope")
		} else if !slices.Contains(k.Scopes, scope) {
			k.Scopes = append(k.Scopes, scope)
		}
	}
	if len(n.Scopes) == 0 {
		invalid("/scopes", "must contain at least one")
	}
	switch {
	case n.ExpiresAt.IsZero():
		k.ExpiresAt = now.Add(defaultLifetime)
	case !k.ExpiresAt.After(now):
		invalid("/expiresAt", "must be in the future")
	case k.ExpiresAt.After(now.Add(MaxLifetime)):
		invalid("/expiresAt", "must be within %d days", MaxLifetime/(24*time.Hour))
	}
	if len(n.IPRanges) > MaxIPRanges {
		invalid("/ipRanges", "must contain at most %d", MaxIPRanges)
		n.IPRanges = nil
	}
	for i, text := range n.IPRanges {
		r, detail := parseRange(text)
		if detail != "" {
			invalid(fmt.Sprintf("/ipRanges/%d", i), "%s", detail)
		} else if !slices.Contains(k.IPRanges, r) {
			k.IPRanges = append(k.IPRanges, r)
		}
	}
	if k.RateLimit < 0 || k.RateLimit > s.maxRateLimit {
		invalid("/rateLimit", "must be at most %d", s.maxRateLimit)
	}
	if fields != nil {
		return Key{}, &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: fields}
	}
	return k, nil
}

// parseRange reads an address or a range of addresses. detail is what is wrong with it, for people.
func parseRange(text string) (r netip.Prefix, detail string) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), ""
	}
	r, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return r, "is neither an IP address nor a range such as 203.0.113.0/24"
	case r.Addr().Is4In6():
		return r, "must be written as an IPv4 range"
	case r != r.Masked():
		return r, "has bits after its length; the range is " + r.Masked().String()
	}
	return r, ""
}

// Filter narrows a list.
type Filter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older ones
}

// List lists keys, newest first, with those that have ended. next is the cursor of the next page, nil on the last one.
// Forbidden: another user's, unless the caller is an admin.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Key, next *domain.ID, err error) {
	if err := refuseKey(caller); err != nil {
		return nil, nil, err
	}
	user := f.UserID
	switch {
	case user != nil && !caller.MayAccess(*user):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's API keys.")
	case user == nil && !caller.Admin():
		user = &caller.UserID
	}
	limit := domain.PageSize(f.Limit)
	var rows []query.ApiKey
	if user != nil {
		rows, err = s.queries.ListAPIKeysByUser(ctx, query.ListAPIKeysByUserParams{UserID: *user, Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	} else {
		rows, err = s.queries.ListAPIKeys(ctx, query.ListAPIKeysParams{Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.ApiKey) domain.ID { return r.ID })
	for _, r := range rows {
		k, err := s.toKey(r)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, k)
	}
	return items, next, nil
}

// Get returns a key. NotFound: it does not exist, or is not the caller's and they are no admin.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Key, error) {
	if err := refuseKey(caller); err != nil {
		return Key{}, err
	}
	r, err := s.queries.GetAPIKey(ctx, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !caller.MayAccess(r.UserID) {
		return Key{}, domain.NoSuch("API key")
	} else if err != nil {
		return Key{}, db.Error(err)
	}
	return s.toKey(r)
}

// Revoke ends a key at once. Revoking it again changes nothing. NotFound: see Get.
func (s *Service) Revoke(ctx context.Context, caller domain.Principal, id domain.ID) error {
	k, err := s.Get(ctx, caller, id)
	if err != nil {
		return err
	}
	return db.Error(s.queries.UpdateAPIKeyRevoked(ctx, query.UpdateAPIKeyRevokedParams{RevokedAt: sql.NullTime{Time: s.clock(), Valid: true}, ID: k.ID}))
}

// RevokeByUser ends all keys of a user, in the caller's transaction.
func RevokeByUser(ctx context.Context, tx db.Tx, user domain.ID, now time.Time) error {
	return query.New(tx).UpdateAPIKeysRevokedByUser(ctx, query.UpdateAPIKeysRevokedByUserParams{RevokedAt: sql.NullTime{Time: now, Valid: true}, UserID: user})
}

// EraseUser deletes all keys of a user, in the caller's transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteAPIKeysByUser(ctx, user)
}
