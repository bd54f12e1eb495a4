package stripe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// event is something that happened, as its webhook and the list of events tell it.
type event struct {
	ID   string          `json:"id"`
	Body json.RawMessage `json:"body"`
}

// apiVersion is the version of the API that events name.
const apiVersion = "2026-02-25.clover"

// publish records an event and sends its webhook. The state is locked.
func (s *Server) publish(kind string, about object) {
	now := s.now()
	if intent, ok := about["payment_intent"].(object); ok {
		about = maps.Clone(about)
		about["payment_intent"] = intent["id"] // events are not expanded
	}
	e := event{ID: newID("evt_")}
	e.Body, _ = json.Marshal(object{"id": e.ID, "object": "event", "type": kind, "api_version": apiVersion, "created": now.Unix(), "livemode": false, "data": object{"object": about}})
	s.state.Events = append(s.state.Events, e)
	if over := len(s.state.Events) - maxEvents; over > 0 {
		s.state.Events = slices.Delete(s.state.Events, 0, over)
	}
	if s.webhookURL == "" || s.ctx.Err() != nil {
		return
	}
	url := s.webhookURL
	s.work.Go(func() { s.deliver(url, e.Body) })
}

// Retries of a webhook.
const (
	maxDeliveries = 6
	firstRetry    = 500 * time.Millisecond
)

// deliver sends a webhook until it is acknowledged, a few times with growing pauses.
func (s *Server) deliver(url string, body []byte) {
	pause := firstRetry
	for n := range maxDeliveries {
		if n > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-s.ctx.Done():
				timer.Stop()
				return
			}
			pause *= 3
		}
		if s.send(url, body) {
			return
		}
	}
}

func (s *Server) send(url string, body []byte) (acknowledged bool) {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", Sign(s.WebhookSecret, s.now(), body))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode >= 200 && res.StatusCode < 300
}

// Sign returns the Stripe-Signature header of a webhook.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Events returns the bodies of all events, oldest first.
func (s *Server) Events() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []json.RawMessage
	for _, e := range s.state.Events {
		all = append(all, e.Body)
	}
	return all
}

// listEvents lists events newest first: the newest ones, or those just after the one that ending_before names.
func (s *Server) listEvents(r *http.Request) (object, *failed) {
	limit, err := strconv.Atoi(r.Form.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 10
	}
	from := max(0, len(s.state.Events)-limit)
	to, more := len(s.state.Events), from > 0
	if id := r.Form.Get("ending_before"); id != "" {
		at := slices.IndexFunc(s.state.Events, func(e event) bool { return e.ID == id })
		if at < 0 {
			return nil, &failed{http.StatusBadRequest, "resource_missing", "No such event."}
		}
		from = at + 1
		to = min(from+limit, len(s.state.Events))
		more = to < len(s.state.Events)
	}
	data := []json.RawMessage{}
	for _, e := range s.state.Events[from:to] {
		data = append(data, e.Body)
	}
	slices.Reverse(data)
	return object{"object": "list", "url": "/v1/events", "has_more": more, "data": data}, nil
}
