package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/emersion/go-smtp"

	"counsel/db"
)

// measureMail prints how many of the waiting mails one worker sends per second, from the row in the
// outbox to the row that says it is sent.
func measureMail(ctx context.Context, databaseURL string, worker *exec.Cmd) error {
	pool, err := db.Open(ctx, databaseURL, db.Options{})
	if err != nil {
		return err
	}
	defer pool.Close()
	sent := func() (n, waiting int, err error) {
		err = pool.QueryRowContext(ctx, "SELECT COALESCE(SUM(state = 'succeeded'), 0), COALESCE(SUM(state <> 'succeeded'), 0) FROM jobs WHERE kind = 'email.send'").Scan(&n, &waiting)
		return n, waiting, err
	}
	if err := worker.Start(); err != nil {
		return err
	}
	p := &process{worker}
	defer p.stop()
	var first, waiting int
	for deadline := time.Now().Add(20 * time.Second); first == 0; time.Sleep(20 * time.Millisecond) {
		if first, waiting, err = sent(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("none of %d mails was sent", waiting)
		}
	}
	begin, startCPU := time.Now(), p.cpu()
	time.Sleep(time.Duration(*seconds) * time.Second)
	last, waiting, err := sent()
	if err != nil {
		return err
	}
	n, took := float64(last-first), time.Since(begin)
	fmt.Printf("%-34s %9.0f %9s %9s %12.0f %8s   (%d still waiting)\n", "mails sent by one worker", n/took.Seconds(), "", "", float64((p.cpu()-startCPU).Microseconds())/max(n, 1), "", waiting)
	return nil
}

// discardSession is an SMTP session that accepts everything and stores nothing.
type discardSession struct{}

func (discardSession) Reset() {}

func (discardSession) Logout() error { return nil }

func (discardSession) Mail(string, *smtp.MailOptions) error { return nil }

func (discardSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (discardSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
