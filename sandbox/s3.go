package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/rclone/gofakes3"

	"counsel/sandbox/s3disk"
	"counsel/sandbox/server"
)

const (
	bucket = "counsel"
	region = "us-east-1"
)

// s3Server is an S3 server in this process.
type s3Server struct {
	access S3
	http   *http.Server
	done   chan struct{} // closed when it no longer serves
}

// startS3 serves the objects in dir to clients that sign with the keys in dir. The port is in ports.
func startS3(ctx context.Context, dir, ports string, log *slog.Logger) (*s3Server, error) {
	backend, err := s3disk.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	access := S3{Bucket: bucket, Region: region}
	if access.AccessKey, err = server.Secret(filepath.Join(dir, "access-key")); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if access.SecretKey, err = server.Secret(filepath.Join(dir, "secret-key")); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	err = backend.CreateBucket(ctx, access.Bucket)
	if err != nil && !gofakes3.HasErrorCode(err, gofakes3.ErrBucketAlreadyExists) {
		return nil, fmt.Errorf("s3: %w", err)
	}
	listener, err := server.Listen(ctx, filepath.Join(ports, "s3"))
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	access.Endpoint = "http://" + listener.Addr().String()
	gateway := gofakes3.New(backend,
		gofakes3.WithV4Auth(map[string]string{access.AccessKey: access.SecretKey}),
		gofakes3.WithLogger(s3Log{log}))
	s := &s3Server{access: access, done: make(chan struct{}), http: &http.Server{
		Handler:           gateway.Server(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the S3 server stopped unexpectedly", "error", err)
		}
	}()
	return s, nil
}

// stop waits for requests under way until ctx ends.
func (s *s3Server) stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(errors.New("the S3 server did not stop in time"), s.http.Close())
	}
	<-s.done
	return err
}

// s3Log logs the server's own failures. What a client does wrong is in the answer to the client.
type s3Log struct{ log *slog.Logger }

// Print implements gofakes3.Logger.
func (l s3Log) Print(level gofakes3.LogLevel, v ...any) {
	if level == gofakes3.LogErr {
		l.log.Error("the S3 server failed", "error", fmt.Sprint(v...))
	}
}
