package counsel

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxRetryAfter is the longest Retry-After that is waited for. After a longer one, the response is final.
const maxRetryAfter = 30 * time.Second

func newRetryClient(retries int) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.Logger = nil
	c.HTTPClient.CheckRedirect = refuseRedirect
	c.RetryMax = retries
	c.CheckRetry = shouldRetry
	c.Backoff = backoff
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return c
}

func shouldRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err != nil || ctx.Err() != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, response, err)
	}
	after, ok := retryAfter(response)
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		return after <= maxRetryAfter, nil
	case http.StatusConflict: // with Retry-After: an earlier attempt is still being processed
		return ok && after <= maxRetryAfter, nil
	}
	return false, nil
}

// backoff is Retry-After or, without it, half a second that doubles, with a jitter of 25 %.
func backoff(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if after, ok := retryAfter(response); ok {
			return after
		}
	}
	return time.Duration(float64(500*time.Millisecond<<min(attempt, 6)) * (0.75 + rand.Float64()/2))
}

// retryAfter reads Retry-After: seconds or, as from proxies, a date.
func retryAfter(response *http.Response) (time.Duration, bool) {
	value := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	return max(0, time.Until(at)), err == nil
}
