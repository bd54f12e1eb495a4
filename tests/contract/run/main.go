// Command run checks the answers that tests outside of Go get, and sums up what all tests saw.
//
//	run proxy               prints its own address, reads that of the service, then forwards to it and checks every answer
//	run coverage FILE       prints which answers of the contract were seen; FILE lists those that need not be
//
// Both use the directory that CONTRACT_SEEN names, in which test processes record. coverage fails if
// an answer broke the contract, was not seen, or is listed needlessly.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"counsel/tests/contract"
)

func main() {
	log.SetFlags(0)
	err := errors.New("usage: run proxy | run coverage FILE")
	seen := os.Getenv("CONTRACT_SEEN")
	switch {
	case seen == "":
		err = errors.New("CONTRACT_SEEN is not set")
	case len(os.Args) == 2 && os.Args[1] == "proxy":
		err = proxy(os.Stdin, filepath.Join(seen, faultsFile))
	case len(os.Args) == 3 && os.Args[1] == "coverage":
		err = coverage(os.Stdout, seen, os.Args[2])
	}
	if err != nil {
		log.Fatal(err)
	}
}

const faultsFile = "faults"

// proxy forwards until SIGTERM and appends each breach of the contract to a file. Its own address is known before the service
// starts, which names it in links (PUBLIC_URL).
func proxy(target io.Reader, faults string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	line, err := bufio.NewReader(target).ReadString('\n')
	if err != nil {
		return err
	}
	to, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	checker, err := contract.New()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(faults, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	var mu sync.Mutex
	report := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, strings.ReplaceAll(err.Error(), "\n", " "))
		log.Print(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // as the service itself would
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	server := &http.Server{Handler: checker.Handler(forward, report), ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func coverage(w io.Writer, seen, exceptions string) error {
	checker, err := contract.New()
	if err != nil {
		return err
	}
	c, err := contract.ReadCoverage(checker.Statuses(), seen, exceptions)
	if err != nil {
		return err
	}
	faults, err := os.ReadFile(filepath.Join(seen, faultsFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, pair := range c.Missing {
		fmt.Fprintln(w, "no test got:", pair)
	}
	for _, pair := range c.Needless {
		fmt.Fprintf(w, "needlessly listed in %s: %s\n", exceptions, pair)
	}
	fmt.Fprintf(w, "%s", faults)
	fmt.Fprintf(w, "answers of the contract: %d, seen by tests: %d, excepted: %d, coverage: %.1f %%\n", c.Declared, c.Seen, c.Excepted, c.Percent())
	if len(c.Missing) > 0 || len(c.Needless) > 0 || len(faults) > 0 {
		return errors.New("tests and contract do not agree")
	}
	return nil
}
