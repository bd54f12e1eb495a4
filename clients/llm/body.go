package llm

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

const byteOrderMark = "\ufeff"

// bodyReader reads the body of a response and reports activity. It skips white space and a byte order mark at the start.
type bodyReader struct {
	r      *bufio.Reader
	wire   *io.LimitedReader
	onRead func() // called whenever data arrives
}

// newBodyReader returns a reader that ends after 8 times the maximum answer: the JSON around each chunk of a stream is
// several times as long as its text.
func newBodyReader(body io.Reader, maxAnswer int64, onRead func()) *bodyReader {
	b := &bodyReader{wire: &io.LimitedReader{R: body, N: 8 * maxAnswer}, onRead: onRead}
	b.r = bufio.NewReader(readerFunc(func(p []byte) (int, error) {
		n, err := b.wire.Read(p)
		if n > 0 {
			b.onRead()
		}
		return n, err
	}))
	return b
}

func (b *bodyReader) Read(p []byte) (int, error) { return b.r.Read(p) }

// tooLarge reports whether the limit was reached.
func (b *bodyReader) tooLarge() bool { return b.wire.N <= 0 }

// first returns the first byte that is neither white space nor part of a byte order mark, without consuming it.
func (b *bodyReader) first() (byte, error) {
	for {
		c, err := b.r.Peek(1)
		if err != nil {
			return 0, err
		}
		if n := len(byteOrderMark); c[0] == byteOrderMark[0] {
			if mark, err := b.r.Peek(n); err == nil && string(mark) == byteOrderMark {
				_, _ = b.r.Discard(n)
				continue
			}
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(c[0])) {
			return c[0], nil
		}
		_, _ = b.r.Discard(1)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// bodyLimits is a transport that decompresses responses, which some providers compress although they were not asked to,
// and truncates the bodies of errors, which the SDK reads completely.
type bodyLimits struct{ next http.RoundTripper }

func (b bodyLimits) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err != nil {
		return res, err
	}
	body := res.Body
	var reader io.Reader = body
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		reader = &gzipReader{r: body}
	}
	if res.StatusCode >= http.StatusBadRequest {
		reader = io.LimitReader(reader, 64<<10)
	}
	if reader != io.Reader(body) {
		res.Body = struct {
			io.Reader
			io.Closer
		}{reader, body}
	}
	return res, nil
}

// gzipReader decompresses r. It does not read before its first Read.
type gzipReader struct {
	r io.Reader
	z *gzip.Reader
}

func (g *gzipReader) Read(p []byte) (n int, err error) {
	if g.z == nil {
		if g.z, err = gzip.NewReader(g.r); err != nil {
			return 0, err
		}
	}
	return g.z.Read(p)
}
