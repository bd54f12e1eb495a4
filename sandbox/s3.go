package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"counsel/sandbox/server"
)

const (
	bucket      = "counsel"
	region      = "us-east-1"
	maxCopy     = 5 << 30 // bytes, S3's own limit
	s3Conns     = 256
	s3PortTries = 5
)

// s3Server is the S3 gateway in this process. The library allows one at a time.
type s3Server struct {
	access S3
	cancel context.CancelFunc
	done   chan struct{} // closed when the gateway has ended
	err    error         // why, once done
}

// s3Running guards what the process has once: its working directory, which the
// library changes before it notices that it runs already.
var s3Running atomic.Bool

// startS3 serves dir/objects; what a file system cannot say about an object
// lies beside it in dir/metadata.
func startS3(ctx context.Context, dir string, log *slog.Logger) (*s3Server, error) {
	objects, metadata := filepath.Join(dir, "objects"), filepath.Join(dir, "metadata")
	for _, d := range []string{objects, metadata} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("s3: %w", err)
		}
	}
	access := S3{Bucket: bucket, Region: region}
	var err error
	if access.AccessKey, err = server.Secret(filepath.Join(dir, "access-key")); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if access.SecretKey, err = server.Secret(filepath.Join(dir, "secret-key")); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	// The gateway does not tell which port it was given, so it is told one that
	// was free a moment ago.
	for try := 1; ; try++ {
		s, err := serveS3(ctx, objects, metadata, access, log)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || try == s3PortTries {
			return nil, fmt.Errorf("s3: %w", err)
		}
	}
}

func serveS3(ctx context.Context, objects, metadata string, access S3, log *slog.Logger) (*s3Server, error) {
	sideCar, err := meta.NewSideCar(metadata)
	if err != nil {
		return nil, err
	}
	if !s3Running.CompareAndSwap(false, true) {
		return nil, errors.New("a process can run one S3 server, and this one does")
	}
	opts := posix.PosixOpts{CopyObjectThreshold: maxCopy}
	opts.SetNewFilePerm(0o600)
	opts.SetNewDirPerm(0o700)
	backend, err := posix.New(objects, sideCar, opts) // changes the working directory
	if err != nil {
		s3Running.Store(false)
		return nil, err
	}
	address, err := freePort()
	if err != nil {
		backend.Shutdown()
		s3Running.Store(false)
		return nil, err
	}
	access.Endpoint = "http://" + address
	listening := make(chan struct{})
	run, cancel := context.WithCancel(context.Background())
	s := &s3Server{access: access, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer s3Running.Store(false)
		s.err = embedgw.RunVersityGW(run, backend, &embedgw.Config{
			// Given, or it says on standard output that there is none.
			IAMService: auth.NewIAMServiceSingle(auth.Account{
				Access: access.AccessKey, Secret: access.SecretKey, Role: auth.RoleAdmin,
			}),
			RootUserAccess:    access.AccessKey,
			RootUserSecret:    access.SecretKey,
			Region:            access.Region,
			Ports:             []string{address},
			MaxConnections:    s3Conns,
			MaxRequests:       s3Conns,
			MultipartMaxParts: 10000,
			Quiet:             true,
			S3Options:         []s3api.Option{s3api.WithOnListen(func() { close(listening) })},
		})
		if run.Err() == nil {
			log.Error("the S3 server ended by itself", "error", fmt.Sprint(s.err))
		}
	}()
	select {
	case <-listening:
		err = s.makeBucket(ctx)
	case <-s.done:
		err = s.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *s3Server) makeBucket(ctx context.Context) error {
	transport, err := minio.DefaultTransport(false)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	client, err := minio.New(s.access.Endpoint[len("http://"):], &minio.Options{
		Creds:     credentials.NewStaticV4(s.access.AccessKey, s.access.SecretKey, ""),
		Region:    s.access.Region,
		Transport: transport,
	})
	if err != nil {
		return err
	}
	there, err := client.BucketExists(ctx, s.access.Bucket)
	if err != nil || there {
		return err
	}
	return client.MakeBucket(ctx, s.access.Bucket, minio.MakeBucketOptions{Region: s.access.Region})
}

// stop lets requests under way end, as long as ctx allows.
func (s *s3Server) stop(ctx context.Context) error {
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return errors.New("the S3 server did not stop in time")
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
