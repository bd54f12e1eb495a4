// Package sandbox runs embedded servers for development and tests, in place of those that the environment does not name. They
// are private to one folder and to this machine. MariaDB and Redis are supervised child processes on unix sockets
// (package server). S3 on disk, and an SMTP sink with a page that shows its mails (package mailbox), run in this process
// on loopback ports, which stay the same from one start to the next. All of them speak the real protocols, so clients need no special cases. They are not
// meant for production.
//
// A lock ensures that only one process uses a folder. Start either starts everything requested or leaves nothing
// running. It fails if a program is not installed, if the folder is in use or not writable, or if a server does not
// become ready.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"counsel/sandbox/server"
)

const (
	startTimeout = 60 * time.Second // of a first start on a slow machine; later ones take 0.3 s
	stopTimeout  = 6 * time.Second  // after which servers are killed
)

// Options selects the servers to run and the folder of their data.
type Options struct {
	Dir                    string       // created if necessary; relative to the working directory at Start
	MySQL, Redis, S3, SMTP bool         // the servers to run
	Log                    *slog.Logger // receives crashes and restarts of servers; nil discards them
}

// S3 is the access to the S3 server; the zero value if it is not running.
type S3 struct {
	Endpoint  string // http://127.0.0.1:port
	Bucket    string
	Region    string
	AccessKey string
	SecretKey string
}

// SMTP is the access to the SMTP sink; the zero value if it is not running. It requires AUTH PLAIN, without TLS.
type SMTP struct {
	Host     string
	Port     int
	User     string
	Password string
	Page     string // http://127.0.0.1:port shows the mails
}

// Sandbox is a set of running servers. The fields of servers that were not requested are empty.
type Sandbox struct {
	DatabaseURL string // mysql://user:password@/dbname?socket=/path
	RedisURL    string // unix:///path?db=0
	S3          S3
	SMTP        SMTP

	lock         *flock.Flock
	mysql, redis *server.Server
	s3           *s3Server
	smtp         *smtpServer

	closeOnce sync.Once
	closeErr  error
}

// PortDir returns the folder in which the ports of servers with data in dir are stored.
func PortDir(dir string) string { return filepath.Join(dir, "ports") }

// Missing returns the names of the server programs that are not installed.
func Missing() []string { return server.Missing(true, true) }

// Start starts the requested servers concurrently and returns when all of them are ready.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	if missing := server.Missing(o.MySQL, o.Redis); len(missing) > 0 {
		return nil, &server.MissingError{Programs: missing}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{lock: lock}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	if o.MySQL {
		group.Go(func() (err error) {
			s.mysql, err = server.MySQL(ctx, server.Config{Dir: filepath.Join(dir, "mysql"), Log: o.Log})
			return err
		})
	}
	if o.Redis {
		group.Go(func() (err error) {
			s.redis, err = server.Redis(ctx, server.Config{Dir: filepath.Join(dir, "redis"), Log: o.Log})
			return err
		})
	}
	if o.S3 {
		group.Go(func() (err error) {
			s.s3, err = startS3(ctx, filepath.Join(dir, "s3"), PortDir(dir), o.Log)
			return err
		})
	}
	if o.SMTP {
		group.Go(func() (err error) {
			s.smtp, err = startSMTP(ctx, dir, PortDir(dir), o.Log)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", errors.Join(err, s.Close()))
	}
	if s.mysql != nil {
		s.DatabaseURL = s.mysql.URL
	}
	if s.redis != nil {
		s.RedisURL = s.redis.URL
	}
	if s.s3 != nil {
		s.S3 = s.s3.access
	}
	if s.smtp != nil {
		s.SMTP = s.smtp.access
	}
	return s, nil
}

// Close stops the servers, the databases last. After about stopTimeout it kills those that are still running. The data is
// kept. Calling it again returns the same error.
func (s *Sandbox) Close() error {
	s.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		front, cancel := context.WithTimeout(ctx, stopTimeout/3) // the databases need the rest
		defer cancel()
		var errs [4]error
		var wg sync.WaitGroup
		if s.smtp != nil {
			wg.Go(func() { errs[0] = s.smtp.stop(front) })
		}
		if s.s3 != nil {
			wg.Go(func() { errs[1] = s.s3.stop(front) })
		}
		wg.Wait()
		if s.redis != nil {
			wg.Go(func() { errs[2] = s.redis.Stop(ctx) })
		}
		if s.mysql != nil {
			wg.Go(func() { errs[3] = s.mysql.Stop(ctx) })
		}
		wg.Wait()
		s.closeErr = errors.Join(errors.Join(errs[:]...), s.lock.Close())
	})
	return s.closeErr
}

// lockDir locks the folder for this process. The error names the process that holds the lock.
func lockDir(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, "lock")
	lock := flock.New(path)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if !ok {
		by := "another process"
		if b, err := os.ReadFile(path); err == nil {
			if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
				by = "process " + strconv.Itoa(pid)
			}
		}
		return nil, errors.Join(fmt.Errorf("sandbox: %s is in use by %s; stop it, or set DATA_DIR to another folder", dir, by), lock.Close())
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), lock.Close())
	}
	return lock, nil
}
