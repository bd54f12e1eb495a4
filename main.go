// Counsel is the backend of a legal-services product: it answers legal questions, drafts
// documents and reviews contracts, and keeps confidential what is confidential.
//
// main only wires: it reads the settings, opens the parts and hands them to each other.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"counsel/config"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/documents/text"
	"counsel/domain/esign"
	"counsel/domain/esign/pades"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
)

const about = `The backend of a legal-services product.

Settings come from the environment; .env.example lists them all with their defaults. "dev" also reads .env, and runs by itself every server the environment does not name (MySQL, Redis, S3, SMTP, and a stand-in for the AI provider), with their data in DATA_DIR.`

type commands struct {
	Dev     devCommand     `cmd:"" help:"Run the whole service on this machine, with the servers it needs. For development."`
	Serve   serveCommand   `cmd:"" help:"Run the service on the servers the environment names. For production: refuses to start on a missing or default secret."`
	Work    workCommand    `cmd:"" help:"Do jobs only, on the servers the environment names, with the same settings as serve."`
	Verify  verifyCommand  `cmd:"" name:"verify-evidence" help:"Check the evidence of a signature, offline: every byte is as it was sealed, and all of it fits together."`
	Migrate migrateCommand `cmd:"" help:"Bring the database named by DATABASE_URL to the present schema, then exit."`
}

func main() {
	isolation.ServeIfChild(isolation.Tasks{text.TaskPages: text.Task(), taskVerify: verifyEvidence}, filetype.Tasks(), pades.Tasks())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	cli := kong.Parse(&commands{}, kong.Name("counsel"), kong.Description(about), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := cli.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "counsel:", err)
		os.Exit(1)
	}
}

type serveCommand struct{}

// Run serves in production.
func (serveCommand) Run(ctx context.Context) error {
	cfg, log, err := production()
	if err != nil {
		return err
	}
	if cfg.S3.Endpoint == "" {
		log.Warn("S3_ENDPOINT is not set: documents can be neither uploaded nor rendered")
	}
	if cfg.SMTP.Host == "" {
		log.Warn("SMTP_HOST is not set: no mail is sent, and nobody can replace a forgotten password")
	} else if cfg.SMTP.TLS == "off" {
		log.Warn("SMTP_TLS is off: mails and the password of the mail server cross the network in the clear")
	}
	if cfg.Esign.Certificate == "" {
		log.Warn("ESIGN_CERTIFICATE is not set: no document can be sent to be signed")
	}
	if cfg.Esign.Outside() && cfg.Esign.WebhookSecret == "" {
		log.Warn("ESIGN_WEBHOOK_SECRET is not set: the provider's webhooks are refused, and it is asked every so often")
	}
	if cfg.MetricsToken == "" {
		log.Warn("METRICS_TOKEN is not set: anyone who reaches the service may read /metrics")
	}
	if cfg.WebhookAllowPrivate {
		log.Warn("WEBHOOK_ALLOW_PRIVATE is on: webhooks may lead into this network")
	}
	if !cfg.Limited() {
		log.Warn("RATE_LIMIT is off: anyone may ask at any speed")
	}
	a, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("listening", "address", a.listener.Addr().String())
	return a.run(ctx)
}

// production reads the settings and refuses those that must not face the world.
func production() (config.Config, *slog.Logger, error) {
	cfg, err := config.Load()
	if err != nil {
		return cfg, nil, err
	}
	if cfg.LLM.BaseURL == "" {
		cfg.LLM.BaseURL = config.OpenAI
	}
	if err := cfg.CheckProduction(); err != nil {
		return cfg, nil, fmt.Errorf("this is not fit for production:\n%w", err)
	}
	return cfg, newLog(cfg), nil
}

type workCommand struct{}

// Run does jobs until it is stopped.
func (workCommand) Run(ctx context.Context) error {
	cfg, log, err := production()
	if err != nil {
		return err
	}
	cfg.HTTPAddr, cfg.Work = "", "on"
	a, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("working", "concurrency", cfg.WorkConcurrency)
	if a.listener != nil {
		log.Info("listening", "address", a.listener.Addr().String())
	}
	return a.run(ctx)
}

type verifyCommand struct {
	File string `arg:"" type:"existingfile" help:"The evidence, as GET /api/esign/{trackingId}/evidence gave it."`
}

// Run checks a bundle of evidence and says what it holds. It may be anybody's: a process of its own reads it.
func (v verifyCommand) Run(ctx context.Context) error {
	file, err := os.Open(v.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	pool := isolation.New(isolation.Config{MaxChildren: 1, Memory: 2 << 30, Timeout: 5 * time.Minute}) // a bundle is several copies of large files
	report, err := pool.Run(ctx, isolation.Request{Task: taskVerify, File: file, Size: info.Size(), MaxResponse: 1 << 20})
	if err = errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("the evidence does not hold: %w", err)
	}
	_, err = os.Stdout.Write(bytes.Join(report, nil))
	return err
}

const taskVerify = "evidence.verify"

// verifyEvidence is the report on a bundle of evidence.
func verifyEvidence(_ context.Context, _, bundle []byte) ([][]byte, error) {
	found, err := esign.VerifyEvidence(bundle)
	if err != nil {
		return nil, err
	}
	signed := "none, since not everyone has signed"
	switch {
	case found.Sealed && found.Provider != "":
		signed = "as " + found.Provider + " made it, which had it signed; its own signatures are for you to check"
	case found.Sealed:
		signed = "its seal covers all of it, and the original is its beginning"
	}
	named := func(c *x509.Certificate) string {
		return fmt.Sprintf("%s\n               SHA-256 of the certificate %s", cmp.Or(c.Subject.CommonName, c.Subject.String()), pades.Fingerprint(c))
	}
	by := named(found.Certificate)
	if found.Signed != nil && !found.Signed.Equal(found.Certificate) {
		by += "\n  signed file  sealed by " + named(found.Signed) + ", another one"
	}
	risks := "none"
	if len(found.Risks) > 0 {
		risks = strings.Join(found.Risks, ", ")
	}
	return [][]byte{fmt.Appendf(nil, `The evidence holds: no byte was changed.

  request      %s (%s)
  document     %s
  SHA-256      %s
  signed file  %s
  log          %d entries, none missing
  accepted     %s
  made         %s
  signers      %s
  sealed by    %s

Whether that is a certificate you trust is for you to say: compare its SHA-256.
`, found.Request, found.Status, found.Document, found.SHA256, signed, found.Events, risks, found.Made.Format(time.RFC3339),
		strings.Join(found.Signers, "\n               "), by)}, nil
}

type migrateCommand struct{}

// Run applies the migrations that the database lacks.
func (migrateCommand) Run(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	if err := migrate(ctx, cfg.DatabaseURL); err != nil {
		return err
	}
	_, err = fmt.Println("The database is at the present schema.")
	return err
}

func migrate(ctx context.Context, url string) error {
	database, err := db.Open(ctx, url, db.Options{ReadTimeout: 10 * time.Minute}) // a large table takes its time
	if err != nil {
		return err
	}
	defer database.Close()
	return db.Migrate(ctx, database)
}

// newLog writes one JSON object a line to standard error.
func newLog(cfg config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked by config
	return slog.New(domain.LogHandler{Handler: slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})})
}
