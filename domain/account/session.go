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

// errNoSession: the session was ended, has expired, or never was.
var errNoSession = errors.New("no such session")

// sessionCache is how long a server may rely on what it read of a session without hearing
// from Redis; a session that ends is invalidated at once.
const sessionCache = time.Minute

// sessions are kept in Redis:
//
//	account:session:{id}     hash: user, epoch, secret (SHA-256 of the refresh token), created, used (ms)
//	account:sessions:{user}  sorted set of the account's session ids by creation
//
// Nothing in them tells who the person is or where they sit.
type sessions struct {
	redis rueidis.Client
	ttl   time.Duration
	most  int
}

const (
	sessionPrefix = "account:session:"
	setPrefix     = "account:sessions:"
)

func sessionKey(id domain.ID) string { return sessionPrefix + id.String() }
func setKey(user domain.ID) string   { return setPrefix + user.String() }
func millis(t time.Time) string      { return strconv.FormatInt(t.UnixMilli(), 10) }

// createScript opens a session and ends the oldest beyond the most allowed.
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

// rotateScript trades one refresh secret for the next. It answers 1; 0 when the session is
// gone; -1 when the secret is not the current one, and then the session is over.
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

// endScript ends a session if it is the user's; it answers how many it ended.
var endScript = rueidis.NewLuaScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[1], 'user') ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`)

// endBelowScript ends the user's sessions of an epoch below ARGV[2].
var endBelowScript = rueidis.NewLuaScript(`
for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local epoch = redis.call('HGET', ARGV[1] .. m, 'epoch')
  if not epoch or tonumber(epoch) < tonumber(ARGV[2]) then
    redis.call('DEL', ARGV[1] .. m)
    redis.call('ZREM', KEYS[1], m)
  end
