package s3disk

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rclone/gofakes3"
)

func open(t *testing.T, dir string) *Backend {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func get(t *testing.T, b *Backend, key string) (string, *gofakes3.Object) {
	t.Helper()
	o, err := b.GetObject(t.Context(), "counsel", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Contents.Close()
	content, err := io.ReadAll(o.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(content), o
}

// Before a change is acknowledged, the object's file and the folder that names it are durable.
func TestSynced(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	var synced []string
	b.fsync = func(f *os.File) error {
		name, err := filepath.Rel(dir, f.Name())
		if strings.HasPrefix(name, "uploads") {
			name = "upload"
		}
		synced = append(synced, name)
		return err
	}
	for _, step := range []struct {
		name string
		run  func() error
		want []string
	}{
		{"create the bucket", func() error { return b.CreateBucket(t.Context(), "counsel") }, []string{"buckets"}},
		{"put", func() error {
			_, err := b.PutObject(t.Context(), "counsel", "a", nil, strings.NewReader("hello"), 5)
			return err
		}, []string{"upload", "buckets/counsel"}},
		{"copy", func() error {
			_, err := b.CopyObject(t.Context(), "counsel", "a", "counsel", "b", nil)
			return err
		}, []string{"upload", "buckets/counsel"}},
		{"delete", func() error {
			_, err := b.DeleteMulti(t.Context(), "counsel", "a", "b")
			return err
		}, []string{"buckets/counsel", "buckets/counsel"}},
		{"delete the bucket", func() error { return b.DeleteBucket(t.Context(), "counsel") }, []string{"buckets"}},
	} {
		synced = nil
		if err := step.run(); err != nil || !slices.Equal(synced, step.want) {
			t.Errorf("%s: synced %v, want %v, %v", step.name, synced, step.want, err)
		}
	}
}

// A file that cannot be made durable is not stored.
func TestSyncFails(t *testing.T) {
	b := open(t, t.TempDir())
	if err := b.CreateBucket(t.Context(), "counsel"); err != nil {
		t.Fatal(err)
	}
	b.fsync = func(*os.File) error { return os.ErrInvalid }
	if _, err := b.PutObject(t.Context(), "counsel", "a", nil, strings.NewReader("hello"), 5); err == nil {
		t.Error("acknowledged")
	}
	if _, err := b.GetObject(t.Context(), "counsel", "a", nil); !gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		t.Errorf("stored: %v", err)
	}
	if entries, err := os.ReadDir(b.temp); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestBucketNames(t *testing.T) {
	b := open(t, t.TempDir())
	for _, name := range []string{"..", ".", "", "../uploads", "a/b", "UPPER"} {
		if exists, err := b.BucketExists(t.Context(), name); exists || err != nil {
			t.Errorf("%q exists: %t, %v", name, exists, err)
		}
		if err := b.CreateBucket(t.Context(), name); err == nil {
			t.Errorf("%q was created", name)
		}
	}
}

func TestDamagedFile(t *testing.T) {
	b := open(t, t.TempDir())
	if err := b.CreateBucket(t.Context(), "counsel"); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty":     "",
		"short":     "{}",
		"length":    "hello\x7f\xff\xff\xff\xff\xff\xff\xff",
		"no JSON":   "hello\x00\x00\x00\x00\x00\x00\x00\x05",
		"no length": strings.Repeat("x", 100),
	} {
		if err := os.WriteFile(filepath.Join(b.buckets, "counsel", fileName(name)), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.GetObject(t.Context(), "counsel", name, nil); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// writeTree writes files by their paths.
func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// versityGW is a folder as versitygw v1.8.0 wrote it.
func versityGW(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeTree(t, dir, map[string]string{
		"objects/.vgwlocks/ff9a/f7":                                "",
		"objects/counsel/.sgwtmp/multipart/d35c/20bb/1":            "part",
		"objects/counsel/empty":                                    "",
		"objects/counsel/large":                                    strings.Repeat("0123456789abcdef", 1000),
		"objects/counsel/documents/one.txt":                        "hello",
		"objects/counsel/documents/Größe & Co + 1%.txt":            "second",
		"metadata/counsel/meta/acl":                                "{}",
		"metadata/counsel/meta/ownership":                          "BucketOwnerEnforced",
		"metadata/counsel/empty/meta/content-type":                 "text/plain",
		"metadata/counsel/empty/meta/etag":                         `"d41d8cd98f00b204e9800998ecf8427e"`,
		"metadata/counsel/large/meta/metadata":                     `{"kind":"draft"}`,
		"metadata/counsel/large/meta/cache-control":                "no-store",
		"metadata/counsel/large/meta/content-type":                 "application/pdf",
		"metadata/counsel/large/meta/content-disposition":          "attachment",
		"metadata/counsel/large/meta/etag":                         `"5d2cd5ee09558143335ae6d9e22b12c0-2"`,
		"metadata/counsel/large/meta/checksums":                    `{"Algorithm":"CRC32C","Type":"COMPOSITE","CRC32":null,"CRC32C":"ogvmNA==-2","SHA256":null}`,
		"metadata/counsel/documents/one.txt/meta/content-type":     "text/plain",
		"metadata/counsel/documents/one.txt/meta/etag":             `"5d41402abc4b2a76b9719d911017c592"`,
		"metadata/counsel/documents/one.txt/meta/checksums":        `{"Algorithm":"SHA256","Type":"FULL_OBJECT","CRC32":null,"SHA256":"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}`,
		"metadata/counsel/documents/one.txt/meta/content-encoding": "aws-chunked",
	})
	old := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "objects/counsel/documents/one.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestImport(t *testing.T) {
	dir := versityGW(t)
	for range 2 { // the second import has nothing to do
		b := open(t, dir)
		list, err := b.ListBucket(t.Context(), "counsel", nil, gofakes3.ListBucketPage{})
		if err != nil || len(list.Contents) != 4 {
			t.Fatalf("%+v, %v", list, err)
		}
		content, o := get(t, b, "documents/one.txt")
		for name, want := range map[string]string{
			"Content-Type": "text/plain", "Content-Encoding": "", "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT",
			"X-Amz-Checksum-Sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
		} {
			if got := o.Metadata[name]; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if content != "hello" {
			t.Errorf("content %q", content)
		}
		content, o = get(t, b, "large")
		if len(content) != 16_000 || o.Metadata["X-Amz-Meta-Kind"] != "draft" || o.Metadata["Content-Disposition"] != "attachment" || o.Metadata["Cache-Control"] != "no-store" {
			t.Errorf("%d bytes, %v", len(content), o.Metadata)
		}
		if content, _ := get(t, b, "documents/Größe & Co + 1%.txt"); content != "second" {
			t.Errorf("content %q", content)
		}
		if content, _ := get(t, b, "empty"); content != "" {
			t.Errorf("content %q", content)
		}
		for _, folder := range []string{"objects", "metadata"} {
			if _, err := os.Stat(filepath.Join(dir, folder)); !os.IsNotExist(err) {
				t.Errorf("%s still exists: %v", folder, err)
			}
		}
	}
}

// An import that fails halfway loses nothing, and the next one completes it.
func TestImportResumed(t *testing.T) {
	dir := versityGW(t)
	damaged := filepath.Join(dir, "metadata/counsel/large/meta/metadata")
	writeTree(t, dir, map[string]string{"metadata/counsel/large/meta/metadata": "{"})
	if _, err := Open(dir); err == nil {
		t.Fatal("imported")
	}
	if err := os.WriteFile(damaged, []byte(`{"kind":"draft"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	for key, want := range map[string]int{"empty": 0, "large": 16_000, "documents/one.txt": 5, "documents/Größe & Co + 1%.txt": 6} {
		content, o := get(t, b, key)
		if len(content) != want || (key != "documents/Größe & Co + 1%.txt" && o.Metadata["Content-Type"] == "") {
			t.Errorf("%s: %d bytes, %v", key, len(content), o.Metadata)
		}
	}
}
