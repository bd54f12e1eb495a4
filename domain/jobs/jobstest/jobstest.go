// Package jobstest has a jobs.Client that keeps jobs in memory, for tests of the packages that
// enqueue them.
package jobstest

import (
	"context"
	"sync"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

// Client keeps jobs until Work. It ignores RunAt and Key.
type Client struct {
	*jobs.Workers
	OnWake func() // optional

	mu      sync.Mutex
	waiting []waiting
}

type waiting struct {
	id      domain.ID
	job     jobs.Insert
	attempt int
}

// New returns a client without jobs.
func New() *Client { return &Client{Workers: jobs.NewWorkers()} }

// Enqueue keeps the jobs, whether or not the transaction commits.
func (c *Client) Enqueue(ctx context.Context, _ db.Tx, js ...jobs.Insert) ([]domain.ID, error) {
	return c.EnqueueNow(ctx, js...)
}

// EnqueueNow keeps the jobs.
func (c *Client) EnqueueNow(_ context.Context, js ...jobs.Insert) ([]domain.ID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]domain.ID, len(js))
	for i, j := range js {
		if j.ID.IsZero() {
			j.ID = domain.NewID()
		}
		ids[i] = j.ID
		c.waiting = append(c.waiting, waiting{ids[i], j, 1})
	}
	return ids, nil
}

// Wake calls OnWake.
func (c *Client) Wake() {
	if c.OnWake != nil {
		c.OnWake()
	}
}

// Waiting lists the jobs that wait.
func (c *Client) Waiting() []jobs.Insert {
	c.mu.Lock()
	defer c.mu.Unlock()
	js := make([]jobs.Insert, len(c.waiting))
	for i, w := range c.waiting {
		js[i] = w.job
	}
	return js
}

// Work does the jobs, and those that they enqueue. It returns the errors of the jobs that failed;
// these wait for the next call.
func (c *Client) Work(ctx context.Context) (failed []error) {
	var retries []waiting
	for {
		c.mu.Lock()
		batch := c.waiting
		c.waiting = nil
		if len(batch) == 0 {
			c.waiting = retries
			c.mu.Unlock()
			return failed
		}
		c.mu.Unlock()
		for _, w := range batch {
			if _, err := c.Workers.Work(ctx, w.id, w.job, w.attempt); err != nil {
				w.attempt++
				failed, retries = append(failed, err), append(retries, w)
			}
		}
	}
}

// WorkNow does one job of a kind that need not have been enqueued, such as a periodic one.
func (c *Client) WorkNow(ctx context.Context, args jobs.Args) (result any, err error) {
	return c.Workers.Work(ctx, domain.NewID(), jobs.Insert{Args: args}, 1)
}
