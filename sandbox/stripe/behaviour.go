package stripe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Mode is a way to answer requests of the API.
type Mode string

// The modes.
const (
	ModeOK         Mode = "ok"
	ModeSlow       Mode = "slow"        // DelayMs before the answer
	ModeDown       Mode = "down"        // 503
	ModeRateLimit  Mode = "rate_limit"  // 429
	ModeRefuse     Mode = "refuse"      // the connection is closed, and nothing carried out
	ModeDropAnswer Mode = "drop_answer" // carried out, but the connection is closed without an answer
	ModeGarbage    Mode = "garbage"     // 200 with what is no JSON
	ModeHuge       Mode = "huge"        // 200 with 32 MiB
)

var modes = []Mode{ModeOK, ModeSlow, ModeDown, ModeRateLimit, ModeRefuse, ModeDropAnswer, ModeGarbage, ModeHuge}

// Behaviour configures how requests are answered.
type Behaviour struct {
	Mode    Mode `json:"mode"`
	DelayMs int  `json:"delayMs,omitempty"` // in every mode
	Times   int  `json:"times,omitempty"`   // number of requests to which it applies, then ok; 0: until changed
}

// SetBehaviour changes how requests are answered from now on.
func (s *Server) SetBehaviour(b Behaviour) error {
	b.Mode = cmp.Or(b.Mode, ModeOK)
	if !slices.Contains(modes, b.Mode) {
		return fmt.Errorf("there is no mode %q", b.Mode)
	}
	if b.DelayMs < 0 || b.Times < 0 {
		return errors.New("delays and times must not be negative")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour, s.left = b, cmp.Or(b.Times, -1)
	return nil
}

func (s *Server) putBehaviour(w http.ResponseWriter, r *http.Request) {
	var b Behaviour
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&b)
	if err == nil {
		err = s.SetBehaviour(b)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "parameter_invalid", err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// count counts a request and returns the behaviour that applies to it.
func (s *Server) count(pattern string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[pattern]++
	b := s.behaviour
	switch {
	case s.left > 0:
		s.left--
	case s.left == 0:
		b = Behaviour{Mode: ModeOK}
	}
	return b
}

// before misbehaves instead of carrying a request out; it then returns false.
func (s *Server) before(w http.ResponseWriter, r *http.Request, b Behaviour) bool {
	if b.DelayMs > 0 {

		timer := time.NewTimer(time.Duration(b.DelayMs) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return false
		case <-s.ctx.Done():
			return false
		}
	}
	switch b.Mode {
	case ModeDown:
		writeError(w, http.StatusServiceUnavailable, "", "The service is down.")
	case ModeRateLimit:
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusTooManyRequests, "rate_limit", "Too many requests.")
	case ModeRefuse:
		panic(http.ErrAbortHandler)
	case ModeGarbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": "cs_`))
	case ModeHuge:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": "`))
		for range 512 {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				break
			}
		}
	default:
		return true
	}
	return false
}
