package handlers

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/documents"
	"counsel/domain/limits"
	"counsel/domain/schema"
)

// maxBody is the largest JSON body, in bytes.
const maxBody = 1 << 20

// guard lets a request through to its operation when the contract does: the caller is who
// they say, has a role the operation is for, has budget left, and sent what it takes.
func (s *Server) guard(op *operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r := c.Request()
			rec := recordOf(r.Context())
			rec.op = op
			ctx, cancel := context.WithTimeout(r.Context(), s.Patience)
			defer cancel()
			if err := s.admit(ctx, c, rec, op); err != nil {
				return err
			}
			if op.long {
				ctx = r.Context()
			}
			if !rec.principal.UserID.IsZero() {
				ctx = domain.WithPrincipal(ctx, rec.principal)
			}
			c.SetRequest(r.WithContext(ctx))
			if err := op.checkParams(r, c.Param); err != nil {
				return err
			}
			if err := op.refuseKey(r); err != nil {
				return err
			}
			if op.body != nil {
				body, err := readBody(c.Response(), r)
				if err != nil {
					return err
				}
				if err := checkBody(op.body, body); err != nil {
					return err
				}
				rec.body = body
			}
			if op.upload {
				if err := limitUpload(c.Response(), c.Request()); err != nil {
					return err
				}
			}
			if op.once {
				return s.once(c, rec, next)
			}
			return next(c)
		}
	}
}

// admit authenticates the caller and charges their budget. A caller who is turned away is
// charged by network address, so that guessing has a price.
func (s *Server) admit(ctx context.Context, c *echo.Context, rec *record, op *operation) error {
	r := c.Request()
	if op.metrics && s.MetricsToken != "" {
		if subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(s.MetricsToken)) != 1 {
			return domain.Errorf(domain.Unauthenticated, "The metrics token is needed.")
		}
		return nil
	}
	if op.open {
		if op.body == nil { // health and documentation: nothing to guess, nothing to spend
			return nil
		}
		return s.charge(ctx, c, s.AddressLimit, rec.address)
	}
	refuse := func(err error) error {
		if limited := s.charge(ctx, c, s.AddressLimit, rec.address); limited != nil {
			return limited
		}
		return err
	}
	token := bearer(r)
	if token == "" {
		return refuse(domain.Errorf(domain.Unauthenticated, "A valid access token is needed."))
	}
	p, err := s.Accounts.Authenticate(ctx, token)
	if err != nil {
		return refuse(err)
	}
	rec.principal = p
	if !op.roles[p.Role] {
		return refuse(domain.Errorf(domain.Forbidden, "Your role does not allow this."))
	}
	return s.charge(ctx, c, s.UserLimit, p.UserID.String())
}

// charge takes one request off a budget and tells the caller where it stands.
func (s *Server) charge(ctx context.Context, c *echo.Context, l *limits.Limiter, key string) error {
	if l == nil {
		return nil
	}
	d, err := l.Allow(ctx, key)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("RateLimit-Limit", strconv.Itoa(d.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(d.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(seconds(d.Reset)))
	if !d.Allowed {
		return &domain.Error{Code: domain.RateLimited, Message: "Too many requests. Please wait a moment.", RetryAfter: d.Reset}
	}
	return nil
}

// bearer returns the token of an Authorization header (RFC 6750), or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func tooLarge() *domain.Error {
	return domain.Errorf(domain.TooLarge, "The body may be at most %d bytes.", maxBody)
}

// A form with a file is read by its operation, as it comes.
const (
	maxForm    = documents.MaxUpload + 64<<10 // bytes, with what stands around the file
	uploadTime = 3 * time.Minute
)

// limitUpload bounds a form in size and time.
func limitUpload(w http.ResponseWriter, r *http.Request) error {
	if t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" || params["boundary"] == "" {
		return domain.Errorf(domain.Malformed, "The body must be sent as multipart/form-data with its boundary.")
	}
	if r.ContentLength > maxForm {
		return domain.Errorf(domain.TooLarge, "A file may be at most %d bytes.", documents.MaxUpload)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	until := time.Now().Add(uploadTime)
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(until) // where there is none to be set, the server has its own
	_ = out.SetWriteDeadline(until.Add(time.Minute))
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, domain.Errorf(domain.Malformed, "The body must be sent as application/json.")
	}
	if r.ContentLength > maxBody {
		return nil, tooLarge()
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(min(r.ContentLength, 32<<10)) + bytes.MinRead) // what is announced need never come
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, tooLarge()
		}
		return nil, &domain.Error{Code: domain.Malformed, Message: "The body could not be read to its end.", Err: err}
	}
	return buf.Bytes(), nil
}

// checkBody holds a body against its schema. kin-openapi's own validator takes four times as
// long for the same answer, which is why the contract is compiled to JSON Schema instead.
func checkBody(s *schema.Schema, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return domain.Errorf(domain.Malformed, "A JSON body is needed.")
	}
	if !utf8.Valid(body) {
		return domain.Errorf(domain.Malformed, "The body is not valid UTF-8.")
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		e := domain.Errorf(domain.Malformed, "The body is not valid JSON.")
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			e.Message = "The body is not valid JSON: it breaks at byte " + strconv.FormatInt(syntax.Offset, 10) + "."
		}
		return e
	}
	if members(v) != colons(body) { // one of two values would be checked, and both be bound
		return domain.Errorf(domain.Malformed, "The body names a field twice.")
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

// bodyBinder decodes the body that guard has checked, once.
type bodyBinder struct{}

func (bodyBinder) Bind(c *echo.Context, target any) error {
	body := recordOf(c.Request().Context()).body
	err := json.Unmarshal(body, target)
	if err != nil && !errors.Is(err, io.EOF) {
		return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Err: err}
	}
	return nil
}

// members counts the members of all objects in v; colons those of the JSON text it was read
// from. They differ when a name comes twice.
func members(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, e := range v {
			n += members(e)
		}
	case []any:
		for _, e := range v {
			n += members(e)
		}
	}
	return n
}

func colons(body []byte) (n int) {
	quoted := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && c == ':':
			n++
		}
	}
	return n
}
