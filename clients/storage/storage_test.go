package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"counsel/clients/storage"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/sandbox"
)

// testServer is the embedded S3 server. A process can run only one.
var testServer sandbox.S3

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "storage")
	if err != nil {
		panic(err)
	}
	box, err := sandbox.Start(context.Background(), sandbox.Options{Dir: dir, S3: true})
	if err != nil {
		panic(err)
	}
	testServer = box.S3
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(),
		// The embedded server has a clock and workers.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).workerFunc"),
		goleak.Cleanup(func(code int) {
			if err := errors.Join(box.Close(), os.RemoveAll(dir)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
			os.Exit(code)
		}))
}

func newClient(t *testing.T, change ...func(*storage.Config)) *storage.Client {
	t.Helper()
	cfg := storage.Config{Endpoint: testServer.Endpoint, Bucket: testServer.Bucket, Region: testServer.Region, AccessKey: testServer.AccessKey, SecretKey: testServer.SecretKey,
		Backoff: []time.Duration{time.Millisecond, time.Millisecond}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := storage.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func newFile(content []byte) files.Object {
	return files.Object{Body: bytes.NewReader(content), Size: int64(len(content)), SHA256: sha256.Sum256(content), ContentType: "application/pdf"}
}

func newKey() string { return "docs/" + domain.NewID().String() }

func putNew(t *testing.T, c *storage.Client, content string) string {
	t.Helper()
	key := newKey()
	if err := c.Put(t.Context(), key, newFile([]byte(content))); err != nil {
		t.Fatal(err)
	}
	return key
}

func readRange(t *testing.T, c *storage.Client, key string, offset, length int64) string {
	t.Helper()
	r, err := c.Get(t.Context(), key, offset, length)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRoundTrip(t *testing.T) {
	c := newClient(t)
	key := putNew(t, c, "0123456789")
	for _, r := range []struct {
		offset, length int64
		want           string
	}{{0, -1, "0123456789"}, {0, 10, "0123456789"}, {0, 1, "0"}, {3, 4, "3456"}, {9, 1, "9"}, {7, -1, "789"}} {
		if got := readRange(t, c, key, r.offset, r.length); got != r.want {
			t.Errorf("%d+%d is %q", r.offset, r.length, got)
		}
	}
	info, err := c.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != 10 || info.SHA256 == nil || *info.SHA256 != files.Checksum(sha256.Sum256([]byte("0123456789"))) || time.Since(info.Modified) > time.Minute {
		t.Errorf("%+v", info)
	}
	if err := c.Put(t.Context(), key, newFile([]byte("another"))); err != nil {
		t.Fatal(err)
	}
	if got := readRange(t, c, key, 0, -1); got != "another" {
		t.Errorf("after replacing, it is %q", got)
	}
	for range 2 { // the second time the file is already gone
		if err := c.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Get(t.Context(), key, 0, -1); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("Get after Delete: %v", err)
	}
	if _, err := c.Stat(t.Context(), key); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("Stat after Delete: %v", err)
	}
}

// TestLarge uploads more than one multipart part from memory and from disk. Both readers are ReaderAts, with
// which minio-go sends wrong checksums over plain HTTP.
func TestLarge(t *testing.T) {
	c := newClient(t)
	content := make([]byte, 40<<20)
	rand.Read(content)
	key := newKey()
	if err := c.Put(t.Context(), key, newFile(content)); err != nil {
		t.Fatal(err)
	}
	if got := readRange(t, c, key, 0, -1); got != string(content) {
		t.Error("the content differs")
	}
	onDisk, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer onDisk.Close()
	if _, err := onDisk.Write(content); err != nil {
		t.Fatal(err)
	}
	f := newFile(content)
	f.Body = onDisk // at its end: Put must rewind it
	if err := c.Put(t.Context(), key, f); err != nil {
		t.Fatal(err)
	}
	if got := readRange(t, c, key, 1<<20, 100); got != string(content[1<<20:][:100]) {
		t.Error("the content from disk differs")
	}
}

func TestLink(t *testing.T) {
	c := newClient(t)
	key := putNew(t, c, "hello")
	for name, want := range map[string]string{
		"nda.pdf":                    `attachment; filename=nda.pdf`,
		"Zoë's \"NDA\".pdf":          `attachment; filename*=utf-8''Zo%C3%AB%27s%20%22NDA%22.pdf`,
		"a\r\nSet-Cookie: b=c; .pdf": "",
		"":                           "attachment",
	} {
		link, err := c.PresignURL(t.Context(), key, files.PresignOptions{Name: name, ContentType: "application/pdf", ExpiresIn: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.SplitN(link, "?", 2)[0], "nda") {
			t.Errorf("the path names the file: %s", link)
		}
		status, header, body := fetch(t, link)
		if status != http.StatusOK || body != "hello" || header.Get("Content-Type") != "application/pdf" || header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %q as %q", name, status, body, header.Get("Content-Type"))
		}
		if got := header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || want != "" && got != want {
			t.Errorf("%q is saved as %q, want %q", name, got, want)
		}
	}

	link, err := c.PresignURL(t.Context(), key, files.PresignOptions{Name: "a", ContentType: "application/pdf", ExpiresIn: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := fetch(t, strings.Replace(link, key, putNew(t, c, "other"), 1)); status != http.StatusForbidden {
		t.Errorf("the signature is valid for another file: %d", status)
	}
	if status, _, _ := fetch(t, strings.Replace(link, "X-Amz-Expires=1", "X-Amz-Expires=9", 1)); status != http.StatusForbidden {
		t.Errorf("the signature is valid for another lifetime: %d", status)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if status, _, _ := fetch(t, link); status == http.StatusForbidden {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the link does not expire")
		}
	}
	if _, err := c.PresignURL(t.Context(), key, files.PresignOptions{Name: "a", ExpiresIn: 8 * 24 * time.Hour}); err == nil {
		t.Error("a link with a lifetime beyond S3's limit was created")
	}
}

func fetch(t *testing.T, link string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func TestList(t *testing.T) {
	c := newClient(t)
	prefix := "list-" + domain.NewID().String() + "/"
	var want []string
	for i := range 7 {
		key := fmt.Sprintf("%s%d", prefix, i)
		if err := c.Put(t.Context(), key, newFile([]byte(key))); err != nil {
			t.Fatal(err)
		}
		want = append(want, key)
	}
	var got []string
	after := ""
	for pages := 0; ; pages++ {
		page, err := c.List(t.Context(), prefix, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page {
			if f.Size != int64(len(f.Key)) || time.Since(f.Modified) > time.Minute {
				t.Errorf("%+v", f)
			}
			got = append(got, f.Key)
		}
		if len(page) < 3 {
			break
		}
		after = page[2].Key
		if pages > 5 {
			t.Fatal("the list does not end")
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("listed %v", got)
	}
	if page, err := c.List(t.Context(), "nowhere/", "", 3); err != nil || len(page) != 0 {
		t.Errorf("List of an empty prefix: %v, %v", page, err)
	}
}

func TestNew(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:9000", "ftp://host", "https://host/path", "http://"} {
		if _, err := storage.New(storage.Config{Endpoint: endpoint, Bucket: "b"}); err == nil {
			t.Errorf("%q was accepted", endpoint)
		}
	}
	if _, err := storage.New(storage.Config{Endpoint: "https://host"}); err == nil {
		t.Error("a missing bucket was accepted")
	}
}
