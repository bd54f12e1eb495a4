// Package flights is a distributed singleflight: concurrent requests with the same cache key share one
// call of the language model, on all servers.
//
// A flight is one such call. The request that starts it is the leader, the others are followers. In a
// process, flights are in a table. Across servers, the flight that holds the lease in Redis makes the
// call; the flights of other servers wait for its result. A flight does not belong to any request: it
// continues after its callers hang up.
//
// A failure is shared like an answer, with all who asked before it, unless it concerns only the leader (Unshared). What else can fail: a user starts too
// many flights at once (RateLimited), a flight takes longer than its timeout (its context's error).
// Without Redis, each server has its own flights.
package flights

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/ai/cache"

	"github.com/redis/rueidis"
)

// Group holds the flights of this process. Create it with New.
type Group struct {
	config  Config
	base    context.Context
	running sync.WaitGroup // flights and the watcher

	mu       sync.Mutex
	flights  map[string]*Flight
	leading  map[domain.ID]int // unfinished flights by the user who started them; never 0
	finished []*Flight         // recently finished flights, oldest first
	waiting  map[string]chan struct{}
}

// Config configures a Group.
type Config struct {
	Redis      rueidis.Client // may fail at any time; nil: flights of this process only
	Clock      domain.Clock
	NewID      func() domain.ID
	Timeout    time.Duration // of one flight, including the wait for another server
	MaxPerUser int           // unfinished flights that one user may have started in this process
	Timing     Timing
}

// Timing holds the intervals of a Group.
type Timing struct {
	LeaseTTL     time.Duration // a leader that does not renew its lease for so long is replaced
	FailureHold  time.Duration // requests that arrive so long after a failure still share it
	RedisTimeout time.Duration // of one Redis command
}

// DefaultTiming is the timing in production. The failure hold exists because the requests of a crowd do
// not arrive at the same instant.
var DefaultTiming = Timing{LeaseTTL: 5 * time.Second, FailureHold: time.Second, RedisTimeout: 2 * time.Second}

// keepFinished is how long finished flights are kept for requests that asked before the end but join late.
const keepFinished = 2 * time.Second

// New returns a Group whose goroutines run until ctx ends, see Wait.
func New(ctx context.Context, c Config) *Group {
	g := &Group{config: c, base: ctx, flights: map[string]*Flight{}, leading: map[domain.ID]int{}, waiting: map[string]chan struct{}{}}
	if c.Redis != nil {
		g.running.Go(g.watch)
	}
	return g
}

// Wait waits for all goroutines of the group. The context of New must have ended.
func (g *Group) Wait() { g.running.Wait() }

// Role is the part that a request has in its flight.
type Role string

// The roles. A Remote request started a flight in this process that got its answer from another server.
const (
	Leader   Role = "leader"
	Follower Role = "follower"
	Remote   Role = "remote"
)

// Call describes a request whose answer can be shared.
type Call struct {
	Key   cache.Key
	TTL   time.Duration // of the answer in the cache
	User  domain.ID     // who makes the request
	Asked time.Time     // when the request arrived
	Attrs []slog.Attr   // for log lines of the flight that it leads
	Check func(text string) error

	// Run calls the model. It passes each piece of a streamed answer to publish.
	Run func(ctx context.Context, publish func(piece string)) (cache.Entry, error)
}

// Flight is one call of the model, shared by all requests with the same key.
type Flight struct {
	key  string
	done chan struct{}

	// Set before done is closed. Group.mu guards ended.
	entry    cache.Entry
	err      error
	remote   bool // another server made the call
	unshared bool // err concerns only the leader
	ended    time.Time

	mu       sync.Mutex
	text     []byte        // received so far from a streamed call
	appended chan struct{} // closed when text grows; nil if nobody waits
}

// Join returns the flight that answers the call and starts it if there is none. The role is Leader or
// Follower. RateLimited: the user has MaxPerUser flights already.
func (g *Group) Join(c Call) (*Flight, Role, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropFinished()
	key := c.Key.Entry()
	if f := g.flights[key]; f != nil && (f.ended.IsZero() || !c.Asked.After(g.expiresAt(f))) {
		return f, Follower, nil
	}
	if g.leading[c.User] >= g.config.MaxPerUser {
		return nil, "", &domain.Error{
			Code: domain.RateLimited, Message: "Too many of your requests are in progress. Please wait for one to finish.", RetryAfter: time.Second,
		}
	}
	g.leading[c.User]++
	f := &Flight{key: key, done: make(chan struct{})}
	g.flights[key] = f
	g.running.Go(func() { g.run(f, &c) })
	return f, Leader, nil
}

