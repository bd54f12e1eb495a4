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

// Throttling of failed sign-ins: after the free failures, each further one doubles the time until the
// next attempt is accepted (exponential backoff).
const (
	freeAccountFailures = 5
	freeAddressFailures = 50
	initialBackoff      = 15 * time.Second
	maxBackoff          = 5 * time.Minute
	failureWindow       = 15 * time.Minute    // failures are forgotten this long after the last attempt
	knownAddressTTL     = 30 * 24 * time.Hour // how long an address counts as known for an account
)

// throttle counts failed sign-ins by account and by IP address, under HMACs in Redis. An attempt is
// counted before the password is checked, so that concurrent attempts cannot exceed the limit.
//
// An address from which the account signed in recently is a known address: it has a counter of its own,
// and the counter of the address is not used. So neither password guessing from elsewhere nor other
// people at the owner's address can lock the owner out.
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

// reserveScript counts an attempt, by account and by address or, at a known address, by the pair. It
// returns the milliseconds to wait, in which case it counted nothing, or 0, and whether the address is
// known. KEYS: account, account and address, known address, address.
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

// releaseScript uncounts an attempt that was counted with or without a known address (ARGV[2]). After a
// success (ARGV[1] > 0, the milliseconds to remember the address) it also resets the account's counter.
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

// attempt is a counted sign-in attempt.
type attempt struct {
	throttle *throttle
	keys     []string
	known    int64 // 1: from a known address
}

// reserve counts an attempt, or rejects it with domain.RateLimited.
func (t *throttle) reserve(ctx context.Context, email, address string) (attempt, error) {
	a := attempt{throttle: t, keys: []string{
		t.redisKey("account", email), t.redisKey("pair", email, address), t.redisKey("known", email, address), t.redisKey("address", address),
	}}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	reply, err := reserveScript.Exec(ctx, t.redis, a.keys, []string{
		unixMillis(t.clock()), ms(failureWindow), ms(initialBackoff), ms(maxBackoff), strconv.Itoa(freeAccountFailures), strconv.Itoa(freeAddressFailures),
	}).AsIntSlice()
	if err != nil {
		return a, db.Error(err)
	}
	if len(reply) != 2 {
		return a, errors.New("unexpected reply from the throttle script")
	}
	if reply[0] > 0 {
		return a, &domain.Error{Code: domain.RateLimited, Message: "Too many failed sign-ins. Please wait before trying again.", RetryAfter: time.Duration(reply[0]) * time.Millisecond}
	}
	a.known = reply[1]
	return a, nil
}

// confirm resets the account's failures and remembers the address as known.
func (a attempt) confirm(ctx context.Context) error {
	return a.release(ctx, knownAddressTTL)
}

// cancel uncounts an attempt whose password was not checked.
func (a attempt) cancel(ctx context.Context) error { return a.release(ctx, 0) }

func (a attempt) release(ctx context.Context, remember time.Duration) error {
	return db.Error(releaseScript.Exec(ctx, a.throttle.redis, a.keys, []string{strconv.FormatInt(remember.Milliseconds(), 10), strconv.FormatInt(a.known, 10)}).Error())
}

// redisKey returns a key that reveals nothing: a keyed hash of kind and parts.
func (t *throttle) redisKey(kind string, parts ...string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(kind))
	for _, p := range parts {
		mac.Write([]byte{0})
		mac.Write([]byte(p))
	}
	return "account:login:" + kind + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}
