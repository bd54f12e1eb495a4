package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"counsel/sandbox/testkit"
)

func s3Client(t *testing.T, access S3, secret string) *minio.Client {
	t.Helper()
	transport, err := minio.DefaultTransport(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(strings.TrimPrefix(access.Endpoint, "http://"), &minio.Options{
		Creds:           credentials.NewStaticV4(access.AccessKey, secret, ""),
		Region:          access.Region,
		Transport:       transport,
		TrailingHeaders: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func putObject(t *testing.T, c *minio.Client, name, content string) {
	t.Helper()
	if err := tryPut(t.Context(), c, name, content); err != nil {
		t.Fatal(err)
	}
}

func tryPut(ctx context.Context, c *minio.Client, name, content string) error {
	sum := sha256.Sum256([]byte(content))
	_, err := c.PutObject(ctx, bucket, name, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{
		ContentType:  "text/plain",
		UserMetadata: map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])},
	})
	return err
}

func getObject(t *testing.T, c *minio.Client, name string) string {
	t.Helper()
	object, err := c.GetObject(t.Context(), bucket, name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	b, err := io.ReadAll(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestS3(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), S3: true})
	c := s3Client(t, s.S3, s.S3.SecretKey)
	putObject(t, c, "docs/one.txt", "hello")
	if got := getObject(t, c, "docs/one.txt"); got != "hello" {
		t.Errorf("got %q", got)
	}
	info, err := c.StatObject(t.Context(), bucket, "docs/one.txt", minio.StatObjectOptions{})
	if err != nil || info.Size != 5 || info.ContentType != "text/plain" {
		t.Errorf("%+v, %v", info, err)
	}

	t.Run("large", func(t *testing.T) {
		want := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB, in parts
		// As a plain stream: given a ReaderAt, minio-go sends wrong trailing checksums over HTTP.
		stream := io.MultiReader(bytes.NewReader(want))
		_, err := c.PutObject(t.Context(), bucket, "large", stream, int64(len(want)), minio.PutObjectOptions{PartSize: 5 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if got := getObject(t, c, "large"); got != string(want) {
			t.Errorf("the %d bytes read differ from those written", len(got))
		}
	})
	t.Run("copy", func(t *testing.T) {
		_, err := c.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: bucket, Object: "copy"}, minio.CopySrcOptions{Bucket: bucket, Object: "docs/one.txt"})
		if err != nil {
			t.Fatal(err)
		}
		if got := getObject(t, c, "copy"); got != "hello" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("wrong checksum", func(t *testing.T) {
		other := sha256.Sum256([]byte("other"))
		_, err := c.PutObject(t.Context(), bucket, "bad", strings.NewReader("hello"), 5, minio.PutObjectOptions{
			UserMetadata: map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(other[:])},
		})
		if err == nil {
			t.Error("an object with a wrong checksum was accepted")
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		_, err := s3Client(t, s.S3, "not-the-secret").StatObject(t.Context(), bucket, "docs/one.txt", minio.StatObjectOptions{})
		if status := minio.ToErrorResponse(err).StatusCode; status != http.StatusForbidden {
			t.Errorf("status %d, %v", status, err)
		}
	})
	t.Run("no credentials", func(t *testing.T) {
		if status, _ := get(t, s.S3.Endpoint+"/"+bucket+"/docs/one.txt"); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	})
	t.Run("presigned", func(t *testing.T) {
		u, err := c.PresignedGetObject(t.Context(), bucket, "docs/one.txt", 2*time.Second, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := get(t, u.String()); status != http.StatusOK || body != "hello" {
			t.Errorf("status %d, %q", status, body)
		}
		forged := strings.Replace(u.String(), "one.txt", "two.txt", 1)
		if status, _ := get(t, forged); status != http.StatusForbidden {
			t.Errorf("the signature of another object: status %d", status)
		}
		testkit.Eventually(t, "the URL expires", func() bool {
			status, _ := get(t, u.String())
			return status == http.StatusForbidden
		})
	})
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestS3List(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), S3: true})
	c := s3Client(t, s.S3, s.S3.SecretKey)
	long := strings.Repeat("long/", 200) + "name" // a file name takes 255 bytes
	for _, key := range []string{"a", "a/b", "a/b/c", "a/d", "b & ü + 1%", "b/x", long} {
		putObject(t, c, key, key)
	}
	list := func(o minio.ListObjectsOptions) string {
		t.Helper()
		var keys []string
		for o := range c.ListObjectsIter(t.Context(), bucket, o) {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			if !strings.HasSuffix(o.Key, "/") {
				if o.Size != int64(len(o.Key)) || o.LastModified.IsZero() || o.ETag == "" {
					t.Errorf("%+v", o)
				}
				if got := getObject(t, c, o.Key); got != o.Key {
					t.Errorf("%s contains %q", o.Key, got)
				}
			}
			keys = append(keys, o.Key)
		}
		return strings.Join(keys, "|")
	}
	for _, page := range []int{0, 1, 2, 3} {
		for name, tc := range map[string]struct {
			options minio.ListObjectsOptions
			want    string
		}{
			"all":    {minio.ListObjectsOptions{Recursive: true}, "a|a/b|a/b/c|a/d|b & ü + 1%|b/x|" + long},
			"folder": {minio.ListObjectsOptions{}, "a|b & ü + 1%|a/|b/|long/"},
			"prefix": {minio.ListObjectsOptions{Prefix: "a/", Recursive: true}, "a/b|a/b/c|a/d"},
			"after":  {minio.ListObjectsOptions{StartAfter: "a/b/c", Prefix: "a", Recursive: true}, "a/d"},
			"none":   {minio.ListObjectsOptions{Prefix: "c", Recursive: true}, ""},
		} {
			if page > 0 && name == "folder" { // a page has its objects first, then its prefixes
				continue
			}
			t.Run(fmt.Sprintf("%s by %d", name, page), func(t *testing.T) {
				tc.options.MaxKeys = page
				if got := list(tc.options); got != tc.want {
					t.Errorf("%s\nwant %s", got, tc.want)
				}
			})
		}
	}
	for failed := range c.RemoveObjects(t.Context(), bucket, c.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{Prefix: "a/", Recursive: true}), minio.RemoveObjectsOptions{}) {
		t.Error(failed)
	}
	if got, want := list(minio.ListObjectsOptions{Recursive: true}), "a|b & ü + 1%|b/x|"+long; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestS3Range(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), S3: true})
	c := s3Client(t, s.S3, s.S3.SecretKey)
	putObject(t, c, "digits", "0123456789")
	for name, tc := range map[string]struct {
		start, end int64
		want       string
	}{
		"a part":    {2, 4, "234"},
		"from":      {7, 0, "789"},
		"the last":  {0, -2, "89"},
		"past end":  {8, 100, "89"},
		"one":       {0, 0, "0"},
		"too far":   {10, 12, "InvalidRange"},
		"far ahead": {1000, 0, "InvalidRange"},
	} {
		t.Run(name, func(t *testing.T) {
			var o minio.GetObjectOptions
			if err := o.SetRange(tc.start, tc.end); err != nil {
				t.Fatal(err)
			}
			object, err := c.GetObject(t.Context(), bucket, "digits", o)
			if err != nil {
				t.Fatal(err)
			}
			defer object.Close()
			b, err := io.ReadAll(object)
			got := string(b)
			if err != nil {
				got = minio.ToErrorResponse(err).Code
			}
			if got != tc.want {
				t.Errorf("%q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

// An incomplete body must not be stored.
func TestS3IncompleteBody(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), S3: true})
	c := s3Client(t, s.S3, s.S3.SecretKey)
	u, err := c.PresignedPutObject(t.Context(), bucket, "half", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello", u.RequestURI(), u.Host)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), "IncompleteBody") {
		t.Errorf("answer: %s", answer)
	}
	if _, err := c.StatObject(t.Context(), bucket, "half", minio.StatObjectOptions{}); minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
		t.Errorf("stored: %v", err)
	}
}

// Two servers in one process are independent.
func TestS3TwoServers(t *testing.T) {
	first, second := start(t, Options{Dir: t.TempDir(), S3: true}), start(t, Options{Dir: t.TempDir(), S3: true})
	c := s3Client(t, first.S3, first.S3.SecretKey)
	putObject(t, c, "one", "first")
	other := s3Client(t, second.S3, second.S3.SecretKey)
	if _, err := other.StatObject(t.Context(), bucket, "one", minio.StatObjectOptions{}); minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
		t.Errorf("the other server: %v", err)
	}
	access := second.S3
	access.AccessKey = first.S3.AccessKey
	if _, err := s3Client(t, access, first.S3.SecretKey).StatObject(t.Context(), bucket, "one", minio.StatObjectOptions{}); minio.ToErrorResponse(err).StatusCode != http.StatusForbidden {
		t.Errorf("with the keys of another server: %v", err)
	}
}

