package llm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// writeCompletion sends an answer that is not streamed.
func (s *Server) writeCompletion(w http.ResponseWriter, c chatRequest, b Behaviour, a completion) {
	choices := []any{map[string]any{
		"index": 0, "message": map[string]any{"role": "assistant", "content": a.text, "refusal": nil},
		"finish_reason": a.finish, "logprobs": nil,
	}}
	if b.Mode == ModeEmpty {
		choices = []any{}
	}
	raw, err := json.Marshal(map[string]any{
		"id": a.id, "object": "chat.completion", "created": time.Now().Unix(), "model": c.Model,
		"choices": choices, "usage": a.usage(),
	})
	if err != nil {
		writeError(w, http.StatusInternalServerError, "internal", "The answer could not be encoded.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch b.Mode {
	case ModeHalf, ModeDropStream:
		w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
		_, _ = w.Write(raw[:len(raw)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case ModeTruncated:
		raw = raw[:len(raw)/2]
	}
	_, _ = w.Write(raw)
}

// stream sends an answer in many chunks, split regardless of words and placeholders.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c chatRequest, b Behaviour, a completion) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	flusher := http.NewResponseController(w)
	head := map[string]any{"id": a.id, "object": "chat.completion.chunk", "created": time.Now().Unix(), "model": c.Model}
	event := func(choices []any, more map[string]any) []byte {
		v := map[string]any{"choices": choices}
		for k, e := range head {
			v[k] = e
		}
		for k, e := range more {
			v[k] = e
		}
		raw, _ := json.Marshal(v) // maps of strings and numbers
		return fmt.Appendf(nil, "data: %s\n\n", raw)
	}
	delta := func(d map[string]any, finish any) []byte {
		return event([]any{map[string]any{"index": 0, "delta": d, "finish_reason": finish}}, nil)
	}
	send := func(p []byte) bool {
		if _, err := w.Write(p); err != nil {
			return false
		}
		return flusher.Flush() == nil
	}
	if b.Mode == ModeEmpty {
		_ = send([]byte("data: [DONE]\n\n"))
		return
	}
	if !send(delta(map[string]any{"role": "assistant", "content": "", "refusal": nil}, nil)) {
		return
	}
	pieces := chunks(a.text, a.seed)
	for i, p := range pieces {
		if !s.wait(r, s.opt.StreamTime/time.Duration(len(pieces))+time.Duration(b.ChunkDelayMs)*time.Millisecond) {
			return
		}
		frame := delta(map[string]any{"content": p}, nil)
		if i == (len(pieces)+1)/2 || i == len(pieces)-1 {
			switch b.Mode {
			case ModeHalf:
				_ = send(frame[:len(frame)/2])
				panic(http.ErrAbortHandler)
			case ModeDropStream, ModeTruncated:
				return
			case ModeHangStream:
				s.hang(r, b)
				panic(http.ErrAbortHandler)
			case ModeErrorStream:
				_ = send([]byte(`data: {"error":{"message":"The sandbox was told to fail.","type":"server_error","code":"sandbox_failure"}}` + "\n\n"))
				return
			}
		}
		if !send(frame) {
			return
		}
	}
	last := delta(map[string]any{}, a.finish)
	if c.StreamOptions.IncludeUsage {
		last = append(last, event([]any{}, map[string]any{"usage": a.usage()})...)
	}
	_ = send(append(last, "data: [DONE]\n\n"...))
}

// chunks cuts text into at most about forty chunks of varying length.
func chunks(text string, seed uint64) []string {
	runes := []rune(text)
	size := max(6, len(runes)/30)
	var pieces []string
	for len(runes) > 0 {
		n := min(len(runes), size/2+int(seed%uint64(size))+1) //nolint:gosec // small
		pieces = append(pieces, string(runes[:n]))
		runes = runes[n:]
		seed = seed*6364136223846793005 + 1442695040888963407
		seed ^= seed >> 33
	}
	return pieces
}
