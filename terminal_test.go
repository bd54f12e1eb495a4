//go:build !production

package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"counsel/config"
)

func TestTerminal(t *testing.T) {
	t.Parallel()
	session := func(moves bool) string {
		var out bytes.Buffer
		term := &terminal{out: &out, moves: moves}
		term.step("Starting MariaDB")
		term.log(config.Config{LogLevel: "info"}).Info("listening", slog.Int("port", 1))
		term.step("Migrating the database")
		term.update("Migrating the database: 1 of 2")
		term.done()
		term.done()
		return out.String()
	}
	plain := session(false)
	if strings.ContainsAny(plain, "\r\x1b") {
		t.Errorf("control characters outside a terminal: %q", plain)
	}
	for _, line := range []string{"Starting MariaDB …\n", " INF listening port=1\n", "Migrating the database …\n"} {
		if !strings.Contains(plain, line) {
			t.Errorf("%q lacks %q", plain, line)
		}
	}
	moving := session(true)
	if !strings.Contains(moving, "\r\x1b[KStarting MariaDB  0.0 s\r\x1b[K") || !strings.HasSuffix(moving, "\r\x1b[K") {
		t.Errorf("the line is not replaced: %q", moving)
	}
	if !strings.Contains(moving, " INF listening port=1\n\r\x1b[KStarting MariaDB") {
		t.Errorf("the line does not continue below the log: %q", moving)
	}
}

func TestRequestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term := &terminal{out: &out}
	log := term.log(config.Config{LogLevel: "info"}).With("part", "http")
	log.Info("request", "operation", "sendChat", "method", "POST", "status", 200, "ms", 69.49, "bytes", 568, "outcome", "ok", "request_id", "r1")
	log.Info("request", "operation", "sendChat", "method", "POST", "status", 404, "ms", 0.2, "outcome", "not_found")
	log.With("part", "jobs").Warn("a job failed", "outcome", "ok")
	for _, line := range []string{
		" INF POST sendChat 200 in 69 ms request_id=r1\n", " INF POST sendChat 404 in 0 ms outcome=not_found\n", " WRN a job failed part=jobs\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q lacks %q", out.String(), line)
		}
	}
}
