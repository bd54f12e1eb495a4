package documents

import (
	"bytes"
	"context"
	"errors"
	"io"

	"counsel/domain"
	"counsel/domain/isolation"
)

const taskType = "documents.type"

// Tasks are those of a process that reads uploads for an Archive.
func Tasks() isolation.Tasks {
	return isolation.Tasks{taskType: func(_ context.Context, _, file []byte) ([][]byte, error) {
		t, err := typeOf(bytes.NewReader(file), int64(len(file)))
		return [][]byte{[]byte(t)}, err
	}}
}

// typeOf is typeOf in a process of the pool, if there is one.
func (a *Archive) typeOf(ctx context.Context, file io.ReaderAt, size int64) (string, error) {
	if a.Pool == nil {
		return typeOf(file, size)
	}
	parts, err := a.Pool.Run(ctx, isolation.Request{Task: taskType, File: io.NewSectionReader(file, 0, size), Size: size, MaxResponse: 1000})
	switch {
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTimeout), errors.Is(err, isolation.ErrCrash):
		refused := domain.InvalidField("/file", "takes too much memory or time to be looked at")
		refused.Err = err
		return "", refused
	case err != nil:
		return "", err
	case len(parts) != 1 || endings[string(parts[0])] == "":
		return "", errors.New("documents: the process that reads files answers something else")
	}
	return string(parts[0]), nil
}
