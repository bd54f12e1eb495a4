package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server for one test.
func start(t *testing.T, opt Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func client(t *testing.T, s *Server) *openai.ChatCompletionService {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	c := openai.NewChatCompletionService(option.WithBaseURL(s.URL), option.WithAPIKey(s.APIKey),
		option.WithMaxRetries(0), option.WithHTTPClient(&http.Client{Transport: tr}))
	return &c
}

func question(text string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "m", Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You help."), openai.UserMessage(text),
	}}
}

func do(t *testing.T, s *Server, method, path, key, body string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(s.URL, "/v1")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body) // some answers end early on purpose
	return res.StatusCode, res.Header, string(b)
}

const hello = `{"model":"m","messages":[{"role":"user","content":"What is notice, [PERSON_1]?"}]}`

func TestAnswerIsDeterministic(t *testing.T) {
	s := start(t, Options{})
	c := client(t, s)
	first, err := c.New(t.Context(), question("May [PERSON_1] of [ORG_2] end the lease?"))
	if err != nil {
		t.Fatal(err)
	}
	got := first.Choices[0].Message.Content
	for _, want := range []string{"no real AI was asked", "May [PERSON_1] of [ORG_2] end the lease?"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %q: %s", want, got)
		}
	}
	if first.Usage.PromptTokens < 10 || first.Usage.CompletionTokens < int64(len(got))/5 || first.Usage.TotalTokens != first.Usage.PromptTokens+first.Usage.CompletionTokens {
		t.Errorf("implausible usage %+v", first.Usage)
	}
	second, err := c.New(t.Context(), question("May [PERSON_1] of [ORG_2] end the lease?"))
	if err != nil {
		t.Fatal(err)
	}
	if second.Choices[0].Message.Content != got || second.ID != first.ID {
		t.Error("the same question got a different answer")
	}
	other, err := c.New(t.Context(), question("May [PERSON_2] of [ORG_2] end the lease?"))
	if err != nil {
		t.Fatal(err)
	}
	if other.ID == first.ID {
		t.Error("a different question got the same id")
	}
}

func TestAnswerUsesLocaleAndDocument(t *testing.T) {
	s := start(t, Options{})
	p := question("Document 1:\n<document-00ff>\nRent is due on the first.\n</document>\nDeposits are returned in May.\n</document-00ff>\n\nThe question:\nWhen are deposits returned?")
	p.Messages[0] = openai.SystemMessage("Answer in German (locale `de`)")
	res, err := client(t, s).New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	got := res.Choices[0].Message.Content
	if !strings.HasPrefix(got, "Antwort der Testumgebung") || !strings.Contains(got, "„When are deposits returned?“") || !strings.Contains(got, "Deposits are returned in May.") {
		t.Errorf("got %s", got)
	}
}

func TestAnswerCitesPassages(t *testing.T) {
	s := start(t, Options{})
	ask := func(q string) string {
		t.Helper()
		res, err := client(t, s).New(t.Context(), question("Passage 1, from page 3 of the file \"a\":\n<document>\nRent is due in May.\n</document>\n\n"+
			"Passage 2, from page 1 of the file \"b: c\" (it gives orders):\n<document>\nDeposits are\nreturned in June. Ask [PERSON_1].\n</document>\n\nDocument 1:\n<document>\nThe tenant is a firm.\n</document>\n\nThe question:\n"+q))
		if err != nil {
			t.Fatal(err)
		}
		return res.Choices[0].Message.Content
	}
	if got := ask("When are deposits returned?"); !strings.Contains(got, "“Deposits are\nreturned in June.” [2]") || !strings.Contains(got, "“When are deposits returned?”") || strings.Contains(got, "[1]") {
		t.Errorf("got %s", got)
	}
	if got := ask("What of zebras?"); strings.Contains(got, "[1]") || strings.Contains(got, "[2]") || !strings.Contains(got, "none of your words") {
		t.Errorf("got %s", got)
	}
	if err := s.SetBehaviour(Behaviour{Mode: ModeMisquote}); err != nil {
		t.Fatal(err)
	}
	if got := ask("When are deposits returned?"); !strings.Contains(got, "stands nowhere in this document.” [2]") {
		t.Errorf("got %s", got)
	}
}

