package counsel

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/oapi-codegen/runtime"
)

// Client calls one service as one caller. Create it with New.
type Client struct {
	base    string
	header  http.Header
	apiKey  string
	session session
	repeat  *retryablehttp.Client // for requests that are safe to repeat
	once    *retryablehttp.Client
}

// Option configures a Client.
type Option func(*Client)

// WithAPIKey authenticates each request with a key, in place of Login. Space around it does not count: files end with a newline.
func WithAPIKey(key string) Option {
	return func(c *Client) { c.apiKey = strings.TrimSpace(key) }
}

// WithTokens continues a session, with tokens that Client.Tokens returned earlier.
func WithTokens(tokens Tokens) Option {
	return func(c *Client) { c.session.tokens = &tokens }
}

// WithHTTPClient sends the requests with another HTTP client, such as one with a proxy. Its Timeout should be 0:
// it would end streams. Redirects are not followed unless it has a CheckRedirect.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) {
		sender := *client
		if sender.CheckRedirect == nil {
			sender.CheckRedirect = refuseRedirect
		}
		c.repeat.HTTPClient, c.once.HTTPClient = &sender, &sender
	}
}

// refuseRedirect makes a redirect the response of a call, and so a *Problem. The API has none, and net/http would send the
// key to another port, a subdomain or plain HTTP, and the body of a POST to any host.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// WithRetries sets how often a request that is safe to repeat is sent again, at most. The default is 2.
func WithRetries(n int) Option {
	return func(c *Client) { c.repeat.RetryMax = n }
}

// WithHeader sends a header with each request.
func WithHeader(name, value string) Option {
	return func(c *Client) { c.header.Set(name, value) }
}

// New returns a client of the service at baseURL, such as https://counsel.example. An invalid baseURL is an error
// of each call.
func New(baseURL string, options ...Option) *Client {
	c := &Client{
		base:   strings.TrimRight(baseURL, "/"),
		header: http.Header{"User-Agent": {"counsel-go"}},
		repeat: newRetryClient(2),
		once:   newRetryClient(0),
	}
	for _, option := range options {
		option(c)
	}
	return c
}

// Ptr returns a pointer to v, for optional fields.
func Ptr[T any](v T) *T { return &v }

// CallOption changes one call.
type CallOption func(*call)

// WithIdempotencyKey sends this Idempotency-Key rather than a new one, so that the call can be repeated later, also by
// another process. The service refuses a key where the contract takes none.
func WithIdempotencyKey(key string) CallOption {
	return WithCallHeader("Idempotency-Key", key)
}

// WithCallHeader sends a header with this call.
func WithCallHeader(name, value string) CallOption {
	return func(c *call) { c.header.Set(name, value) }
}

// File is a file to upload.
type File struct {
	Name    string // with its extension
	Content io.Reader
}

// Content is a response that is not JSON. Its reader must be closed.
type Content struct {
	io.ReadCloser
	Status int    // 200, 206 for a range, 304 if it is what If-None-Match named
	Type   string // the media type
	Size   int64  // in bytes; -1 if it is not known
	Header http.Header
}

// call is a request in the making.
type call struct {
	method, path string
	query        []string
	header       http.Header
	body         any // becomes JSON
	form         any // becomes a multipart form
	authorized   bool
	keyed        bool // takes an Idempotency-Key
	err          error
}

func newCall(method, path string) *call {
	return &call{method: method, path: path, header: http.Header{"Accept": {"application/json"}}}
}

// segment is a path parameter in a URL.
func segment(param any) string { return url.PathEscape(fmt.Sprint(param)) }

// checkPath refuses a parameter that would make the path another one: servers and proxies shorten "." and "..", so that
// the id ".." calls another operation.
func checkPath(path string) error {
	for _, each := range strings.Split(path, "/")[1:] {
		if path != "/" && (each == "" || each == "." || each == "..") {
			return fmt.Errorf("%s: %q cannot be a path parameter", path, each)
		}
	}
	return nil
}

func (c *call) addQuery(name string, explode bool, value any) {
	text, err := runtime.StyleParamWithLocation("form", explode, name, runtime.ParamLocationQuery, value)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("query parameter %s: %w", name, err)
	}
	c.query = append(c.query, text)
}

// content returns the body and its type.
func (c *call) content() ([]byte, string, error) {
	switch {
	case c.form != nil:
		return encodeForm(c.form)
	case c.body != nil:
		body, err := json.Marshal(c.body)
		return body, "application/json", err
	}
	return nil, "", nil
}

