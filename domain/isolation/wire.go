package isolation

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"counsel/domain"
)

// Bounds of what goes between parent and child.
const (
	maxTask  = 100
	maxArgs  = 16 << 20
	maxFile  = 256 << 20
	maxParts = 100_000
	maxHead  = 64 << 10 // of an answer
)

var (
	// errFile is a file that its sender could not read to the end.
	errFile = errors.New("isolation: the file cannot be read")
	// errAnswer is an answer that is none: a child never gives one, unless a file took it over.
	errAnswer = errors.New("isolation: the answer of the process that reads files cannot be read")
)

// writeRequest writes the lengths of task, args and file, and then these.
func writeRequest(w io.Writer, r Request) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(r.Task)))
	head = binary.BigEndian.AppendUint32(head, uint32(len(r.Args)))
	head = binary.BigEndian.AppendUint32(head, uint32(r.Size))
	if _, err := w.Write(slices.Concat(head, []byte(r.Task), r.Args)); err != nil {
		return err
	}
	from := &source{r: r.File}
	if _, err := io.CopyN(w, from, r.Size); from.err != nil {
		return fmt.Errorf("%w: %w", errFile, from.err)
	} else if err != nil {
		return err
	}
	return nil
}

// source tells a file that cannot be read from a child that does not take it.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
		s.err = err
	}
	return n, err
}

func readRequest(r io.Reader) (task string, args, file []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, nil, err
	}
	sizes := [3]uint32{}
	for i, most := range []uint32{maxTask, maxArgs, maxFile} {
		if sizes[i] = binary.BigEndian.Uint32(head[4*i:]); sizes[i] > most {
			return "", nil, nil, errors.New("isolation: the request is too large")
		}
	}
	name, args, file := make([]byte, sizes[0]), make([]byte, sizes[1]), make([]byte, sizes[2])
	for _, b := range [][]byte{name, args, file} {
		if _, err := io.ReadFull(r, b); err != nil {
			return "", nil, nil, err
		}
	}
	return string(name), args, file, nil
}

// answer is what a child says: its JSON, and then the parts, each with its length before it.
type answer struct {
	Error *failure `json:"error,omitempty"`
	Parts int      `json:"parts"`
	Last  bool     `json:"last,omitempty"` // it holds much memory and is to be ended
	parts [][]byte
}

// failure is an error of a task. Code is empty for those that are no *domain.Error.
type failure struct {
	Memory  bool           `json:"memory,omitempty"` // it is ErrMemory
	Code    domain.Code    `json:"code,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Message string         `json:"message"`
	Fields  []domain.Field `json:"fields,omitempty"`
}

func (a answer) result() ([][]byte, error) {
	switch {
	case a.Error == nil:
		return a.parts, nil
	case a.Error.Memory:
		return nil, ErrMemory
	case a.Error.Code == "":
		return nil, errors.New(a.Error.Message)
	}
	return nil, &domain.Error{Code: a.Error.Code, Reason: a.Error.Reason, Message: a.Error.Message, Fields: a.Error.Fields}
}

func newAnswer(parts [][]byte, err error) answer {
	if err == nil {
		return answer{Parts: len(parts), parts: parts}
	}
	const maxText = 2000
	f := failure{Memory: errors.Is(err, ErrMemory), Message: err.Error()[:min(len(err.Error()), maxText)]}
	if e, ok := errors.AsType[*domain.Error](err); ok {
		f = failure{Code: e.Code, Reason: e.Reason, Message: e.Message, Fields: e.Fields}
	}
	return answer{Error: &f}
}

func writeAnswer(w io.Writer, a answer) error {
	head, err := json.Marshal(a)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	for _, part := range append([][]byte{head}, a.parts...) {
		_, _ = b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // Flush reports it
		_, _ = b.Write(part)
	}
	return b.Flush()
}

func readAnswer(r io.Reader, most int64) (a answer, err error) {
	head, err := readPart(r, maxHead)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(head, &a); err != nil || a.Parts < 0 || a.Parts > maxParts || a.Error != nil && a.Parts > 0 {
		return a, errAnswer
	}
	for range a.Parts {
		part, err := readPart(r, most)
		if err != nil {
			return a, err
		}
		most -= int64(len(part))
		a.parts = append(a.parts, part)
	}
	return a, nil
}

func readPart(r io.Reader, most int64) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if int64(n) > most {
		return nil, errAnswer
	}
	part := make([]byte, n)
	_, err := io.ReadFull(r, part)
	return part, err
}