func TestStreamEqualsAnswer(t *testing.T) {
	s := start(t, Options{})
	c := client(t, s)
	split := false
	for i := range 5 { // the cuts differ by question
		p := question(fmt.Sprintf("Question %d: may [PERSON_1] and [PERSON_22] sue [ORGANIZATION_333] or [PERSON_1]?", i))
		whole, err := c.New(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.StreamOptions.IncludeUsage = openai.Bool(true)
		stream := c.NewStreaming(t.Context(), p)
		var acc openai.ChatCompletionAccumulator
		pieces := 0
		for stream.Next() {
			chunk := stream.Current()
			if !acc.AddChunk(chunk) {
				t.Fatal("a chunk does not continue the previous ones")
			}
			if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Content != "" {
				pieces++
				d := chunk.Choices[0].Delta.Content
				split = split || strings.LastIndex(d, "[") > strings.LastIndex(d, "]")
			}
		}
		if err := stream.Err(); err != nil {
			t.Fatal(err)
		}
		if got := acc.Choices[0].Message.Content; got != whole.Choices[0].Message.Content {
			t.Errorf("streamed %q\nwhole %q", got, whole.Choices[0].Message.Content)
		}
		if pieces < 5 || acc.Choices[0].FinishReason != "stop" || acc.Usage.TotalTokens != whole.Usage.TotalTokens {
			t.Errorf("%d pieces, finish %q, usage %+v", pieces, acc.Choices[0].FinishReason, acc.Usage)
		}
	}
	if !split {
		t.Error("no placeholder was split between chunks")
	}
}

func TestInvalidRequests(t *testing.T) {
	s := start(t, Options{})
	schema := func(format string) string {
		return `{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":` + format + `}`
	}
	for _, tc := range []struct {
		name, key, body string
		status          int
		code            string
	}{
		{"no key", "", hello, 401, "invalid_api_key"},
		{"wrong key", "sandbox-wrong", hello, 401, "invalid_api_key"},
		{"not JSON", s.APIKey, `{"model"`, 400, "invalid_json"},
		{"no messages", s.APIKey, `{"model":"m","messages":[]}`, 400, "missing_required_parameter"},
		{"unknown role", s.APIKey, `{"model":"m","messages":[{"role":"judge","content":"x"}]}`, 400, "invalid_request_error"},
		{"an image", s.APIKey, `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "invalid_json"},
		{"unknown format", s.APIKey, schema(`{"type":"xml"}`), 400, "invalid_request_error"},
		{"no schema", s.APIKey, schema(`{"type":"json_schema"}`), 400, "invalid_request_error"},
		{"open object", s.APIKey, schema(`{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}`), 400, "invalid_request_error"},
		{"optional property", s.APIKey, schema(`{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}}}`), 400, "invalid_request_error"},
		{"no such type", s.APIKey, schema(`{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"strnig"}}}`), 400, "invalid_request_error"},
		{"reference outside", s.APIKey, schema(`{"type":"json_schema","json_schema":{"name":"n","schema":{"$ref":"file:///etc/passwd"}}}`), 400, "invalid_request_error"},
		{"nothing fits", s.APIKey, schema(`{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"integer","minimum":3,"maximum":2}}}`), 400, "invalid_request_error"},
		{"parts of text", s.APIKey, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}`, 200, ""},
	} {
		status, _, body := do(t, s, http.MethodPost, "/v1/chat/completions", tc.key, tc.body)
		var e struct {
			Error struct{ Code string }
		}
		_ = json.Unmarshal([]byte(body), &e)
		if status != tc.status || e.Error.Code != tc.code {
			t.Errorf("%s: %d %q, want %d %q: %s", tc.name, status, e.Error.Code, tc.status, tc.code, body)
		}
	}
	if status, _, _ := do(t, s, http.MethodGet, "/v1/chat/completions", s.APIKey, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	if status, _, body := do(t, s, http.MethodGet, "/v1/models", s.APIKey, ""); status != 200 || !strings.Contains(body, `"sandbox"`) {
		t.Errorf("models: %d %s", status, body)
	}
	if status, _, _ := do(t, s, http.MethodGet, "/v1/models", "", ""); status != 401 {
		t.Errorf("models without a key: %d", status)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	s := start(t, Options{MaxRequests: 3})
	for i := range 5 {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/chat/completions", strings.NewReader(hello))
		req.Header.Set("Authorization", "Bearer "+s.APIKey)
		req.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", i))
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	_, _, _ = do(t, s, http.MethodPost, "/v1/chat/completions", "", "no json")
	got := s.Requests()
	if s.Count() != 6 || len(got) != 3 {
		t.Fatalf("count %d, kept %d", s.Count(), len(got))
	}
	if got[0].Number != 4 || got[0].IdempotencyKey != "key-3" || string(got[0].Body) != hello || !got[0].Authorized {
		t.Errorf("kept %+v", got[0])
	}
	if string(got[2].Body) != `"no json"` || got[2].Authorized {
		t.Errorf("kept %+v", got[2])
	}
	_, _, body := do(t, s, http.MethodGet, "/sandbox/requests", "", "")
	var list struct {
		Count    int
		Requests []Request
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || list.Count != 6 || len(list.Requests) != 3 || list.Requests[1].IdempotencyKey != "key-4" {
		t.Errorf("%v: %s", err, body)
	}
	if status, _, _ := do(t, s, http.MethodDelete, "/sandbox/requests", "", ""); status != http.StatusNoContent || s.Count() != 0 || len(s.Requests()) != 0 {
		t.Error("the requests were not cleared")
	}
}

const findingsFormat = `{"type":"json_schema","json_schema":{"name":"f","strict":true,"schema":{"type":"object","additionalProperties":false,"required":["findings"],"properties":{"findings":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["clauseType","quote"],"properties":{"clauseType":{"type":"string","enum":["Governing Law","Insurance"]},"quote":{"type":"string"}}}}}}}}`

func post(ctx context.Context, s *Server, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/chat/completions", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.APIKey)
	req.Close = true
	return http.DefaultClient.Do(req)
}

func TestMaxTokens(t *testing.T) {
	s := start(t, Options{})
	p := question("How long is notice?")
	p.MaxCompletionTokens = openai.Int(10)
	res, err := client(t, s).New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if res.Choices[0].FinishReason != "length" || res.Usage.CompletionTokens != 10 {
		t.Errorf("%s %+v", res.Choices[0].FinishReason, res.Usage)
	}
}

func TestHostMustBeLoopback(t *testing.T) {
	s := start(t, Options{})
	for host, want := range map[string]int{
		"": http.StatusOK, "localhost": http.StatusOK, "LOCALHOST:80": http.StatusOK, "127.0.0.1": http.StatusOK, "127.9.9.9:1": http.StatusOK,
		"[::1]": http.StatusOK, "[::1]:8080": http.StatusOK, "evil.example": http.StatusForbidden, "evil.example:80": http.StatusForbidden,
		"127.0.0.1.evil.example": http.StatusForbidden, "localhost.evil.example": http.StatusForbidden, "10.0.0.1": http.StatusForbidden,
		"0.0.0.0": http.StatusForbidden, "169.254.169.254:80": http.StatusForbidden,
	} {
		for _, path := range []string{"/sandbox/requests", "/sandbox/behaviour", "/v1/models"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.URL, "/v1")+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Host, req.Close = host, true // "": the address itself
			req.Header.Set("Authorization", "Bearer "+s.APIKey)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s of host %q: %d, want %d", path, host, res.StatusCode, want)
			}
		}
	}
}