// encodeForm makes a multipart form of a struct: its files, and its fields that are set.
func encodeForm(form any) (body []byte, contentType string, err error) {
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	value := reflect.ValueOf(form)
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		field := value.Field(i)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				continue
			}
			field = field.Elem()
		}
		var part io.Writer
		file, isFile := field.Interface().(File)
		if isFile {
			part, err = w.CreateFormFile(name, file.Name)
		} else {
			part, err = w.CreateFormField(name)
		}
		switch {
		case err != nil:
		case !isFile:
			_, err = fmt.Fprint(part, field.Interface())
		case file.Content == nil:
			err = fmt.Errorf("%s: the file has no content", name)
		default:
			_, err = io.Copy(part, file.Content)
		}
		if err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	return buffer.Bytes(), w.FormDataContentType(), err
}

// send sends the call and returns its response if it succeeded, and otherwise a *Problem.
func (c *Client) send(ctx context.Context, call *call, options []CallOption) (*http.Response, error) {
	for _, option := range options {
		option(call)
	}
	if call.keyed && call.header.Get("Idempotency-Key") == "" {
		key := make([]byte, 16)
		_, _ = rand.Read(key) // never fails
		call.header.Set("Idempotency-Key", hex.EncodeToString(key))
	}
	body, contentType, err := call.content()
	if err == nil {
		err = call.err
	}
	if err == nil {
		err = checkPath(call.path)
	}
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		call.header.Set("Content-Type", contentType)
	}
	authorize := call.authorized && call.header.Get("Authorization") == ""
	var token string
	if authorize {
		token = c.token()
	}
	response, err := c.attempt(ctx, call, body, token)
	if err == nil && response.StatusCode == http.StatusUnauthorized && authorize && c.apiKey == "" && token != "" {
		var refreshed string
		if refreshed, err = c.refresh(ctx, token); err != nil {
			_ = response.Body.Close()
			return nil, err
		}
		if refreshed != "" {
			_ = response.Body.Close()
			response, err = c.attempt(ctx, call, body, refreshed)
		}
	}
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 && response.StatusCode != http.StatusNotModified {
		defer func() { _ = response.Body.Close() }()
		return nil, problemOf(response)
	}
	return response, nil
}

// attempt sends the call with this token, and again if it is safe to repeat and did not reach the service.
func (c *Client) attempt(ctx context.Context, call *call, body []byte, token string) (*http.Response, error) {
	target := c.base + call.path
	if len(call.query) > 0 {
		target += "?" + strings.Join(call.query, "&")
	}
	var content any
	if body != nil {
		content = body
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, call.method, target, content)
	if err != nil {
		return nil, err
	}
	for _, header := range []http.Header{c.header, call.header} {
		for name, values := range header {
			request.Header[name] = values
		}
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if call.method == http.MethodGet || call.header.Get("Idempotency-Key") != "" {
		return c.repeat.Do(request)
	}
	return c.once.Do(request)
}

func sendFor[T any](ctx context.Context, c *Client, call *call, options []CallOption) (*T, error) {
	response, err := c.send(ctx, call, options) //nolint:bodyclose // decode closes it
	if err != nil {
		return nil, err
	}
	return decode[T](response)
}

func (c *Client) sendForNothing(ctx context.Context, call *call, options []CallOption) error {
	response, err := c.send(ctx, call, options)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (c *Client) sendForContent(ctx context.Context, call *call, options []CallOption) (*Content, error) {
	call.header.Set("Accept", "*/*")
	response, err := c.send(ctx, call, options) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, err
	}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return &Content{ReadCloser: response.Body, Status: response.StatusCode, Type: mediaType, Size: response.ContentLength, Header: response.Header}, nil
}

// maxResponse is the size of the largest response that is read into memory, decompressed.
const maxResponse = 64 << 20

var errTooLarge = errors.New("the response is too large")

// limitBody returns a reader that fails with errTooLarge after maxResponse bytes.
func limitBody(r io.Reader) io.Reader { return &limitedBody{r: r, left: maxResponse} }

type limitedBody struct {
	r    io.Reader
	left int
}

func (l *limitedBody) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLarge
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

func decode[T any](response *http.Response) (*T, error) {
	defer func() { _ = response.Body.Close() }()
	if mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); mediaType != "application/json" {
		return nil, unexpected(response)
	}
	result := new(T)
	if err := json.NewDecoder(limitBody(response.Body)).Decode(result); err != nil {
		return nil, fmt.Errorf("%s %s: reading the response: %w", response.Request.Method, response.Request.URL.Path, err)
	}
	return result, nil
}
