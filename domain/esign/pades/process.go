package pades

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"counsel/domain"
	"counsel/domain/isolation"
)

// What is done with strangers' files, in processes of their own. None of it needs the key.
const (
	taskInspect = "pades.inspect"
	taskPrepare = "pades.prepare"
	taskExtend  = "pades.extend"
	taskVerify  = "pades.verify"
)

// maxAdded is how many bytes may be appended to a file.
const maxAdded = 32 << 20

// Tasks are those of a process that Isolated starts.
func Tasks() isolation.Tasks {
	return isolation.Tasks{taskInspect: inspect, taskPrepare: prepare, taskExtend: extend, taskVerify: verify}
}

// Isolated is the seal, reading files in the pool's processes. Its key stays in this one.
func (s *Seal) Isolated(pool *isolation.Pool) *Seal {
	c := *s
	c.pool = pool
	return &c
}

// addition is what is to be put behind a file.
type addition struct {
	Pages []byte
	About About
	Room  int // bytes of the signature
}

// do does a task with a file: in this process, if there is no pool.
func (s *Seal) do(ctx context.Context, name string, a addition, file []byte) (parts [][]byte, err error) {
	args, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("pades: %w", err)
	}
	if s.pool == nil {
		return Tasks()[name](ctx, args, file)
	}
	parts, err = s.pool.Run(ctx, isolation.Request{Task: name, Args: args, File: bytes.NewReader(file), Size: int64(len(file)), MaxAnswer: maxAdded})
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, &domain.Error{Code: domain.Timeout, Message: "The file could not be worked on in time.", Err: ctx.Err()}
	case errors.Is(err, isolation.ErrMemory), errors.Is(err, isolation.ErrTime):
		refused := unfit(broken, "reading it takes too much memory or time. Print it to a new PDF file.")
		refused.Err = err
		return nil, refused
	case errors.Is(err, isolation.ErrCrash):
		refused := unfit(broken, "it cannot be read.")
		refused.Err = err
		return nil, refused
	}
	return parts, err
}

func inspect(ctx context.Context, _, file []byte) ([][]byte, error) {
	r, err := Inspect(ctx, file)
	return answer(r, err)
}

func answer(v any, err error) ([][]byte, error) {
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	return [][]byte{b}, err
}

func both(ctx context.Context, args, file []byte) (d, more *document, a addition, err error) {
	if err := json.Unmarshal(args, &a); err != nil {
		return nil, nil, a, fmt.Errorf("pades: %w", err)
	}
	if d, err = read(ctx, file); err != nil {
		return nil, nil, a, err
	}
	if err := d.fit(); err != nil {
		return nil, nil, a, err
	}
	if more, err = read(ctx, a.Pages); err != nil {
		return nil, nil, a, fmt.Errorf("pades: the pages to be added: %w", err)
	}
	return d, more, a, nil
}

// prepare answers with what is to be appended, and where in it the signature goes.
func prepare(ctx context.Context, args, file []byte) (_ [][]byte, err error) {
	defer mend(&err)
	d, more, a, err := both(ctx, args, file)
	if err != nil {
		return nil, err
	}
	out, hole, err := d.update(more, a.About, a.Room)
	if err != nil {
		return nil, err
	}
	parts, err := answer(hole.start-len(file), nil)
	return append(parts, out[len(file):]), err
}

// extend answers with what is to be appended.
func extend(ctx context.Context, args, file []byte) (_ [][]byte, err error) {
	defer mend(&err)
	d, more, _, err := both(ctx, args, file)
	if err != nil {
		return nil, err
	}
	out, err := d.extend(more)
	if err != nil {
		return nil, err
	}
	again, err := read(ctx, out)
	if err != nil || again.pages != d.pages+more.pages {
		return nil, fmt.Errorf("pades: the longer file cannot be read: %w", err)
	}
	return [][]byte{out[len(file):]}, nil
}

func verify(_ context.Context, _, file []byte) ([][]byte, error) {
	_, err := Verify(file)
	return nil, err
}
