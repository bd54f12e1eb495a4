// Package server runs private instances of MariaDB (or MySQL) and Redis (or Valkey) as supervised child processes, for
// development and tests.
//
// A server keeps all its data in one folder and listens on a unix socket that only the current user can open. It is
// restarted with exponential backoff whenever it exits, until Stop. It has its own process group, so that Ctrl-C
// does not reach it, and does not outlive this process: on Linux the kernel kills it, on other systems the next
// start on the folder does.
//
// The caller must ensure that only one process uses a folder. Starting fails if a program is not installed
// (MissingError), if the folder is not writable, or if the server does not become ready; then the error quotes the
// end of its log.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Config configures a server.
type Config struct {
	Dir       string       // the server's folder, not shared; created with mode 0700 if necessary
	Log       *slog.Logger // receives crashes and restarts; nil discards them
	Scratch   bool         // fast instead of durable, with more databases and connections; for tests
	NoRestart bool         // do not restart after a crash; for tests
}

// Server is a running server. Its URL does not change when it is restarted.
type Server struct {
	URL string // in the format of DATABASE_URL or REDIS_URL; may contain a password

	child      *child
	socketDir  string
	ownsSocket bool
}

// PID returns the process id, or 0 while the server is down.
func (s *Server) PID() int { return s.child.pid() }

// Stop terminates the server, and kills it if ctx is done first. Calling it again does nothing.
func (s *Server) Stop(ctx context.Context) error {
	err := s.child.stopAndWait(ctx)
	if s.ownsSocket {
		err = errors.Join(err, os.RemoveAll(s.socketDir))
	}
	return err
}

// removeSocketDir removes the socket folder of a server that did not start.
func (s *Server) removeSocketDir() {
	if s.ownsSocket {
		_ = os.RemoveAll(s.socketDir)
	}
}

// prepare creates the folders of the data and of the socket, and kills a server that an earlier process left running.
func prepare(cfg *Config, name string) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	cfg.Dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { // protects the socket
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &Server{socketDir: dir}
	if len(filepath.Join(dir, name+".sock")) > maxSocketPath {
		s.socketDir = shortName(dir)
		if err := PrivateDir(s.socketDir); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.ownsSocket = true
	}
	socket := filepath.Join(s.socketDir, name+".sock")
	s.child = &child{
		name:      name,
		socket:    socket,
		logPath:   filepath.Join(dir, "log"),
		pidPath:   filepath.Join(dir, "pid"),
		log:       cfg.Log,
		noRestart: cfg.NoRestart,
		stop:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	if err := killStale(s.child.pidPath, dir, socket); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// maxSocketPath is below the limit of the kernels (108 bytes on Linux, 104 on macOS), with room for suffixes that MariaDB
// appends.
const maxSocketPath = 96

// shortName returns a folder for the sockets of a dir whose path is too long. It is derived from dir, so that the next
// start finds it again.
func shortName(dir string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(dir)) // a hash never fails
	return fmt.Sprintf("/tmp/counsel-%d-%x", os.Getuid(), h.Sum64())
}

// PrivateDir creates dir with mode 0700, or checks that it exists with this mode and belongs to the current user, because
// in a shared folder such as /tmp another user could have created it.
func PrivateDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Getuid() || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s is not a private folder of this user; remove it", dir)
	}
	return nil
}

// Secret returns the secret stored in path. It is created on first use, readable only by the current user, and consists of
// letters and digits.
func Secret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) >= 20 {
		return strings.TrimSpace(string(b)), os.Chmod(path, 0o600)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return secret, writePrivate(path, secret+"\n")
}

// writePrivate replaces a file atomically, with mode 0600.
func writePrivate(path, content string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
