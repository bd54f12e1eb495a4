package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
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
	ServerError     Outcome = "server_error"    // 5xx, or an error reported under status 200
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
	retry      bool    // another attempt may succeed
	notCounted bool    // not counted by the breaker: says nothing about the provider's health
	learn      dialect // what the next attempt should do differently
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
	errReasoning  = errors.New("the answer started with reasoning that had no opening tag")
	errSchema     = errors.New("the answer is not a document of the requested schema")
	errInBand     = errors.New("the provider reported an error under status 200")
)

// needsOperator reports whether only the operator of this service can repair the cause. An address without the protocol
// answers 404 or 405.
func (f *failure) needsOperator() bool {
	switch f.outcome {
	case KeyRejected, QuotaExceeded, ModelUnknown:
		return true
	}
	return f.status == http.StatusNotFound || f.status == http.StatusMethodNotAllowed
}

// mayBeBilled reports whether the provider may have processed the request although no answer came of it.
func (f *failure) mayBeBilled() bool {
	switch f.outcome {
	case Timeout, Cancelled:
		return true
	case Truncated, BadAnswer:
		return f.status == http.StatusOK
	}
	return false
}

// breakerError returns what the breaker counts: nil for a success, errNotCounted for nothing.
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
		f.body = withoutEchoes(f.body)
	}
	f.classify(res.StatusCode, res.Header)
	return f
}

// classifyInBandError returns the failure for an error that came under status 200, whole or within a stream. A status
// within it counts as if it were the response's; without one, any error that is not permanent may pass.
func classifyInBandError(raw json.RawMessage) *failure {
	raw = withoutEchoes(raw)
	f := &failure{status: http.StatusOK, body: raw, err: errInBand}
	var e struct {
		Code   any             `json:"code"`
		Status any             `json:"status"`
		Error  json.RawMessage `json:"error"`
	}
	if _ = json.Unmarshal(raw, &e); len(e.Error) > 0 && e.Code == nil {
		_ = json.Unmarshal(e.Error, &e)
	}
	f.code, _ = e.Code.(string)
	status := http.StatusInternalServerError
	if permanentWords.Match(bytes.ToLower(raw)) {
		status = http.StatusBadRequest
	} else if rateWords.Match(bytes.ToLower(raw)) {
		status = http.StatusTooManyRequests
	}
	for _, v := range []any{e.Status, e.Code} {
		if n, err := strconv.Atoi(fmt.Sprint(v)); err == nil && n >= 400 && n < 600 {
			status = n
		}
	}
	f.classify(status, nil)
	return f
}

// classify sets the outcome of an error response.
func (f *failure) classify(status int, header http.Header) {
	switch {
	case f.matches(quotaWords), status == http.StatusPaymentRequired:
		f.outcome, f.notCounted = QuotaExceeded, true
	case status == http.StatusTooManyRequests:
		f.outcome, f.retry, f.retryAfter = RateLimited, true, retryafter.Wait(header, time.Now())
	case status >= 500:
		f.outcome, f.retry, f.retryAfter = ServerError, true, retryafter.Wait(header, time.Now())
	case f.matches(filterWords):
		f.outcome, f.notCounted = TextFiltered, true
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.outcome, f.notCounted = KeyRejected, true
	case f.matches(lengthWords), status == http.StatusRequestEntityTooLarge:
		f.outcome, f.notCounted = TextTooLong, true
	case f.matches(modelWords):
		f.outcome, f.notCounted = ModelUnknown, true
	case f.matches(keyWords):
		f.outcome, f.notCounted = KeyRejected, true
	default:
		f.outcome, f.notCounted = RequestRejected, true
	}
}

// withoutEchoes returns a JSON error without what it repeats of the request, whose words say nothing about the error.
func withoutEchoes(body []byte) []byte {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	dropEchoes(v)
	b, _ := json.Marshal(v) // was JSON
	return b
}

func dropEchoes(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"input", "prompt", "messages", "request", "body"} {
			delete(v, name)
		}
		for _, each := range v {
			dropEchoes(each)
		}
	case []any:
		for _, each := range v {
			dropEchoes(each)
		}
	}
}

// maxErrorBody limits how many bytes of an error response are examined.
const maxErrorBody = 8 << 10

// Patterns of permanent errors in the code, the type or the message of a provider's error response.
var (
	quotaWords  = regexp.MustCompile(quota)
	filterWords = regexp.MustCompile(filtered)
	lengthWords = regexp.MustCompile(tooLong)
	modelWords  = regexp.MustCompile(unknownModel)
	keyWords    = regexp.MustCompile(badKey)
	rateWords   = regexp.MustCompile(`rate[_ ]limit|too many requests|throttl`)

	permanentWords = regexp.MustCompile(quota + "|" + filtered + "|" + tooLong + "|" + unknownModel + "|" + badKey)
)

const (
	quota        = `insufficient_quota|exceeded your (current |monthly )?quota|quota[_ ]exceeded|out of (credits|quota)|billing|insufficient (balance|credit|fund)|credit balance|spend(ing)? limit`
	filtered     = `content_filter|content_policy|content management policy|responsibleai|data_inspection_failed|moderation|safety (system|filter|settings)|prohibited_content|flagged`
	tooLong      = `context_length_exceeded|context[ _](length|window|size)|maximum context|prompt is too long|(input|request) is too (long|large)|too many (input |prompt )?tokens|string_above_max_length|exceeds? the (maximum|max|available) (number of )?(tokens|context|input)|input length .{0,80}exceed|reduce the length`
	unknownModel = `model_not_found|model_not_available|unknown_model|invalid_model|model .{0,100}(does not exist|not found|not exist|is not supported|has been (deprecated|decommissioned)|is not available)|no such model|unknown model|deploymentnotfound|not a valid model`
	badKey       = `invalid_api_key|api[ _]?key (is )?(not valid|invalid|missing|expired)|(invalid|incorrect|missing|expired) api[ _]?key|authentication[ _](failed|error)|api_key_invalid`
)

func (f *failure) matches(words *regexp.Regexp) bool {
	return words.MatchString(strings.ToLower(f.code)) || words.Match(bytes.ToLower(f.body))
}

// classifyTransportError returns the failure for a transport error. begun tells whether the response had begun.
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
