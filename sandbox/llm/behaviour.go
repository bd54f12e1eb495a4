package llm

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Mode is a way to answer.
type Mode string

// The modes. Those that are about streams or schemas answer other requests like ModeOK.
const (
	ModeOK            Mode = "ok"
	ModeSlow          Mode = "slow"           // DelayMs before the answer, ChunkDelayMs between pieces
	ModeFail          Mode = "fail"           // Status, by default 500; with RetryAfter if given
	ModeRateLimit     Mode = "rate_limit"     // 429 with RetryAfter, by default 1
	ModeHang          Mode = "hang"           // no answer until the behaviour changes, then the connection closes
	ModeRefuse        Mode = "refuse"         // closes the connection without an answer
	ModeGarbage       Mode = "garbage"        // 200 and application/json, but no JSON
	ModeHTML          Mode = "html"           // 200 and a web page
	ModeHalf          Mode = "half"           // the connection breaks in the middle of the JSON or event
	ModeTruncated     Mode = "truncated"      // the JSON ends in the middle, the connection in good order
	ModeDropStream    Mode = "drop_stream"    // a stream ends after half its pieces
	ModeHangStream    Mode = "hang_stream"    // a stream stops after half its pieces, without ending
	ModeErrorStream   Mode = "error_stream"   // a stream reports an error after half its pieces
	ModeHuge          Mode = "huge"           // an answer of 32 MiB
	ModeEmpty         Mode = "empty"          // no choices
	ModeLength        Mode = "length"         // half the answer, finish_reason length
	ModeContentFilter Mode = "content_filter" // half the answer, finish_reason content_filter
	ModeRefuseSchema  Mode = "refuse_schema"  // 400 to any response_format
	ModeIgnoreSchema  Mode = "ignore_schema"  // prose, whatever was asked for
	ModeWrongSchema   Mode = "wrong_schema"   // JSON that does not fit
	ModeInvent        Mode = "invent"         // puts placeholders into the text that were not in the request
	ModeMisquote      Mode = "misquote"       // quotes that are not in the document
	ModeObey          Mode = "obey"           // does what a document that gives orders wants: finds nothing
)

var modes = []Mode{
	ModeOK, ModeSlow, ModeFail, ModeRateLimit, ModeHang, ModeRefuse, ModeGarbage, ModeHTML, ModeHalf, ModeTruncated,
	ModeDropStream, ModeHangStream, ModeErrorStream, ModeHuge, ModeEmpty, ModeLength, ModeContentFilter,
	ModeRefuseSchema, ModeIgnoreSchema, ModeWrongSchema, ModeInvent, ModeMisquote, ModeObey,
}

// Behaviour is how requests are answered from now on.
type Behaviour struct {
	Mode         Mode   `json:"mode"`
	DelayMs      int    `json:"delayMs,omitempty"`      // before the answer, in every mode
	ChunkDelayMs int    `json:"chunkDelayMs,omitempty"` // before each piece of a stream, in every mode
	Status       int    `json:"status,omitempty"`       // for fail
	RetryAfter   string `json:"retryAfter,omitempty"`   // the header, as it is sent; for fail and rate_limit
	Times        int    `json:"times,omitempty"`        // requests it applies to, then ok; 0: until changed

	changed <-chan struct{} // closed when another behaviour takes over; set for a request
}

// SetBehaviour changes how requests are answered from now on. What hangs is let go.
func (s *Server) SetBehaviour(b Behaviour) error {
	b.Mode = cmp.Or(b.Mode, ModeOK)
	if !slices.Contains(modes, b.Mode) {
		return fmt.Errorf("there is no mode %q", b.Mode)
	}
	if b.Status != 0 && (b.Status < 400 || b.Status > 599) {
		return errors.New("status must be from 400 to 599")
	}
	if b.DelayMs < 0 || b.ChunkDelayMs < 0 || b.Times < 0 {
		return errors.New("a delay or a number of times is not negative")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour, s.left = b, -1
	if b.Times > 0 {
		s.left = b.Times
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// CurrentBehaviour is how the next request is answered; Times is what is left of it.
func (s *Server) CurrentBehaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return Behaviour{Mode: ModeOK}
	}
	b := s.behaviour
	b.Times = max(s.left, 0)
	return b
}

func (s *Server) getBehaviour(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.CurrentBehaviour())
}

func (s *Server) putBehaviour(w http.ResponseWriter, r *http.Request) {
	var b Behaviour
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	d.DisallowUnknownFields()
	err := d.Decode(&b)
	if err == nil {
		err = s.SetBehaviour(b)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_behaviour", err.Error()+"; the modes are "+fmt.Sprint(modes))
		return
	}
	writeJSON(w, http.StatusOK, s.CurrentBehaviour())
}

func (s *Server) deleteBehaviour(w http.ResponseWriter, _ *http.Request) {
	_ = s.SetBehaviour(Behaviour{})
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) getRequests(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	v := map[string]any{"count": s.count, "requests": append([]Request{}, s.requests...)}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, v)
}

func (s *Server) deleteRequests(w http.ResponseWriter, _ *http.Request) {
	s.Forget()
	w.WriteHeader(http.StatusNoContent)
}

// misbehave answers by the modes that need not read the request. It is false if there is
// still an answer to give.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, b Behaviour) bool {
	switch b.Mode {
	case ModeFail:
		if b.RetryAfter != "" {
			w.Header().Set("Retry-After", b.RetryAfter)
		}
		refuse(w, cmp.Or(b.Status, http.StatusInternalServerError), "sandbox_failure", "The sandbox was told to fail.")
	case ModeRateLimit:
		w.Header().Set("Retry-After", cmp.Or(b.RetryAfter, "1"))
		refuse(w, http.StatusTooManyRequests, "rate_limit_exceeded", "The sandbox was told to have enough.")
	case ModeHang:
		s.hang(r, b)
		panic(http.ErrAbortHandler)
	case ModeRefuse:
		panic(http.ErrAbortHandler)
	case ModeGarbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("Lorem ipsum \x00\xff<<<{{ dolor"))
	case ModeHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Welcome</title><p>Please sign in to the network."))
	case ModeHuge:
		size := 0
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"model":"sandbox","choices":[{"message":{"role":"assistant","content":"`))
		for part := []byte(strings.Repeat("sandbox ", 8<<10)); size < 32<<20; size += len(part) {
			if _, err := w.Write(part); err != nil {
				break
			}
		}
		_, _ = w.Write([]byte(`"},"finish_reason":"stop"}]}`))
	default:
		return false
	}
	return true
}

// hang waits until another behaviour takes over from b, or one of the two sides goes away.
func (s *Server) hang(r *http.Request, b Behaviour) {
	select {
	case <-b.changed:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
