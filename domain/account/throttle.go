package account

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
)

// How sign-ins are throttled. From the last of the failures on, each further failure doubles
// the wait before another try is even looked at.
const (
	accountFailures = 5
	addressFailures = 50
	firstWait       = 15 * time.Second
	longestWait     = 5 * time.Minute
	failureWindow   = 15 * time.Minute    // after which failures are forgotten, from the last try on
	knownAddress    = 30 * 24 * time.Hour // how long an address counts as the account's own
)

// throttle counts failed sign-ins by account and by network address, as HMACs in Redis. A
// try is counted before the password is looked at, so that many at once cannot slip by.
//
// An address from which the account signed in lately has a count of its own, and there the
// address's count has no part: neither strangers who guess at an account from elsewhere nor
// those who share its owner's address can lock the owner out.
type throttle struct {
	redis rueidis.Client
	clock domain.Clock
	key   []byte
}

func newThrottle(redis rueidis.Client, clock domain.Clock, secret string) (*throttle, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "counsel sign-in throttle", sha256.Size)
	if err != nil {
		return nil, err
	}
	return &throttle{redis: redis, clock: clock, key: key}, nil
}

// reserveScript counts a try, by account and by address, or by both in one where the account
// is known at the address. It answers the milliseconds to wait, and then it counted nothing,
// or 0; and whether the account is known there. KEYS: account, account and address, known
// mark, address.
var reserveScript = rueidis.NewLuaScript(`
local now, window, first, longest = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('EXISTS', KEYS[3])
local account = KEYS[1 + known]
local function left(key) return (tonumber(redis.call('HGET', key, 'until')) or 0) - now end
local wait = left(account)
if known == 0 then wait = math.max(wait, left(KEYS[4])) end
if wait > 0 then return {wait, known} end
local function count(key, most)
  local n = redis.call('HINCRBY', key, 'n', 1)
  if n >= most then
    redis.call('HSET', key, 'until', now + math.min(longest, first * 2 ^ math.min(n - most, 30)))
  end
  redis.call('PEXPIRE', key, window)
end
count(account, tonumber(ARGV[5]))
if known == 0 then count(KEYS[4], tonumber(ARGV[6])) end
return {0, known}`)

// releaseScript takes back a try that was counted with the account known (ARGV[2]) at the
// address or not; after a success (ARGV[1] > 0, the time to remember the address) the account
// starts afresh.
var releaseScript = rueidis.NewLuaScript(`
local function back(key)
  if redis.call('EXISTS', key) == 1 then
    redis.call('HDEL', key, 'until')
    if redis.call('HINCRBY', key, 'n', -1) <= 0 then redis.call('DEL', key) end
  end
end
local known = tonumber(ARGV[2])
local account = KEYS[1 + known]
if known == 0 then back(KEYS[4]) end
if tonumber(ARGV[1]) > 0 then
  redis.call('DEL', account)
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[1])
else
  back(account)
end
return 1`)

// attempt is one counted try.
type attempt struct {
	t     *throttle
	keys  []string
	known int64 // 1: the account signed in from the address lately
}

// reserve counts a try, or refuses it with domain.RateLimited.
func (t *throttle) reserve(ctx context.Context, email, address string) (attempt, error) {
	a := attempt{t: t, keys: []string{
		t.name("account", email), t.name("pair", email, address), t.name("known", email, address), t.name("address", address),
	}}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	said, err := reserveScript.Exec(ctx, t.redis, a.keys, []string{
		millis(t.clock()), ms(failureWindow), ms(firstWait), ms(longestWait), strconv.Itoa(accountFailures), strconv.Itoa(addressFailures),
	}).AsIntSlice()
	if err != nil {
		return a, db.Error(err)
	}
	if len(said) != 2 {
		return a, errors.New("the script of the throttle answered something else")
	}
	if said[0] > 0 {
		return a, &domain.Error{Code: domain.RateLimited, Message: "Too many failed sign-ins. Please wait before trying again.", RetryAfter: time.Duration(said[0]) * time.Millisecond}
	}
	a.known = said[1]
	return a, nil
}

// succeeded forgets the account's failures and remembers the address as its own.
func (a attempt) succeeded(ctx context.Context) error {
	return a.release(ctx, knownAddress)
}

// withdraw takes back a try whose password was never looked at.
func (a attempt) withdraw(ctx context.Context) error { return a.release(ctx, 0) }

func (a attempt) release(ctx context.Context, remember time.Duration) error {
	return db.Error(releaseScript.Exec(ctx, a.t.redis, a.keys, []string{strconv.FormatInt(remember.Milliseconds(), 10), strconv.FormatInt(a.known, 10)}).Error())
}

// name is a key that tells nothing: kind and parts, hashed under a secret.
func (t *throttle) name(kind string, parts ...string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(kind))
	for _, p := range parts {
		mac.Write([]byte{0})
		mac.Write([]byte(p))
	}
	return "account:login:" + kind + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}
