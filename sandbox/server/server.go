// Package server runs a private MariaDB (or MySQL) and a private Redis (or
// Valkey) as supervised child processes, for the embedded default of the
// service and for its tests.
//
// A server belongs to one folder, holds everything it knows in it, and listens
// on a unix socket only this user can reach. It is started, then watched: a
// child that dies is started again, with a growing pause, until Stop. Children
// sit in their own process group, so that Ctrl-C in a terminal reaches us and
// not them, and they do not outlive us: on Linux the kernel kills them with
// us, elsewhere the next start on the folder does.
//
// The caller must be the folder's only user; two servers on one folder are not
// noticed here. What can fail: a program is not installed (MissingError), the
// folder cannot be written, or the server does not come up, in which case the
// error quotes the end of its log.
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

// Config says where and how a server runs.
type Config struct {
	// Dir is the server's own folder; made when absent, with mode 0700.
	Dir string
	// Log hears of crashes and restarts; nil is silence.
	Log *slog.Logger
	// Scratch gives durability away for speed, and allows more databases and
	// connections: for data nobody will miss.
	Scratch bool
	// NoRestart leaves a child that died dead: for tests of just that.
	NoRestart bool
}

// Server is a running server. Its URL stays true over restarts.
type Server struct {
	// URL is what DATABASE_URL or REDIS_URL would hold. It may hold a password.
	URL string

	child      *child
	socketDir  string
	ownsSocket bool
}

// PID is the child's process id, or 0 while it is down.
func (s *Server) PID() int { return s.child.pid() }

// Stop ends the server: it is asked to, and is killed when ctx ends first.
// Calling it again does nothing.
func (s *Server) Stop(ctx context.Context) error {
	err := s.child.halt(ctx)
	if s.ownsSocket {
		err = errors.Join(err, os.RemoveAll(s.socketDir))
	}
	return err
}

// abandon takes away what a server that did not come up would leave outside
// its folder.
func (s *Server) abandon() {
	if s.ownsSocket {
		_ = os.RemoveAll(s.socketDir)
	}
}

// prepare makes the folder and the place for the socket, and ends what an
// earlier owner of the folder left running.
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
	if err := os.Chmod(dir, 0o700); err != nil { // the socket's only guard
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
		name:    name,
		socket:  socket,
		logPath: filepath.Join(dir, "log"),
		pidPath: filepath.Join(dir, "pid"),
		log:     cfg.Log,
		once:    cfg.NoRestart,
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	if err := endStale(s.child.pidPath, dir, socket); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// maxSocketPath stays below the kernels' limit (108 bytes on Linux, 104 on
// macOS), with room for what MariaDB appends.
const maxSocketPath = 96

// shortName names a folder for the sockets of a dir whose own path is too long.
// It is computed, so that the next start finds the same one.
func shortName(dir string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(dir)) // a hash never fails
	return fmt.Sprintf("/tmp/counsel-%d-%x", os.Getuid(), h.Sum64())
}

// PrivateDir makes dir with mode 0700, or checks that it is one already and
// ours: in a folder all may write to, someone else may have been first.
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
		return fmt.Errorf("%s is not a folder of this user alone; remove it", dir)
	}
	return nil
}

// Secret returns the secret kept in path, which it makes on first use and keeps
// readable for this user only. It holds letters and digits.
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

// writePrivate replaces path as a whole, so that a crash leaves the old or the
// new content.
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
