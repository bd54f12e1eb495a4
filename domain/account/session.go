package account

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
)

// errNoSession means that the session was revoked, has expired or never existed.
var errNoSession = errors.New("no such session")

// ownerCacheTTL is how long the owner of a session is cached in the process (Redis client-side caching).
// Redis invalidates the entry when the session is revoked.
const ownerCacheTTL = time.Minute

// sessionStore stores sessions in Redis:
//
//	account:session:{id}     hash: user, epoch, secret (SHA-256 of the refresh token), created, used (ms)
//	account:sessions:{user}  sorted set of the account's session ids by creation
//
// They contain no personal data.
type sessionStore struct {
	redis      rueidis.Client
	ttl        time.Duration
	maxPerUser int
}

const (
	sessionPrefix    = "account:session:"
	sessionSetPrefix = "account:sessions:"
)

func sessionKey(id domain.ID) string      { return sessionPrefix + id.String() }
func sessionSetKey(user domain.ID) string { return sessionSetPrefix + user.String() }
func unixMillis(t time.Time) string       { return strconv.FormatInt(t.UnixMilli(), 10) }

// createScript creates a session and revokes the oldest beyond the limit.
var createScript = rueidis.NewLuaScript(`
local id, prefix, now, ttl, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
redis.call('HSET', KEYS[1], 'user', ARGV[6], 'epoch', ARGV[7], 'secret', ARGV[8], 'created', now, 'used', now)
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('ZADD', KEYS[2], now, id)
redis.call('PEXPIRE', KEYS[2], ttl)
for _, m in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', prefix .. m) == 0 then redis.call('ZREM', KEYS[2], m) end
end
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then
  for _, m in ipairs(redis.call('ZRANGE', KEYS[2], 0, over - 1)) do
    redis.call('DEL', prefix .. m)
    redis.call('ZREM', KEYS[2], m)
  end
end
return 1`)

// rotateScript replaces the refresh secret. It returns 1; 0 if there is no session; -1 if the given
// secret is not the current one, in which case it revokes the session.
var rotateScript = rueidis.NewLuaScript(`
local current = redis.call('HGET', KEYS[1], 'secret')
if not current then return 0 end
if current ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[5])
  return -1
end
redis.call('HSET', KEYS[1], 'secret', ARGV[2], 'used', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1`)

// revokeScript revokes a session of the user. It returns the number revoked.
var revokeScript = rueidis.NewLuaScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[1], 'user') ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`)

// revokeBelowScript revokes the user's sessions with an epoch below ARGV[2].
var revokeBelowScript = rueidis.NewLuaScript(`
for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local epoch = redis.call('HGET', ARGV[1] .. m, 'epoch')
  if not epoch or tonumber(epoch) < tonumber(ARGV[2]) then
    redis.call('DEL', ARGV[1] .. m)
    redis.call('ZREM', KEYS[1], m)
  end
