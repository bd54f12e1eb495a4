package mailbox

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const first, second = "20261125T090000.000000000Z-aaaaaaaa.eml", "20261125T090001.000000000Z-bbbbbbbb.eml"

const whole = "Return-Path: <no-reply@counsel.example>\r\nDelivered-To: ada@example.com\r\nFrom: Counsel <no-reply@counsel.example>\r\nTo: ada@example.com\r\n" +
	"Subject: =?UTF-8?Q?Ihr_Termin_=E2=80=93_=C3=9Cbergabe?=\r\nDate: Wed, 25 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" +
	"--a\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n" +
	"--c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe <b>, https://counsel.example/a?b=1&c=2.\r\n" +
	"--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Grüße <img src=\"cid:logo.png\"></p>\r\n--c--\r\n" +
	"--b\r\nContent-Type: image/png; name=\"logo.png\"\r\nContent-ID: <logo.png>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n" +
	"--a\r\nContent-Type: text/html; name=\"evil.html\"\r\nContent-Disposition: attachment; filename=\"../evil.html\"\r\n\r\n<script>alert(1)</script>\r\n--a--\r\n"

// renderPage returns the page for these mails, by file name.
func renderPage(t *testing.T, mails map[string]string) *Server {
	t.Helper()
	dir := t.TempDir()
	for name, raw := range mails {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(l, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, url, host string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func holds(t *testing.T, body string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}

func TestPages(t *testing.T) {
	s := renderPage(t, map[string]string{first: whole, second: "Delivered-To: b@example.com\r\nSubject: <i>Second</i>\r\n\r\nHi\r\n", ".arriving-1": "x", "notes.txt": "Subject: no mail\r\n\r\n"})
	res, list := get(t, s.URL, "")
	if res.StatusCode != 200 || strings.Index(list, "Second") > strings.Index(list, "Ihr Termin") || strings.Contains(list, "no mail") {
		t.Errorf("%d %s", res.StatusCode, list)
	}
	holds(t, list, "2 mails", "&lt;i&gt;Second&lt;/i&gt;", "Ihr Termin – Übergabe", "ada@example.com", `href="/mails/`+first+`"`)

	res, all := get(t, s.URL+"/mails", "")
	holds(t, all, `"subject":"\u003ci\u003eSecond\u003c/i\u003e","to":["b@example.com"]`, `{"url":"https://counsel.example/a?b=1\u0026c=2","fragment":""}`)
	if res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", res.Header)
	}
	for query, want := range map[string]string{"?to=b@example.com": second, "?subject=Termin": first, "?to=b@example.com&subject=Termin": ""} {
		_, some := get(t, s.URL+"/mails"+query, "")
		if strings.Contains(some, first) != (want == first) || strings.Contains(some, second) != (want == second) {
			t.Errorf("%s: %s", query, some)
		}
	}

	_, page := get(t, s.URL+"/mails/"+first, "")
	holds(t, page, "Grüße &lt;b&gt;", `<a href="https://counsel.example/a?b=1&amp;c=2" rel="noreferrer noopener" target="_blank">`, "logo.png", "../evil.html", "Return-Path", `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	res, html := get(t, s.URL+"/mails/"+first+"/html", "")
	holds(t, html, `src="/mails/`+first+`/parts/0"`, "Grüße")
	holds(t, res.Header.Get("Content-Security-Policy"), "sandbox allow-popups", "default-src 'none'", "img-src data: "+s.URL)
	res, picture := get(t, s.URL+"/mails/"+first+"/parts/0", "")
	if res.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture, "\x89PNG") {
		t.Errorf("%v %q", res.Header, picture)
	}
	res, evil := get(t, s.URL+"/mails/"+first+"/parts/1", "")
	if res.Header.Get("Content-Type") != "application/octet-stream" || res.Header.Get("Content-Disposition") != "attachment; filename=evil.html" || !strings.Contains(evil, "alert") ||
		res.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
		t.Errorf("%v", res.Header)
	}
	res, source := get(t, s.URL+"/mails/"+first+"/source", "")
	if res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || source != whole {
		t.Errorf("%v", res.Header)
	}
	for _, path := range []string{"/mails/absent.eml", "/mails/..%2f..%2fetc%2fpasswd", "/mails/notes.txt", "/mails/.arriving-1", "/mails/" + second + "/html", "/mails/" + first + "/parts/9", "/mails/" + first + "/parts/-1", "/nothing"} {
		if res, _ := get(t, s.URL+path, ""); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	for _, path := range []string{"/page.css", "/page.js"} {
		if res, _ := get(t, s.URL+path, ""); res.StatusCode != 200 || strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
	// A site whose name resolves to this address (DNS rebinding) reads nothing.
	if res, body := get(t, s.URL, "evil.example:"+s.port); res.StatusCode != http.StatusMisdirectedRequest || strings.Contains(body, "Second") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestNoMails(t *testing.T) {
	s := renderPage(t, nil)
	_, list := get(t, s.URL, "")
	holds(t, list, "There are no mails yet")
}

// TestInvalidMails checks that the page lists files that are not valid mails, with their readable parts.
func TestInvalidMails(t *testing.T) {
	deep := "Subject: deep\r\n"
	for i := range 150 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	mails := map[string]string{
		"a.eml": "", "b.eml": "\x00\x01\x02", "c.eml": "Subject: =?x-unknown?Q?=FF?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xff\xfe",
		"d.eml": "Subject: cut\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nhalf", "e.eml": "Content-Type: multipart/mixed\r\n\r\nno boundary", "f.eml": deep,
		"g.eml": "Subject: many\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Disposition: attachment\r\n\r\nx\r\n", 500) + "--a--\r\n",
		"h.eml": "Subject: bad base64\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/html\r\n\r\n%%%%",
	}
	s := renderPage(t, mails)
	if res, list := get(t, s.URL, ""); res.StatusCode != 200 || strings.Count(list, "/mails/") != len(mails) {
		t.Errorf("%d %s", res.StatusCode, list)
	}
	for name := range mails {
		if res, _ := get(t, s.URL+"/mails/"+name, ""); res.StatusCode != 200 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
}

// TestHostileMail renders a malicious mail in a browser.
func TestHostileMail(t *testing.T) {
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("CI needs chromium")
		}
		t.Skip("no chromium is installed")
	}
	var notified atomic.Int32
	spy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { notified.Add(1) }))
	defer spy.Close()
	evil := strings.ReplaceAll(`<!DOCTYPE html><html><head><base href="SPY/"><meta http-equiv="refresh" content="0;url=SPY/refresh"><link rel="stylesheet" href="SPY/css"><link rel="dns-prefetch" href="SPY/dns">
<style>@import url(SPY/import); body { background: url(SPY/bg) }</style></head><body onload="fetch('SPY/onload')">
<script>fetch('SPY/script'); parent.document.title='taken'; top.location='SPY/top'; localStorage.x=1</script><script src="SPY/src"></script>
<img src="SPY/pixel.gif"><img src=x onerror="fetch('SPY/onerror')"><svg onload="fetch('SPY/svg')"></svg><iframe src="SPY/frame"></iframe><iframe srcdoc="<script>parent.parent.document.title='taken'</script>"></iframe>
<object data="SPY/object"></object><embed src="SPY/embed"><video src="SPY/video" autoplay></video><audio src="SPY/audio" autoplay></audio>
<form id="f" action="SPY/form"><input autofocus onfocus="document.forms[0].submit()"></form><a href="javascript:fetch('SPY/link')" id="l">x</a><p>harmless words</p></body></html>`, "SPY", spy.URL)
	s := renderPage(t, map[string]string{first: "Delivered-To: a@example.com\r\nSubject: </title><script>document.title='taken'</script>\r\nX-Evil: <script>document.title='taken'</script>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + evil})
	for _, path := range []string{"/", "/mails/" + first, "/mails/" + first + "/html"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=4000", "--dump-dom", s.URL+path)
		dom, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if strings.Contains(string(dom), "<title>taken") {
			t.Errorf("%s: a mail's script ran:\n%s", path, dom)
		}
		if !strings.Contains(string(dom), "script&gt;") && !strings.Contains(string(dom), "harmless words") {
			t.Errorf("%s: the browser did not show it:\n%s", path, dom)
		}
	}
	if n := notified.Load(); n != 0 {
		t.Errorf("the mail was reported %d times", n)
	}
}
