package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"counsel/sandbox/mailbox"
	"counsel/sandbox/server"
)

const (
	smtpUser          = "counsel"
	maxMail           = 25 << 20 // bytes, attachments and their encoding included
	maxMailRecipients = 100
	smtpTimeout       = time.Minute
)

// smtpServer accepts mail for any recipient and stores each mail as a file in a folder.
type smtpServer struct {
	access SMTP
	srv    *smtp.Server
	page   *mailbox.Server
	done   chan struct{} // closed when Serve has returned
	mails  sync.RWMutex  // read-locked while a mail is received
}

// startSMTP serves the mails in data/mail. The ports are in ports.
func startSMTP(ctx context.Context, data, ports string, logger *slog.Logger) (*smtpServer, error) {
	dir := filepath.Join(data, "mail")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	password, err := server.Secret(filepath.Join(data, "smtp.password"))
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	l, err := server.Listen(ctx, filepath.Join(ports, "smtp"))
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	s := &smtpServer{
		access: SMTP{Host: "127.0.0.1", Port: port, User: smtpUser, Password: password},
		done:   make(chan struct{}),
	}
	s.srv = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &mailSession{dir: dir, password: password, log: logger, mails: &s.mails}, nil
	}))
	s.srv.Domain = "localhost"
	s.srv.MaxMessageBytes = maxMail
	s.srv.MaxRecipients = maxMailRecipients
	s.srv.AllowInsecureAuth = true // loopback
	s.srv.EnableSMTPUTF8 = true
	s.srv.ReadTimeout, s.srv.WriteTimeout = smtpTimeout, smtpTimeout
	s.srv.ErrorLog = log.New(io.Discard, "", 0) // it would contain addresses
	web, err := server.Listen(ctx, filepath.Join(ports, "mails"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("smtp: %w", err), l.Close())
	}
	if s.page, err = mailbox.Start(web, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("smtp: %w", err), l.Close())
	}
	s.access.Page = s.page.URL
	go func() {
		defer close(s.done)
		if err := s.srv.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			logger.Error("the SMTP sink stopped unexpectedly", "error", err.Error())
		}
	}()
	return s, nil
}

// stop waits for mails in progress until ctx is done. It does not wait for idle clients.
func (s *smtpServer) stop(ctx context.Context) error {
	quiet := make(chan struct{})
	go func() { // returns after the last mail, at the latest after Close
		s.mails.Lock()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done():
	}
	err := s.srv.Close()
	<-s.done
	return errors.Join(err, s.page.Close(ctx))
}

// mailSession is one client's connection.
type mailSession struct {
	dir, password string
	log           *slog.Logger
	mails         *sync.RWMutex
	authenticated bool
	from          string
	to            []string
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		ok := subtle.ConstantTimeCompare([]byte(user), []byte(smtpUser)) &
			subtle.ConstantTimeCompare([]byte(password), []byte(s.password))
		if ok != 1 {
			return smtp.ErrAuthFailed
		}
		s.authenticated = true
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.authenticated {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data stores the mail completely or not at all. File names sort by time of arrival.
func (s *mailSession) Data(r io.Reader) error {
	s.mails.RLock()
	defer s.mails.RUnlock()
	name := time.Now().UTC().Format("20060102T150405.000000000Z") + "-" + strings.ToLower(rand.Text()[:8]) + ".eml"
	err := s.store(filepath.Join(s.dir, name), r)
	if err == nil {
		return nil
	}
	if rejection, ok := errors.AsType[*smtp.SMTPError](err); ok { // too large
		return rejection
	}
	s.log.Error("a mail could not be stored", "error", err.Error())
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be stored"}
}

// store writes the envelope as header fields, as in a mailbox, followed by the mail as received.
func (s *mailSession) store(path string, r io.Reader) (err error) {
	f, err := os.CreateTemp(s.dir, ".arriving-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	var head strings.Builder
	head.WriteString("Return-Path: <" + s.from + ">\r\n")
	for _, to := range s.to {
		head.WriteString("Delivered-To: " + to + "\r\n")
	}
	_, err = io.Copy(f, io.MultiReader(strings.NewReader(head.String()), r))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (s *mailSession) Reset()        { s.from, s.to = "", nil }
func (s *mailSession) Logout() error { return nil }
