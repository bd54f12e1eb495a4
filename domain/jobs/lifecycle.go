package jobs

import (
	"counsel/domain/lifecycle"
)

// State is where a job is. Callers see a scheduled and a queued job as waiting.
type State string

// The states. A job that failed keeps its arguments, so that an admin can retry it; any other
// finished job loses them.
const (
	// stateScheduled: not due before run_at, because it was enqueued so or an attempt failed.
	stateScheduled State = "scheduled"

	// Waiting: due, and in the hands of no process.
	Waiting State = "waiting"

	// stateQueued: pushed to the transport by the dispatcher that owns the row. If no worker claims
	// it before the lease expires, it is waiting again.
	stateQueued State = "queued"

	// Running: claimed by the worker that owns the row. The heartbeat extends the lease. If the
	// lease expires, the process has crashed: the job is rescued and is waiting again. A running
	// job that is to be cancelled has the flag cancelling until its attempt returns.
	Running State = "running"

	// Succeeded: its result can be read until the retention period ends.
	Succeeded State = "succeeded"

	// Failed: discarded after its last attempt, or after an error that no retry can repair (a dead
	// letter).
	Failed State = "failed"

	// Cancelled: by its owner or an admin. It may have a result: what was done before.
	Cancelled State = "cancelled"
)

// Lifecycle lists every transition with the statement of queries/jobs.sql that makes it. Each
// statement checks the state, and the owner where there is one, in its WHERE clause, so that of two
// processes only one moves the row. TestLifecycle compares this table with the statements.
var Lifecycle = lifecycle.Table[State]{
	Thing:   "job",
	Initial: []State{stateScheduled, Waiting}, // CreateJob, CreateUniqueJob
	Transitions: []lifecycle.Transition[State]{
		{From: stateScheduled, To: Waiting, On: "due"},                       // WakeJobs
		{From: Waiting, To: stateQueued, On: "pushed"},                       // QueueJobs
		{From: stateQueued, To: Waiting, On: "push failed or lease expired"}, // UnqueueJobs, UnqueueExpiredJobs
		{From: Waiting, To: Running, On: "claimed"},                          // ClaimJob
		{From: stateQueued, To: Running, On: "claimed"},                      // ClaimJob
		{From: Running, To: Waiting, On: "released or rescued"},              // ReleaseJob, RescueJobs
		{From: Running, To: Succeeded, On: "attempt succeeded"},              // SucceedJob
		{From: Running, To: stateScheduled, On: "attempt failed"},            // ScheduleJobRetry
		{From: Running, To: Failed, On: "discarded"},                         // DiscardJob
		{From: Running, To: Cancelled, On: "stopped or lease expired"},       // FinishCancelledJob, CancelExpiredJobs
		{From: stateScheduled, To: Cancelled, On: "cancelled"},               // CancelWaitingJob
		{From: Waiting, To: Cancelled, On: "cancelled"},                      // CancelWaitingJob
		{From: stateQueued, To: Cancelled, On: "cancelled"},                  // CancelWaitingJob
		{From: Failed, To: Waiting, On: "retried by an admin"},               // RetryFailedJob
	},
}

// Ended reports whether the job changes no more by itself.
func (st State) Ended() bool { return st != Waiting && st != Running }

// public is the state that callers see.
func (st State) public() State {
	if st == stateScheduled || st == stateQueued {
		return Waiting
	}
	return st
}

// stored lists the states of rows that callers see as st, or all states.
func (st State) stored() (states []State) {
	for _, state := range Lifecycle.States() {
		if st == "" || state.public() == st {
			states = append(states, state)
		}
	}
	return states
}
