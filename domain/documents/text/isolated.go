package text

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"counsel/domain/documents"
	"counsel/domain/isolation"
)

// TaskPages is the task of a process that reads files by which Isolated has their text read.
const TaskPages = "text.pages"

// Bounds of a process that reads texts.
const (
	processMemory = 512 << 20
	processTime   = 2 * time.Minute
	maxAnswer     = 2 * maxBytes
)

// Isolated reads texts in processes of their own, several at a time. It fulfils documents.TextReader.
// Close it.
type Isolated struct {
	pool *isolation.Pool
	dir  string
}

var _ documents.TextReader = (*Isolated)(nil)

// NewIsolated makes a reader of so many files at a time. dir is as New takes it.
func NewIsolated(dir string, atOnce int) *Isolated {
	return &Isolated{pool: isolation.New(isolation.Config{Size: atOnce, Memory: processMemory, Time: processTime}), dir: dir}
}

// Close ends the processes.
func (i *Isolated) Close() error { return i.pool.Close() }

type pagesArgs struct {
	Dir         string `json:"dir"`
	ContentType string `json:"contentType"`
}

// Pages fulfils documents.TextReader.
func (i *Isolated) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (documents.Text, error) {
	args, err := json.Marshal(pagesArgs{i.dir, contentType})
	if err != nil {
		return documents.Text{}, fmt.Errorf("text: %w", err)
	}
	parts, err := i.pool.Run(ctx, isolation.Request{Task: TaskPages, Args: args, File: io.NewSectionReader(file, 0, size), Size: size, MaxAnswer: maxAnswer})
	if err != nil {
		return documents.Text{}, fmt.Errorf("text: %w", err)
	}
	var text documents.Text
	for i, p := range parts {
		if i > 0 {
			text.Pages = append(text.Pages, string(p))
		} else if err := json.Unmarshal(p, &text.Changes); err != nil {
			return documents.Text{}, fmt.Errorf("text: %w", err)
		}
	}
	return text, nil
}

// Task reads texts, in the process that Isolated starts.
func Task() isolation.Task {
	var once sync.Once
	var r *Reader // it stays ready for the next file
	return func(ctx context.Context, args, file []byte) ([][]byte, error) {
		var a pagesArgs
		if err := json.Unmarshal(args, &a); err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		once.Do(func() { r = New(a.Dir) })
		text, err := r.Pages(ctx, a.ContentType, bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return nil, err
		}
		changes, err := json.Marshal(text.Changes)
		parts := [][]byte{changes} // the first, then a page each
		for _, p := range text.Pages {
			parts = append(parts, []byte(p))
		}
		return parts, err
	}
}
