// Package isolation processes untrusted files in child processes, started from this program's own
// binary. A file that takes too much memory or time, or crashes a parser, ends only its child.
//
// A child has an empty environment, no database connection and no secrets. It receives a file on
// standard input and responds on standard output, in a format that is size-limited and validated. It
// processes one file at a time and is reused; a child that failed or has been idle for long is ended.
// A child never outlives its parent.
//
// A child limits its own memory before it reads anything: it exits when its resident memory exceeds
// the limit, and on Linux the kernel refuses memory beyond it (RLIMIT_DATA) in case it grows faster
// than it checks.
package isolation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Command is the command line argument that makes a process a child.
const Command = "read-files"

// Task processes a file in the child, one at a time. A *domain.Error reaches the parent without its
// Err; of any other error only the text does.
type Task func(ctx context.Context, args, file []byte) (parts [][]byte, err error)

// Tasks are the tasks of a child, by name.
type Tasks map[string]Task

// Errors of Run when the file ended the child. Match them with errors.Is.
var (
	ErrMemory  = errors.New("processing the file exceeded the memory limit")
	ErrTimeout = errors.New("processing the file exceeded the time limit")
	ErrCrash   = errors.New("processing the file crashed the child process")
)

var errClosed = errors.New("isolation: the pool is closed")

// Config holds the limits of a Pool.
type Config struct {
	MaxChildren int           // files processed concurrently; others wait
	Memory      int64         // limit of a child's resident memory, in bytes
	Timeout     time.Duration // for one file, without waiting for a child
	IdleTimeout time.Duration // after which an idle child is ended; 0: two minutes
}

const defaultIdleTimeout = 2 * time.Minute

// Pool runs tasks in child processes. It is safe for concurrent use. Close it after use.
type Pool struct {
	cfg      Config
	slots    chan struct{}
	mu       sync.Mutex
	idle     []*child // most recently used last
	children map[*child]bool
	closed   bool
}

// New makes a Pool. Children are started on demand.
func New(c Config) *Pool {
	if c.IdleTimeout == 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if raceEnabled { // the race detector multiplies memory use
		c.Memory *= 4
	}
	return &Pool{cfg: c, slots: make(chan struct{}, c.MaxChildren), children: map[*child]bool{}}
}

// Request is a file to process.
type Request struct {
	Task string
	Args []byte // at most maxArgs bytes
	File io.Reader
	Size int64 // of File, at most maxFile bytes
	// MaxResponse limits the total size of the response parts, in bytes.
	MaxResponse int64
}

// Run runs a task in a child and returns its response. It fails with ErrMemory, ErrTime or ErrCrash if
// the file ended the child, with the cause of ctx if that is done first, with the error of the task,
// or with the read error of Request.File.
func (p *Pool) Run(ctx context.Context, r Request) ([][]byte, error) {
	if r.Size > maxFile || len(r.Args) > maxArgs {
		return nil, fmt.Errorf("isolation: a file of %d bytes is too large", r.Size)
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c, err := p.acquire()
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeoutCause(ctx, p.cfg.Timeout, ErrTimeout)
	defer cancel()
	stop := context.AfterFunc(bounded, c.kill)
	resp, err := c.roundTrip(r)
	notKilled := stop() // otherwise the child is being killed
	if err == nil && notKilled && !resp.Exhausted && p.release(c) {
		return resp.result()
	}
	c.kill()
	<-c.exited
	switch {
	case err == nil:
		return resp.result()
	case bounded.Err() != nil:
		return nil, context.Cause(bounded)
	case errors.Is(err, errFile), errors.Is(err, errResponse):
		return nil, err
	}
	return nil, c.exitError()
}

// acquire returns an idle child, or a new one.
func (p *Pool) acquire() (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		c.idleTimer.Stop()
		if !c.hasExited() {
			return c, nil
		}
	}
	c, err := startChild(p.cfg.Memory)
	if err != nil {
		return nil, err
	}
	p.children[c] = true
	go func() {
		<-c.exited
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.children, c)
	}()
	return c, nil
}

// release returns a child to the pool. It reports false if the pool is closed.
func (p *Pool) release(c *child) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.idle = append(p.idle, c)
	c.idleTimer = time.AfterFunc(p.cfg.IdleTimeout, func() { p.expire(c) })
	return true
}

// expire ends a child if it is still idle.
func (p *Pool) expire(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			c.kill()
			return
		}
	}
}

// Close ends all children, including busy ones.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	var all []*child
	for c := range p.children {
		all = append(all, c)
	}
	for _, c := range p.idle {
		c.idleTimer.Stop()
	}
	p.idle = nil
	p.mu.Unlock()
	for _, c := range all {
		c.kill()
		<-c.exited
	}
	return nil
}
