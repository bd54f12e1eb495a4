package server

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Listen listens on loopback, on the port stored in file. Without a stored port, or if another program has taken it, any
// free port is used and stored, so that addresses stay the same from one start to the next.
func Listen(ctx context.Context, file string) (net.Listener, error) {
	var config net.ListenConfig
	b, _ := os.ReadFile(file) //nolint:gosec // unreadable is like missing
	if port, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16); err == nil && port > 0 {
		if l, err := config.Listen(ctx, "tcp", "127.0.0.1:"+strconv.FormatUint(port, 10)); err == nil {
			return l, nil
		}
	}
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	err = os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = writePrivate(file, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)+"\n")
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}
