package registries

import (
	"context"
	"errors"
	"net/http"
	"time"

	"counsel/sandbox/server"
)

const (
	readTimeout = 10 * time.Second
	stopTimeout = 2 * time.Second
)

// Listener is a stand-in that listens on loopback.
type Listener struct {
	*Server
	URL    string // http://127.0.0.1:port
	http   *http.Server
	served chan struct{}
}

// Start starts a stand-in. portFile stores its port, so that the next start uses it again. Close it.
func Start(ctx context.Context, portFile string) (*Listener, error) {
	l, err := server.Listen(ctx, portFile)
	if err != nil {
		return nil, err
	}
	s := New()
	out := &Listener{Server: s, URL: "http://" + l.Addr().String(), http: &http.Server{Handler: s, ReadTimeout: readTimeout}, served: make(chan struct{})}
	go func() {
		defer close(out.served)
		_ = out.http.Serve(l) // until Close
	}()
	return out, nil
}

// Close stops listening.
func (l *Listener) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := l.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.http.Close()
	}
	<-l.served
	return err
}
