package handlers

import (
	"counsel/domain"
	"counsel/domain/files"
	"counsel/handlers/problem"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// content is an answer with a document's bytes: a download.
type content struct {
	doc            files.File
	etag           string
	status         int
	offset, length int64
	body           io.ReadCloser // nil with 304
}

// downloadTimeout is how long a client may take to receive downloadChunk bytes.
const (
	downloadTimeout = 30 * time.Second
	downloadChunk   = 64 << 10
)

// VisitGetDocumentContentResponse writes the bytes. It sends each chunk only after the next one was
// read, so that a wrong checksum, which is found at the end, still cuts the answer short.
func (c *content) VisitGetDocumentContentResponse(w http.ResponseWriter) error {
	if c.body == nil {
		c.writeHeader(w)
		return nil
	}
	defer c.body.Close()
	out := http.NewResponseController(w)
	ready, next := make([]byte, 0, downloadChunk), make([]byte, downloadChunk)
	for begun := false; ; {
		n, err := io.ReadFull(c.body, next)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return err
		}
		if !begun {
			begun = true
			c.writeHeader(w)
		}
		_ = out.SetWriteDeadline(time.Now().Add(downloadTimeout))
		if _, err := w.Write(ready); err != nil {
			return nil // the client is gone
		}
		if ended {
			_, _ = w.Write(next[:n]) // an error means that the client is gone
			return nil
		}
		ready, next = next[:n], ready[:cap(ready)]
	}
}

// writeHeader begins the response. What fails earlier is answered without these headers.
func (c *content) writeHeader(w http.ResponseWriter) {
	h := w.Header()
	h.Set("ETag", c.etag)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(c.doc.SHA256[:])+":")
	h.Set("Accept-Ranges", "bytes")
	if c.body != nil {
		h.Set("Content-Type", c.doc.ContentType)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.doc.Name}))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'") // in case a browser displays it
		h.Set("Content-Length", strconv.FormatInt(c.length, 10))
	}
	if c.status == http.StatusPartialContent {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", c.offset, c.offset+c.length-1, c.doc.Size))
	}
	w.WriteHeader(c.status)
}

// matchesETag reports whether an If-None-Match header lists the tag.
func matchesETag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// byteRange parses a Range header with one range. length is 0 when the header is to be ignored:
// another unit, several ranges, or not parsable (RFC 9110, 14.2).
func byteRange(header string, size int64) (offset, length int64, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash || first == "" && last == "" {
		return 0, 0, nil
	}
	number := func(digits string, absent int64) (int64, bool) {
		if digits == "" {
			return absent, true
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		return int64(n), err == nil
	}
	from, okFrom := number(first, -1)
	to, okTo := number(last, size-1)
	switch {
	case !okFrom || !okTo, from >= 0 && last != "" && to < from:
		return 0, 0, nil
	case from < 0: // the last bytes
		from, to = max(0, size-to), size-1
	}
	if from >= size || from > to {
		return 0, 0, domain.Errorf(problem.RangeNotSatisfiable, "The file has %d bytes.", size)
	}
	return from, min(to, size-1) - from + 1, nil
}
