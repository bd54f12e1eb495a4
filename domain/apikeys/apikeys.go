// Package apikeys manages the API keys with which programs of partners act as an account (personal access
// tokens), and authenticates requests that carry one.
//
// A live key acts as its owner. A test key acts as their test account, which owns all that it creates, see
// account.EnsureTestAccount: nothing it does reaches live data or the outside.
//
// A key is active until it expires or is revoked; neither is undone. It has scopes, may be limited to network
// addresses, and has a rate limit of its own. Its secret is shown once, when it is created; stored is the
// SHA-256. A secret begins with a prefix and ends with a checksum, so that scanners recognize one that was published and a
// mistyped one costs no query.
//
// Each request reads the key and its owner's account from the database. A revocation, an expiry and a
// change of the account therefore count at once, on all servers and without Redis. While the database is
// down, authentication fails with domain.Unavailable.
package apikeys

import (
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/account"
	query "counsel/gen/query/apikeys"
)

// Limits of keys.
const (
	MaxKeys     = 20 // active ones of an account
	MaxIPRanges = 20
	MaxLifetime = 366 * 24 * time.Hour

	maxName         = 100 // characters
	defaultLifetime = 365 * 24 * time.Hour
	usedInterval    = time.Minute // between two updates of LastUsedAt
)

// Mode is whether a key works with real data.
type Mode string

// The modes of keys.
const (
	ModeLive Mode = "live"
	ModeTest Mode = "test" // acts as the owner's test account
)

// Status is whether a key works.
type Status string

// The states of a key. The last two are final.
const (
	StatusActive  Status = "active"
	StatusExpired Status = "expired"
	StatusRevoked Status = "revoked"
)

// Reasons of domain.Forbidden.
const (
	ReasonScopeMissing      = "scope_missing"       // the key lacks a scope
	ReasonAddressNotAllowed = "address_not_allowed" // the request comes from outside of the key's ranges
	ReasonRefused           = "api_key_refused"     // no key can call the operation
	ReasonTestMode          = "test_mode_refused"   // no test key can call the operation
)

// Key is an API key, without its secret.
type Key struct {
	ID         domain.ID
	UserID     domain.ID // its owner
	Name       string
	Mode       Mode
	Status     Status
	LastFour   string // characters of the secret
	Scopes     []Scope
	IPRanges   []netip.Prefix // nil: all
	RateLimit  int            // requests per minute; 0: Config.MaxRateLimit
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt *time.Time // to the minute; nil: never
	RevokedAt  *time.Time

	testAccount *domain.ID // that a test key acts as
}

// Prefix is the start of the key's secret.
func (k Key) Prefix() string { return secretPrefix(k.Mode) }

// allowsAddress reports whether the key can be used from an address.
func (k Key) allowsAddress(address string) bool {
	if len(k.IPRanges) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	for _, r := range k.IPRanges {
		if r.Contains(a) {
			return true
		}
	}
	return false
}

// Config holds what a Service needs.
type Config struct {
	Runtime      domain.Runtime
	DB           *sql.DB
	Accounts     *account.Service
	Mailer       Mailer // nil: no mail is sent
	MaxRateLimit int    // requests per minute that a key may have at most
}

// Service manages API keys. It is safe for concurrent use.
type Service struct {
	pool         *sql.DB
	queries      *query.Queries
	clock        domain.Clock
	newID        func() domain.ID
	random       io.Reader
	log          *slog.Logger
	accounts     *account.Service
	mailer       Mailer
	maxRateLimit int
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Accounts == nil || c.MaxRateLimit < 1 {
		return nil, errors.New("apikeys: Config needs DB, Accounts and MaxRateLimit")
	}
	return &Service{pool: c.DB, queries: query.New(c.DB), clock: c.Runtime.Clock, newID: c.Runtime.NewID, random: c.Runtime.Random, log: c.Runtime.Log,
		accounts: c.Accounts, mailer: c.Mailer, maxRateLimit: c.MaxRateLimit}, nil
}

func (s *Service) toKey(r query.ApiKey) (Key, error) {
	k := Key{ID: r.ID, UserID: r.UserID, Name: r.Name, Mode: Mode(r.Mode), Status: StatusActive, LastFour: r.LastFour, RateLimit: int(r.RateLimit), CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, testAccount: r.TestAccountID}
	for name := range strings.SplitSeq(r.Scopes, ",") {
		k.Scopes = append(k.Scopes, Scope(name))
	}
	if r.IpRanges != "" {
		for text := range strings.SplitSeq(r.IpRanges, ",") {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return Key{}, err
			}
			k.IPRanges = append(k.IPRanges, prefix)
		}
	}
	if r.LastUsedAt.Valid {
		k.LastUsedAt = &r.LastUsedAt.Time
	}
	if !s.clock().Before(r.ExpiresAt) {
		k.Status = StatusExpired
	}
	if r.RevokedAt.Valid {
		k.Status, k.RevokedAt = StatusRevoked, &r.RevokedAt.Time
	}
	return k, nil
}