// TestS3Killed kills a process (SIGKILL) while several clients write to its S3 server, and starts
// another in the same folder. Every acknowledged object is stored, and none is incomplete.
func TestS3Killed(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), s3ChildEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var access S3
	if err := json.NewDecoder(out).Decode(&access); err != nil {
		t.Fatal(err)
	}
	c := s3Client(t, access, access.SecretKey)
	content := func(key string) string { return strings.Repeat(key+" ", 20_000) }
	var mu sync.Mutex
	acknowledged := map[string]bool{} // by key; false: deleted
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 100_000 {
				key := fmt.Sprintf("%d/%d", w, i)
				if tryPut(t.Context(), c, key, content(key)) != nil {
					return
				}
				if i%5 == 0 {
					if err := c.RemoveObject(t.Context(), bucket, key, minio.RemoveObjectOptions{}); err != nil {
						return
					}
				}
				mu.Lock()
				acknowledged[key] = i%5 != 0
				mu.Unlock()
			}
		})
	}
	testkit.Eventually(t, "writes are acknowledged", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) >= 40
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	writers.Wait()

	s := start(t, Options{Dir: dir, S3: true})
	if s.S3.AccessKey != access.AccessKey {
		t.Error("the keys have changed")
	}
	c = s3Client(t, s.S3, s.S3.SecretKey)
	stored := map[string]bool{}
	for o := range c.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		stored[o.Key] = true
		if got := getObject(t, c, o.Key); got != content(o.Key) {
			t.Errorf("%s has %d bytes, want %d", o.Key, len(got), len(content(o.Key)))
		}
	}
	for key, want := range acknowledged {
		if stored[key] != want {
			t.Errorf("%s is stored: %t, want %t", key, stored[key], want)
		}
	}
	t.Logf("%d acknowledged, %d stored", len(acknowledged), len(stored))
}

const s3ChildEnv = "COUNSEL_SANDBOX_TEST_S3_CHILD"

// runS3Child runs the process of TestS3Killed: it prints the URL and keys of its S3 server and runs
// until it is killed.
func runS3Child(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir, S3: true})
	if err != nil {
		panic(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(s.S3); err != nil {
		panic(err)
	}
	select {}
}
