package handlers

import (
	"encoding/json"
	"net/http"
	"time"

	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/problem"
)

// eventWriteTimeout is how long one event may take to reach a slow client.
const eventWriteTimeout = 10 * time.Second

// eventStream writes server-sent events. It writes nothing before the first event, so that a
// failure until then can still be answered with its own status.
type eventStream struct {
	w         http.ResponseWriter
	out       *http.ResponseController
	begun     bool
	gone      bool      // the client is; nothing more is written
	lastWrite time.Time // for keep-alive comments
}

func newEventStream(w http.ResponseWriter) *eventStream {
	return &eventStream{w: w, out: http.NewResponseController(w)}
}

// send writes an event. It reports whether the client is still there.
func (s *eventStream) send(kind string, data []byte) bool {
	event := make([]byte, 0, len(data)+32)
	event = append(append(event, "event: "...), kind...)
	event = append(append(append(event, "\ndata: "...), data...), "\n\n"...)
	return s.write(event)
}

// keepAlive writes a comment, since proxies close a connection that is silent.
func (s *eventStream) keepAlive() bool { return s.write([]byte(": keep-alive\n\n")) }

func (s *eventStream) write(b []byte) bool {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "text/event-stream")
		// Not no-store: Chromium then cancels the request at the end of the body if a page reads it piece by piece, and shows it as
		// failed.
		s.w.Header().Set("Cache-Control", "private, no-cache")
		s.w.Header().Set("X-Accel-Buffering", "no") // else nginx would hold the events back
		s.w.WriteHeader(http.StatusOK)
	}
	if s.gone {
		return false
	}
	_ = s.out.SetWriteDeadline(time.Now().Add(eventWriteTimeout))
	_, err := s.w.Write(b)
	s.gone = err != nil || s.out.Flush() != nil
	s.lastWrite = time.Now()
	return !s.gone
}

// failed records err for the request's log line and describes it for an error event.
func (s *Server) failed(req *middleware.Request, err error) *api.Problem {
	e := problem.FromError(err)
	req.Fail(e)
	p := s.problems.Describe(e, req.ID, "")
	return &p
}

// marshal is for types of the contract, which always encode.
func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // strings, numbers and decoded JSON: cannot happen
		panic(err)
	}
	return data
}
