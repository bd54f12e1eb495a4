package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/schema"
)

// maxBody is the largest JSON body, in bytes, unless x-body-limit sets a lower limit.
const maxBody = 1 << 20

// validateBody reads the JSON body within the operation's limit and refuses one that does not
// match the contract.
func validateBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		req := RequestFrom(c.Request().Context())
		if op := req.operation; op.body != nil {
			body, err := readBody(c.Response(), c.Request(), op.bodyLimit)
			if err != nil {
				return err
			}
			if err := checkBody(op.body, body); err != nil {
				return err
			}
			req.Body = body
		}
		return next(c)
	}
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, domain.Errorf(domain.Malformed, "The body must be sent as application/json.")
	}
	if r.ContentLength > limit {
		return nil, bodyTooLarge(limit)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(min(r.ContentLength, 32<<10)) + bytes.MinRead) // a client may announce more than it sends
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, bodyTooLarge(limit)
		}
		return nil, &domain.Error{Code: domain.Malformed, Message: "The body could not be read to its end.", Err: err}
	}
	return buf.Bytes(), nil
}

func bodyTooLarge(limit int64) *domain.Error {
	return domain.Errorf(domain.TooLarge, "The body may be at most %d bytes.", limit)
}

// checkBody validates a body against its schema. The contract is compiled to JSON Schema because
// kin-openapi's own validator takes four times as long for the same result.
func checkBody(s *schema.Schema, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return domain.Errorf(domain.Malformed, "A JSON body is needed.")
	}
	if !utf8.Valid(body) {
		return domain.Errorf(domain.Malformed, "The body is not valid UTF-8.")
	}
	scanned := scanJSON(body)
	if scanned.depth > maxDepth {
		return domain.Errorf(domain.Malformed, "The body nests more than %d deep.", maxDepth)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		e := domain.Errorf(domain.Malformed, "The body is not valid JSON.")
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			e.Message = "The body is not valid JSON: it breaks at byte " + strconv.FormatInt(syntax.Offset, 10) + "."
		}
		return e
	}
	if countMembers(v) != scanned.colons { // one of the two values would be checked, the other might be bound
		return domain.Errorf(domain.Malformed, "The body names a field twice.")
	}
	if scanned.loneSurrogate {
		return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: replacedFields(nil, "", v)}
	}
	faults := s.Check(v, "")
	if faults == nil {
		return nil
	}
	e := &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: schema.Fields(faults)}
	for _, f := range faults {
		if f.Unknown {
			e.Code, e.Message = domain.Malformed, "The request body holds a field that is not known."
		}
	}
	return e
}

// bodyBinder decodes the body that validateBody has checked.
type bodyBinder struct{}

func (bodyBinder) Bind(c *echo.Context, target any) error {
	body := RequestFrom(c.Request().Context()).Body
	err := json.Unmarshal(body, target)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	// The contract takes 1.0 and 1e2 for integers, a Go field does not: write them as integers.
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	if body, err = json.Marshal(v); err != nil {
		return err
	}
	if err = json.Unmarshal(body, target); err == nil {
		return nil
	}
	e := &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Err: err,
		Fields: []domain.Field{{Pointer: "", Detail: "cannot be read"}}}
	if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Fields = []domain.Field{{Pointer: "/" + strings.ReplaceAll(field.Field, ".", "/"), Detail: "is out of range"}}
	}
	return e
}
