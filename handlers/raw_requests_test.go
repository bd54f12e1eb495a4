package handlers_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// TestRawRequests sends what an HTTP client would not. net/http refuses some of it by itself, in plain text and without
// the headers of the contract, which says so; all else is answered as a problem.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const plain, problem = "text/plain; charset=utf-8", "application/problem+json"
	host := "Host: counsel.example\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
		media   string
	}{
		"no HTTP":                    {"NONSENSE\r\n\r\n", 400, plain},
		"no host":                    {"GET /livez HTTP/1.1\r\n\r\n", 400, plain},
		"two hosts":                  {"GET /livez HTTP/1.1\r\n" + host + host + "\r\n", 400, plain},
		"half an escape in the path": {"GET /api/%zz HTTP/1.1\r\n" + host + "\r\n", 400, plain},
		"a space in a header's name": {"GET /livez HTTP/1.1\r\n" + host + "X Y: z\r\n\r\n", 400, plain},
		"a control character":        {"GET /livez HTTP/1.1\r\n" + host + "X-Y: a\x00b\r\n\r\n", 400, plain},
		"two lengths":                {"POST /api/auth/login HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, plain},
		"large headers":              {"GET /livez HTTP/1.1\r\n" + host + "X-Y: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", 431, plain},
		"another encoding":           {"POST /api/auth/login HTTP/1.1\r\n" + host + "Transfer-Encoding: rot13\r\n\r\n", 501, plain},
		"HTTP/3 in HTTP/1":           {"GET /livez HTTP/3.0\r\n" + host + "\r\n", 505, plain},
		"an expectation":             {"POST /api/auth/login HTTP/1.1\r\n" + host + "Expect: a miracle\r\nContent-Length: 2\r\n\r\n", 417, ""},

		"HTTP/1.0 without a host": {"GET /livez HTTP/1.0\r\n\r\n", 200, "application/json"},
		"a whole URL":             {"GET http://counsel.example/livez HTTP/1.1\r\n" + host + "\r\n", 200, "application/json"},
		"options of the server":   {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 404, problem},
		"a tunnel":                {"CONNECT counsel.example:443 HTTP/1.1\r\n" + host + "\r\n", 404, problem},
		"an unknown method":       {"BREW /livez HTTP/1.1\r\n" + host + "\r\n", 405, problem},
		"a broken chunk":          {"POST /api/auth/login HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400, problem},
		"a length that lies":      {"POST /api/auth/login HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 9999999\r\n\r\n{}", 413, problem},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
			testkit.Must(t, err)
			defer conn.Close()
			testkit.Must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			_, err = io.WriteString(conn, c.request)
			testkit.Must(t, err)
			method, _, _ := strings.Cut(c.request, " ")
			res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			testkit.Must(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			testkit.Must(t, err)
			if media := res.Header.Get("Content-Type"); res.StatusCode != c.status || media != c.media {
				t.Fatalf("%s as %q: %s", res.Status, media, body)
			}
			if c.media == problem {
				var p api.Problem
				testkit.Must(t, json.Unmarshal(body, &p))
				return
			}
			if c.status >= 400 && (!res.Close || res.Header.Get("X-Request-Id") != "") {
				t.Errorf("goes on after %v", res.Header)
			}
		})
	}
}
