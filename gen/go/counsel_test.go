package counsel_test

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counsel.example/counsel"
)

const user = `{"id":"019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e","email":"ada@example.com","emailVerified":true,"fullName":"Ada","role":"client","disabled":false,"createdAt":"2026-11-25T09:00:00Z"}`

// serve starts a service that answers with handle.
func serve(t *testing.T, handle http.HandlerFunc) string {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	if status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func problem(code string, status int) string {
	return fmt.Sprintf(`{"type":"about:blank","title":"T","status":%d,"code":%q,"requestId":"r1","errors":[{"pointer":"/x","detail":"is wrong"}]}`, status, code)
}

func TestRequestsThatAreSafeToRepeatAreRetried(t *testing.T) {
	for name, test := range map[string]struct {
		call     func(context.Context, *counsel.Client) error
		status   int
		after    string
		attempts int32
	}{
		"a GET after 503":         {getUser, 503, "0", 2},
		"a GET after 429":         {getUser, 429, "0", 2},
		"a GET after 500":         {getUser, 500, "0", 1},
		"a long Retry-After":      {getUser, 503, "31", 1},
		"a POST with a key":       {chat, 502, "0", 2},
		"an attempt in progress":  {chat, 409, "0", 2},
		"a conflict":              {chat, 409, "", 1},
		"a POST without a key":    {mask, 503, "0", 1},
		"a DELETE":                {deleteCase, 503, "0", 1},
		"a bad request, with key": {chat, 400, "0", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			var keys, bodies sync.Map
			client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				bodies.Store(string(body), true)
				keys.Store(r.Header.Get("Idempotency-Key"), true)
				if attempts.Add(1) > 1 {
					answer(w, 200, user)
					return
				}
				if test.after != "" {
					w.Header().Set("Retry-After", test.after)
				}
				answer(w, test.status, problem("unavailable", test.status))
			}), counsel.WithAPIKey("k"))
			err := test.call(t.Context(), client)
			if attempts.Load() != test.attempts {
				t.Errorf("%d attempts, not %d", attempts.Load(), test.attempts)
			}
			var p *counsel.Problem
			if test.attempts == 1 && (!errors.As(err, &p) || int(p.Status) != test.status || p.Code != counsel.CodeUnavailable) || test.attempts == 2 && err != nil {
				t.Errorf("the error is %v", err)
			}
			if length(&keys) != 1 || length(&bodies) != 1 {
				t.Errorf("the attempts have %d keys and %d bodies", length(&keys), length(&bodies))
			}
		})
	}
}

func getUser(ctx context.Context, c *counsel.Client) error {
	_, err := c.GetCurrentUser(ctx)
	return err
}
func chat(ctx context.Context, c *counsel.Client) error {
	_, err := c.SendChat(ctx, counsel.ChatRequest{Message: "Why?"})
	return err
}
func mask(ctx context.Context, c *counsel.Client) error {
	_, err := c.MaskText(ctx, counsel.MaskRequest{Text: "Why?"})
	return err
}
func deleteCase(ctx context.Context, c *counsel.Client) error { return c.DeleteCase(ctx, "a/b") }

func length(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func TestDeadlineEndsTheWaitForARetry(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		answer(w, 503, problem("unavailable", 503))
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := getUser(ctx, client); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

func TestKeysOfTheCallerAndPathsAreSent(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("Authorization is %q", got)
		}
		if r.URL.EscapedPath() != "/api/cases/a%2Fb" && r.Header.Get("Idempotency-Key") != "mine" {
			t.Errorf("%s with the key %q", r.URL.EscapedPath(), r.Header.Get("Idempotency-Key"))
		}
		answer(w, 200, `{}`)
	})+"/", counsel.WithAPIKey("secret\n"))
	if err := deleteCase(t.Context(), client); err != nil {
		t.Error(err)
	}
	if _, err := client.SendChat(t.Context(), counsel.ChatRequest{}, counsel.WithIdempotencyKey("mine")); err != nil {
		t.Error(err)
	}
}

