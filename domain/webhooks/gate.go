package webhooks

import (
	"sync"
	"time"

	"counsel/domain"
)

const (
	slowAfter   = 2 * time.Second  // a receiver that takes longer is slow
	briefWait   = time.Second      // for a place
	slowWait    = 15 * time.Second // for one at a slow receiver
	maxWait     = 10 * time.Minute
	forgetAfter = time.Hour
	perWait     = 8 // so many sent back make the wait for the next longer
)

// gate keeps receivers from holding each other up, and webhooks from holding up other jobs of
// this process: together they take three quarters of its places, one receiver half of those, and a
// slow one a single one.
type gate struct {
	clock domain.Clock
	mu    sync.Mutex
	swept time.Time
	busy  int
	most  int
	doors map[domain.ID]*door // of those that are busy or were slow
}

type door struct {
	busy     int
	slow     bool
	sentBack int       // since one was let in
	last     time.Time // something happened
}

func newGate(places int, clock domain.Clock) *gate {
	return &gate{clock: clock, most: max(1, places*3/4), doors: map[domain.ID]*door{}}
}

// enter lets a try at a receiver begin, to end with leave, or says how long to wait.
func (g *gate) enter(id domain.ID) (wait time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	g.sweep(now)
	d := g.doors[id]
	if d == nil {
		d = &door{}
		g.doors[id] = d
	}
	d.last = now
	room := max(1, g.most/2)
	if d.slow {
		room = 1
	}
	if g.busy < g.most && d.busy < room {
		g.busy++
		d.busy++
		d.sentBack = 0
		return 0, true
	}
	// Those that are sent back come at ever longer distances, or a long row of them would do
	// nothing but come and go.
	d.sentBack++
	wait = briefWait
	if d.slow {
		wait = slowWait
	}
	return min(wait*time.Duration(1+d.sentBack/perWait), maxWait), false
}

// sweep forgets, now and then, doors at which nothing has happened for long.
func (g *gate) sweep(now time.Time) {
	if now.Sub(g.swept) < forgetAfter {
		return
	}
	g.swept = now
	for id, d := range g.doors {
		if d.busy == 0 && now.Sub(d.last) >= forgetAfter {
			delete(g.doors, id)
		}
	}
}

// leave ends a try, which was heard or not and took so long.
func (g *gate) leave(id domain.ID, heard bool, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.doors[id]
	g.busy--
	d.busy--
	if took >= slowAfter {
		d.slow = true
	} else if heard {
		d.slow = false
	}
	if d.busy == 0 && !d.slow {
		delete(g.doors, id)
	}
}
