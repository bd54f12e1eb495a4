package contract

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// Handler checks every answer of next. It reports a breach of the contract before the request ends.
func (c *Checker) Handler(next http.Handler, report func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := &http.Request{Method: r.Method, URL: r.URL}
		observed := &observedWriter{ResponseWriter: w}
		returned := false
		defer func() {
			if observed.header == nil { // aborted before it answered
				return
			}
			complete := returned && !observed.gone && r.Context().Err() == nil
			if err := c.Check(request, Response{observed.status, observed.header, observed.body.Bytes(), complete}); err != nil {
				report(err)
			}
		}()
		next.ServeHTTP(observed, r)
		if observed.header == nil {
			observed.WriteHeader(http.StatusOK)
		}
		returned = true
	})
}

// observedWriter keeps a copy of what is written.
type observedWriter struct {
	http.ResponseWriter
	status int
	header http.Header // as sent; nil: not sent yet
	body   bytes.Buffer
	copied bool // whether the body is copied
	gone   bool // the client is
}

func (w *observedWriter) WriteHeader(status int) {
	if w.header == nil && status >= 200 {
		w.status, w.header = status, w.Header().Clone()
		media := mediaType(w.header)
		w.copied = checked(media) || media == ""
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *observedWriter) Write(b []byte) (int, error) {
	if w.header == nil {
		w.WriteHeader(http.StatusOK)
	}
	if w.copied {
		w.body.Write(b)
	}
	n, err := w.ResponseWriter.Write(b)
	w.gone = w.gone || err != nil
	return n, err
}

// FlushError flushes; http.ResponseController calls it.
func (w *observedWriter) FlushError() error {
	if w.header == nil {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap returns the writer below; http.ResponseController calls it.
func (w *observedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Transport checks every response of next, once its body is read to the end or closed.
func (c *Checker) Transport(next http.RoundTripper, report func(error)) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer := Response{Status: res.StatusCode, Header: res.Header.Clone()}
		request := &http.Request{Method: r.Method, URL: r.URL}
		media := mediaType(res.Header)
		res.Body = &observedBody{ReadCloser: res.Body, copied: checked(media) || media == "", done: func(body []byte, complete bool) {
			answer.Body, answer.Complete = body, complete && r.Method != http.MethodHead
			if err := c.Check(request, answer); err != nil {
				report(err)
			}
		}}
		return res, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// observedBody keeps a copy of what is read.
type observedBody struct {
	io.ReadCloser
	body   bytes.Buffer
	copied bool
	once   sync.Once
	done   func(body []byte, complete bool)
}

func (b *observedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.copied {
		b.body.Write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		b.once.Do(func() { b.done(b.body.Bytes(), true) })
	}
	return n, err
}

func (b *observedBody) Close() error {
	b.once.Do(func() { b.done(b.body.Bytes(), false) })
	return b.ReadCloser.Close()
}
