package ai

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"counsel/domain"

	"github.com/redis/rueidis"
)

// One flight per key over all servers. Whoever sets the lease (SET NX PX) calls the model and
// renews the lease meanwhile. The others wait for the cache entry, or for the failure that is
// left for those who asked while the call was running. Both are announced on a channel; a poll
// finds what an announcement missed, and a lease whose owner died. Without Redis, each server
// has flights of its own.
const (
	leaseTTL     = 5 * time.Second // how long after the leader's death another takes over
	pollEvery    = 250 * time.Millisecond
	failureTTL   = 10 * time.Second // beyond the hold
	relisten     = time.Second
	announcement = "ai:flights"
)

// acquireScript returns what there is, or takes the lease. KEYS: entry, failure, lease.
// ARGV: token, lease in ms, when it was asked in µs. A failure counts only for those who asked
// before it happened. Whoever leads removes the failure of the flight before.
var acquireScript = rueidis.NewLuaScript(`
local entry = redis.call('GET', KEYS[1])
if entry then return {'hit', entry} end
local failure = redis.call('GET', KEYS[2])
if failure and (tonumber(string.match(failure, '^%d+')) or 0) >= tonumber(ARGV[3]) then return {'failed', failure} end
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then
  redis.call('DEL', KEYS[2])
  return {'lead', ''}
end
return {'wait', ''}`)

// answerScript stores an answer, which is good whoever holds the lease by now.
// ARGV: token, entry, its life in ms, channel, announcement.
var answerScript = rueidis.NewLuaScript(`
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`)

// failScript leaves a failure (” for none) if the lease is still ours, and gives it up.
var failScript = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`)

var renewScript = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

// dropScript removes an entry nobody can use, unless it was replaced meanwhile.
var dropScript = rueidis.NewLuaScript(`
if redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// failure is how a failed flight is told to other servers. It never holds Err.
type failure struct {
	Code       domain.Code `json:"c"`
	Reason     string      `json:"r,omitempty"`
	Message    string      `json:"m"`
	RetryAfter int64       `json:"a,omitempty"` // ms
}

type lease struct {
	keys  []string // entry, failure, lease
	token string
}

// lead brings the flight's answer: by calling the model, or from the server that calls it.
func (s *Service) lead(ctx context.Context, f *flight, a *ask) (entry, error) {
	id := a.cacheKey()
	l := lease{keys: []string{id, "ai:failed:" + id[len("ai:"):], "ai:lease:" + id[len("ai:"):]}, token: s.NewID().String()}
	wake := make(chan struct{}, 1)
	s.mu.Lock()
	s.waiting[id] = wake
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
	}()
	asked := a.at.Add(-s.failureHold).UnixMicro()
	for {
		state, value := s.acquire(ctx, l, asked)
		switch state {
		case "lead", "":
			return s.callLeased(ctx, f, a, l, state == "lead")
		case "hit":
			var e entry
			if json.Unmarshal([]byte(value), &e) == nil && e.usable(a.kind) && (a.check == nil || a.check(e.Text) == nil) {
				f.remote = true
				return e, nil
			}
			if s.exec(ctx, dropScript, l.keys[:1], value).Error() != nil {
				return s.callLeased(ctx, f, a, l, false)
			}
			continue
		case "failed":
			f.remote = true
			return entry{}, readFailure(value)
		}
		asked = 0 // whatever failure comes now is that of a flight we waited for
		poll := time.NewTimer(pollEvery)
		select {
		case <-wake:
		case <-poll.C:
		case <-ctx.Done():
			poll.Stop()
			return entry{}, tookTooLong(ctx.Err())
		}
		poll.Stop()
	}
}

// acquire says "hit", "failed", "lead" or "wait"; "" when Redis cannot be asked.
func (s *Service) acquire(ctx context.Context, l lease, asked int64) (state, value string) {
	if s.Redis == nil {
		return "", ""
	}
	res, err := s.exec(ctx, acquireScript, l.keys, l.token, millis(s.leaseTTL), strconv.FormatInt(asked, 10)).AsStrSlice()
	if err != nil || len(res) != 2 {
		return "", ""
	}
	return res[0], res[1]
}

// exec runs a script within the time Redis is given.
func (s *Service) exec(ctx context.Context, script *rueidis.Lua, keys []string, args ...string) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, s.leaseTimeout)
	defer cancel()
	return script.Exec(ctx, s.Redis, keys, args)
}

// callLeased calls the model, keeping the lease if there is one, and leaves the outcome in Redis.
func (s *Service) callLeased(ctx context.Context, f *flight, a *ask, l lease, leased bool) (entry, error) {
	var renewing sync.WaitGroup
	stop := make(chan struct{})
	if leased {
		renewing.Go(func() { s.renew(ctx, l, stop) })
	}
	e, err := s.call(ctx, f, a)
	close(stop)
	renewing.Wait()
	s.leave(l, a, e, err, leased)
	return e, err
}

func (s *Service) renew(ctx context.Context, l lease, stop <-chan struct{}) {
	every := time.NewTicker(s.leaseTTL / 3)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-every.C:
			// Losing it is no reason to give up: our answer is as good as another's.
			s.exec(ctx, renewScript, l.keys[2:], l.token, millis(s.leaseTTL))
		}
	}
}

// leave stores the outcome of a call for the other servers and gives up the lease.
func (s *Service) leave(l lease, a *ask, e entry, err error, leased bool) {
	if s.Redis == nil {
		return
	}
	id := a.cacheKey()
	ctx := context.WithoutCancel(s.base)
	if err == nil {
		raw, _ := json.Marshal(e) // strings and numbers: cannot fail
		s.exec(ctx, answerScript, l.keys, l.token, string(raw), millis(a.ttl), announcement, id)
		return
	}
	if !leased {
		return
	}
	told := ""
	// When it failed only because this server stops, another shall try.
	if e, ok := errors.AsType[*domain.Error](err); ok && s.base.Err() == nil {
		raw, _ := json.Marshal(failure{Code: e.Code, Reason: e.Reason, Message: e.Message, RetryAfter: e.RetryAfter.Milliseconds()})
		told = strconv.FormatInt(s.Clock().UnixMicro(), 10) + " " + string(raw)
	}
	s.exec(ctx, failScript, l.keys, l.token, told, millis(failureTTL+s.failureHold), announcement, id)
}

func readFailure(value string) error {
	_, raw, _ := strings.Cut(value, " ")
	var f failure
	if json.Unmarshal([]byte(raw), &f) != nil || f.Code == "" {
		return tookTooLong(errors.New("ai: unreadable failure of another server"))
	}
	return &domain.Error{
		Code: f.Code, Reason: f.Reason, Message: f.Message, RetryAfter: time.Duration(f.RetryAfter) * time.Millisecond,
		Err: errors.New("ai: the call failed on another server"),
	}
}

// listen hears which flights ended on other servers, until the service ends.
func (s *Service) listen() {
	for s.base.Err() == nil {
		_ = s.Redis.Receive(s.base, s.Redis.B().Subscribe().Channel(announcement).Build(), func(m rueidis.PubSubMessage) {
			s.mu.Lock()
			wake := s.waiting[m.Message]
			s.mu.Unlock()
			if wake != nil {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		})
		again := time.NewTimer(relisten) // meanwhile the polls do it
		select {
		case <-again.C:
		case <-s.base.Done():
		}
		again.Stop()
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
