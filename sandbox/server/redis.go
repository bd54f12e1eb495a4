package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Databases is the number of logical databases of a scratch Redis; others have 16.
const Databases = 256

// Redis starts Redis, or Valkey if Redis is not installed, and returns when it has loaded its data.
func Redis(ctx context.Context, cfg Config) (_ *Server, err error) {
	program := findProgram(redisPrograms...)
	if program == "" {
		return nil, &MissingError{Programs: Missing(false, true)}
	}
	s, err := prepare(&cfg, "redis")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.removeSocketDir()
		}
	}()
	data := filepath.Join(cfg.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	databases, fsync := 16, "everysec"
	if cfg.Scratch {
		databases, fsync = Databases, "no"
	}
	conf := filepath.Join(cfg.Dir, "redis.conf")
	err = writePrivate(conf, strings.Join([]string{
		"port 0", // no TCP
		"unixsocket " + strconv.Quote(s.child.socket),
		"unixsocketperm 700",
		"dir " + strconv.Quote(data),
		"daemonize no",
		"appendonly yes",
		"appendfsync " + fsync,
		`save ""`,
		"auto-aof-rewrite-min-size 16mb",
		"databases " + strconv.Itoa(databases),
		"",
	}, "\n"))
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	s.child.argv = []string{program, conf}
	s.child.ready = func(ctx context.Context) error { return pingRedis(ctx, s.child.socket) }
	if err := s.child.start(ctx); err != nil {
		return nil, err
	}
	s.URL = (&url.URL{Scheme: "unix", Path: s.child.socket, RawQuery: "db=0"}).String()
	return s, nil
}

// pingRedis fails while Redis is down or loading its data.
func pingRedis(ctx context.Context, socket string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "+PONG\r\n" {
		return fmt.Errorf("redis replied %q", answer)
	}
	return nil
}
