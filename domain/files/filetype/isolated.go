package filetype

import (
	"bytes"
	"context"
	"errors"
	"io"

	"counsel/domain"
	"counsel/domain/isolation"
)

const taskDetect = "filetype.detect"

// Tasks are the tasks of the child processes that DetectIsolated uses.
func Tasks() isolation.Tasks {
	return isolation.Tasks{taskDetect: func(_ context.Context, _, file []byte) ([][]byte, error) {
		contentType, err := Detect(bytes.NewReader(file), int64(len(file)))
		return [][]byte{[]byte(contentType)}, err
	}}
}

// DetectIsolated is Detect in a child process of the pool. A file that exceeds the limits of the child
// or crashes it is Invalid.
func DetectIsolated(ctx context.Context, pool *isolation.Pool, file io.ReaderAt, size int64) (string, error) {
	parts, err := pool.Run(ctx, isolation.Request{Task: taskDetect, File: io.NewSectionReader(file, 0, size), Size: size, MaxResponse: 1000})
	switch {
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTimeout), errors.Is(err, isolation.ErrCrash):
		rejected := domain.InvalidField("/file", "takes too much memory or time to be inspected")
		rejected.Err = err
		return "", rejected
	case err != nil:
		return "", err
	case len(parts) != 1 || !Supported(string(parts[0])):
		return "", errors.New("filetype: unexpected answer from the child process")
	}
	return string(parts[0]), nil
}