// expiresAt returns the latest arrival of a request that a finished flight answers.
func (g *Group) expiresAt(f *Flight) time.Time {
	if f.unshared {
		return time.Time{}
	}
	if f.err != nil {
		return f.ended.Add(g.config.Timing.FailureHold)
	}
	return f.ended
}

// dropFinished removes the flights that finished long ago. The caller holds g.mu.
func (g *Group) dropFinished() {
	limit := g.config.Clock().Add(-keepFinished)
	n := 0
	for n < len(g.finished) && g.finished[n].ended.Before(limit) {
		if f := g.finished[n]; g.flights[f.key] == f {
			delete(g.flights, f.key)
		}
		g.finished[n] = nil
		n++
	}
	g.finished = g.finished[n:]
}

// run executes a flight.
func (g *Group) run(f *Flight, c *Call) {
	ctx, cancel := context.WithTimeout(domain.WithLogAttrs(g.base, c.Attrs...), g.config.Timeout)
	defer cancel()
	f.entry, f.err = g.lead(ctx, f, c)
	if e, ok := errors.AsType[Unshared](f.err); ok {
		f.err, f.unshared = e.Err, true
	}
	g.mu.Lock()
	f.ended = g.config.Clock()
	if g.leading[c.User]--; g.leading[c.User] == 0 {
		delete(g.leading, c.User)
	}
	g.finished = append(g.finished, f)
	g.mu.Unlock()
	close(f.done)
}

// call runs the call. A panic would end the process, because a flight has its own goroutine, so it
// becomes an error.
func (f *Flight) call(ctx context.Context, c *Call) (e cache.Entry, err error) {
	defer func() {
		if r := recover(); r != nil { // the panic value may contain text of the request
			err = &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: fmt.Errorf("ai: panic of type %T in a flight", r)}
		}
	}()
	return c.Run(ctx, f.append)
}

// Wait returns the result of the flight. live, if not nil, gets the pieces of a streamed answer as they
// arrive, first what was received before; it gets nothing if the answer arrives as a whole.
func (f *Flight) Wait(live func(piece string)) (cache.Entry, error) {
	if live != nil {
		f.follow(live)
	}
	<-f.done
	return f.entry, f.err
}

// Remote reports whether another server made the call. It must be called after Wait.
func (f *Flight) Remote() bool { return f.remote }

// Unshared is an error of Call.Run that concerns only the leader, such as a spent budget. Followers, and flights of other
// servers, make the call themselves.
type Unshared struct{ Err error }

func (u Unshared) Error() string { return u.Err.Error() }

// Unwrap returns the leader's error.
func (u Unshared) Unwrap() error { return u.Err }

// Unshared reports whether the error concerns only the leader, so that a follower should join again. It must be called
// after Wait.
func (f *Flight) Unshared() bool { return f.unshared }

// append adds a piece to the received text and wakes those who follow.
func (f *Flight) append(piece string) {
	f.mu.Lock()
	f.text = append(f.text, piece...)
	appended := f.appended
	f.appended = nil
	f.mu.Unlock()
	if appended != nil {
		close(appended)
	}
}

// follow passes the received text to live until the flight ends.
func (f *Flight) follow(live func(string)) {
	at := 0
	for done := false; ; {
		f.mu.Lock()
		piece := string(f.text[at:])
		at = len(f.text)
		if piece == "" && f.appended == nil {
			f.appended = make(chan struct{})
		}
		appended := f.appended
		f.mu.Unlock()
		switch {
		case piece != "":
			live(piece)
		case done:
			return
		default:
			select {
			case <-appended:
			case <-f.done:
				done = true
			}
		}
	}
}

// Leading returns the number of unfinished flights that users started in this process.
func (g *Group) Leading() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, of := range g.leading {
		n += of
	}
	return n
}

// Waiting returns the number of flights that ask for a lease or wait for the result of another server,
// including those that make their call.
func (g *Group) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
