package stripe

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// session is a Checkout Session with its payment intent and charge.
type session struct {
	ID          string            `json:"id"`
	IntentID    string            `json:"intentId"`
	Metadata    map[string]string `json:"metadata"`
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Description string            `json:"description"`
	SuccessURL  string            `json:"successUrl"`
	CancelURL   string            `json:"cancelUrl"`
	Created     int64             `json:"created"`
	ExpiresAt   int64             `json:"expiresAt"`
	Status      string            `json:"status"` // open, complete or expired
	Intent      string            `json:"intent"` // the status of the intent
	Decline     string            `json:"decline"`
	PaidAt      int64             `json:"paidAt"`
	Fee         int64             `json:"fee"`
	Disputed    bool              `json:"disputed"`
}

type refund struct {
	ID       string            `json:"id"`
	IntentID string            `json:"intentId"`
	Amount   int64             `json:"amount"`
	Currency string            `json:"currency"`
	Status   string            `json:"status"`
	Metadata map[string]string `json:"metadata"`
	Created  int64             `json:"created"`
}

type dispute struct {
	ID       string `json:"id"`
	IntentID string `json:"intentId"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Status   string `json:"status"`
	Created  int64  `json:"created"`
}

// Fees of the sandbox, in Stripe's units: a percentage and a fixed part, and a fixed part for each dispute.
const (
	feePercent = 2
	feeFixed   = 25
	disputeFee = 1500
)

func newID(prefix string) string { return prefix + rand.Text() }

// minAmount is the smallest amount that is accepted.
const minAmount = 50

// threeDecimals are the currencies of which Stripe takes multiples of ten only.
var threeDecimals = map[string]bool{"bhd": true, "jod": true, "kwd": true, "omr": true, "tnd": true}

func (s *Server) createSession(r *http.Request) (object, *failed) {
	f := r.PostForm
	now := s.now()
	amount, err := strconv.ParseInt(f.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	expires, expiresErr := strconv.ParseInt(f.Get("expires_at"), 10, 64)
	c := &session{
		ID: newID("cs_test_"), IntentID: newID("pi_"), Metadata: metadata(r), Amount: amount, Currency: f.Get("line_items[0][price_data][currency]"),
		Description: f.Get("line_items[0][price_data][product_data][name]"), SuccessURL: f.Get("success_url"), CancelURL: f.Get("cancel_url"),
		Created: now.Unix(), ExpiresAt: expires, Status: "open", Intent: "requires_payment_method",
	}
	switch {
	case f.Get("mode") != "payment" || f.Get("line_items[0][quantity]") != "1" || c.Currency == "" || c.Description == "":
		return nil, &failed{http.StatusBadRequest, "parameter_missing", "Missing required param."}
	case !strings.HasPrefix(c.SuccessURL, "http") || c.CancelURL != "" && !strings.HasPrefix(c.CancelURL, "http"):
		return nil, &failed{http.StatusBadRequest, "url_invalid", "Not a valid URL."}
	case err != nil || amount < minAmount:
		return nil, &failed{http.StatusBadRequest, "amount_too_small", "The amount is too small."}
	case threeDecimals[c.Currency] && amount%10 != 0:
		return nil, &failed{http.StatusBadRequest, "parameter_invalid_integer", "The amount must be a multiple of ten."}
	case expiresErr != nil || expires < now.Add(29*time.Minute).Unix() || expires > now.Add(24*time.Hour).Unix():
		return nil, &failed{http.StatusBadRequest, "parameter_invalid_integer", "expires_at must be between 30 minutes and 24 hours from now."}
	}
	s.state.Sessions[c.ID] = c
	return s.sessionObject(c), nil
}

// metadata returns the metadata of a request.
func metadata(r *http.Request) map[string]string {
	all := map[string]string{}
	for name := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "metadata["); ok {
			all[strings.TrimSuffix(key, "]")] = r.PostForm.Get(name)
		}
	}
	return all
}

func missing() *failed {
	return &failed{http.StatusNotFound, "resource_missing", "No such object."}
}

func (s *Server) getSession(r *http.Request) (object, *failed) {
	c := s.state.Sessions[r.PathValue("id")]
	if c == nil {
		return nil, missing()
	}
	return s.sessionObject(c), nil
}

func (s *Server) expireSession(r *http.Request) (object, *failed) {
	c := s.state.Sessions[r.PathValue("id")]
	switch {
	case c == nil:
		return nil, missing()
	case c.Status != "open":
		return nil, &failed{http.StatusBadRequest, "", "Only Checkout Sessions with status open can be expired."}
	}
	c.Status = "expired"
	s.publish("checkout.session.expired", s.sessionObject(c))
	return s.sessionObject(c), nil
}

// expireOld closes the sessions whose time is over.
func (s *Server) expireOld() {
	for _, c := range s.state.Sessions {
		if c.Status == "open" && s.now().Unix() >= c.ExpiresAt {
			c.Status = "expired"
			s.publish("checkout.session.expired", s.sessionObject(c))
		}
	}
}

func (s *Server) sessionOf(intent string) *session {
	for _, c := range s.state.Sessions {
		if c.IntentID == intent {
			return c
		}
	}
	return nil
}

func (s *Server) sessionObject(c *session) object {
	payment := "unpaid"
	if c.Intent == "succeeded" {
		payment = "paid"
	}
	out := object{
		"id": c.ID, "object": "checkout.session", "livemode": false, "status": c.Status, "payment_status": payment, "mode": "payment", "metadata": c.Metadata, "created": c.Created,
		"expires_at": c.ExpiresAt, "amount_total": c.Amount, "currency": c.Currency, "success_url": c.SuccessURL, "cancel_url": c.CancelURL, "payment_intent": nil, "url": nil,
	}
	if c.Status == "open" {
		out["url"] = s.pageURL() + "/pay/" + c.ID
	}
	if c.Status == "complete" || c.Decline != "" {
		out["payment_intent"] = s.intentObject(c)
	}
	return out
}

func (s *Server) pageURL() string {
	if s.opt.PageURL != "" {
		return s.opt.PageURL
	}
	return s.URL
}

func (s *Server) intentObject(c *session) object {
	out := object{"id": c.IntentID, "object": "payment_intent", "livemode": false, "status": c.Intent, "currency": c.Currency, "amount": c.Amount, "amount_received": 0, "metadata": c.Metadata,
		"last_payment_error": nil, "latest_charge": nil}
	if c.Decline != "" {
		out["last_payment_error"] = object{"type": "card_error", "code": "card_declined", "decline_code": c.Decline}
	}
	if c.Intent == "succeeded" {
		out["amount_received"] = c.Amount
		out["latest_charge"] = object{
			"id": "ch" + c.IntentID[2:], "object": "charge", "livemode": false, "created": c.PaidAt, "amount": c.Amount, "currency": c.Currency, "payment_intent": c.IntentID, "paid": true,
			"disputed": c.Disputed, "metadata": c.Metadata,
			"balance_transaction": object{"id": "txn" + c.IntentID[2:], "object": "balance_transaction", "amount": c.Amount, "fee": c.Fee, "net": c.Amount - c.Fee, "currency": c.Currency},
		}
	}
	return out
}

func (s *Server) createRefund(r *http.Request) (object, *failed) {
	c := s.sessionOf(r.PostForm.Get("payment_intent"))
	if c == nil {
		return nil, missing()
	}
	amount, err := strconv.ParseInt(r.PostForm.Get("amount"), 10, 64)
	if err != nil || amount <= 0 {
		return nil, &failed{http.StatusBadRequest, "parameter_invalid_integer", "Invalid amount."}
	}
	return s.refund(c, amount, metadata(r), "succeeded")
}

func (s *Server) refund(c *session, amount int64, meta map[string]string, status string) (object, *failed) {
	switch {
	case c.Intent != "succeeded":
		return nil, &failed{http.StatusBadRequest, "payment_intent_unexpected_state", "The payment has not succeeded."}
	case c.Disputed:
		return nil, &failed{http.StatusBadRequest, "charge_disputed", "The charge has been charged back."}
	}
	left := c.Amount
	for _, other := range s.state.Refunds {
		if other.IntentID == c.IntentID && other.Status != "failed" {
			left -= other.Amount
		}
	}
	if amount > left {
		return nil, &failed{http.StatusBadRequest, "charge_already_refunded", "The refund is greater than what is left."}
	}
	n := &refund{ID: newID("re_"), IntentID: c.IntentID, Amount: amount, Currency: c.Currency, Status: status, Metadata: meta, Created: s.now().Unix()}
	s.state.Refunds = append(s.state.Refunds, n)
	s.publish("refund.created", refundObject(n))
	return refundObject(n), nil
}

func refundObject(r *refund) object {
	return object{"id": r.ID, "object": "refund", "status": r.Status, "amount": r.Amount, "currency": r.Currency, "payment_intent": r.IntentID, "charge": "ch" + r.IntentID[2:], "metadata": r.Metadata,
		"created": r.Created}
}

func (s *Server) listRefunds(r *http.Request) (object, *failed) {
	data := []object{}
	for i := len(s.state.Refunds) - 1; i >= 0; i-- {
		if n := s.state.Refunds[i]; n.IntentID == r.Form.Get("payment_intent") {
			data = append(data, refundObject(n))
		}
	}
	return object{"object": "list", "url": "/v1/refunds", "has_more": false, "data": data}, nil
}

func (s *Server) listDisputes(r *http.Request) (object, *failed) {
	data := []object{}
	for _, d := range s.state.Disputes {
		if d.IntentID == r.Form.Get("payment_intent") {
			data = append(data, disputeObject(d))
		}
	}
	return object{"object": "list", "url": "/v1/disputes", "has_more": false, "data": data}, nil
}

func disputeObject(d *dispute) object {
	moved := []object{}
	if !strings.HasPrefix(d.Status, "warning_") {
		moved = append(moved, object{"id": "txn" + d.ID[2:], "object": "balance_transaction", "amount": -d.Amount, "fee": disputeFee, "net": -d.Amount - disputeFee, "currency": d.Currency})
	}
	return object{"id": d.ID, "object": "dispute", "livemode": false, "status": d.Status, "reason": "fraudulent", "amount": d.Amount, "currency": d.Currency, "payment_intent": d.IntentID,
		"charge": "ch" + d.IntentID[2:], "created": d.Created, "metadata": object{}, "balance_transactions": moved}
}
