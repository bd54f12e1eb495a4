package s3disk

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/rclone/gofakes3"
)

// importVersityGW imports the objects that versitygw stored in dir, where earlier versions ran it:
// contents under dir/objects, attributes under dir/metadata. Each object is durable in its new
// place before it leaves the old one, so that an interrupted import is resumed.
func (b *Backend) importVersityGW(dir string) error {
	contents, metadata := filepath.Join(dir, "objects"), filepath.Join(dir, "metadata")
	buckets, err := os.ReadDir(contents)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, bucket := range buckets {
		if gofakes3.ValidateBucketName(bucket.Name()) != nil { // .vgwlocks
			continue
		}
		err := b.CreateBucket(context.Background(), bucket.Name())
		if err != nil && !gofakes3.HasErrorCode(err, gofakes3.ErrBucketAlreadyExists) {
			return err
		}
		folder := filepath.Join(contents, bucket.Name())
		err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == ".sgwtmp": // uploads that were never completed
				return fs.SkipDir
			case !entry.Type().IsRegular():
				return nil
			}
			key, err := filepath.Rel(folder, path)
			if err != nil {
				return err
			}
			return b.importObject(bucket.Name(), filepath.ToSlash(key), path, filepath.Join(metadata, bucket.Name(), key, "meta"))
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(metadata), os.RemoveAll(contents))
}

func (b *Backend) importObject(bucket, key, content, attributes string) (err error) {
	f, err := os.Open(content)
	if err != nil {
		return err
	}
	defer gofakes3.CheckClose(f, &err)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	metadata, err := versityGWMetadata(attributes)
	if err != nil {
		return err
	}
	metadata["Last-Modified"] = info.ModTime().UTC().Format(http.TimeFormat)
	if _, err := b.PutObject(context.Background(), bucket, key, metadata, f, info.Size()); err != nil {
		return err
	}
	return os.Remove(content)
}

// versityGWMetadata reads an object's attributes, each in a file of its name.
func versityGWMetadata(folder string) (map[string]string, error) {
	metadata := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		value, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		switch name := e.Name(); name {
		case "cache-control", "content-disposition", "content-language", "content-type", "expires":
			metadata[http.CanonicalHeaderKey(name)] = string(value)
		case "content-encoding":
			if encoding := strings.TrimPrefix(string(value), "aws-chunked"); encoding != "" { // how it was sent
				metadata["Content-Encoding"] = strings.TrimPrefix(encoding, ",")
			}
		case "metadata":
			var user map[string]string
			if err := json.Unmarshal(value, &user); err != nil {
				return nil, err
			}
			for k, v := range user {
				metadata[http.CanonicalHeaderKey("X-Amz-Meta-"+k)] = v
			}
		case "checksums":
			var sums struct{ Type, SHA256 string }
			if err := json.Unmarshal(value, &sums); err != nil {
				return nil, err
			}
			if sums.Type == "FULL_OBJECT" && sums.SHA256 != "" {
				metadata["X-Amz-Checksum-Sha256"] = sums.SHA256
			}
		}
	}
	return metadata, nil
}
