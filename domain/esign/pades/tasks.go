package pades

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"counsel/domain/isolation"
)

// The tasks that parse untrusted files in child processes. None of them needs the signing key.
const (
	taskInspect = "pades.inspect"
	taskPrepare = "pades.prepare"
	taskAppend  = "pades.append"
	taskVerify  = "pades.verify"
)

// maxAppended is how many bytes may be appended to a file.
const maxAppended = 32 << 20

// Tasks returns the tasks that a child process of the pool must serve.
func Tasks() isolation.Tasks {
	return isolation.Tasks{taskInspect: inspectTask, taskPrepare: prepareTask, taskAppend: appendTask, taskVerify: verifyTask}
}

// WithPool returns a copy of the Sealer that parses files in child processes of the pool. The key stays
// in this process.
func (s *Sealer) WithPool(pool *isolation.Pool) *Sealer {
	c := *s
	c.pool = pool
	return &c
}

type taskArgs struct {
	Pages    []byte // a PDF whose pages are appended
	Info     SignatureInfo
	Reserved int // bytes for the signature
}

// run runs a task on a file, in this process if there is no pool.
func (s *Sealer) run(ctx context.Context, task string, a taskArgs, file []byte) (parts [][]byte, err error) {
	args, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	if s.pool == nil {
		return Tasks()[task](ctx, args, file)
	}
	parts, err = s.pool.Run(ctx, isolation.Request{Task: task, Args: args, File: bytes.NewReader(file), Size: int64(len(file)), MaxResponse: maxAppended})
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, errTimeout(ctx)
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTimeout):
		return nil, withCause(unsignable(reasonBroken, "reading it takes too much memory or time. Print it to a new PDF file."), err)
	case errors.Is(err, isolation.ErrCrash):
		return nil, withCause(unsignable(reasonBroken, "it cannot be read."), err)
	}
	return parts, err
}

// inspectTask returns the Report.
func inspectTask(ctx context.Context, _, file []byte) ([][]byte, error) {
	r, err := Inspect(ctx, file)
	if err != nil {
		return nil, err
	}
	return encodeParts(r)
}

// prepareTask returns the offset of the signature's Contents in the appended bytes, and those bytes.
func prepareTask(ctx context.Context, args, file []byte) (_ [][]byte, err error) {
	defer recoverPanic(&err)
	d, added, a, err := readBoth(ctx, args, file)
	if err != nil {
		return nil, err
	}
	out, contents, err := d.appendSignature(added, a.Info, a.Reserved)
	if err != nil {
		return nil, err
	}
	return encodeParts(contents.start-len(file), out[len(file):])
}

// appendTask returns the appended bytes.
func appendTask(ctx context.Context, args, file []byte) (_ [][]byte, err error) {
	defer recoverPanic(&err)
	d, added, _, err := readBoth(ctx, args, file)
	if err != nil {
		return nil, err
	}
	out, err := d.appendPages(added)
	if err != nil {
		return nil, err
	}
	result, err := readDocument(ctx, out)
	if err != nil || len(result.pages) != len(d.pages)+len(added.pages) {
		return nil, fmt.Errorf("pades: the file with the added pages cannot be read: %w", err)
	}
	return [][]byte{out[len(file):]}, nil
}

func verifyTask(_ context.Context, _, file []byte) ([][]byte, error) {
	_, err := Verify(file)
	return nil, err
}

// readBoth parses a file and the one whose pages are appended to it.
func readBoth(ctx context.Context, args, file []byte) (d, added *document, a taskArgs, err error) {
	if err := json.Unmarshal(args, &a); err != nil {
		return nil, nil, a, fmt.Errorf("pades: %w", err)
	}
	if d, err = readDocument(ctx, file); err != nil {
		return nil, nil, a, err
	}
	if err := d.checkSealable(); err != nil {
		return nil, nil, a, err
	}
	if added, err = readDocument(ctx, a.Pages); err != nil {
		return nil, nil, a, fmt.Errorf("pades: the pages to be added: %w", err)
	}
	return d, added, a, nil
}

// encodeParts returns v as JSON, followed by more.
func encodeParts(v any, more ...[]byte) ([][]byte, error) {
	b, err := json.Marshal(v)
	return append([][]byte{b}, more...), err
}
