package docs

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"counsel/clients/webhook"
	"counsel/domain"
	"counsel/domain/webhooks"
	"counsel/sandbox/testkit"
)

// request is a webhook as a receiver gets it.
type request struct {
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
	Secret string      `json:"secret"`
}

// TestVerification runs the code of the guide, in Go and in Python, on what the service sends. tests/sdk runs that in TypeScript.
func TestVerification(t *testing.T) {
	t.Parallel()
	good := sent(t, time.Now())
	edit := func(change func(r *request)) request {
		r := good
		r.Header = good.Header.Clone()
		change(&r)
		return r
	}
	requests := []struct {
		name     string
		request  request
		accepted bool
	}{
		{"as sent", good, true},
		{"with two signatures", edit(func(r *request) {
			r.Header.Set("Webhook-Signature", "v1,AAAA "+r.Header.Get("Webhook-Signature"))
		}), true},
		{"another body", edit(func(r *request) { r.Body += " " }), false},
		{"another secret", edit(func(r *request) { r.Secret = "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)) }), false},
		{"another id", edit(func(r *request) { r.Header.Set("Webhook-Id", "another") }), false},
		{"another time", edit(func(r *request) {
			r.Header.Set("Webhook-Timestamp", fmt.Sprint(time.Now().Add(time.Minute).Unix()))
		}), false},
		{"an old one", sent(t, time.Now().Add(-time.Hour)), false},
		{"an empty secret", edit(func(r *request) {
			r.Secret = "whsec_"
			mac := hmac.New(sha256.New, nil)
			mac.Write([]byte(r.Header.Get("Webhook-Id") + "." + r.Header.Get("Webhook-Timestamp") + "." + r.Body))
			r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}), false},
		{"a signature that is not ASCII", edit(func(r *request) { r.Header.Set("Webhook-Signature", "v1,é") }), false},
		{"no signature", edit(func(r *request) { r.Header.Del("Webhook-Signature") }), false},
		{"no timestamp", edit(func(r *request) { r.Header.Del("Webhook-Timestamp") }), false},
		{"another version", edit(func(r *request) {
			r.Header.Set("Webhook-Signature", "v2"+strings.TrimPrefix(r.Header.Get("Webhook-Signature"), "v1"))
		}), false},
	}
	var lines bytes.Buffer
	for _, r := range requests {
		testkit.Must(t, json.NewEncoder(&lines).Encode(r.request))
	}

	dir := t.TempDir()
	write := func(name, content string) {
		testkit.Must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("go.mod", "module receiver\n\ngo 1.26\n")
	write("verify.go", "package main\n\n"+codeOf(t, "webhooks", "go", "func Verify("))
	write("main.go", `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	for lines := json.NewDecoder(os.Stdin); ; {
		var r struct {
			Header       http.Header
			Body, Secret string
		}
		if lines.Decode(&r) != nil {
			return
		}
		e, err := Verify(r.Header, []byte(r.Body), r.Secret)
		fmt.Println(err == nil, e.Type)
	}
}
`)
	write("main.py", codeOf(t, "webhooks", "python", "def verify(")+`

import sys

for line in sys.stdin:
    request = json.loads(line)
    headers = {name: values[0] for name, values in request["header"].items()}
    try:
        print("true", verify(headers, request["body"].encode(), request["secret"])["type"])
    except ValueError:
        print("false")
`)
	for _, command := range [][]string{{"go", "run", "."}, {"python3", "main.py"}} {
		t.Run(command[0], func(t *testing.T) {
			t.Parallel()
			c := exec.CommandContext(t.Context(), command[0], command[1:]...) //nolint:gosec // the code of our own guide
			c.Dir, c.Stdin, c.Stderr = dir, bytes.NewReader(lines.Bytes()), os.Stderr
			out, err := c.Output()
			testkit.Must(t, err)
			results := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
			if len(results) != len(requests) {
				t.Fatalf("%d results for %d requests: %q", len(results), len(requests), out)
			}
			for i, r := range requests {
				if want := map[bool]string{true: "true draft.created", false: "false"}[r.accepted]; strings.TrimSpace(results[i]) != want {
					t.Errorf("%s: %q, want %q", r.name, results[i], want)
				}
			}
		})
	}
}

// codeOf is the block of code in a guide that contains a text.
func codeOf(t *testing.T, guide, language, text string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/" + guide + ".md")
	testkit.Must(t, err)
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(raw, -1) {
		if strings.Contains(string(m[1]), text) {
			return string(m[1])
		}
	}
	t.Fatalf("docs/%s.md has no code in %s with %q", guide, language, text)
	return ""
}

// sent is a webhook that the service sent at a time.
func sent(t *testing.T, at time.Time) request {
	t.Helper()
	secret := []byte("a secret of 32 bytes for the test")
	r := request{Secret: "whsec_" + base64.StdEncoding.EncodeToString(secret)}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		r.Header, r.Body = in.Header, string(body)
	}))
	defer receiver.Close()
	client := webhook.New(webhook.Config{AllowPrivate: true})
	defer client.Close()
	body := `{"type":"draft.created","timestamp":"2026-11-25T05:20:24.320355Z","data":{"draftId":"01a21125-deff-71f3-b028-dd18e10aa875"}}`
	result := client.Send(t.Context(), webhooks.Message{ID: domain.NewID(), URL: receiver.URL, At: at, Body: []byte(body), Secrets: [][]byte{secret}})
	if result.Outcome != webhooks.OutcomeDelivered {
		t.Fatalf("sending ended with %+v", result)
	}
	return r
}