end
return 1`)

// listScript returns id, created and used of each session of the user, newest first.
var listScript = rueidis.NewLuaScript(`
local out = {}
for _, m in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local s = redis.call('HMGET', ARGV[1] .. m, 'created', 'used')
  if s[1] then
    out[#out + 1] = m
    out[#out + 1] = s[1]
    out[#out + 1] = s[2]
  end
end
return out`)

// ownerTimeout limits the lookup of an owner, which ignores cancellation: a client that hangs up must
// not look like an outage of Redis, nor end a lookup shared with other requests.
const ownerTimeout = time.Second

// owner returns the user of a session, usually from the process's cache.
func (s *sessionStore) owner(ctx context.Context, id domain.ID) (domain.ID, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ownerTimeout)
	defer cancel()
	text, err := s.redis.DoCache(ctx, s.redis.B().Hget().Key(sessionKey(id)).Field("user").Cache(), ownerCacheTTL).ToString()
	if err != nil {
		return domain.ID{}, ownerError(err)
	}
	return domain.ParseID(text)
}

// read returns the user and epoch of a session, without the cache.
func (s *sessionStore) read(ctx context.Context, id domain.ID) (user domain.ID, epoch uint32, err error) {
	r, err := s.redis.Do(ctx, s.redis.B().Hmget().Key(sessionKey(id)).Field("user", "epoch").Build()).ToArray()
	if err != nil {
		return user, 0, db.Error(err)
	}
	if len(r) != 2 || r[0].IsNil() || r[1].IsNil() {
		return user, 0, errNoSession
	}
	text, _ := r[0].ToString()
	if user, err = domain.ParseID(text); err != nil {
		return user, 0, err
	}
	e, err := r[1].AsUint64()
	return user, uint32(e), err
}

func (s *sessionStore) create(ctx context.Context, now time.Time, id, user domain.ID, epoch uint32, secret string) error {
	return db.Error(createScript.Exec(ctx, s.redis, []string{sessionKey(id), sessionSetKey(user)}, []string{
		id.String(), sessionPrefix, unixMillis(now), strconv.FormatInt(s.ttl.Milliseconds(), 10), strconv.Itoa(s.maxPerUser),
		user.String(), strconv.FormatUint(uint64(epoch), 10), secret,
	}).Error())
}

// rotate replaces the refresh secret. It fails with errNoSession if the session does not exist, or if
// old is not the current secret, in which case the session is revoked.
func (s *sessionStore) rotate(ctx context.Context, now time.Time, id, user domain.ID, old, next string) error {
	n, err := rotateScript.Exec(ctx, s.redis, []string{sessionKey(id), sessionSetKey(user)}, []string{
		old, next, unixMillis(now), strconv.FormatInt(s.ttl.Milliseconds(), 10), id.String(),
	}).AsInt64()
	if err != nil {
		return db.Error(err)
	}
	if n != 1 {
		return errors.Join(errNoSession, s.syncInvalidations(ctx))
	}
	return nil
}

// revoke revokes one session. It fails with errNoSession if the user has no such session.
func (s *sessionStore) revoke(ctx context.Context, id, user domain.ID) error {
	n, err := revokeScript.Exec(ctx, s.redis, []string{sessionKey(id), sessionSetKey(user)}, []string{id.String(), user.String()}).AsInt64()
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return errNoSession
	}
	return s.syncInvalidations(ctx)
}

func (s *sessionStore) revokeBelow(ctx context.Context, user domain.ID, epoch uint32) error {
	if err := s.execRevokeBelow(ctx, user, strconv.FormatUint(uint64(epoch), 10)); err != nil {
		return err
	}
	return s.syncInvalidations(ctx)
}

// revokeAll revokes all sessions of the user.
func (s *sessionStore) revokeAll(ctx context.Context, user domain.ID) error {
	if err := s.execRevokeBelow(ctx, user, "inf"); err != nil {
		return err
	}
	return s.syncInvalidations(ctx)
}

func (s *sessionStore) execRevokeBelow(ctx context.Context, user domain.ID, epoch string) error {
	return db.Error(revokeBelowScript.Exec(ctx, s.redis, []string{sessionSetKey(user)}, []string{sessionPrefix, epoch}).Error())
}

// syncInvalidations returns once this process has received the cache invalidations of the sessions just
// revoked: Redis sends them before the reply to a later command. Other processes receive theirs soon.
func (s *sessionStore) syncInvalidations(ctx context.Context) error { return s.ping(ctx) }

func (s *sessionStore) ping(ctx context.Context) error {
	return db.Error(s.redis.Do(ctx, s.redis.B().Ping().Build()).Error())
}

// sessionRecord is a session as stored in Redis.
type sessionRecord struct {
	id            domain.ID
	created, used time.Time
}

func (s *sessionStore) list(ctx context.Context, user domain.ID) ([]sessionRecord, error) {
	flat, err := listScript.Exec(ctx, s.redis, []string{sessionSetKey(user)}, []string{sessionPrefix}).AsStrSlice()
	if err != nil {
		return nil, db.Error(err)
	}
	out := make([]sessionRecord, 0, len(flat)/3)
	for ; len(flat) >= 3; flat = flat[3:] {
		id, err1 := domain.ParseID(flat[0])
		created, err2 := strconv.ParseInt(flat[1], 10, 64)
		used, err3 := strconv.ParseInt(flat[2], 10, 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		out = append(out, sessionRecord{id: id, created: time.UnixMilli(created).UTC(), used: time.UnixMilli(used).UTC()})
	}
	return out, nil
}

// ownerError distinguishes a missing session from a failure of Redis.
func ownerError(err error) error {
	if rueidis.IsRedisNil(err) {
		return errNoSession
	}
	return db.Error(err)
}

// refreshToken is the id of a session, a secret whose hash is in Redis, and a MAC over both.
// Without the MAC, anybody who knows the id could revoke the session with a forged secret.
type refreshToken struct {
	session domain.ID
	secret  [32]byte
	mac     [16]byte
}

// refreshKey authenticates refresh tokens.
type refreshKey []byte

func newRefreshKey(secret string) (refreshKey, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, "counsel refresh", sha256.Size)
}

func (k refreshKey) newToken(random io.Reader, session domain.ID) (refreshToken, error) {
	r := refreshToken{session: session}
	_, err := io.ReadFull(random, r.secret[:])
	r.mac = k.mac(r)
	return r, err
}

func (k refreshKey) mac(r refreshToken) (mark [16]byte) {
	mac := hmac.New(sha256.New, k)
	mac.Write(r.session[:])
	mac.Write(r.secret[:])
	copy(mark[:], mac.Sum(nil))
	return mark
}

func (r refreshToken) String() string {
	b := base64.RawURLEncoding
	return b.EncodeToString(r.session[:]) + "." + b.EncodeToString(r.secret[:]) + "." + b.EncodeToString(r.mac[:])
}

func (r refreshToken) hash() string {
	sum := sha256.Sum256(r.secret[:])
	return hex.EncodeToString(sum[:])
}

// parse parses a token and checks its MAC. ok is false unless this service issued it, even if it is no
// longer valid.
func (k refreshKey) parse(s string) (r refreshToken, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return r, false
	}
	for i, target := range [][]byte{r.session[:], r.secret[:], r.mac[:]} {
		if len(parts[i]) != base64.RawURLEncoding.EncodedLen(len(target)) {
			return r, false
		}
		if _, err := base64.RawURLEncoding.Strict().Decode(target, []byte(parts[i])); err != nil {
			return r, false
		}
	}
	mac := k.mac(r)
	return r, hmac.Equal(mac[:], r.mac[:])
}
