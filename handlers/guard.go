package handlers

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
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
				body, err := readBody(c.Response(), r, op.limit)
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

func tooLarge(limit int64) *domain.Error {
	return domain.Errorf(domain.TooLarge, "The body may be at most %d bytes.", limit)
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

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, domain.Errorf(domain.Malformed, "The body must be sent as application/json.")
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(min(r.ContentLength, 32<<10)) + bytes.MinRead) // what is announced need never come
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, tooLarge(limit)
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
	in := scan(body)
	if in.depth > maxDepth {
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
	if members(v) != in.colons { // one of two values would be checked, and both be bound
		return domain.Errorf(domain.Malformed, "The body names a field twice.")
	}
	if in.surrogate {
		return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: replaced(nil, "", v)}
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
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	// A number such as 1.0 or 1e2 is an integer to the contract, and none to a field: it is written as one.
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

// members counts the members of all objects in v. The colons of the JSON text it was read from differ
// when a name comes twice.
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

// maxDepth is how deep arrays and objects of a body may nest.
const maxDepth = 64

// shape is what is known of a JSON text before it is parsed.
type shape struct {
	colons, depth int  // between names and values; of arrays and objects
	surrogate     bool // half of a surrogate pair stands alone, which parsing would replace in silence
}

func scan(body []byte) (s shape) {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			if high, ok := escape(body[i:]); ok && high >= 0xd800 && high < 0xe000 {
				low, ok := escape(body[min(i+6, len(body)):])
				if high >= 0xdc00 || !ok || low < 0xdc00 || low >= 0xe000 {
					s.surrogate = true
				} else {
					i += 6
				}
			}
			i++
		case quoted:
		case c == ':':
			s.colons++
		case c == '{' || c == '[':
			depth++
			s.depth = max(s.depth, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return s
}

// escape reads the code unit of an escape such as \u00e9 that text begins with.
func escape(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}

// replaced names the texts that parsing put a replacement character into.
func replaced(fields []domain.Field, at string, v any) []domain.Field {
	if len(fields) >= maxErrors {
		return fields
	}
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, utf8.RuneError) {
			fields = append(fields, domain.Field{Pointer: at, Detail: "holds half of a surrogate pair"})
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if strings.ContainsRune(name, utf8.RuneError) {
				fields = append(fields, domain.Field{Pointer: at, Detail: "has a name that holds half of a surrogate pair"})
			}
			fields = replaced(fields, at+"/"+pointerEscape.Replace(name), v[name])
		}
	case []any:
		for i, e := range v {
			fields = replaced(fields, at+"/"+strconv.Itoa(i), e)
		}
	}
	return fields
}
