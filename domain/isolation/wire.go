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

// Limits of the messages between parent and child, in bytes.
const (
	maxTaskName = 100
	maxArgs     = 16 << 20
	maxFile     = 256 << 20
	maxParts    = 100_000
	maxHeader   = 64 << 10 // of a response
)

var (
	// errFile means that the parent could not read the file to its end.
	errFile = errors.New("isolation: cannot read the file")
	// errResponse means a malformed response. Only a child compromised by a file sends one.
	errResponse = errors.New("isolation: malformed response from the child process")
)

// writeRequest writes the lengths of task name, args and file as 32-bit integers, then their bytes.
func writeRequest(w io.Writer, r Request) error {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(r.Task)))
	header = binary.BigEndian.AppendUint32(header, uint32(len(r.Args)))
	header = binary.BigEndian.AppendUint32(header, uint32(r.Size))
	if _, err := w.Write(slices.Concat(header, []byte(r.Task), r.Args)); err != nil {
		return err
	}
	file := &errReader{r: r.File}
	if _, err := io.CopyN(w, file, r.Size); file.err != nil {
		return fmt.Errorf("%w: %w", errFile, file.err)
	} else if err != nil {
		return err
	}
	return nil
}

// errReader remembers read errors, to tell them from errors of writing to the child.
type errReader struct {
	r   io.Reader
	err error
}

func (s *errReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
		s.err = err
	}
	return n, err
}

func readRequest(r io.Reader) (task string, args, file []byte, err error) {
	var header [12]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return "", nil, nil, err
	}
	sizes := [3]uint32{}
	for i, limit := range []uint32{maxTaskName, maxArgs, maxFile} {
		if sizes[i] = binary.BigEndian.Uint32(header[4*i:]); sizes[i] > limit {
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

// response is sent as JSON followed by the parts, each prefixed with its length as a 32-bit integer.
type response struct {
	Error     *taskError `json:"error,omitempty"`
	Parts     int        `json:"parts"`
	Exhausted bool       `json:"exhausted,omitempty"` // the child retains much memory and must be ended
	parts     [][]byte
}

// taskError is the error of a task. Code is empty unless it is a *domain.Error.
type taskError struct {
	Memory  bool           `json:"memory,omitempty"` // ErrMemory
	Code    domain.Code    `json:"code,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Message string         `json:"message"`
	Fields  []domain.Field `json:"fields,omitempty"`
}

func (r response) result() ([][]byte, error) {
	switch {
	case r.Error == nil:
		return r.parts, nil
	case r.Error.Memory:
		return nil, ErrMemory
	case r.Error.Code == "":
		return nil, errors.New(r.Error.Message)
	}
	return nil, &domain.Error{Code: r.Error.Code, Reason: r.Error.Reason, Message: r.Error.Message, Fields: r.Error.Fields}
}

func newResponse(parts [][]byte, err error) response {
	if err == nil {
		return response{Parts: len(parts), parts: parts}
	}
	const maxText = 2000
	f := taskError{Memory: errors.Is(err, ErrMemory), Message: domain.TruncateBytes(err.Error(), maxText)}
	if e, ok := errors.AsType[*domain.Error](err); ok {
		f = taskError{Code: e.Code, Reason: e.Reason, Message: e.Message, Fields: e.Fields}
	}
	return response{Error: &f}
}

func writeResponse(w io.Writer, resp response) error {
	header, err := json.Marshal(resp)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	for _, part := range append([][]byte{header}, resp.parts...) {
		_, _ = b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // Flush returns the error
		_, _ = b.Write(part)
	}
	return b.Flush()
}

func readResponse(r io.Reader, limit int64) (resp response, err error) {
	header, err := readPart(r, maxHeader)
	if err != nil {
		return resp, err
	}
	if err := json.Unmarshal(header, &resp); err != nil || resp.Parts < 0 || resp.Parts > maxParts || resp.Error != nil && resp.Parts > 0 {
		return resp, errResponse
	}
	for range resp.Parts {
		part, err := readPart(r, limit)
		if err != nil {
			return resp, err
		}
		limit -= int64(len(part))
		resp.parts = append(resp.parts, part)
	}
	return resp, nil
}

func readPart(r io.Reader, limit int64) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if int64(n) > limit {
		return nil, errResponse
	}
	part := make([]byte, n)
	_, err := io.ReadFull(r, part)
	return part, err
}
