package llm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"

	"counsel/clients/retryafter"
)

// Outcome names what a try came to. The values are stable: they are metric labels.
type Outcome string

// The outcomes of a try.
const (
	OK             Outcome = "ok"
	Cancelled      Outcome = "cancelled"       // the caller hung up or ran out of time
	Timeout        Outcome = "timeout"         // nothing came, or not in time
	Network        Outcome = "network"         // no connection, or it broke before an answer
	RateLimited    Outcome = "rate_limited"    // 429
	ServerError    Outcome = "server_error"    // 5xx, or an error said within a stream
	KeyRefused     Outcome = "key_refused"     // 401, 403
	QuotaExceeded  Outcome = "quota_exceeded"  // 429 for want of money, 402
	ModelUnknown   Outcome = "model_unknown"   // the provider has no such model
	TextFiltered   Outcome = "text_filtered"   // a 4xx of a content filter
	TextTooLong    Outcome = "text_too_long"   // more than the model's context takes
	RequestRefused Outcome = "request_refused" // any other 4xx
	HalfAnswer     Outcome = "half_answer"     // it broke off
	BadAnswer      Outcome = "bad_answer"      // complete, but not what the protocol says
	BreakerOpen    Outcome = "breaker_open"    // not tried
)

// failure is a try that gave no answer.
type failure struct {
	outcome    Outcome
	status     int
	code       string // the provider's own, unchecked
	body       []byte // of a refusal, its beginning
	retryAfter time.Duration
	retry      bool // another try may help
	neutral    bool // says nothing about whether the provider is up
	err        error
}

var (
	errNeutral    = errors.New("says nothing about the provider")
	errHalf       = errors.New("the answer broke off")
	errTransport  = errors.New("the connection failed")
	errStatus     = errors.New("the provider refused")
	errTooLarge   = errors.New("the answer is larger than allowed")
	errNotJSON    = errors.New("the answer is not the JSON of the protocol")
	errMediaType  = errors.New("the answer has another media type")
	errEmpty      = errors.New("the answer holds no text")
	errUnfinished = errors.New("the provider stopped before the answer was complete")
	errInStream   = errors.New("the provider reported an error within the stream")
)

// verdict is f for the breaker: nil for a success, errNeutral for no vote.
func (f *failure) verdict() error {
	switch {
	case f == nil:
		return nil
	case f.neutral:
		return errNeutral
	default:
		return f.err
	}
}

// bad is a complete answer that cannot be used. What the model says, or how much, is in the hands
// of whoever asks: it must not count against the provider.
func bad(err error) *failure {
	neutral := errors.Is(err, errEmpty) || errors.Is(err, errTooLarge)
	return &failure{outcome: BadAnswer, status: http.StatusOK, neutral: neutral, err: err}
}

// refusal is the failure an HTTP status of 400 or more stands for. cause is the SDK's
// error, if it could read the body.
func refusal(res *http.Response, cause error) *failure {
	f := &failure{status: res.StatusCode, err: errStatus}
	if e, ok := errors.AsType[*openai.Error](cause); ok {
		f.code = e.Code
	}
	if res.Body != nil { // the SDK has read it, and put it back
		f.body, _ = io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	}
	switch s := res.StatusCode; {
	case f.says(quotaWords), s == http.StatusPaymentRequired:
		f.outcome, f.neutral = QuotaExceeded, true
	case s == http.StatusTooManyRequests:
		f.outcome, f.retry, f.retryAfter = RateLimited, true, retryafter.Wait(res.Header, time.Now())
	case s >= 500:
		f.outcome, f.retry, f.retryAfter = ServerError, true, retryafter.Wait(res.Header, time.Now())
	case f.says(filterWords):
		f.outcome, f.neutral = TextFiltered, true
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		f.outcome, f.neutral = KeyRefused, true
	case f.says(lengthWords), s == http.StatusRequestEntityTooLarge:
		f.outcome, f.neutral = TextTooLong, true
	case f.says(modelWords):
		f.outcome, f.neutral = ModelUnknown, true
	default:
		f.outcome, f.neutral = RequestRefused, true
	}
	return f
}

// maxRefusal is how much of a refusal is looked at.
const maxRefusal = 8 << 10

// How providers name what another try cannot mend, in the code, the type or the message of an error.
var (
	quotaWords  = regexp.MustCompile(`insufficient_quota|exceeded your current quota|billing|insufficient (balance|credit|fund)|credit balance`)
	filterWords = regexp.MustCompile(`content_filter|content_policy|content management policy|responsibleai|data_inspection_failed|moderation`)
	lengthWords = regexp.MustCompile(`context_length_exceeded|context[ _](length|window)|maximum context|prompt is too long|too many (input )?tokens|string_above_max_length|exceeds? the (maximum|max) (number of )?tokens`)
	modelWords  = regexp.MustCompile(`model_not_found|model_not_available|unknown_model|invalid_model|model .{0,100}(does not exist|not found|not exist)|no such model`)
)

func (f *failure) says(words *regexp.Regexp) bool {
	return words.MatchString(strings.ToLower(f.code)) || words.Match(bytes.ToLower(f.body))
}

// broken is the failure a transport error stands for; begun tells whether the answer had
// started. Errors of the network are safe to repeat; others may quote what was received.
func broken(ctx context.Context, err error, begun bool) *failure {
	if cause := context.Cause(ctx); cause != nil {
		return &failure{outcome: Timeout, retry: true, err: cause}
	}
	f := &failure{outcome: Network, retry: true, err: errTransport}
	if begun {
		f.outcome, f.status, f.err = HalfAnswer, http.StatusOK, errHalf
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		f.err = e
	}
	return f
}

// boundErrors keeps the body of an error answer short: the SDK reads it whole.
type boundErrors struct{ next http.RoundTripper }

func (b boundErrors) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, 64<<10), res.Body}
	}
	return res, err
}
