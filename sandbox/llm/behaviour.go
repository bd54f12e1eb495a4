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

// Mode is a way to respond.
type Mode string

// The modes. Modes about streams or schemas respond to other requests like ModeOK.
const (
	ModeOK            Mode = "ok"
	ModeSlow          Mode = "slow"           // DelayMs before the answer, ChunkDelayMs between chunks
	ModeFail          Mode = "fail"           // Status, by default 500, with RetryAfter if given
	ModeRateLimit     Mode = "rate_limit"     // 429 with RetryAfter, by default 1
	ModeHang          Mode = "hang"           // no response until the behaviour changes, then the connection is closed
	ModeRefuse        Mode = "refuse"         // the connection is closed without a response
	ModeGarbage       Mode = "garbage"        // 200 and application/json with invalid JSON
	ModeHTML          Mode = "html"           // 200 and a web page
	ModeHalf          Mode = "half"           // the connection breaks in the middle of the JSON or of an event
	ModeTruncated     Mode = "truncated"      // the JSON ends in the middle, without a connection error
	ModeDropStream    Mode = "drop_stream"    // a stream ends after half of its chunks
	ModeHangStream    Mode = "hang_stream"    // a stream stalls after half of its chunks
	ModeErrorStream   Mode = "error_stream"   // a stream reports an error after half of its chunks
	ModeHuge          Mode = "huge"           // an answer of 32 MiB
	ModeEmpty         Mode = "empty"          // no choices
	ModeLength        Mode = "length"         // half of the answer, finish_reason length
	ModeContentFilter Mode = "content_filter" // half of the answer, finish_reason content_filter
	ModeRefuseSchema  Mode = "refuse_schema"  // 400 for any response_format
	ModeIgnoreSchema  Mode = "ignore_schema"  // prose in spite of a response_format
	ModeWrongSchema   Mode = "wrong_schema"   // JSON that violates the schema
	ModeInvent        Mode = "invent"         // adds placeholders that were not in the request
	ModeMisquote      Mode = "misquote"       // quotes text that is not in the document
	ModeObey          Mode = "obey"           // follows instructions in the document: reports nothing
)

var modes = []Mode{
	ModeOK, ModeSlow, ModeFail, ModeRateLimit, ModeHang, ModeRefuse, ModeGarbage, ModeHTML, ModeHalf, ModeTruncated,
	ModeDropStream, ModeHangStream, ModeErrorStream, ModeHuge, ModeEmpty, ModeLength, ModeContentFilter,
	ModeRefuseSchema, ModeIgnoreSchema, ModeWrongSchema, ModeInvent, ModeMisquote, ModeObey,
}

// Behaviour configures how requests are answered.
type Behaviour struct {
	Mode         Mode   `json:"mode"`
	DelayMs      int    `json:"delayMs,omitempty"`      // before the answer, in every mode
	ChunkDelayMs int    `json:"chunkDelayMs,omitempty"` // before each chunk of a stream, in every mode
	Status       int    `json:"status,omitempty"`       // HTTP status, for fail
	RetryAfter   string `json:"retryAfter,omitempty"`   // value of the header, for fail and rate_limit
	Times        int    `json:"times,omitempty"`        // number of requests to which it applies, then ok; 0: until changed

	changed <-chan struct{} // closed when the behaviour changes; set for a request
}

// SetBehaviour changes how requests are answered from now on. Responses that hang are ended.
func (s *Server) SetBehaviour(b Behaviour) error {
	b.Mode = cmp.Or(b.Mode, ModeOK)
	if !slices.Contains(modes, b.Mode) {
		return fmt.Errorf("there is no mode %q", b.Mode)
	}
	if b.Status != 0 && (b.Status < 400 || b.Status > 599) {
		return errors.New("status must be from 400 to 599")
	}
	if b.DelayMs < 0 || b.ChunkDelayMs < 0 || b.Times < 0 {
		return errors.New("delays and times must not be negative")
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

// CurrentBehaviour returns the behaviour of the next request. Times is the remaining number.
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
		writeError(w, http.StatusBadRequest, "invalid_behaviour", err.Error()+"; the modes are "+fmt.Sprint(modes))
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
	s.Reset()
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
		writeError(w, cmp.Or(b.Status, http.StatusInternalServerError), "sandbox_failure", "The sandbox was told to fail.")
	case ModeRateLimit:
		w.Header().Set("Retry-After", cmp.Or(b.RetryAfter, "1"))
		writeError(w, http.StatusTooManyRequests, "rate_limit_exceeded", "The sandbox was told to have enough.")
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

// hang waits until the behaviour changes, the client disconnects or the server is closed.
func (s *Server) hang(r *http.Request, b Behaviour) {
	select {
	case <-b.changed:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
