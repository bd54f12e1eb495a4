package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
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
	sum := sha256.Sum256([]byte(content))
	_, err := c.PutObject(t.Context(), bucket, name, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{
		ContentType:  "text/plain",
		UserMetadata: map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum[:])},
	})
	if err != nil {
		t.Fatal(err)
	}
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
			t.Errorf("%d bytes come back other than they went", len(got))
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
			t.Error("an object with a wrong checksum is taken")
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
			t.Errorf("another object by the same signature: status %d", status)
		}
		eventually(t, "the URL expires", func() bool {
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

// The library takes one gateway a process; the second must say so, not break the first.
func TestS3OnceAProcess(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), S3: true})
	if second, err := Start(t.Context(), Options{Dir: t.TempDir(), S3: true}); err == nil {
		_ = second.Close()
		t.Fatal("two gateways in one process")
	}
	c := s3Client(t, s.S3, s.S3.SecretKey)
	putObject(t, c, "still", "here")
	if got := getObject(t, c, "still"); got != "here" {
		t.Errorf("got %q", got)
	}
}
