package contract

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-openapi/jsonpointer"

	"counsel/domain/schema"
)

// Response is what was answered. Body is nil if the response was cut off, or is of a type that is not
// checked; see checked.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte
	Complete bool // whether Body is all of it
}

const problemType = "application/problem+json"

// checked reports whether bodies of a media type are read.
func checked(media string) bool {
	return media == "application/json" || media == problemType || media == "text/event-stream"
}

func mediaType(h http.Header) string {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// Check records the answer to a request and returns every way in which it breaks the contract.
func (c *Checker) Check(r *http.Request, a Response) error {
	op := c.find(r)
	faults := c.checkCommon(a.Header)
	if op == nil {
		faults = append(faults, c.checkElsewhere(r, a)...)
	} else {
		faults = append(faults, c.checkOperation(op, a)...)
		if err := c.record.seen(op.OperationID, a.Status); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s %s answers %d outside the contract: %w", r.Method, r.URL.Path, a.Status, errors.Join(faults...))
}

// checkCommon checks the headers that any answer can have.
func (c *Checker) checkCommon(h http.Header) (faults []error) {
	for name, of := range c.common {
		faults = append(faults, c.checkHeader(name, of, h)...)
	}
	return faults
}

// checkOperation checks what the operation declares.
func (c *Checker) checkOperation(op *operation, a Response) (faults []error) {
	ref := op.Responses.Status(a.Status)
	if ref == nil {
		return []error{fmt.Errorf("the status is not declared: %s", a.Body)}
	}
	pointer := follow(op.pointer+"/responses/"+strconv.Itoa(a.Status), ref.Ref)
	headers := map[string]bool{}
	for name, h := range ref.Value.Headers {
		headers[http.CanonicalHeaderKey(name)] = true
		at := follow(pointer+"/headers/"+jsonpointer.Escape(name), h.Ref)
		faults = append(faults, c.checkHeader(name, &header{h.Value.Required, at + "/schema", h.Value.Schema.Value.Type.Is("integer")}, a.Header)...)
	}
	faults = append(faults, c.undeclared(a.Header, headers)...)
	return append(faults, c.checkContent(ref.Value, pointer, a)...)
}

// protocol are headers of HTTP itself. OpenAPI declares Content-Type elsewhere.
var protocol = map[string]bool{"Content-Type": true, "Content-Length": true, "Transfer-Encoding": true, "Date": true, "Connection": true}

// undeclared finds headers that neither the response nor the whole contract declares.
func (c *Checker) undeclared(h http.Header, declared map[string]bool) (faults []error) {
	for name := range h {
		if !declared[name] && c.common[name] == nil && !protocol[name] {
			faults = append(faults, fmt.Errorf("the header %s is not declared", name))
		}
	}
	return faults
}

func (c *Checker) checkHeader(name string, of *header, h http.Header) []error {
	values := h.Values(name)
	switch {
	case len(values) == 0 && of.required:
		return []error{fmt.Errorf("the header %s is missing", name)}
	case len(values) == 0:
		return nil
	case len(values) > 1:
		if http.CanonicalHeaderKey(name) != "Vary" {
			return []error{fmt.Errorf("the header %s is there %d times", name, len(values))}
		}
	}
	var v any = values[0]
	if of.integer {
		v = json.Number(values[0])
		if _, err := strconv.ParseInt(values[0], 10, 64); err != nil {
			return []error{fmt.Errorf("the header %s is no integer: %q", name, values[0])}
		}
	}
	return c.checkValue(of.pointer, v, name+" "+values[0])
}

// undeclaredProperty is how package schema describes it.
const undeclaredProperty = "is not allowed here"

// checkValue checks a decoded value against the schema at a JSON Pointer.
func (c *Checker) checkValue(pointer string, v any, what string) (faults []error) {
	s, err := c.schemaAt(pointer)
	if err != nil {
		return []error{err}
	}
	violations := s.Check(v, "")
	// A property that is invalid counts as undeclared, too, and so does all around it.
	if invalid := slices.DeleteFunc(slices.Clone(violations), func(v schema.Violation) bool { return v.Detail == undeclaredProperty }); len(invalid) > 0 {
		violations = invalid
	}
	for _, violation := range violations {
		faults = append(faults, fmt.Errorf("%s %s, in %s", violation.Pointer, violation.Detail, what))
	}
	return faults
}

// checkContent checks content type and body.
func (c *Checker) checkContent(declared *openapi3.Response, pointer string, a Response) []error {
	media := mediaType(a.Header)
	if len(declared.Content) == 0 {
		if a.Complete && len(a.Body) > 0 {
			return []error{fmt.Errorf("there is a body, though none is declared: %s", a.Body)}
		}
		return nil
	}
	if declared.Content[media] == nil {
		return []error{fmt.Errorf("the content type %q is not declared", a.Header.Get("Content-Type"))}
	}
	at := pointer + "/content/" + jsonpointer.Escape(media) + "/schema"
	switch {
	case !checked(media):
		return nil
	case media == "text/event-stream":
		return c.checkEvents(at, a.Body)
	case !a.Complete:
		return nil
	}
	return c.checkBody(at, a)
}

func (c *Checker) checkBody(pointer string, a Response) []error {
	v, err := decode(a.Body)
	if err != nil {
		return []error{fmt.Errorf("%w in %s", err, a.Body)}
	}
	faults := c.checkValue(pointer, v, string(a.Body))
	if mediaType(a.Header) == problemType {
		faults = append(faults, c.checkProblem(v, a.Status, a.Header.Get("X-Request-Id"))...)
	}
	return faults
}

// decode reads one JSON value, which must be all there is.
func decode(body []byte) (v any, err error) {
	in := json.NewDecoder(bytes.NewReader(body))
	in.UseNumber()
	if err := in.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value")
	}
	return v, nil
}

// checkProblem checks what a schema cannot express. A status or requestID of 0 and "" is not compared.
func (c *Checker) checkProblem(v any, status int, requestID string) (faults []error) {
	problem, _ := v.(map[string]any)
	code, _ := problem["code"].(string)
	if !c.codes[code] {
		faults = append(faults, fmt.Errorf("the code %q is not listed", code))
	}
	if kind, _ := problem["type"].(string); !strings.HasSuffix(kind, "/"+code) && !strings.HasSuffix(kind, "#"+code) {
		faults = append(faults, fmt.Errorf("the type %q is not that of the code %q", kind, code))
	}
	if status != 0 && fmt.Sprint(problem["status"]) != strconv.Itoa(status) {
		faults = append(faults, fmt.Errorf("the problem has the status %v", problem["status"]))
	}
	if requestID != "" && problem["requestId"] != requestID {
		faults = append(faults, fmt.Errorf("the problem has the request id %v, the header %s", problem["requestId"], requestID))
	}
	return faults
}

// checkEvents checks each whole event of a stream. Its name is the type that its data has.
func (c *Checker) checkEvents(pointer string, body []byte) (faults []error) {
	for event := range bytes.SplitSeq(body[:max(0, bytes.LastIndex(body, []byte("\n\n")))], []byte("\n\n")) {
		var name string
		var data []byte
		lines := bufio.NewScanner(bytes.NewReader(event))
		lines.Buffer(nil, len(event)+1)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "": // a comment
			case "event":
				name = value
			case "data":
				data = append(data, value...)
			default:
				faults = append(faults, fmt.Errorf("an event has the field %q", field))
			}
		}
		if name == "" && data == nil {
			continue
		}
		v, err := decode(data)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w in %s", err, event))
			continue
		}
		faults = append(faults, c.checkValue(pointer, v, string(data))...)
		fields, _ := v.(map[string]any)
		if fields["type"] != name {
			faults = append(faults, fmt.Errorf("the event %q has data of the type %v", name, fields["type"]))
		}
		if fields["problem"] != nil {
			faults = append(faults, c.checkProblem(fields["problem"], 0, "")...)
		}
	}
	return faults
}

// checkElsewhere checks the answer to a request that is no operation: a problem, or the methods of a path.
func (c *Checker) checkElsewhere(r *http.Request, a Response) []error {
	headers := map[string]bool{}
	for _, response := range c.doc.Components.Responses {
		for name := range response.Value.Headers {
			headers[http.CanonicalHeaderKey(name)] = true
		}
	}
	faults := c.undeclared(a.Header, headers)
	if r.Method == http.MethodOptions && a.Status == http.StatusNoContent {
		return faults
	}
	if media := mediaType(a.Header); media != problemType {
		return append(faults, fmt.Errorf("no operation has this path and method, and the answer is no problem but %q", media))
	}
	if a.Status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
		faults = append(faults, errors.New("the header Allow is missing"))
	}
	if !a.Complete {
		return faults
	}
	return append(faults, c.checkBody("/components/schemas/Problem", a)...)
}
