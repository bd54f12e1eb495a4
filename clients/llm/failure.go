package llm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"

	"counsel/clients/retryafter"
	"counsel/domain"
	"counsel/domain/ai"
)

// Outcome is the result of an attempt. The values are metric labels and must not change.
type Outcome string

// The outcomes of an attempt.
const (
	OK              Outcome = "ok"
	Cancelled       Outcome = "cancelled"       // the caller canceled or its deadline passed
	Timeout         Outcome = "timeout"         // no response, or not in time
	Network         Outcome = "network"         // no connection, or it broke before a response
	RateLimited     Outcome = "rate_limited"    // 429
	ServerError     Outcome = "server_error"    // 5xx, or an error event within a stream
	KeyRejected     Outcome = "key_refused"     // 401, 403
	QuotaExceeded   Outcome = "quota_exceeded"  // 402, or 429 because the quota is used up
	ModelUnknown    Outcome = "model_unknown"   // the provider does not have the model
	TextFiltered    Outcome = "text_filtered"   // a 4xx from a content filter
	TextTooLong     Outcome = "text_too_long"   // longer than the model's context window
	RequestRejected Outcome = "request_refused" // any other 4xx
	Truncated       Outcome = "half_answer"     // the response was truncated
	BadAnswer       Outcome = "bad_answer"      // complete, but violates the protocol
	BreakerOpen     Outcome = "breaker_open"    // not sent
)

// failure is an attempt that returned no answer.
type failure struct {
	outcome    Outcome
	status     int
	code       string // the provider's error code, untrusted
	body       []byte // the start of an error response
	retryAfter time.Duration
	retry      bool // another attempt may succeed
	notCounted bool // not counted by the breaker: says nothing about the provider's health
	err        error
}

var (
	errNotCounted = errors.New("not counted by the breaker")
	errTruncated  = errors.New("the answer is truncated")
	errTransport  = errors.New("the connection failed")
	errStatus     = errors.New("the provider returned an error")
	errTooLarge   = errors.New("the answer is larger than allowed")
	errNotJSON    = errors.New("the answer is not valid JSON of the protocol")
	errMediaType  = errors.New("the answer has an unexpected media type")
	errEmpty      = errors.New("the answer has no text")
	errUnfinished = errors.New("the provider stopped before the answer was complete")
	errInStream   = errors.New("the provider reported an error within the stream")
)

// breakerError returns what the breaker counts: nil for a success, errNeutral for nothing.
func (f *failure) breakerError() error {
	switch {
	case f == nil:
		return nil
	case f.notCounted:
		return errNotCounted
	default:
		return f.err
	}
}

// badAnswer is the failure for a complete but unusable answer. Callers can provoke empty and oversized answers,
// so the breaker does not count those.
func badAnswer(err error) *failure {
	neutral := errors.Is(err, errEmpty) || errors.Is(err, errTooLarge)
	return &failure{outcome: BadAnswer, status: http.StatusOK, notCounted: neutral, err: err}
}

// classifyStatus returns the failure for an HTTP status of 400 or more. cause is the SDK's error, if it
// could parse the body.
func classifyStatus(res *http.Response, cause error) *failure {
	f := &failure{status: res.StatusCode, err: errStatus}
	if e, ok := errors.AsType[*openai.Error](cause); ok {
		f.code = e.Code
	}
	if res.Body != nil { // the SDK replaced the body with a copy
		f.body, _ = io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	}
	switch s := res.StatusCode; {
	case f.matches(quotaWords), s == http.StatusPaymentRequired:
		f.outcome, f.notCounted = QuotaExceeded, true
	case s == http.StatusTooManyRequests:
		f.outcome, f.retry, f.retryAfter = RateLimited, true, retryafter.Wait(res.Header, time.Now())
	case s >= 500:
		f.outcome, f.retry, f.retryAfter = ServerError, true, retryafter.Wait(res.Header, time.Now())
	case f.matches(filterWords):
		f.outcome, f.notCounted = TextFiltered, true
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		f.outcome, f.notCounted = KeyRejected, true
	case f.matches(lengthWords), s == http.StatusRequestEntityTooLarge:
		f.outcome, f.notCounted = TextTooLong, true
	case f.matches(modelWords):
		f.outcome, f.notCounted = ModelUnknown, true
	default:
		f.outcome, f.notCounted = RequestRejected, true
	}
	return f
}

