package counsel

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// ProblemCode is stable and meant for programs. Later versions of the service can send others.
type ProblemCode string

// Codes of failures without a problem document of the service.
const (
	// CodeUnknown is the code of a response that is not one of the service, such as a proxy's error page.
	CodeUnknown ProblemCode = "unknown"
	// CodeIncompleteStream is the code of a stream that ended before its last event.
	CodeIncompleteStream ProblemCode = "incomplete_stream"
)

// Error returns what went wrong, and the id by which the service's operators find the request.
func (p *Problem) Error() string {
	var text strings.Builder
	if p.Detail != nil {
		text.WriteString(*p.Detail)
	} else {
		text.WriteString(p.Title)
	}
	for _, field := range p.Errors {
		fmt.Fprintf(&text, " %s: %s", field.Pointer, field.Detail)
	}
	if p.RequestID != "" {
		fmt.Fprintf(&text, " (%s, request %s)", p.Code, p.RequestID)
	}
	return text.String()
}

// problemOf reads the problem of a failed response, whatever that contains.
func problemOf(response *http.Response) *Problem {
	p := new(Problem)
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/problem+json" || json.Unmarshal(body, p) != nil || p.Code == "" {
		p = unexpected(response)
	}
	p.Status = int32(response.StatusCode)
	p.RetryAfter, _ = retryAfter(response)
	return p
}

// unexpected is the problem of a response that the service did not write.
func unexpected(response *http.Response) *Problem {
	return &Problem{
		Type:      "about:blank",
		Title:     http.StatusText(http.StatusBadGateway),
		Detail:    Ptr("The response is not one of the service: " + response.Status + "."),
		Status:    http.StatusBadGateway,
		Code:      CodeUnknown,
		RequestID: response.Header.Get("X-Request-Id"),
	}
}
