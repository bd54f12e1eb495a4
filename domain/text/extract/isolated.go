package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"counsel/domain/isolation"
	"counsel/domain/text"
)

// TaskPages is the name of the task that children of Isolated run.
const TaskPages = "text.pages"

// Limits of a child.
const (
	childMemory  = 512 << 20
	childTimeout = 2 * time.Minute
	maxResponse  = 2 * maxTextBytes
)

// Isolated extracts text in child processes, several files at a time. It implements
// text.Extractor. Close it after use.
type Isolated struct {
	pool     *isolation.Pool
	cacheDir string
}

var _ text.Extractor = (*Isolated)(nil)

// NewIsolated makes an Isolated with at most size children. cacheDir is as for New.
func NewIsolated(cacheDir string, size int) *Isolated {
	return &Isolated{pool: isolation.New(isolation.Config{MaxChildren: size, Memory: childMemory, Timeout: childTimeout}), cacheDir: cacheDir}
}

// Close ends the children.
func (i *Isolated) Close() error { return i.pool.Close() }

type pagesArgs struct {
	Dir         string `json:"dir"`
	ContentType string `json:"contentType"`
}

// Pages implements text.Extractor. A file that exceeds the child's limits is an error of package
// isolation.
func (i *Isolated) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (text.Text, error) {
	args, err := json.Marshal(pagesArgs{i.cacheDir, contentType})
	if err != nil {
		return text.Text{}, fmt.Errorf("extract: %w", err)
	}
	parts, err := i.pool.Run(ctx, isolation.Request{Task: TaskPages, Args: args, File: io.NewSectionReader(file, 0, size), Size: size, MaxResponse: maxResponse})
	if err != nil {
		return text.Text{}, fmt.Errorf("extract: %w", err)
	}
	var extracted text.Text
	for i, p := range parts {
		if i > 0 {
			extracted.Pages = append(extracted.Pages, string(p))
		} else if err := json.Unmarshal(p, &extracted.Changes); err != nil {
			return text.Text{}, fmt.Errorf("extract: %w", err)
		}
	}
	return extracted, nil
}

// Task returns the implementation of TaskPages, for isolation.ServeIfChild.
func Task() isolation.Task {
	var once sync.Once
	var r *Reader // reused for the next file
	return func(ctx context.Context, args, file []byte) ([][]byte, error) {
		var a pagesArgs
		if err := json.Unmarshal(args, &a); err != nil {
			return nil, fmt.Errorf("extract: %w", err)
		}
		once.Do(func() { r = New(a.Dir) })
		extracted, err := r.Pages(ctx, a.ContentType, bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return nil, err
		}
		changes, err := json.Marshal(extracted.Changes)
		parts := [][]byte{changes} // the tracked changes, then each page
		for _, p := range extracted.Pages {
			parts = append(parts, []byte(p))
		}
		return parts, err
	}
}
