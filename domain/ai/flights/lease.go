package flights

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/ai/cache"

	"github.com/redis/rueidis"
)

// lease is the right to make the call for a key. The flight that sets it (SET NX PX) calls the model and
// renews it meanwhile. Other servers wait for the cache entry, or for a failure that is left for those who
// asked before it. Both are announced on a channel. Polling finds what an announcement missed, and takes
// over when the leader dies and its lease expires.
type lease struct {
	keys  []string // entry, failure, lease
	token string
}

const (
	pollInterval        = 250 * time.Millisecond
	failureTTL          = 10 * time.Second // in addition to the failure hold
	resubscribeInterval = time.Second
	channel             = "ai:flights"
)

// ErrUnreadableFailure means that the call failed on another server for an unknown reason.
var ErrUnreadableFailure = errors.New("ai: unreadable failure of another server")

// acquireScript returns the result, if there is one, or takes the lease. A failure counts only for those
// who asked before it happened. A new leader removes the failure of the previous flight.
// KEYS: entry, failure, lease. ARGV: token, lease TTL in ms, time of the request in µs.
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

// answerScript stores an answer, which is valid even if the lease was lost, and releases the lease.
// ARGV: token, entry, entry TTL in ms, channel, message.
var answerScript = rueidis.NewLuaScript(`
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`)

// failScript stores a failure, unless it is empty, and releases the lease, if we still hold it.
// ARGV: token, failure, failure TTL in ms, channel, message.
var failScript = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`)

var renewScript = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

// deleteScript deletes an invalid entry, unless it was replaced meanwhile.
var deleteScript = rueidis.NewLuaScript(`
if redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// The answers of acquireScript. noRedis means that Redis could not be asked.
const (
	stateHit    = "hit"
	stateFailed = "failed"
	stateLead   = "lead"
	noRedis     = ""
)

// lead gets the answer of a flight: from the model, or from the server that calls it.
func (g *Group) lead(ctx context.Context, f *Flight, c *Call) (cache.Entry, error) {
	l := lease{keys: []string{c.Key.Entry(), c.Key.Failure(), c.Key.Lease()}, token: g.config.NewID().String()}
	announced := make(chan struct{}, 1)
	g.mu.Lock()
	g.waiting[f.key] = announced
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.waiting, f.key)
		g.mu.Unlock()
	}()
	asked := c.Asked.Add(-g.config.Timing.FailureHold).UnixMicro()
	for {
		state, value := g.acquire(ctx, l, asked)
		switch state {
		case stateLead, noRedis:
			return g.callModel(ctx, f, c, l, state == stateLead)
		case stateHit:
			if e, ok := cache.Decode([]byte(value), c.Key, c.Check); ok {
				f.remote = true
				return e, nil
			}
			if g.exec(ctx, deleteScript, l.keys[:1], value).Error() != nil {
				return g.callModel(ctx, f, c, l, false)
			}
			continue
		case stateFailed:
			f.remote = true
			return cache.Entry{}, decodeFailure(value)
		}
		asked = 0 // from now on, any failure is that of the flight we wait for
		poll := time.NewTimer(pollInterval)
		select {
		case <-announced:
		case <-poll.C:
		case <-ctx.Done():
			poll.Stop()
			return cache.Entry{}, ctx.Err()
		}
		poll.Stop()
	}
}

// acquire runs acquireScript.
func (g *Group) acquire(ctx context.Context, l lease, asked int64) (state, value string) {
	if g.config.Redis == nil {
		return noRedis, ""
	}
	res, err := g.exec(ctx, acquireScript, l.keys, l.token, millis(g.config.Timing.LeaseTTL), strconv.FormatInt(asked, 10)).AsStrSlice()
	if err != nil || len(res) != 2 {
		return noRedis, ""
	}
	return res[0], res[1]
}

// exec runs a script with the Redis timeout.
func (g *Group) exec(ctx context.Context, script *rueidis.Lua, keys []string, args ...string) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, g.config.Timing.RedisTimeout)
	defer cancel()
	return script.Exec(ctx, g.config.Redis, keys, args)
}

// callModel runs the call, renews the lease meanwhile if there is one, and publishes the result.
func (g *Group) callModel(ctx context.Context, f *Flight, c *Call, l lease, leased bool) (cache.Entry, error) {
	var renewing sync.WaitGroup
	stop := make(chan struct{})
	if leased {
		renewing.Go(func() { g.renew(ctx, l, stop) })
	}
	e, err := f.call(ctx, c)
	close(stop)
	renewing.Wait()
	g.publish(l, c, e, err, leased)
	return e, err
}

// renew renews the lease until stop is closed.
func (g *Group) renew(ctx context.Context, l lease, stop <-chan struct{}) {
	every := time.NewTicker(g.config.Timing.LeaseTTL / 3)
	defer every.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-every.C:
			// A lost lease is no reason to stop: our answer is as good as another's.
			g.exec(ctx, renewScript, l.keys[2:], l.token, millis(g.config.Timing.LeaseTTL))
		}
	}
}

// failure is a failed call as stored for other servers. It never contains domain.Error.Err.
type failure struct {
	Code       domain.Code `json:"c"`
	Reason     string      `json:"r,omitempty"`
	Message    string      `json:"m"`
	RetryAfter int64       `json:"a,omitempty"` // ms
}

// publish stores the result of a call for other servers and releases the lease.
func (g *Group) publish(l lease, c *Call, e cache.Entry, err error, leased bool) {
	if g.config.Redis == nil {
		return
	}
	ctx := context.WithoutCancel(g.base)
	if err == nil {
		g.exec(ctx, answerScript, l.keys, l.token, e.Encode(), millis(c.TTL), channel, c.Key.Entry())
		return
	}
	if !leased {
		return
	}
	stored := ""
	// If it failed because this server is stopping, or only for its leader, another server should try.
	_, unshared := errors.AsType[Unshared](err)
	if e, ok := errors.AsType[*domain.Error](err); ok && !unshared && g.base.Err() == nil {
		raw, _ := json.Marshal(failure{Code: e.Code, Reason: e.Reason, Message: e.Message, RetryAfter: e.RetryAfter.Milliseconds()})
		stored = strconv.FormatInt(g.config.Clock().UnixMicro(), 10) + " " + string(raw)
	}
	g.exec(ctx, failScript, l.keys, l.token, stored, millis(failureTTL+g.config.Timing.FailureHold), channel, c.Key.Entry())
}

func decodeFailure(value string) error {
	_, raw, _ := strings.Cut(value, " ")
	var f failure
	if json.Unmarshal([]byte(raw), &f) != nil || f.Code == "" {
		return ErrUnreadableFailure
	}
	return &domain.Error{
		Code: f.Code, Reason: f.Reason, Message: f.Message, RetryAfter: time.Duration(f.RetryAfter) * time.Millisecond,
		Err: errors.New("ai: the call failed on another server"),
	}
}

// watch subscribes to the announcements of other servers until the group's context ends.
func (g *Group) watch() {
	for g.base.Err() == nil {
		_ = g.config.Redis.Receive(g.base, g.config.Redis.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) {
			g.mu.Lock()
			announced := g.waiting[m.Message]
			g.mu.Unlock()
			if announced != nil {
				select {
				case announced <- struct{}{}:
				default:
				}
			}
		})
		retry := time.NewTimer(resubscribeInterval) // meanwhile there is polling
		select {
		case <-retry.C:
		case <-g.base.Done():
		}
		retry.Stop()
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