func TestWhatTheServiceDidNotWriteIsAProblem(t *testing.T) {
	for _, status := range []int{200, 404, 502} {
		client := counsel.New(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<h1>Sign in to the network</h1>")
		}), counsel.WithRetries(0))
		var p *counsel.Problem
		if err := getUser(t.Context(), client); !errors.As(err, &p) || p.Code != counsel.CodeUnknown {
			t.Errorf("after %d the error is %v", status, err)
		}
	}
	if err := getUser(t.Context(), counsel.New("http://[")); err == nil {
		t.Error("an invalid address is no error")
	}
}

// A redirect would take the key or the body of a call to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Int32
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		answer(w, 200, user)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		service := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, status) })
		for name, client := range map[string]*counsel.Client{
			"own":   counsel.New(service, counsel.WithAPIKey("secret")),
			"given": counsel.New(service, counsel.WithAPIKey("secret"), counsel.WithHTTPClient(&http.Client{})),
		} {
			for _, call := range []func(context.Context, *counsel.Client) error{getUser, chat} {
				var p *counsel.Problem
				if err := call(t.Context(), client); !errors.As(err, &p) || p.Code != counsel.CodeUnknown {
					t.Errorf("%s client, %d: %v", name, status, err)
				}
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests reached another server", reached.Load())
	}
	own := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("mine") }}
	service := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) })
	if err := getUser(t.Context(), counsel.New(service, counsel.WithHTTPClient(own), counsel.WithRetries(0))); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("the client's own CheckRedirect was not asked: %v", err)
	}
}

func TestPathParametersCannotChangeTheOperation(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was called", r.URL.Path) }))
	for _, id := range []string{"", ".", ".."} {
		if _, err := client.ReplayWebhookDelivery(t.Context(), "w", id); err == nil || !strings.Contains(err.Error(), "path parameter") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// A few kilobytes can become gigabytes when they are decompressed.
func TestLargeResponsesAreErrors(t *testing.T) {
	piece := strings.Repeat(" ", 1<<20)
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Accept"))
		w.Header().Set("Content-Encoding", "gzip")
		compressed := gzip.NewWriter(w)
		defer func() { _ = compressed.Close() }()
		for range 65 { // MiB, in 65 KiB
			_, _ = io.WriteString(compressed, piece)
		}
	}))
	if err := getUser(t.Context(), client); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("the error of a response is %v", err)
	}
	for _, err := range client.StreamChat(t.Context(), counsel.ChatRequest{}) {
		if err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("the error of an event is %v", err)
		}
	}
}

func TestExpiredTokensAreRefreshedOnce(t *testing.T) {
	var refreshes atomic.Int32
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/auth/refresh":
			refreshes.Add(1)
			answer(w, 200, `{"accessToken":"new","tokenType":"Bearer","expiresIn":900,"refreshToken":"r2"}`)
		case r.Header.Get("Authorization") == "Bearer new":
			answer(w, 200, user)
		default:
			answer(w, 401, problem("unauthenticated", 401))
		}
	}), counsel.WithTokens(counsel.Tokens{AccessToken: "old", RefreshToken: "r1"}))
	var calls sync.WaitGroup
	for range 8 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			if err := getUser(t.Context(), client); err != nil {
				t.Error(err)
			}
		}()
	}
	calls.Wait()
	if refreshes.Load() != 1 || client.Tokens().RefreshToken != "r2" {
		t.Errorf("%d refreshes, tokens %+v", refreshes.Load(), client.Tokens())
	}
}

func TestAnEndedSessionHasNoTokens(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 401, problem("unauthenticated", 401))
	}), counsel.WithTokens(counsel.Tokens{AccessToken: "old", RefreshToken: "r1"}))
	var p *counsel.Problem
	if err := getUser(t.Context(), client); !errors.As(err, &p) || p.Code != counsel.CodeUnauthenticated || client.Tokens() != nil {
		t.Errorf("the error is %v, the tokens are %v", err, client.Tokens())
	}
}

