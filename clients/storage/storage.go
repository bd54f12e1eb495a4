// Package storage is a client for the object store: a bucket of an S3 server such as Amazon S3 or MinIO. It
// implements files.Store.
//
// Retry policy: a request is up to three attempts. Failed connections, 429, 5xx and uploads that arrived corrupted
// are retried; permanent errors (403, a missing bucket) are not. An attempt is aborted when no data
// moves for Timeout in either direction, so that large files may take long on slow connections.
//
// Each upload carries the SHA-256 of the file, and the server rejects other content, so that a file is either
// complete or absent. Errors contain neither credentials nor signed URLs.
package storage

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"counsel/domain/files"
	"counsel/domain/retry"
)

// Config configures a Client. Zero fields get the default given beside them.
type Config struct {
	Endpoint  string // https://host or http://host:port, without a path
	Bucket    string
	Region    string // us-east-1
	AccessKey string
	SecretKey string

	Timeout   time.Duration     // idle timeout of an attempt; 10 s
	Backoff   []time.Duration   // wait before each retry, ±20 % jitter; 0.2 s and 1 s. Empty but not nil: no retries
	Transport http.RoundTripper // nil: the client's own pool of keep-alive connections
}

// Client accesses one bucket. It is safe for concurrent use.
type Client struct {
	cfg       Config
	core      minio.Core
	transport http.RoundTripper
}

var _ files.Store = (*Client)(nil)

// New validates cfg. It does not connect.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") {
		return nil, errors.New("storage: the endpoint must be http(s)://host[:port]")
	}
	if cfg.Bucket == "" {
		return nil, errors.New("storage: the bucket is missing")
	}
	cfg.Region = cmp.Or(cfg.Region, "us-east-1") // without a region, signing a URL would request it from the server
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	if cfg.Backoff == nil {
		cfg.Backoff = []time.Duration{200 * time.Millisecond, time.Second}
	}
	c := &Client{cfg: cfg, transport: cfg.Transport}
	if c.transport == nil {
		c.transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: min(cfg.Timeout, 5*time.Second), KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:    min(cfg.Timeout, 5*time.Second),
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    64,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // the bytes must be those that were stored
		}
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:           credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:          u.Scheme == "https",
		Region:          cfg.Region,
		Transport:       c.transport,
		TrailingHeaders: true, // needed for checksums over plain HTTP
		MaxRetries:      1,    // retries are done here: each attempt has its own timeout and rewinds the body
	})
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	c.core = minio.Core{Client: client}
	return c, nil
}

