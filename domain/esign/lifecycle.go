package esign

import "counsel/domain/lifecycle"

// Status is the state of a request. The values are stored and in the contract.
//
// Creating: the document is being submitted to the provider; nobody has been asked to sign. A request
// without a provider starts as Open.
//
// Open: signers can sign.
//
// Sealing: everyone has signed, and the signed file is being made. A job retries until it is stored.
//
// Completed: the signed file is stored.
//
// Declined: a signer declined.
//
// Cancelled: the sender withdrew the request, or it was canceled at the provider.
//
// Expired: not everyone signed in time.
//
// Failed: the provider did not accept the document, or it cannot be sealed because it is lost or damaged.
type Status string

// The states of a request.
const (
	Creating  Status = "creating"
	Open      Status = "open"
	Sealing   Status = "sealing"
	Completed Status = "completed"
	Declined  Status = "declined"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
	Failed    Status = "failed"
)

// RequestLifecycle is the state machine of a request.
var RequestLifecycle = lifecycle.Table[Status]{
	Thing:   "signature request",
	Initial: []Status{Open, Creating},
	Transitions: []lifecycle.Transition[Status]{
		{From: Creating, To: Open, On: "provider accepted"},
		{From: Creating, To: Failed, On: "provider failed"},
		{From: Open, To: Sealing, On: "last signature"},
		{From: Open, To: Declined, On: "signer declined"},
		{From: Open, To: Cancelled, On: "withdrawn"},
		{From: Open, To: Expired, On: "time is over"},
		{From: Sealing, To: Completed, On: "signed file stored"},
		{From: Sealing, To: Failed, On: "cannot be sealed"},
	},
}

// move changes the state of the request. The caller stores it.
func (r *Request) move(to Status) error {
	if err := RequestLifecycle.Check(r.Status, to); err != nil {
		return err
	}
	r.Status = to
	return nil
}

// SignerStatus is the state of a signer. The values are stored and in the contract.
//
// Waiting: other signers sign first.
//
// Sent: it is the signer's turn, and the mail with the link is queued or sent.
//
// Opened: the link was used.
//
// Viewed: the whole document was downloaded with the link, or the provider says that it was viewed.
//
// Consented: the signer agreed to sign electronically.
//
// Signed and SignerDeclined are final.
type SignerStatus string

// The states of a signer.
const (
	Waiting        SignerStatus = "waiting"
	Sent           SignerStatus = "sent"
	Opened         SignerStatus = "opened"
	Viewed         SignerStatus = "viewed"
	Consented      SignerStatus = "consented"
	Signed         SignerStatus = "signed"
	SignerDeclined SignerStatus = "declined"
)

// SignerLifecycle is the state machine of a signer.
var SignerLifecycle = lifecycle.Table[SignerStatus]{
	Thing:   "signer",
	Initial: []SignerStatus{Waiting},
	Transitions: []lifecycle.Transition[SignerStatus]{
		{From: Waiting, To: Sent, On: "their turn"},
		{From: Waiting, To: Viewed, On: "viewed at the provider"},
		{From: Sent, To: Opened, On: "link used"},
		{From: Sent, To: Viewed, On: "document viewed"},
		{From: Sent, To: SignerDeclined, On: "declined"},
		{From: Opened, To: Viewed, On: "document viewed"},
		{From: Opened, To: Consented, On: "consented"},
		{From: Opened, To: SignerDeclined, On: "declined"},
		{From: Viewed, To: Consented, On: "consented"},
		{From: Viewed, To: Signed, On: "signed at the provider"},
		{From: Viewed, To: SignerDeclined, On: "declined"},
		{From: Consented, To: Signed, On: "signed"},
		{From: Consented, To: SignerDeclined, On: "declined"},
	},
}

// move changes the state of the signer. The caller stores it.
func (s *Signer) move(to SignerStatus) error {
	if err := SignerLifecycle.Check(s.Status, to); err != nil {
		return err
	}
	s.Status = to
	return nil
}

// canSign reports whether the signer has a link and has neither signed nor declined.
func (s Signer) canSign() bool {
	return s.Status == Sent || s.Status == Opened || s.Status == Viewed || s.Status == Consented
}
