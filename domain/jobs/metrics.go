package jobs

import "time"

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	OutcomeSucceeded Outcome = "succeeded"
	OutcomeRetried   Outcome = "retried"   // failed, and a retry is scheduled
	OutcomeDiscarded Outcome = "discarded" // failed, and will not be retried
	OutcomeCancelled Outcome = "cancelled"
	OutcomeReleased  Outcome = "released"   // by a server that stops, for another one
	OutcomeLeaseLost Outcome = "lease_lost" // another server has rescued the job
)

// Metrics counts what happens. Its methods are called from many goroutines.
type Metrics interface {
	Started(kind string, q Queue, waited time.Duration) // waited since the job was due
	Finished(kind string, o Outcome, took time.Duration)
	Rescued(jobs int)             // whose server crashed
	Waiting(q Queue, atLeast int) // counted up to countLimit
}

type nopMetrics struct{}

func (nopMetrics) Started(string, Queue, time.Duration)    {}
func (nopMetrics) Finished(string, Outcome, time.Duration) {}
func (nopMetrics) Rescued(int)                             {}
func (nopMetrics) Waiting(Queue, int)                      {}
