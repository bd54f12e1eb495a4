package tests

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"counsel/sandbox/testkit/smtptest"
)

// receiver is an SMTP server and a webhook endpoint in one. It counts what it receives and injects
// faults.
type receiver struct {
	seed     uint64
	smtpPort string
	hookURL  string

	mu         sync.Mutex
	faulted    map[string]bool                      // names whose fault was drawn
	mails      map[string]map[string]int            // by recipient and Message-ID: number of deliveries
	hooks      map[string]map[string]map[string]int // by event type, e-mail id and webhook-id: number of deliveries
	deliveries []string                             // recipients in the order of delivery
	gate       chan struct{}                        // nil, or mails wait until it is closed
}

func startReceiver(t *testing.T, seed uint64) *receiver {
	t.Helper()
	r := &receiver{seed: seed, faulted: map[string]bool{}, mails: map[string]map[string]int{}, hooks: map[string]map[string]map[string]int{}}
	mails := smtptest.Start(t, smtptest.Config{})
	mails.Configure(func() { mails.OnRcpt, mails.OnData = r.onRcpt, r.onData })
	r.smtpPort = strconv.Itoa(mails.Port)
	hooks := httptest.NewServer(http.HandlerFunc(r.hook))
	r.hookURL = hooks.URL
	t.Cleanup(func() {
		hooks.CloseClientConnections()
		hooks.Close()
	})
	return r
}

// The faults of the receivers. Each name gets at most one, the first time it arrives.
type fault int

const (
	noFault        fault = iota
	temporaryError       // 451 or 500, once
	cutConnection        // closes the connection before the end
	dropReply            // accepts, but closes the connection without replying
)

// faultOf returns the fault of a name. It depends on nothing but the seed and the name.
func faultOf(seed uint64, name string) fault {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, seed, name)
	return [100]fault{0: temporaryError, 1: temporaryError, 2: temporaryError, 3: cutConnection, 4: cutConnection, 5: dropReply, 6: dropReply, 7: dropReply}[h.Sum64()%100]
}

// drawFault returns the fault of a name at its first call, and noFault afterwards.
func (r *receiver) drawFault(name string) fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faulted[name] || r.seed == 0 {
		return noFault
	}
	r.faulted[name] = true
	return faultOf(r.seed, name)
}

func (r *receiver) onRcpt(to string) error {
	if r.drawFault("to "+to) == temporaryError {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Try again later"}
	}
	return nil
}

func (r *receiver) onData(c *smtp.Conn, recipients []string, body io.Reader) error {
	m, err := mail.CreateReader(body)
	if err != nil {
		return err
	}
	id, err := m.Header.MessageID()
	if err != nil {
		return err
	}
	f := r.drawFault("mail " + id)
	if f == cutConnection {
		return c.Conn().Close()
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	r.mu.Lock()
	gate := r.gate
	r.mu.Unlock()
	if gate != nil {
		<-gate
	}
	r.mu.Lock()
	for _, to := range recipients {
		if r.mails[to] == nil {
			r.mails[to] = map[string]int{}
		}
		r.mails[to][id]++
		r.deliveries = append(r.deliveries, to)
	}
	r.mu.Unlock()
	if f == dropReply {
		return c.Conn().Close()
	}
	return nil
}

func (r *receiver) hook(w http.ResponseWriter, q *http.Request) {
	var event struct {
		Type string
		Data struct{ EmailID string }
	}
	if err := json.NewDecoder(q.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := q.Header.Get("webhook-id")
	f := r.drawFault("hook " + id)
	if f == temporaryError {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if f != cutConnection {
		r.mu.Lock()
		if r.hooks[event.Type] == nil {
			r.hooks[event.Type] = map[string]map[string]int{}
		}
		if r.hooks[event.Type][event.Data.EmailID] == nil {
			r.hooks[event.Type][event.Data.EmailID] = map[string]int{}
		}
		r.hooks[event.Type][event.Data.EmailID][id]++
		r.mu.Unlock()
	}
	if f == cutConnection || f == dropReply {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusNoContent)
}

// delivered reports whether a mail has reached all its recipients.
func (r *receiver) delivered(to []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range to {
		if len(r.mails[address]) == 0 {
			return false
		}
	}
	return true
}
