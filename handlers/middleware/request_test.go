package middleware

import "testing"

func TestPrefersEvents(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/event-stream": true, "Text/Event-Stream; q=0.5": true,
		"application/json, text/event-stream": false, "text/event-stream, application/json": true,
		"application/json;q=0.5, text/event-stream": true, "text/event-stream;q=0.5, application/json": false,
		"text/event-stream, application/problem+json, */*": true, "text/event-stream;q=0": false, "/, text/event-stream": true,
	} {
		if prefersEvents(accept) != want {
			t.Errorf("%q: %v", accept, !want)
		}
	}
}