func TestStreams(t *testing.T) {
	done := `{"type":"done","response":{"answer":"Two years.","cached":false,"consultationId":"c","model":"m","tokensUsed":1,"citations":[],"clarifications":[],"references":[]}}`
	for name, test := range map[string]struct {
		stream string
		code   counsel.ProblemCode
	}{
		"whole":        {"event: delta\r\ndata: {\"type\":\"delta\",\r\ndata: \"text\":\"Two years.\"}\r\n\r\n: comment\n\ndata: " + done + "\n\n", ""},
		"broken":       {"data: {\"type\":\"delta\",\"text\":\"Two\"}\n\ndata: " + done + "\n", counsel.CodeIncompleteStream},
		"empty":        {"", counsel.CodeIncompleteStream},
		"failed later": {"data: {\"type\":\"error\",\"problem\":" + problem("ai_unavailable", 503) + "}\n\n", counsel.CodeAIUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept") != "text/event-stream" {
					t.Errorf("Accept is %q", r.Header.Get("Accept"))
				}
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, test.stream)
			}))
			var last counsel.ChatEvent
			var err error
			for event, e := range client.StreamChat(t.Context(), counsel.ChatRequest{}) {
				last, err = event, e
			}
			var p *counsel.Problem
			if errors.As(err, &p); test.code == "" && (err != nil || last.Response == nil) || test.code != "" && (p == nil || p.Code != test.code) {
				t.Errorf("the last event is %+v, the error %v", last, err)
			}
		})
	}
}

// A later version of the service may answer values and fields that this client does not know.
func TestLaterVersions(t *testing.T) {
	later := `"answer":"Two years.","cached":false,"consultationId":"c","model":"m","tokensUsed":1,"citations":[{"kind":"treaty","addedLater":[1]}],"clarifications":[],"references":[{"kind":"statute_book","section":"1"}],"addedLater":{}`
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet:
			answer(w, 200, `{"id":"u","email":"ada@example.com","emailVerified":true,"fullName":"Ada","role":"paralegal","disabled":false,"createdAt":"2026-11-25T09:00:00Z","addedLater":1}`)
		case r.Header.Get("Accept") == "text/event-stream":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: {\"type\":\"thinking\",\"text\":\"…\"}\n\ndata: {\"type\":\"done\",\"response\":{"+later+"}}\n\n")
		default:
			answer(w, 200, "{"+later+"}")
		}
	}))
	user, err := client.GetCurrentUser(t.Context())
	if err != nil || user.Role != "paralegal" {
		t.Errorf("%+v, %v", user, err)
	}
	chat, err := client.SendChat(t.Context(), counsel.ChatRequest{})
	if err != nil || len(chat.References) != 1 || chat.Citations[0].Kind != "treaty" {
		t.Fatalf("%+v, %v", chat, err)
	}
	if kind, err := chat.References[0].Discriminator(); err != nil || kind != "statute_book" {
		t.Errorf("%q, %v", kind, err)
	}
	var types []counsel.ChatEventType
	for event, err := range client.StreamChat(t.Context(), counsel.ChatRequest{}) {
		if err != nil {
			t.Error(err)
		}
		types = append(types, event.Type)
	}
	if !slices.Equal(types, []counsel.ChatEventType{"thinking", counsel.ChatEventTypeDone}) {
		t.Errorf("events %v", types)
	}
}

