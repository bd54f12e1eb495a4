package stripe

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed pages.html
var pagesHTML string

var pages = template.Must(template.New("").Parse(pagesHTML))

// The actions on a payment. The first three are those of a person on the page.
const (
	ActionPay          = "pay"
	ActionDecline      = "decline"       // the card is declined; the page stays open
	ActionDebit        = "debit"         // pay by a debit that takes days
	ActionComplete     = "complete"      // a debit arrives
	ActionReturn       = "return"        // a debit is returned
	ActionRefund       = "refund"        // the whole payment is refunded at the provider
	ActionFailRefunds  = "fail_refunds"  // all refunds fail
	ActionInquire      = "inquire"       // a bank asks
	ActionDispute      = "dispute"       // a bank takes the money back
	ActionWinDispute   = "win_dispute"   // it gives the money back
	ActionLoseDispute  = "lose_dispute"  // it does not
	ActionCloseInquiry = "close_inquiry" // the bank is satisfied
)

// Do carries an action out, on a session or payment intent with the given id.
func (s *Server) Do(id, action string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expireOld()
	c := s.state.Sessions[id]
	if c == nil {
		c = s.sessionOf(id)
	}
	if c == nil {
		return errors.New("there is no such payment")
	}
	act := s.pay
	if !slices.Contains([]string{ActionPay, ActionDecline, ActionDebit}, action) {
		act = s.act
	}
	if err := act(c, action); err != nil {
		return err
	}
	s.store()
	return nil
}

// pay is what a person does on the page.
func (s *Server) pay(c *session, action string) error {
	if c.Status != "open" {
		return errors.New("this page is closed")
	}
	switch action {
	case ActionDecline:
		c.Decline = "insufficient_funds"
		s.publish("payment_intent.payment_failed", s.intentObject(c))
	case ActionDebit:
		c.Status, c.Intent, c.Decline = "complete", "processing", ""
		s.publish("checkout.session.completed", s.sessionObject(c))
	case ActionPay:
		c.Status, c.Decline = "complete", ""
		s.receive(c)
		s.publish("payment_intent.succeeded", s.intentObject(c))
		s.publish("checkout.session.completed", s.sessionObject(c))
	}
	return nil
}

func (s *Server) receive(c *session) {
	c.Intent, c.PaidAt, c.Fee = "succeeded", s.now().Unix(), c.Amount*feePercent/100+feeFixed
}

// act is what a bank or somebody at the provider does.
func (s *Server) act(c *session, action string) error {
	switch {
	case action == ActionComplete && c.Intent == "processing":
		s.receive(c)
		s.publish("checkout.session.async_payment_succeeded", s.sessionObject(c))
	case action == ActionReturn && c.Intent == "processing":
		c.Intent, c.Decline = "requires_payment_method", "debit_not_authorized"
		s.publish("checkout.session.async_payment_failed", s.sessionObject(c))
	case action == ActionRefund:
		if _, f := s.refund(c, c.Amount, map[string]string{}, "succeeded"); f != nil {
			return errors.New(f.message)
		}
	case action == ActionFailRefunds:
		for _, r := range s.state.Refunds {
			if r.IntentID == c.IntentID {
				r.Status = "failed"
				s.publish("refund.failed", refundObject(r))
			}
		}
	case (action == ActionDispute || action == ActionInquire) && c.Intent == "succeeded":
		s.dispute(c, action)
	default:
		to, ok := map[string]string{ActionWinDispute: "won", ActionLoseDispute: "lost", ActionCloseInquiry: "warning_closed"}[action]
		if !ok {
			return fmt.Errorf("the payment does not allow %q", action)
		}
		for _, d := range s.state.Disputes {
			if d.IntentID == c.IntentID {
				d.Status = to
				s.publish("charge.dispute.closed", disputeObject(d))
			}
		}
	}
	return nil
}

// dispute opens a dispute or an inquiry, or turns an inquiry into a dispute.
func (s *Server) dispute(c *session, action string) {
	status := "needs_response"
	if action == ActionInquire {
		status = "warning_needs_response"
	}
	c.Disputed = true
	for _, d := range s.state.Disputes {
		if d.IntentID == c.IntentID {
			d.Status = status
			s.publish("charge.dispute.funds_withdrawn", disputeObject(d))
			return
		}
	}
	d := &dispute{ID: newID("du_"), IntentID: c.IntentID, Amount: c.Amount, Currency: c.Currency, Status: status, Created: s.now().Unix()}
	s.state.Disputes = append(s.state.Disputes, d)
	s.publish("charge.dispute.created", disputeObject(d))
}

// policy forbids the pages everything but forms and their style.
const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

func show(w http.ResponseWriter, status int, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "same-origin") // the origin of a form is checked
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = pages.ExecuteTemplate(w, page, data)
}

func (s *Server) payPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.expireOld()
	var c session
	found := s.state.Sessions[r.PathValue("id")]
	if found != nil {
		c = *found
	}
	s.mu.Unlock()
	if found == nil {
		show(w, http.StatusNotFound, "pay", c)
		return
	}
	show(w, http.StatusOK, "pay", c)
}

// payFromPage is a click on the page. Only the page itself may cause it.
func (s *Server) payFromPage(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		writeError(w, http.StatusForbidden, "forbidden_origin", "This form can only be sent from its own page.")
		return
	}
	id := r.PathValue("id")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	action := r.PostFormValue("action")
	if !slices.Contains([]string{ActionPay, ActionDecline, ActionDebit}, action) {
		action = ActionDecline
	}
	err := s.Do(id, action)
	s.mu.Lock()
	c := s.state.Sessions[id]
	to := ""
	if c != nil {
		to = c.SuccessURL
	}
	s.mu.Unlock()
	if err != nil || action == ActionDecline || to == "" {
		http.Redirect(w, r, s.pageURL()+"/pay/"+url.PathEscape(id), http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	return err == nil && (origin == "" || strings.EqualFold(u.Host, r.Host))
}

// dashboard lists the payments, newest first, with what can be done to them.
func (s *Server) dashboard(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.expireOld()
	var all []session
	for _, c := range s.state.Sessions {
		all = append(all, *c)
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b session) int { return int(b.Created - a.Created) })
	show(w, http.StatusOK, "dashboard", all[:min(len(all), 200)])
}

func (s *Server) actOnPayment(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		writeError(w, http.StatusForbidden, "forbidden_origin", "This form can only be sent from its own page.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := s.Do(r.PathValue("intent"), r.PostFormValue("action")); err != nil {
		writeError(w, http.StatusConflict, "", err.Error())
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