end
return 1`)

// listScript answers id, created, used of each of the user's sessions, the newest first.
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

// ownerTimeout bounds the look-up, which does not end with the caller: one who hangs up must not
// look like a Redis that does not answer, neither to itself nor to those who share the look-up.
const ownerTimeout = time.Second

// owner returns whose session it is: mostly without leaving the process.
func (s *sessions) owner(ctx context.Context, id domain.ID) (domain.ID, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ownerTimeout)
	defer cancel()
	text, err := s.redis.DoCache(ctx, s.redis.B().Hget().Key(sessionKey(id)).Field("user").Cache(), sessionCache).ToString()
	if err != nil {
		return domain.ID{}, gone(err)
	}
	return domain.ParseID(text)
}

// read returns whose session it is and of which epoch, from Redis itself.
func (s *sessions) read(ctx context.Context, id domain.ID) (user domain.ID, epoch uint32, err error) {
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

func (s *sessions) create(ctx context.Context, now time.Time, id, user domain.ID, epoch uint32, secret string) error {
	return db.Error(createScript.Exec(ctx, s.redis, []string{sessionKey(id), setKey(user)}, []string{
		id.String(), sessionPrefix, millis(now), strconv.FormatInt(s.ttl.Milliseconds(), 10), strconv.Itoa(s.most),
		user.String(), strconv.FormatUint(uint64(epoch), 10), secret,
	}).Error())
}

// rotate trades the secret; errNoSession when there is nothing to trade any more, also since
// the trade itself ended the session.
func (s *sessions) rotate(ctx context.Context, now time.Time, id, user domain.ID, old, next string) error {
	n, err := rotateScript.Exec(ctx, s.redis, []string{sessionKey(id), setKey(user)}, []string{
		old, next, millis(now), strconv.FormatInt(s.ttl.Milliseconds(), 10), id.String(),
	}).AsInt64()
	if err != nil {
		return db.Error(err)
	}
	if n != 1 {
		return errors.Join(errNoSession, s.settle(ctx))
	}
	return nil
}

// end ends one session; errNoSession when the user has no such session.
func (s *sessions) end(ctx context.Context, id, user domain.ID) error {
	n, err := endScript.Exec(ctx, s.redis, []string{sessionKey(id), setKey(user)}, []string{id.String(), user.String()}).AsInt64()
	if err != nil {
		return db.Error(err)
	}
	if n == 0 {
		return errNoSession
	}
	return s.settle(ctx)
}

func (s *sessions) endBelow(ctx context.Context, user domain.ID, epoch uint32) error {
	if err := s.endBelowWhere(ctx, user, strconv.FormatUint(uint64(epoch), 10)); err != nil {
		return err
	}
	return s.settle(ctx)
}

// endAll ends every session of the user.
func (s *sessions) endAll(ctx context.Context, user domain.ID) error {
	if err := s.endBelowWhere(ctx, user, "inf"); err != nil {
		return err
	}
	return s.settle(ctx)
}

func (s *sessions) endBelowWhere(ctx context.Context, user domain.ID, epoch string) error {
	return db.Error(endBelowScript.Exec(ctx, s.redis, []string{setKey(user)}, []string{sessionPrefix, epoch}).Error())
}

// settle returns when this process has heeded the invalidations of what was just ended: the
// answer to a later command comes after them. Other processes have theirs on the way.
func (s *sessions) settle(ctx context.Context) error { return s.ping(ctx) }

func (s *sessions) ping(ctx context.Context) error {
	return db.Error(s.redis.Do(ctx, s.redis.B().Ping().Build()).Error())
}

// record is a session as Redis has it.
type record struct {
	id            domain.ID
	created, used time.Time
}

func (s *sessions) list(ctx context.Context, user domain.ID) ([]record, error) {
	flat, err := listScript.Exec(ctx, s.redis, []string{setKey(user)}, []string{sessionPrefix}).AsStrSlice()
	if err != nil {
		return nil, db.Error(err)
	}
	out := make([]record, 0, len(flat)/3)
	for ; len(flat) >= 3; flat = flat[3:] {
		id, err1 := domain.ParseID(flat[0])
		created, err2 := strconv.ParseInt(flat[1], 10, 64)
		used, err3 := strconv.ParseInt(flat[2], 10, 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		out = append(out, record{id: id, created: time.UnixMilli(created).UTC(), used: time.UnixMilli(used).UTC()})
	}
	return out, nil
}

// gone tells an absent session from a Redis that could not be asked.
func gone(err error) error {
	if rueidis.IsRedisNil(err) {
		return errNoSession
	}
	return db.Error(err)
}

// refresh is a refresh token: which session, a secret of which Redis knows the hash, and the
// mark of this service upon both. Without the mark, whoever knows a session's id could end the
// session with a made-up secret.
type refresh struct {
	session domain.ID
	secret  [32]byte
	mark    [16]byte
}

// refreshKey marks refresh tokens.
type refreshKey []byte

func newRefreshKey(secret string) (refreshKey, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, "counsel refresh", sha256.Size)
}

func (k refreshKey) make(random io.Reader, session domain.ID) (refresh, error) {
	r := refresh{session: session}
	_, err := io.ReadFull(random, r.secret[:])
	r.mark = k.mark(r)
	return r, err
}

func (k refreshKey) mark(r refresh) (mark [16]byte) {
	mac := hmac.New(sha256.New, k)
	mac.Write(r.session[:])
	mac.Write(r.secret[:])
	copy(mark[:], mac.Sum(nil))
	return mark
}

func (r refresh) String() string {
	b := base64.RawURLEncoding
	return b.EncodeToString(r.session[:]) + "." + b.EncodeToString(r.secret[:]) + "." + b.EncodeToString(r.mark[:])
}

func (r refresh) hash() string {
	sum := sha256.Sum256(r.secret[:])
	return hex.EncodeToString(sum[:])
}

// parse reads a token this service made, be it good still or not; any other is not ok.
func (k refreshKey) parse(s string) (r refresh, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return r, false
	}
	for i, into := range [][]byte{r.session[:], r.secret[:], r.mark[:]} {
		if len(parts[i]) != base64.RawURLEncoding.EncodedLen(len(into)) {
			return r, false
		}
		if _, err := base64.RawURLEncoding.Strict().Decode(into, []byte(parts[i])); err != nil {
			return r, false
		}
	}
	mark := k.mark(r)
	return r, hmac.Equal(mark[:], r.mark[:])
}
