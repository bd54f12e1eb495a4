package middleware

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"counsel/domain"
	"counsel/domain/apikeys"
	"counsel/domain/idempotency"
)

// Request is what the steps know about one request: for handlers, for its log line, its metrics
// and its problem document. It travels in the context.
type Request struct {
	ID             string
	Principal      domain.Principal // zero: not signed in
	Address        string           // the client's network address
	UserAgent      string           // not logged
	Language       string           // Accept-Language, cut to 100 characters
	AcceptEncoding string
	Header         func(name string) string // a header of the request
	WantsEvents    bool                     // Accept asks for an event stream
	Body           []byte                   // JSON, validated but not decoded

	key       *apikeys.Key // that authenticated it; nil: none
	operation *operation   // nil: no operation has this path and method
	usage     domain.Usage
	caseID    *domain.ID         // the case that the answer discloses
	claim     *idempotency.Claim // of its Idempotency-Key; nil: it has none
	code      domain.Code        // why it failed; "": it did not
	err       error              // for the log only
	canceled  bool               // it failed because the client hung up
}

type requestKey struct{}

// RequestFrom returns the request of a context that passed this package's steps.
func RequestFrom(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// newRequest reads what later steps and handlers need of r.
func newRequest(id, address string, r *http.Request) *Request {
	return &Request{
		ID:             id,
		Address:        address,
		UserAgent:      r.UserAgent(),
		Language:       domain.Truncate(r.Header.Get("Accept-Language"), 100),
		AcceptEncoding: r.Header.Get("Accept-Encoding"),
		Header:         r.Header.Get,
		WantsEvents:    prefersEvents(strings.Join(r.Header.Values("Accept"), ",")),
	}
}

// prefersEvents reports whether an Accept header names event streams, and JSON not before them or with a greater
// weight: clients that list all that an operation offers expect the first.
func prefersEvents(accept string) bool {
	events, json := 0.0, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		mediaType, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			weight = 1
		}
		switch {
		case mediaType == "text/event-stream" && weight > json:
			events = weight
		case mediaType == "application/json" && weight > events:
			json, events = weight, 0
		}
	}
	return events > 0
}

// Fail records why the request failed, for its log line and the metrics.
func (r *Request) Fail(e *domain.Error) {
	r.code, r.err = e.Code, e.Err
	if e.Reason != "" {
		r.code = domain.Code(e.Reason)
	}
}

// DerivedID is the id for the n-th resource that a request with an Idempotency-Key creates. It
// is the same on every retry under that key, so that a retry finds what a crash left behind.
// Without a key it is zero, and the domain makes an id.
func DerivedID(ctx context.Context, n int) domain.ID {
	if claim := RequestFrom(ctx).claim; claim != nil {
		return claim.DerivedID(n)
	}
	return domain.ID{}
}

// SetCase records the case that the answer discloses, if any. Whoever replays the answer by its
// Idempotency-Key must still be allowed to read that case.
func SetCase(ctx context.Context, caseID *domain.ID) {
	if caseID != nil {
		RequestFrom(ctx).caseID = caseID
	}
}