func TestPages(t *testing.T) {
	item := `{"id":"%d","title":"T","status":"open","createdAt":"2026-11-25T09:00:00Z","updatedAt":"2026-11-25T09:00:00Z"}`
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "limit=1":
			answer(w, 200, `{"nextCursor":"a b","items":[`+fmt.Sprintf(item, 1)+`]}`)
		case "limit=1&cursor=a+b", "limit=1&cursor=a%20b":
			answer(w, 200, `{"items":[`+fmt.Sprintf(item, 2)+`]}`)
		default:
			answer(w, 400, problem("malformed", 400))
		}
	}))
	var ids string
	for found, err := range client.ListCasesAll(t.Context(), counsel.ListCasesParams{Limit: counsel.Ptr(counsel.Limit(1))}) {
		if err != nil {
			t.Fatal(err)
		}
		ids += found.ID
	}
	if ids != "12" {
		t.Errorf("the ids are %q", ids)
	}
	for _, err := range client.ListCasesAll(t.Context(), counsel.ListCasesParams{}) {
		var p *counsel.Problem
		if !errors.As(err, &p) || p.Error() != "T /x: is wrong (malformed, request r1)" {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestAListWithoutAnEndIsAnError(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"items":[],"nextCursor":"same"}`) }))
	var errs int
	for _, err := range client.ListCasesAll(t.Context(), counsel.ListCasesParams{}) {
		if err != nil {
			errs++
		}
	}
	if errs != 1 {
		t.Errorf("%d errors", errs)
	}
}

func TestWaitForJob(t *testing.T) {
	job := `{"id":"j","kind":"documents.render_batch","status":%q,"progress":{"done":%d,"total":2},"createdAt":"2026-11-25T09:00:00Z","attempts":1,"maxAttempts":3}`
	var requests atomic.Int32
	client := counsel.New(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if requests.Add(1) == 1 { // breaks
			_, _ = fmt.Fprintf(w, "data: {\"type\":\"progress\",\"job\":"+job+"}\n\n", "running", 1)
			return
		}
		_, _ = fmt.Fprintf(w, "data: {\"type\":\"done\",\"job\":"+job+"}\n\n", "succeeded", 2)
	}))
	var progress int
	got, err := client.WaitForJob(t.Context(), "j", func(counsel.Job) { progress++ })
	if err != nil || got.Status != counsel.JobStatusSucceeded || progress != 1 || requests.Load() != 2 {
		t.Errorf("%+v, %v after %d requests and %d changes", got, err, requests.Load(), progress)
	}
}

func TestWebhooks(t *testing.T) {
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two bytes ...."))
	body := []byte(`{"type":"signature.completed","timestamp":"2026-11-25T09:00:00Z","data":{"trackingId":"t"}}`)
	sign := func(at time.Time) http.Header {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := signer.Sign("e1", at, body)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set("webhook-id", "e1")
		h.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
		h.Set("webhook-signature", signature)
		return h
	}
	event, err := counsel.VerifyWebhook(sign(time.Now()), body, "whsec_AAAA", secret)
	if err != nil || event.Type != "signature.completed" || *event.Data.TrackingID != "t" {
		t.Fatalf("%+v, %v", event, err)
	}
	for name, attempt := range map[string]func() error{
		"another secret": func() error { _, err := counsel.VerifyWebhook(sign(time.Now()), body, "whsec_AAAA"); return err },
		"no secret":      func() error { _, err := counsel.VerifyWebhook(sign(time.Now()), body); return err },
		"another body":   func() error { _, err := counsel.VerifyWebhook(sign(time.Now()), append(body, ' '), secret); return err },
		"an old one": func() error {
			_, err := counsel.VerifyWebhook(sign(time.Now().Add(-6*time.Minute)), body, secret)
			return err
		},
		"an empty secret": func() error {
			h := sign(time.Now())
			anybody, _ := standardwebhooks.NewWebhookRaw(nil)
			signature, err := anybody.Sign("e1", time.Now(), body)
			if err != nil {
				t.Fatal(err)
			}
			h.Set("webhook-signature", signature)
			_, err = counsel.VerifyWebhook(h, body, "")
			return err
		},
		"no headers": func() error { _, err := counsel.VerifyWebhook(http.Header{}, body, secret); return err },
	} {
		if err := attempt(); !errors.Is(err, counsel.ErrWebhook) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormsAndFields(t *testing.T) {
	client := counsel.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		content, _ := io.ReadAll(file)
		if string(content) != "%PDF" || header.Filename != `a "b".pdf` || r.FormValue("caseId") != "c" {
			t.Errorf("%q of %q in %q", content, header.Filename, r.FormValue("caseId"))
		}
		answer(w, 201, `{}`)
	}))
	file := counsel.File{Name: `a "b".pdf`, Content: io.NopCloser(io.LimitReader(newText("%PDF"), 4))}
	if _, err := client.UploadDocument(t.Context(), counsel.UploadDocumentRequest{File: file, CaseID: counsel.Ptr("c")}); err != nil {
		t.Error(err)
	}
	if _, err := client.UploadDocument(t.Context(), counsel.UploadDocumentRequest{}); err == nil {
		t.Error("a file without content is accepted")
	}
	// Optional fields that are not set are not sent.
	if encoded, _ := json.Marshal(counsel.ChatRequest{UserID: "u", Message: "m"}); string(encoded) != `{"message":"m","userId":"u"}` {
		t.Errorf("the body is %s", encoded)
	}
}

func newText(text string) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, text)
		_ = w.Close()
	}()
	return r
}
