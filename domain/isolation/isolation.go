// Package isolation runs what reads strangers' files in processes of their own: children of this
// program, started from the same binary. A file that takes too much memory or time, or that makes a
// parser crash, ends its child and nothing else.
//
// A child has an empty environment, no database and no secret. It gets a file through its standard
// input and answers through its standard output, in a format that is bounded and checked. It serves
// one file at a time and is used again for the next; one that failed is not, and one that idles is
// ended. It never outlives its parent.
//
// A child limits its own memory before it reads anything: it ends itself when it resides in more than it
// may, and on Linux the kernel refuses it memory beyond that (RLIMIT_DATA), should it grow
// faster than it looks.
package isolation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Command is the argument by which a process knows that it is a child.
const Command = "read-files"

// Task reads a file, in the child. It is called for one file at a time. An error that is a *domain.Error
// arrives as it is, without its cause; of others the text arrives.
type Task func(ctx context.Context, args, file []byte) (parts [][]byte, err error)

// Tasks are all that a child can do, by name.
type Tasks map[string]Task

// The ways in which a child ends over a file. Errors of Run wrap them.
var (
	ErrMemory = errors.New("reading the file takes too much memory")
	ErrTime   = errors.New("reading the file takes too long")
	ErrCrash  = errors.New("reading the file ended the process that read it")
)

var errClosed = errors.New("isolation: the pool is closed")

// Config bounds a pool.
type Config struct {
	Size   int           // how many files are read at a time; others wait
	Memory int64         // bytes that a child may reside in
	Time   time.Duration // for one file, from when a child has it
	Idle   time.Duration // how long a child without work is kept; 0: two minutes
}

const usualIdle = 2 * time.Minute

// Pool runs tasks in children. It is safe for concurrent use. Close it.
type Pool struct {
	Config
	slots  chan struct{}
	mu     sync.Mutex
	idle   []*child // the one that was used last is at the end
	all    map[*child]bool
	closed bool
}

// New makes a pool. It starts nothing until a file comes.
func New(c Config) *Pool {
	if c.Idle == 0 {
		c.Idle = usualIdle
	}
	if raceEnabled { // the detector takes several times what the program does
		c.Memory *= 4
	}
	return &Pool{Config: c, slots: make(chan struct{}, c.Size), all: map[*child]bool{}}
}

// Request is a file to be read.
type Request struct {
	Task string
	Args []byte // at most maxArgs
	File io.Reader
	Size int64 // of File, at most maxFile
	// MaxAnswer is how many bytes all parts of the answer may have together.
	MaxAnswer int64
}

// Run has a child do a task. It fails with ErrMemory, ErrTime or ErrCrash when the child ended over
// it, with the cause of ctx when that ended first, with what the task failed with, and with an error of
// Request.File.
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
	c, err := p.take()
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeoutCause(ctx, p.Time, ErrTime)
	defer cancel()
	stop := context.AfterFunc(bounded, c.kill)
	a, err := c.do(r)
	alive := stop() // else it is being killed, and is of no more use
	if err == nil && alive && !a.Last && p.keep(c) {
		return a.result()
	}
	c.kill()
	<-c.ended
	switch {
	case err == nil:
		return a.result()
	case bounded.Err() != nil:
		return nil, context.Cause(bounded)
	case errors.Is(err, errFile), errors.Is(err, errAnswer):
		return nil, err
	}
	return nil, c.fate()
}

// take returns a child that has no work.
func (p *Pool) take() (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		c.timer.Stop()
		if !c.dead() {
			return c, nil
		}
	}
	c, err := start(p.Memory)
	if err != nil {
		return nil, err
	}
	p.all[c] = true
	go func() {
		<-c.ended
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.all, c)
	}()
	return c, nil
}

// keep keeps a child for the next file.
func (p *Pool) keep(c *child) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.idle = append(p.idle, c)
	c.timer = time.AfterFunc(p.Idle, func() { p.retire(c) })
	return true
}

// retire ends a child that idles.
func (p *Pool) retire(c *child) {
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

// Close ends all children, those that read, too.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	var all []*child
	for c := range p.all {
		all = append(all, c)
	}
	for _, c := range p.idle {
		c.timer.Stop()
	}
	p.idle = nil
	p.mu.Unlock()
	for _, c := range all {
		c.kill()
		<-c.ended
	}
	return nil
}