// maxErrorBody limits how many bytes of an error response are examined.
const maxErrorBody = 8 << 10

// Patterns of permanent errors in the code, the type or the message of a provider's error response.
var (
	quotaWords  = regexp.MustCompile(`insufficient_quota|exceeded your current quota|billing|insufficient (balance|credit|fund)|credit balance`)
	filterWords = regexp.MustCompile(`content_filter|content_policy|content management policy|responsibleai|data_inspection_failed|moderation`)
	lengthWords = regexp.MustCompile(`context_length_exceeded|context[ _](length|window)|maximum context|prompt is too long|too many (input )?tokens|string_above_max_length|exceeds? the (maximum|max) (number of )?tokens`)
	modelWords  = regexp.MustCompile(`model_not_found|model_not_available|unknown_model|invalid_model|model .{0,100}(does not exist|not found|not exist)|no such model`)
)

func (f *failure) matches(words *regexp.Regexp) bool {
	return words.MatchString(strings.ToLower(f.code)) || words.Match(bytes.ToLower(f.body))
}

// classifyTransportError returns the failure for a transport error. started tells whether the response had begun.
// Network errors are kept for the log; others may quote received text and are not.
func classifyTransportError(ctx context.Context, err error, begun bool) *failure {
	if cause := context.Cause(ctx); cause != nil {
		return &failure{outcome: Timeout, retry: true, err: cause}
	}
	f := &failure{outcome: Network, retry: true, err: errTransport}
	if begun {
		f.outcome, f.status, f.err = Truncated, http.StatusOK, errTruncated
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		f.err = e
	}
	return f
}

// limitErrorBodies truncates the bodies of error responses, which the SDK reads completely.
type limitErrorBodies struct{ next http.RoundTripper }

func (b limitErrorBodies) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, 64<<10), res.Body}
	}
	return res, err
}

// defaultRetryAfter is the Retry-After of a caller when the provider sent none.
const defaultRetryAfter = 5 * time.Second

// permanentErrors are the errors returned for failures that a retry cannot fix.
var permanentErrors = map[Outcome]domain.Error{
	KeyRejected:     {Code: domain.Upstream, Reason: ai.ReasonKeyRefused, Message: "The AI provider rejected this service's API key. The operator of this service must correct it."},
	QuotaExceeded:   {Code: domain.Upstream, Reason: ai.ReasonQuotaExceeded, Message: "This service has used up its quota with the AI provider. The operator of this service must raise it."},
	ModelUnknown:    {Code: domain.Upstream, Reason: ai.ReasonModelUnknown, Message: "The AI provider does not offer the configured model. The operator of this service must correct it."},
	RequestRejected: {Code: domain.Upstream, Reason: ai.ReasonRequestRefused, Message: "The AI provider rejected this request."},
	TextFiltered:    {Code: domain.Invalid, Reason: ai.ReasonTextFiltered, Message: ai.TextFilteredMessage},
	TextTooLong:     {Code: domain.TooLarge, Reason: ai.ReasonTextTooLong, Message: "The text is longer than the AI can process in one request."},
	Truncated:       {Code: domain.Upstream, Reason: ai.ReasonBadAnswer, Message: ai.BadAnswerMessage},
	BadAnswer:       {Code: domain.Upstream, Reason: ai.ReasonBadAnswer, Message: ai.BadAnswerMessage},
}

// domainError converts f for the caller.
func (f *failure) domainError(retryAfter time.Duration) *domain.Error {
	err := fmt.Errorf("llm: %s (HTTP %d): %w", f.outcome, f.status, f.err)
	if e, ok := permanentErrors[f.outcome]; ok {
		e.Err = err
		return &e
	}
	return &domain.Error{
		Code: domain.Unavailable, Reason: ai.ReasonUnavailable, Message: ai.UnavailableMessage,
		RetryAfter: cmp.Or(retryAfter, defaultRetryAfter), Err: err,
	}
}