// Close closes idle connections. Requests in progress continue.
func (c *Client) Close() error {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// Put implements files.Store.
func (c *Client) Put(ctx context.Context, key string, f files.Object) error {
	sum := base64.StdEncoding.EncodeToString(f.SHA256[:])
	return c.withRetries(ctx, "put", func(ctx context.Context, alive func()) error {
		if _, err := f.Body.Seek(0, io.SeekStart); err != nil {
			return &sourceError{err}
		}
		// A plain reader and a single part: given a ReaderAt, minio-go sends wrong trailing checksums over plain HTTP.
		body := &uploadReader{r: f.Body, alive: alive}
		info, err := c.core.Client.PutObject(ctx, c.cfg.Bucket, key, body, f.Size, minio.PutObjectOptions{
			ContentType:      f.ContentType,
			UserMetadata:     map[string]string{"x-amz-checksum-sha256": sum},
			DisableMultipart: true,
		})
		switch {
		case body.err != nil:
			return &sourceError{body.err}
		case err == nil && info.ChecksumSHA256 != "" && info.ChecksumSHA256 != sum:
			return errCorrupted
		case err == nil && info.ETag == "": // every S3 server returns an ETag
			return errNotS3
		}
		return err
	})
}

// Get implements files.Store.
func (c *Client) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	switch {
	case offset < 0 || length == 0 || length < -1:
		return nil, errors.New("storage: invalid range")
	case length > 0:
		if err := opts.SetRange(offset, offset+length-1); err != nil {
			return nil, err
		}
	case offset > 0:
		if err := opts.SetRange(offset, 0); err != nil {
			return nil, err
		}
	}
	var out *download
	err := c.withRetries(ctx, "get", func(try context.Context, _ func()) error {
		// The body is read after the attempt has returned, so it needs a context of its own.
		run, cancel := context.WithCancelCause(ctx)
		stop := context.AfterFunc(try, func() { cancel(context.Cause(try)) })
		body, info, _, err := c.core.GetObject(run, c.cfg.Bucket, key, opts)
		if err != nil {
			stop()
			cancel(nil)
			if cause := context.Cause(try); cause != nil {
				return cause
			}
			return err
		}
		if !stop() { // the attempt has just timed out
			cancel(nil)
			_ = body.Close()
			return context.Cause(try)
		}
		out = &download{body: body, caller: ctx, cancel: cancel, timeout: c.cfg.Timeout, remaining: info.Size}
		out.timer = time.AfterFunc(c.cfg.Timeout, func() { cancel(errStalled) })
		out.timer.Stop()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Stat implements files.Store.
func (c *Client) Stat(ctx context.Context, key string) (files.ObjectInfo, error) {
	var out files.ObjectInfo
	err := c.withRetries(ctx, "stat", func(ctx context.Context, _ func()) error {
		info, err := c.core.StatObject(ctx, c.cfg.Bucket, key, minio.StatObjectOptions{Checksum: true})
		out = fileInfo(info)
		return err
	})
	return out, err
}

// Delete implements files.Store.
func (c *Client) Delete(ctx context.Context, key string) error {
	err := c.withRetries(ctx, "delete", func(ctx context.Context, _ func()) error {
		return c.core.RemoveObject(ctx, c.cfg.Bucket, key, minio.RemoveObjectOptions{})
	})
	if isNotFound(err) {
		return nil
	}
	return err
}

// PresignURL implements files.Store. The disposition is always attachment, so that uploads are never rendered
// as pages of the store's origin.
func (c *Client) PresignURL(ctx context.Context, key string, l files.PresignOptions) (string, error) {
	disposition := "attachment"
	if l.Name != "" {
		disposition = mime.FormatMediaType(disposition, map[string]string{"filename": l.Name})
	}
	u, err := c.core.PresignedGetObject(ctx, c.cfg.Bucket, key, l.ExpiresIn, url.Values{
		"response-content-disposition": {disposition},
		"response-content-type":        {l.ContentType},
	})
	if err != nil {
		return "", fmt.Errorf("storage: link: %w", err)
	}
	return u.String(), nil
}

// List implements files.Store.
func (c *Client) List(ctx context.Context, prefix, after string, limit int) ([]files.ObjectInfo, error) {
	var out []files.ObjectInfo
	err := c.withRetries(ctx, "list", func(ctx context.Context, alive func()) error {
		out = make([]files.ObjectInfo, 0, limit)
		for o := range c.core.ListObjectsIter(ctx, c.cfg.Bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: limit}) {
			alive()
			if o.Err != nil {
				return o.Err
			}
			out = append(out, fileInfo(o))
			if len(out) == limit {
				break
			}
		}
		return nil
	})
	return out, err
}

func fileInfo(o minio.ObjectInfo) files.ObjectInfo {
	info := files.ObjectInfo{Key: o.Key, Size: o.Size, Modified: o.LastModified}
	if raw, err := base64.StdEncoding.DecodeString(o.ChecksumSHA256); err == nil && len(raw) == len(files.Checksum{}) {
		sum := files.Checksum(raw)
		info.SHA256 = &sum
	}
	return info
}

// withRetries makes attempts until one succeeds, one fails permanently, or the backoff is used up. An attempt's context
// is canceled when alive has not been called for Timeout.
func (c *Client) withRetries(caller context.Context, what string, try func(ctx context.Context, alive func()) error) error {
	for n := 0; ; n++ {
		err := c.attempt(caller, try)
		if err == nil {
			return nil
		}
		if callerErr := caller.Err(); errors.Is(callerErr, context.Canceled) {
			return callerErr
		}
		f := classify(err)
		if !f.retry || n == len(c.cfg.Backoff) || caller.Err() != nil {
			return f.domainError(what)
		}
		if !retry.Wait(caller, retry.Jitter(c.cfg.Backoff[n], 0.2)) {
			if callerErr := caller.Err(); errors.Is(callerErr, context.Canceled) {
				return callerErr
			}
			return f.domainError(what)
		}
	}
}

func (c *Client) attempt(caller context.Context, try func(context.Context, func()) error) error {
	ctx, cancel := context.WithCancelCause(caller)
	defer cancel(nil)
	timer := time.AfterFunc(c.cfg.Timeout, func() { cancel(errStalled) })
	defer timer.Stop()
	err := try(ctx, func() { timer.Reset(c.cfg.Timeout) })
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}
