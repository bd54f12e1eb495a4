package envelopes

import "counsel/domain/lifecycle"

// Phase is what this service still has to do about an envelope. The values are stored.
//
// Creating: the request is stored, and Create was called or is about to be. If the phase lasts for more
// than CreateTimeout, the server that called it has stopped.
//
// Tracking: the envelope is open at the provider. Its state is polled, and fetched after a webhook.
//
// Downloading: the envelope is completed, and its files are not stored yet.
//
// Canceling: the request has ended here, or creating the envelope failed with an unknown outcome. The
// envelope, if there is one, must be canceled at the provider.
//
// Done: there is nothing left to do.
type Phase string

// The phases of an envelope.
const (
	Creating    Phase = "creating"
	Tracking    Phase = "open"
	Downloading Phase = "fetching"
	Canceling   Phase = "dropping"
	Done        Phase = "over"
)

// Lifecycle is the state machine of an envelope's phase.
var Lifecycle = lifecycle.Table[Phase]{
	Thing:   "envelope",
	Initial: []Phase{Creating},
	Transitions: []lifecycle.Transition[Phase]{
		{From: Creating, To: Tracking, On: "envelope created"},
		{From: Creating, To: Done, On: "provider rejected it"},
		{From: Creating, To: Canceling, On: "outcome unknown, or request withdrawn"},
		{From: Tracking, To: Downloading, On: "all signed"},
		{From: Tracking, To: Done, On: "ended at the provider"},
		{From: Tracking, To: Canceling, On: "request ended here"},
		{From: Downloading, To: Done, On: "files stored"},
		{From: Downloading, To: Canceling, On: "request failed"},
		{From: Canceling, To: Done, On: "canceled, or not found"},
	},
}
