package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"counsel/domain"
	"counsel/domain/ai"
)

// recording is a model whose answers are recorded in a file, or come from one. A request that is not in the file
// fails: its prompt has changed since.
type recording struct {
	ai.Model // nil: replay
	name     string

	mu      sync.Mutex
	answers map[string]ai.Completion // by the hash of the request
}

func replay(path string) (*recording, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Model   string
		Answers map[string]ai.Completion
	}
	err = json.Unmarshal(raw, &file)
	return &recording{name: file.Model, answers: file.Answers}, err
}

func record(m ai.Model) *recording {
	return &recording{Model: m, name: m.Name(), answers: map[string]ai.Completion{}}
}

func (r *recording) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	raw, err := json.MarshalIndent(map[string]any{"Model": r.name, "Answers": r.answers}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// Name implements ai.Model.
func (r *recording) Name() string { return r.name }

// Complete implements ai.Model.
func (r *recording) Complete(ctx context.Context, req ai.Request) (ai.Completion, error) {
	h := sha256.New()
	for _, m := range req.Messages {
		fmt.Fprintf(h, "%s %d:%s", m.Author, len(m.Text), m.Text)
	}
	key := hex.EncodeToString(h.Sum(nil)[:12])
	if r.Model == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if c, ok := r.answers[key]; ok {
			return c, nil
		}
		return ai.Completion{}, &domain.Error{Code: domain.Upstream, Message: "No answer is recorded for this prompt.", Err: errors.New("eval: not recorded")}
	}
	c, err := r.Model.Complete(ctx, req)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.answers[key] = c
	}
	return c, err
}

// Stream implements ai.Model.
func (r *recording) Stream(ctx context.Context, req ai.Request, delta func(string)) (ai.Completion, error) {
	c, err := r.Complete(ctx, req)
	if err == nil {
		delta(c.Text)
	}
	return c, err
}
