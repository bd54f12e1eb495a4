package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
	"counsel/domain/text"
)

// The names of the tasks that children of Isolated run.
const (
	TaskPages  = "text.pages"
	TaskLocate = "text.locate"
)

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

var (
	_ text.Extractor = (*Isolated)(nil)
	_ text.Locator   = (*Isolated)(nil)
)

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

type locateArgs struct {
	Dir    string        `json:"dir"`
	Quotes []locateQuote `json:"quotes"`
}

// Locate implements text.Locator.
func (i *Isolated) Locate(ctx context.Context, contentType string, file io.ReaderAt, size int64, quotes []text.Quote) ([]*text.Box, error) {
	if contentType != filetype.PDF || len(quotes) == 0 {
		return make([]*text.Box, len(quotes)), nil
	}
	args, err := json.Marshal(locateArgs{i.cacheDir, newLocateQuotes(quotes)})
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	parts, err := i.pool.Run(ctx, isolation.Request{Task: TaskLocate, Args: args, File: io.NewSectionReader(file, 0, size), Size: size, MaxResponse: maxResponse})
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	var boxes []*text.Box
	if len(parts) != 1 || json.Unmarshal(parts[0], &boxes) != nil || len(boxes) != len(quotes) {
		return nil, errors.New("extract: the child's answer is not understood")
	}
	return boxes, nil
}

// Tasks returns the implementations of the tasks, for isolation.ServeIfChild.
func Tasks() isolation.Tasks {
	var once sync.Once
	var r *Reader // reused for the next file
	reader := func(dir string) *Reader {
		once.Do(func() { r = New(dir) })
		return r
	}
	return isolation.Tasks{
		TaskPages: func(ctx context.Context, args, file []byte) ([][]byte, error) {
			var a pagesArgs
			if err := json.Unmarshal(args, &a); err != nil {
				return nil, fmt.Errorf("extract: %w", err)
			}
			extracted, err := reader(a.Dir).Pages(ctx, a.ContentType, bytes.NewReader(file), int64(len(file)))
			if err != nil {
				return nil, err
			}
			changes, err := json.Marshal(extracted.Changes)
			parts := [][]byte{changes} // the tracked changes, then each page
			for _, p := range extracted.Pages {
				parts = append(parts, []byte(p))
			}
			return parts, err
		},
		TaskLocate: func(ctx context.Context, args, file []byte) ([][]byte, error) {
			var a locateArgs
			if err := json.Unmarshal(args, &a); err != nil {
				return nil, fmt.Errorf("extract: %w", err)
			}
			boxes, err := reader(a.Dir).locate(ctx, bytes.NewReader(file), int64(len(file)), a.Quotes)
			if err != nil {
				return nil, err
			}
			answer, err := json.Marshal(boxes)
			return [][]byte{answer}, err
		},
	}
}
